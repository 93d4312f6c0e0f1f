-- CDRs, the calls that are joined from them, and figures of those.

-- +goose Up
ALTER TABLE cdrs RENAME TO old_cdrs; -- the process moves what is in it to the tables below
DROP TABLE cdr_recordings;
DROP TABLE cdr_peers;
DROP TABLE recording_marks;

CREATE TABLE cdrs (
    started     BIGINT  NOT NULL, -- of the leg, as the document says; 0 when it does not
    leg         TEXT    NOT NULL, -- the channel's uuid, without the a_ of its document's name
    a_leg       BOOLEAN NOT NULL, -- the document's name had an a_
    digest      BYTEA   NOT NULL, -- the first 16 bytes of the document's SHA-256
    core_uuid   TEXT    NOT NULL,
    switch_name TEXT    NOT NULL, -- as it calls itself
    damaged     BOOLEAN NOT NULL,
    size        BIGINT  NOT NULL, -- of the document, in bytes
    document    BYTEA   NOT NULL, -- packed
    received    BIGINT  NOT NULL,
    UNIQUE (leg, a_leg, digest, started)
);

-- A call with all its legs. Columns are what is searched by; the call itself is made of facts.
CREATE TABLE calls (
    started     BIGINT  NOT NULL,
    id          BIGINT  NOT NULL,
    project     TEXT    NOT NULL,
    switch_name TEXT    NOT NULL,
    direction   TEXT    NOT NULL,
    disposition TEXT    NOT NULL,
    duration    BIGINT  NOT NULL, -- seconds
    recorded    BOOLEAN NOT NULL,
    counted     BOOLEAN NOT NULL, -- its figures are in rollups
    facts       BYTEA   NOT NULL, -- its legs, packed JSON of history.Leg
    PRIMARY KEY (started, id)
) WITHOUT ROWID;
CREATE INDEX calls_by_project ON calls (project, started, id);

-- By what a call is found: 1 the uuid of a leg or one that a leg names, 2 a number, 3 a queue, 4 an agent, 5 the uuid of
-- a leg that a queue's caller was bridged to and that has no CDR.
CREATE TABLE call_terms (
    kind    SMALLINT NOT NULL,
    value   TEXT     NOT NULL,
    started BIGINT   NOT NULL,
    call    BIGINT   NOT NULL,
    PRIMARY KEY (kind, value, started, call)
) WITHOUT ROWID;

-- What callgate has been told and cannot read.
CREATE TABLE unreadable_cdrs (
    leg      TEXT    NOT NULL,
    a_leg    BOOLEAN NOT NULL,
    digest   BYTEA   NOT NULL,
    size     BIGINT  NOT NULL,
    document BYTEA   NOT NULL,
    received BIGINT  NOT NULL,
    PRIMARY KEY (leg, a_leg, digest)
);
CREATE INDEX unreadable_cdrs_by_time ON unreadable_cdrs (received);

-- The id that the next call gets. One row.
CREATE TABLE call_ids (next BIGINT NOT NULL);
INSERT INTO call_ids (next) VALUES (1);

-- Sums over the calls and visits of a quarter hour: history.Key and history.Figures. answered_in_10 is how many waited
-- less than 10 seconds and no less than the threshold before.
CREATE TABLE rollups (
    quarter BIGINT NOT NULL,
    project TEXT   NOT NULL,
    number  TEXT   NOT NULL,
    queue   TEXT   NOT NULL,
    agent   TEXT   NOT NULL,
    inbound          INTEGER NOT NULL,
    outbound         INTEGER NOT NULL,
    unqueued         INTEGER NOT NULL,
    talked           INTEGER NOT NULL,
    queued           INTEGER NOT NULL,
    answered         INTEGER NOT NULL,
    lost             INTEGER NOT NULL,
    offered          INTEGER NOT NULL,
    missed           INTEGER NOT NULL,
    answered_wait    BIGINT  NOT NULL,
    lost_wait        BIGINT  NOT NULL,
    answered_longest BIGINT  NOT NULL,
    lost_longest     BIGINT  NOT NULL,
    talk             BIGINT  NOT NULL,
    hold             BIGINT  NOT NULL,
    held             INTEGER NOT NULL,
    wrap             BIGINT  NOT NULL,
    wrap_unknown     INTEGER NOT NULL,
    minutes          BIGINT  NOT NULL,
    answered_in_5    INTEGER NOT NULL,
    answered_in_10   INTEGER NOT NULL,
    answered_in_15   INTEGER NOT NULL,
    answered_in_20   INTEGER NOT NULL,
    answered_in_30   INTEGER NOT NULL,
    answered_in_45   INTEGER NOT NULL,
    answered_in_60   INTEGER NOT NULL,
    answered_in_90   INTEGER NOT NULL,
    answered_in_120  INTEGER NOT NULL,
    answered_in_180  INTEGER NOT NULL,
    answered_in_300  INTEGER NOT NULL,
    lost_in_5        INTEGER NOT NULL,
    lost_in_10       INTEGER NOT NULL,
    lost_in_15       INTEGER NOT NULL,
    lost_in_20       INTEGER NOT NULL,
    lost_in_30       INTEGER NOT NULL,
    lost_in_45       INTEGER NOT NULL,
    lost_in_60       INTEGER NOT NULL,
    lost_in_90       INTEGER NOT NULL,
    lost_in_120      INTEGER NOT NULL,
    lost_in_180      INTEGER NOT NULL,
    lost_in_300      INTEGER NOT NULL,
    PRIMARY KEY (quarter, project, number, queue, agent)
);

-- Which switch each running instance belonged to.
CREATE TABLE cores (
    core_uuid   TEXT   NOT NULL PRIMARY KEY,
    switch_name TEXT   NOT NULL,
    seen        BIGINT NOT NULL
);

-- Recordings that CDRs name and that have not been compared with the table recordings yet.
CREATE TABLE named_recordings (
    id       INTEGER PRIMARY KEY,
    leg      TEXT   NOT NULL,
    path     TEXT   NOT NULL,
    project  TEXT   NOT NULL,
    started  BIGINT NOT NULL,
    ended    BIGINT NOT NULL,
    received BIGINT NOT NULL
);
