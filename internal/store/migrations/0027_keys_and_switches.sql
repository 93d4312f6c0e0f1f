-- With which key secrets are sealed, and modules that are switched for one project or from a time on.

-- +goose Up
-- Which key it is: a text that it has sealed.
CREATE TABLE keys (
    name  TEXT NOT NULL PRIMARY KEY,
    proof TEXT NOT NULL
);

-- What was ever switched; all else is on. Action * is the module as a whole, project '' is all of them.
ALTER TABLE modules RENAME TO modules_of_all;
CREATE TABLE modules (
    module       TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    project      TEXT    NOT NULL,
    enabled      BOOLEAN NOT NULL,
    since        BIGINT  NOT NULL,
    changed_at   BIGINT  NOT NULL,
    changed_by   TEXT    NOT NULL,
    next_enabled BOOLEAN NOT NULL DEFAULT FALSE,
    next_from    BIGINT  NOT NULL DEFAULT 0, -- from when on that holds instead; 0: nothing is to come
    next_at      BIGINT  NOT NULL DEFAULT 0, -- when it was said, and by whom
    next_by      TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (module, action, project)
);
INSERT INTO modules (module, action, project, enabled, since, changed_at, changed_by)
    SELECT module, action, '', enabled, changed_at, changed_at, changed_by FROM modules_of_all;
DROP TABLE modules_of_all;
