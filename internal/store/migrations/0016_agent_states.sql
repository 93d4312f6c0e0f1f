-- What agents did, and for how long. Times are by our clock.

-- +goose Up
-- Who writes the states of a switch's agents, and until when it is known what goes on.
CREATE TABLE agent_watches (
    switch_name TEXT   NOT NULL PRIMARY KEY,
    writer      TEXT   NOT NULL,
    watched     BIGINT NOT NULL
);

-- Of an agent each span begins where the one before ended. before_… is what all spans of the agent before this one come
-- to: so the times of any period are a difference between two rows.
CREATE TABLE agent_states (
    switch_name       TEXT   NOT NULL,
    agent             TEXT   NOT NULL,
    started           BIGINT NOT NULL,
    ended             BIGINT NOT NULL, -- 0 while it goes on
    state             TEXT   NOT NULL,
    reason            TEXT   NOT NULL, -- of a pause
    before_unknown    BIGINT NOT NULL,
    before_logged_out BIGINT NOT NULL,
    before_talking    BIGINT NOT NULL,
    before_ringing    BIGINT NOT NULL,
    before_outside    BIGINT NOT NULL,
    before_pause      BIGINT NOT NULL,
    before_wrap_up    BIGINT NOT NULL,
    before_ready      BIGINT NOT NULL,
    before_not_ready  BIGINT NOT NULL,
    PRIMARY KEY (switch_name, agent, started)
);
-- Reasons are anything, so they are summed up; few spans have one.
CREATE INDEX agent_states_by_reason ON agent_states (started, ended, switch_name, agent, reason) WHERE reason <> '';

-- Who is in it.
CREATE TABLE watched_agents (
    switch_name TEXT NOT NULL,
    agent       TEXT NOT NULL,
    PRIMARY KEY (switch_name, agent)
);

CREATE INDEX agent_status_history_by_time ON agent_status_history (at);
