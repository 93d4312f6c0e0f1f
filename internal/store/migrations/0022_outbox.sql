-- What becomes of text messages. Those that are known were tried once, when there was no provider.

-- +goose Up
ALTER TABLE sms ADD COLUMN client_key TEXT    NOT NULL DEFAULT ''; -- the sender's own
ALTER TABLE sms ADD COLUMN until      BIGINT  NOT NULL DEFAULT 0;  -- after that it is not sent any more; 0 is never
ALTER TABLE sms ADD COLUMN waits      BOOLEAN NOT NULL DEFAULT TRUE; -- who asked waits for the answer
ALTER TABLE sms ADD COLUMN encoding   TEXT    NOT NULL DEFAULT '';
ALTER TABLE sms ADD COLUMN parts      INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sms ADD COLUMN state      TEXT    NOT NULL DEFAULT 'failed';
ALTER TABLE sms ADD COLUMN provider   TEXT    NOT NULL DEFAULT '';
ALTER TABLE sms ADD COLUMN their_id   TEXT    NOT NULL DEFAULT ''; -- the provider's
ALTER TABLE sms ADD COLUMN attempts   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sms ADD COLUMN due        BIGINT  NOT NULL DEFAULT 0;  -- when it is tried next, or asked about
ALTER TABLE sms ADD COLUMN sent       BIGINT  NOT NULL DEFAULT 0;
ALTER TABLE sms ADD COLUMN ended      BIGINT  NOT NULL DEFAULT 0;
ALTER TABLE sms ADD COLUMN owner      TEXT    NOT NULL DEFAULT ''; -- whose process has it in hand
ALTER TABLE sms ADD COLUMN lease      BIGINT  NOT NULL DEFAULT 0;  -- until when
ALTER TABLE sms ADD COLUMN began      BIGINT  NOT NULL DEFAULT 0;  -- when a provider was asked
CREATE INDEX sms_accepted ON sms (due) WHERE state = 'accepted';
CREATE INDEX sms_queued ON sms (lease) WHERE state = 'queued';
CREATE INDEX sms_sent ON sms (provider, due) WHERE state = 'sent' AND due > 0;
CREATE INDEX sms_by_their_id ON sms (provider, their_id) WHERE their_id <> '';
CREATE UNIQUE INDEX sms_by_key ON sms (user_id, client_key) WHERE client_key <> '';
CREATE INDEX sms_by_number ON sms (number, id);
-- When messages of a project may be sent, as hours of routes; '' is always.
ALTER TABLE projects ADD COLUMN sms_hours TEXT NOT NULL DEFAULT '';
-- What a provider said of messages before it was known that they are its.
CREATE TABLE sms_receipts (
    provider TEXT   NOT NULL,
    their_id TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    state    TEXT   NOT NULL,
    reason   TEXT   NOT NULL,
    PRIMARY KEY (provider, their_id)
);
CREATE INDEX sms_receipts_by_time ON sms_receipts (at);
-- Who does not want messages: of a project, or of any where it is ''.
CREATE TABLE sms_optouts (
    number  TEXT   NOT NULL,
    project TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    by      TEXT   NOT NULL,
    PRIMARY KEY (number, project)
);
