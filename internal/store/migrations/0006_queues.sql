-- +goose Up
-- Queues as data, for mod_xml_curl. hostname is the switchname of the FreeSWITCH it is for, empty for all.
CREATE TABLE queue_definitions (
    hostname   TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    params     TEXT   NOT NULL, -- JSON
    changed_at BIGINT NOT NULL,
    changed_by TEXT   NOT NULL,
    PRIMARY KEY (hostname, name)
);
-- FreeSWITCH finds a queue in its configuration whatever the case.
CREATE UNIQUE INDEX queue_definitions_by_folded_name ON queue_definitions (hostname, lower(name));

-- mod_callcenter keeps the last status only, and no reason.
CREATE TABLE agent_status_history (
    at          BIGINT NOT NULL,
    switch_name TEXT   NOT NULL,
    agent       TEXT   NOT NULL,
    status      TEXT   NOT NULL,
    reason      TEXT   NOT NULL,
    changed_by  TEXT   NOT NULL
);
CREATE INDEX agent_status_history_by_agent ON agent_status_history (agent, at);
