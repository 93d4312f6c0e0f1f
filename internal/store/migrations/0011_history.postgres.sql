-- CDRs, the calls that are joined from them, and figures of those. Months of the partitioned tables are made and dropped
-- by the process; what fits into none is in the rest.

-- +goose Up
ALTER TABLE cdrs RENAME TO old_cdrs; -- the process moves what is in it to the tables below
DROP TABLE cdr_recordings;
DROP TABLE cdr_peers;
DROP TABLE recording_marks;
ALTER TABLE old_cdrs RENAME CONSTRAINT cdrs_leg_a_leg_digest_key TO old_cdrs_leg_a_leg_digest_key;

CREATE TABLE cdrs (
    started     BIGINT  NOT NULL, -- of the leg, as the document says; 0 when it does not
    leg         TEXT    COLLATE "C" NOT NULL, -- the channel's uuid, without the a_ of its document's name
    a_leg       BOOLEAN NOT NULL, -- the document's name had an a_
    digest      BYTEA   NOT NULL, -- the first 16 bytes of the document's SHA-256
    core_uuid   TEXT    NOT NULL,
    switch_name TEXT    NOT NULL, -- as it calls itself
    damaged     BOOLEAN NOT NULL,
    size        BIGINT  NOT NULL, -- of the document, in bytes
    document    BYTEA   NOT NULL, -- packed
    received    BIGINT  NOT NULL,
    UNIQUE (leg, a_leg, digest, started)
) PARTITION BY RANGE (started);

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
) PARTITION BY RANGE (started);
CREATE INDEX calls_by_project ON calls (project, started, id);

-- By what a call is found: 1 the uuid of a leg or one that a leg names, 2 a number, 3 a queue, 4 an agent, 5 the uuid of
-- a leg that a queue's caller was bridged to and that has no CDR.
CREATE TABLE call_terms (
    kind    SMALLINT NOT NULL,
    value   TEXT     COLLATE "C" NOT NULL, -- a prefix is a range
    started BIGINT   NOT NULL,
    call    BIGINT   NOT NULL,
    PRIMARY KEY (kind, value, started, call)
) PARTITION BY RANGE (started);

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

CREATE TABLE cdrs_rest PARTITION OF cdrs DEFAULT;
CREATE TABLE calls_rest PARTITION OF calls DEFAULT;
CREATE TABLE call_terms_rest PARTITION OF call_terms DEFAULT;

-- They are packed already.
ALTER TABLE cdrs ALTER COLUMN document SET STORAGE EXTERNAL;
ALTER TABLE cdrs_rest ALTER COLUMN document SET STORAGE EXTERNAL;
ALTER TABLE calls ALTER COLUMN facts SET STORAGE EXTERNAL;
ALTER TABLE calls_rest ALTER COLUMN facts SET STORAGE EXTERNAL;
ALTER TABLE unreadable_cdrs ALTER COLUMN document SET STORAGE EXTERNAL;
ALTER TABLE named_recordings ALTER COLUMN id TYPE BIGINT;
ALTER TABLE named_recordings ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY;
