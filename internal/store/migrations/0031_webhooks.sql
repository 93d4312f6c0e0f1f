-- Where other systems are told what happens, what is told, and what has become of it.

-- +goose Up
CREATE TABLE webhooks (
    id            TEXT    NOT NULL PRIMARY KEY,
    name          TEXT    NOT NULL,
    url           TEXT    NOT NULL,
    events        TEXT    NOT NULL, -- kinds, a line each
    projects      TEXT    NOT NULL, -- a line each; '' is all that the owner may see
    numbers       BOOLEAN NOT NULL, -- phone numbers are sent
    owner         BIGINT  NOT NULL, -- 0: no user of the API
    active        BOOLEAN NOT NULL,
    reason        TEXT    NOT NULL, -- why it was switched off
    secret        TEXT    NOT NULL,
    former        TEXT    NOT NULL, -- the secret of before
    secret_at     BIGINT  NOT NULL,
    former_ends   BIGINT  NOT NULL, -- 0: there is none
    failures      BIGINT  NOT NULL, -- attempts in a row
    failing       BIGINT  NOT NULL, -- since when; 0 when the last one did not fail
    changed_at    BIGINT  NOT NULL,
    changed_by    TEXT    NOT NULL,
    version       BIGINT  NOT NULL
);

CREATE TABLE webhook_events (
    id      TEXT   NOT NULL PRIMARY KEY,
    kind    TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    project TEXT   NOT NULL,
    data    TEXT   NOT NULL, -- JSON
    settles BIGINT NOT NULL, -- until then it may change
    spread  BIGINT NOT NULL  -- when deliveries were made of it; 0: not yet
);
CREATE INDEX webhook_events_new ON webhook_events (settles) WHERE spread = 0;
CREATE INDEX webhook_events_spread ON webhook_events (spread) WHERE spread > 0;

CREATE TABLE webhook_deliveries (
    webhook  TEXT    NOT NULL,
    event    TEXT    NOT NULL,
    state    TEXT    NOT NULL,
    made     BIGINT  NOT NULL,
    due      BIGINT  NOT NULL, -- when it is tried next
    until    BIGINT  NOT NULL, -- after that it is not tried
    ended    BIGINT  NOT NULL, -- 0: it is not over
    attempts INTEGER NOT NULL,
    log      TEXT    NOT NULL, -- attempts, JSON
    hand     TEXT    NOT NULL, -- whose it is in
    lease    BIGINT  NOT NULL, -- until when
    PRIMARY KEY (webhook, event)
);
CREATE INDEX webhook_deliveries_waiting ON webhook_deliveries (webhook, due) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_until ON webhook_deliveries (until) WHERE state = 'waiting';
CREATE INDEX webhook_deliveries_sending ON webhook_deliveries (webhook, lease) WHERE state = 'sending';
CREATE INDEX webhook_deliveries_made ON webhook_deliveries (webhook, made, event);
CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended) WHERE ended > 0;
CREATE INDEX webhook_deliveries_event ON webhook_deliveries (event);
