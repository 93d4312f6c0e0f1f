-- How many calls of a quarter hour ended in each way: history.Ending. Those that are known already are counted by
-- `callgate cdr rebuild`.

-- +goose Up
CREATE TABLE endings (
    quarter     BIGINT  NOT NULL,
    project     TEXT    NOT NULL,
    number      TEXT    NOT NULL,
    direction   TEXT    NOT NULL,
    disposition TEXT    NOT NULL,
    hung_up_by  TEXT    NOT NULL,
    cause       TEXT    NOT NULL,
    calls       INTEGER NOT NULL,
    PRIMARY KEY (quarter, project, number, direction, disposition, hung_up_by, cause)
);
