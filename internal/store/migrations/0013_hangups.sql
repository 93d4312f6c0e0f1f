-- Legs that a switch ended and whose CDRs were not there. Those that come later are found by the leg, and the row goes.

-- +goose Up
CREATE TABLE hangups (
    core_uuid   TEXT    NOT NULL,
    leg         TEXT    NOT NULL,
    switch_name TEXT    NOT NULL, -- as it is configured here
    project     TEXT    NOT NULL,
    direction   TEXT    NOT NULL,
    cause       TEXT    NOT NULL,
    side        TEXT    NOT NULL, -- of a queue: member or agent
    queue       TEXT    NOT NULL,
    agent       TEXT    NOT NULL,
    caller      TEXT    NOT NULL,
    called      TEXT    NOT NULL,
    started     BIGINT  NOT NULL, -- by the switch's clock, as are the next two; 0 is never
    answered    BIGINT  NOT NULL,
    ended       BIGINT  NOT NULL,
    noted       BIGINT  NOT NULL, -- when we were told, by our clock
    PRIMARY KEY (core_uuid, leg)
);
CREATE INDEX hangups_by_time ON hangups (ended, core_uuid, leg);

-- A CDR of a leg with an originator's profile has come from it: its mod_xml_cdr has log-b-leg.
ALTER TABLE cores ADD COLUMN posts_dialled BOOLEAN NOT NULL DEFAULT FALSE;
