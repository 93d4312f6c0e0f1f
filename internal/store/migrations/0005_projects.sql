-- +goose Up
CREATE TABLE projects (
    id         TEXT    NOT NULL PRIMARY KEY,
    position   BIGINT  NOT NULL UNIQUE, -- grows in the order they were made
    name       TEXT    NOT NULL,
    zone       TEXT    NOT NULL,        -- IANA name; empty is the installation's
    sl_seconds INTEGER NOT NULL,
    record     BOOLEAN NOT NULL
);

-- A number belongs to one project.
CREATE TABLE project_numbers (
    number   TEXT    NOT NULL PRIMARY KEY,
    project  TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    position INTEGER NOT NULL
);

-- A queue may serve several.
CREATE TABLE project_queues (
    project  TEXT    NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    queue    TEXT    NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (project, queue)
);
