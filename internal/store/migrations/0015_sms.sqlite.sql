-- Text messages that somebody asked to send.

-- +goose Up
CREATE TABLE sms (
    id         INTEGER PRIMARY KEY AUTOINCREMENT, -- never given again
    at         BIGINT  NOT NULL,
    phone      TEXT    NOT NULL, -- as it was given
    number     TEXT    NOT NULL, -- as a provider gets it
    originator TEXT    NOT NULL,
    message    TEXT    NOT NULL,
    project    TEXT    NOT NULL,
    session    TEXT    NOT NULL,
    user_id    BIGINT  NOT NULL,
    result     TEXT    NOT NULL, -- what the sender was answered: OK or error
    reason     TEXT    NOT NULL  -- of an error
);
CREATE INDEX sms_by_time ON sms (at, id);
