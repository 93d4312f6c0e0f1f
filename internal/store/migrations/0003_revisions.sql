-- A number that grows with every change of what processes keep in memory, so that a glance at one small table tells
-- each of them what to read again.

-- +goose Up
CREATE TABLE revisions (
    topic    TEXT   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL
);
