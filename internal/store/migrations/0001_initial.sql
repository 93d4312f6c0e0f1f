-- Times are microseconds since 1970 UTC; 0 is never. SQLite gives every "id INTEGER PRIMARY KEY" its values; what
-- PostgreSQL needs for the same follows in 0002.

-- +goose Up
CREATE TABLE users (
    id        INTEGER PRIMARY KEY,
    login     TEXT    NOT NULL UNIQUE,
    password  TEXT    NOT NULL, -- hash, PHC string format
    status    INTEGER NOT NULL, -- 10 active, 9 inactive, 0 deleted
    signed_in BIGINT  NOT NULL DEFAULT 0
);

CREATE TABLE user_rights (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    module  TEXT   NOT NULL,
    action  TEXT   NOT NULL,
    PRIMARY KEY (user_id, module, action)
);

-- A user without any sees every project.
CREATE TABLE user_projects (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    project TEXT   NOT NULL,
    PRIMARY KEY (user_id, project)
);

CREATE TABLE tokens (
    id      INTEGER PRIMARY KEY, -- in the order of issue, whatever the clock did
    hash    BYTEA   NOT NULL UNIQUE,
    user_id BIGINT  NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    issued  BIGINT  NOT NULL,
    expires BIGINT  NOT NULL
);
CREATE INDEX tokens_by_user ON tokens (user_id, id);

-- What was ever switched; all else is on. Action * is the module as a whole.
CREATE TABLE modules (
    module     TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    enabled    BOOLEAN NOT NULL,
    changed_at BIGINT  NOT NULL,
    changed_by TEXT    NOT NULL,
    PRIMARY KEY (module, action)
);

CREATE TABLE settings (
    name       TEXT   NOT NULL PRIMARY KEY,
    value      TEXT   NOT NULL,
    changed_at BIGINT NOT NULL,
    changed_by TEXT   NOT NULL
);

-- No foreign key to users: the log speaks of unknown ones too.
CREATE TABLE requests (
    id         INTEGER PRIMARY KEY,
    at         BIGINT  NOT NULL,
    module     TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    code       INTEGER NOT NULL,
    error      TEXT    NOT NULL,
    body       TEXT    NOT NULL,
    user_id    BIGINT  NOT NULL,
    login      TEXT    NOT NULL,
    reason     TEXT    NOT NULL,
    request_id TEXT    NOT NULL
);
CREATE INDEX requests_by_time ON requests (at);

CREATE TABLE cdrs (
    id           INTEGER PRIMARY KEY,
    leg          TEXT    NOT NULL, -- the channel's uuid, without the a_ of its document's name
    a_leg        BOOLEAN NOT NULL, -- the document's name had an a_
    call_id      TEXT    NOT NULL,
    core_uuid    TEXT    NOT NULL,
    switch_name  TEXT    NOT NULL,
    direction    TEXT    NOT NULL,
    started      BIGINT  NOT NULL,
    answered     BIGINT  NOT NULL,
    ended        BIGINT  NOT NULL,
    hangup_cause TEXT    NOT NULL,
    readable     BOOLEAN NOT NULL,
    damaged      BOOLEAN NOT NULL,
    digest       BYTEA   NOT NULL, -- SHA-256 of the document
    size         BIGINT  NOT NULL, -- of the document, in bytes
    document     BYTEA   NOT NULL, -- zstd
    received     BIGINT  NOT NULL,
    UNIQUE (leg, a_leg, digest)
);
CREATE INDEX cdrs_by_call ON cdrs (call_id);

CREATE TABLE cdr_recordings (
    cdr_id   BIGINT  NOT NULL REFERENCES cdrs (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    path     TEXT    NOT NULL, -- in the switch's own file system
    PRIMARY KEY (cdr_id, position)
);

-- Legs that a CDR says its own was bridged to: their own CDRs may never come.
CREATE TABLE cdr_peers (
    cdr_id BIGINT NOT NULL REFERENCES cdrs (id) ON DELETE CASCADE,
    leg    TEXT   NOT NULL,
    PRIMARY KEY (leg, cdr_id)
);
