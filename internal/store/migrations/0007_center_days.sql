-- What today has brought each switch's contact centre, as internal/callcenter keeps it.

-- +goose Up
CREATE TABLE center_days (
    switch_name TEXT   NOT NULL PRIMARY KEY,
    document    BYTEA  NOT NULL,
    saved       BIGINT NOT NULL
);
