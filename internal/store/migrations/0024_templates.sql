-- Texts with places, of which messages are made.

-- +goose Up
CREATE TABLE sms_templates (
    name       TEXT   NOT NULL PRIMARY KEY,
    project    TEXT   NOT NULL, -- whose messages it is for; '' is any's
    text       TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT   NOT NULL
);
