-- Who carries text messages. The values are secret: log-ins, passwords, keys.

-- +goose Up
CREATE TABLE sms_providers (
    name        TEXT    NOT NULL PRIMARY KEY,
    kind        TEXT    NOT NULL,
    preset      TEXT    NOT NULL,
    description TEXT    NOT NULL, -- JSON, or empty
    given       TEXT    NOT NULL, -- the values, as a JSON object
    per_second  DOUBLE PRECISION NOT NULL,
    at_once     INTEGER NOT NULL,
    secret      TEXT    NOT NULL,
    changed_at  BIGINT  NOT NULL,
    changed_by  TEXT    NOT NULL
);
