-- +goose Up
-- Orders that clients gave under a key of their own, so that to repeat one rings nobody a second time.
CREATE TABLE originate_keys (
    login      TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    order_hash BYTEA   NOT NULL, -- SHA-256 of what was ordered
    call_id    TEXT    NOT NULL,
    at         BIGINT  NOT NULL,
    beats      BIGINT  NOT NULL, -- grows while the process that took the order lives
    reply      TEXT    NOT NULL, -- empty while it rings
    PRIMARY KEY (login, name)
);
CREATE INDEX originate_keys_by_time ON originate_keys (at);

-- Where calls may go.
CREATE TABLE destination_rules (
    scope      TEXT    NOT NULL, -- all, user or project
    subject    TEXT    NOT NULL, -- login or project's id; empty for all
    allow      TEXT    NOT NULL, -- prefixes, a line each
    deny       TEXT    NOT NULL,
    min_length INTEGER NOT NULL, -- of these, 0 is no limit
    max_length INTEGER NOT NULL,
    concurrent INTEGER NOT NULL,
    daily      INTEGER NOT NULL,
    codes      BOOLEAN NOT NULL,
    changed_at BIGINT  NOT NULL,
    changed_by TEXT    NOT NULL,
    PRIMARY KEY (scope, subject)
);

-- Calls begun on a day of the installation's zone, for rules that limit them.
CREATE TABLE originate_days (
    day     TEXT    NOT NULL, -- YYYY-MM-DD
    scope   TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    calls   INTEGER NOT NULL,
    PRIMARY KEY (day, scope, subject)
);
