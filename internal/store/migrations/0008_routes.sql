-- +goose Up
CREATE TABLE routes (
    name            TEXT   NOT NULL PRIMARY KEY,
    position        BIGINT NOT NULL UNIQUE, -- grows in the order they were made
    project         TEXT   REFERENCES projects (id) ON DELETE CASCADE, -- none is the default route
    hours           TEXT   NOT NULL,
    announce        TEXT   NOT NULL,
    closed_announce TEXT   NOT NULL,
    step_open       TEXT   NOT NULL,
    step_closed     TEXT   NOT NULL,
    step_timeout    TEXT   NOT NULL,
    step_no_agents  TEXT   NOT NULL,
    step_failed     TEXT   NOT NULL,
    step_keys       TEXT   NOT NULL -- a line each: key, blank, step
);

-- A number is named by one route.
CREATE TABLE route_numbers (
    number   TEXT    NOT NULL PRIMARY KEY,
    route    TEXT    NOT NULL REFERENCES routes (name) ON DELETE CASCADE,
    position INTEGER NOT NULL
);

CREATE INDEX route_numbers_route ON route_numbers (route);
CREATE INDEX routes_project ON routes (project);

-- What was decided about calls that the dialplan handed over, a row for each step.
CREATE TABLE decisions (
    id          TEXT   NOT NULL PRIMARY KEY, -- given before the first attempt to write it: a second one changes nothing
    at          BIGINT NOT NULL,
    switch_name TEXT   NOT NULL,
    core_uuid   TEXT   NOT NULL,
    call_uuid   TEXT   NOT NULL,
    number      TEXT   NOT NULL,
    project     TEXT   NOT NULL,
    route       TEXT   NOT NULL,
    step        TEXT   NOT NULL,
    detail      TEXT   NOT NULL
);

CREATE INDEX decisions_at ON decisions (at, id);
CREATE INDEX decisions_call ON decisions (call_uuid);
