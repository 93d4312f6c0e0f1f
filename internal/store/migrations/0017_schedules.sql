-- Reports that are mailed by themselves, and what has become of them.

-- +goose Up
CREATE TABLE report_schedules (
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    report     TEXT    NOT NULL,
    parameters TEXT    NOT NULL, -- as the query of a URL
    format     TEXT    NOT NULL,
    period     TEXT    NOT NULL,
    every      TEXT    NOT NULL, -- daily, weekly or monthly
    weekday    INTEGER NOT NULL, -- 1 is Monday, 0 of what is not weekly
    month_day  INTEGER NOT NULL,
    at         TEXT    NOT NULL, -- HH:MM by the clocks of the zone
    zone       TEXT    NOT NULL, -- empty for the installation's
    recipients TEXT    NOT NULL, -- addresses, a line each
    owner      BIGINT  NOT NULL REFERENCES users (id),
    active     BOOLEAN NOT NULL,
    next       BIGINT  NOT NULL, -- when it is due, 0 when it is not active
    changed_at BIGINT  NOT NULL,
    changed_by TEXT    NOT NULL
);

CREATE TABLE report_runs (
    schedule  TEXT    NOT NULL REFERENCES report_schedules (id) ON DELETE CASCADE,
    due       BIGINT  NOT NULL,
    first_day TEXT    NOT NULL, -- YYYY-MM-DD, of the time that the report is of
    last_day  TEXT    NOT NULL,
    asked_by  TEXT    NOT NULL, -- login; empty when the schedule came
    state     TEXT    NOT NULL,
    attempts  INTEGER NOT NULL,
    retry     BIGINT  NOT NULL, -- of a run that waits
    started   BIGINT  NOT NULL,
    ended     BIGINT  NOT NULL,
    error     TEXT    NOT NULL,
    bytes     BIGINT  NOT NULL,
    pending   TEXT    NOT NULL, -- recipients, a line each
    accepted  TEXT    NOT NULL,
    refused   TEXT    NOT NULL, -- recipients, with the reasons
    PRIMARY KEY (schedule, due)
);
CREATE INDEX report_runs_open ON report_runs (due) WHERE ended = 0;
CREATE INDEX report_runs_over ON report_runs (ended) WHERE ended <> 0;
