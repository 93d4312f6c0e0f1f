-- What signing in and administering users knows beyond login, password and rights. Times are microseconds, 0 is never.

-- +goose Up
ALTER TABLE users ADD COLUMN revision    BIGINT  NOT NULL DEFAULT 1; -- counts changes that an administrator sees
ALTER TABLE users ADD COLUMN must_change BOOLEAN NOT NULL DEFAULT FALSE; -- the password, before anything else
ALTER TABLE users ADD COLUMN password_at BIGINT  NOT NULL DEFAULT 0;
ALTER TABLE users ADD COLUMN totp_secret TEXT    NOT NULL DEFAULT ''; -- sealed
ALTER TABLE users ADD COLUMN totp_at     BIGINT  NOT NULL DEFAULT 0; -- since when a code is asked for
ALTER TABLE users ADD COLUMN totp_step   BIGINT  NOT NULL DEFAULT 0; -- that of the last code taken: it and those before are used up

ALTER TABLE tokens ADD COLUMN name    TEXT    NOT NULL DEFAULT '';
ALTER TABLE tokens ADD COLUMN address TEXT    NOT NULL DEFAULT ''; -- where it was asked for
ALTER TABLE tokens ADD COLUMN used    BIGINT  NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN session BOOLEAN NOT NULL DEFAULT FALSE; -- of a browser, in a cookie
CREATE INDEX tokens_by_expiry ON tokens (expires);

-- Keys of machines. Rights and projects are words with a blank between, as are networks; no projects are all of the owner's.
CREATE TABLE api_keys (
    id       INTEGER PRIMARY KEY AUTOINCREMENT, -- never given again
    user_id  BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name     TEXT   NOT NULL,
    hash     BYTEA  NOT NULL UNIQUE,
    rights   TEXT   NOT NULL,
    projects TEXT   NOT NULL,
    networks TEXT   NOT NULL,
    issued   BIGINT NOT NULL,
    expires  BIGINT NOT NULL,
    used     BIGINT NOT NULL DEFAULT 0,
    UNIQUE (user_id, name)
);

CREATE TABLE recovery_codes (
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    hash    BYTEA  NOT NULL,
    PRIMARY KEY (user_id, hash)
);

-- Attempts to sign in as somebody there is. What else was typed for a login is not kept: it may be a password.
CREATE TABLE sign_ins (
    id      INTEGER PRIMARY KEY AUTOINCREMENT, -- never given again
    at      BIGINT NOT NULL,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    address TEXT   NOT NULL,
    face    TEXT   NOT NULL,
    result  TEXT   NOT NULL
);
CREATE INDEX sign_ins_by_user ON sign_ins (user_id, id);
CREATE INDEX sign_ins_by_time ON sign_ins (at);
