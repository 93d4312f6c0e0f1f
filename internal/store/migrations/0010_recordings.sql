-- What is known of each recording: from the switches' events, from uploads, from CDRs, from a look at the file.

-- +goose Up
CREATE TABLE recordings (
    path        TEXT    NOT NULL, -- in the switch's own file system
    switch_name TEXT    NOT NULL, -- as it is configured here; empty while only a CDR told of the recording
    name        TEXT    NOT NULL, -- below our own folder; empty when the path is not one of ours
    leg         TEXT    NOT NULL,
    project     TEXT    NOT NULL,
    at          BIGINT  NOT NULL, -- by which it is listed and kept: when it began, as near as is known
    started     BIGINT  NOT NULL, -- by the switch's clock
    stopped     BIGINT  NOT NULL,
    duration_ms BIGINT  NOT NULL,
    size        BIGINT  NOT NULL, -- bytes
    digest      TEXT    NOT NULL, -- SHA-256 of the file where it was computed, hexadecimal
    cause       TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    in_folder   BOOLEAN NOT NULL, -- the file is in our folder
    object      TEXT    NOT NULL, -- its key in the object store, empty when it is not there
    attempts    INTEGER NOT NULL, -- failed ones, of what the state waits for
    due         BIGINT  NOT NULL, -- when it is to be looked at next, or when the lease ends; 0 is never
    deleted     BIGINT  NOT NULL,
    revision    BIGINT  NOT NULL, -- grows with every change
    PRIMARY KEY (path, switch_name)
);
CREATE INDEX recordings_by_leg ON recordings (leg);
CREATE INDEX recordings_by_name ON recordings (name);
CREATE INDEX recordings_by_due ON recordings (state, due);
CREATE INDEX recordings_by_time ON recordings (at, path, switch_name);
CREATE INDEX recordings_by_project ON recordings (project, at);
CREATE INDEX recordings_kept ON recordings (project, at) WHERE in_folder OR object <> ''; -- what is deleted stays in the table

-- How far the recordings that CDRs name have been compared with the table above.
CREATE TABLE recording_marks (
    id  INTEGER NOT NULL PRIMARY KEY,
    cdr BIGINT  NOT NULL
);
INSERT INTO recording_marks (id, cdr) VALUES (1, 0);

-- 0 is never, -1 what the setting says.
ALTER TABLE projects ADD COLUMN keep_recordings_days INTEGER NOT NULL DEFAULT -1;
