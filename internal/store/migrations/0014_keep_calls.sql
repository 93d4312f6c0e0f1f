-- How long CDRs and calls are kept.

-- +goose Up
-- 0 is never, -1 what the setting says.
ALTER TABLE projects ADD COLUMN keep_cdrs_days INTEGER NOT NULL DEFAULT -1;

-- From when on the calls of each project are all there, whatever it keeps now; those before have been reckoned in
-- rollups, and may have been deleted. '' is for all projects that are not in it, and for none.
CREATE TABLE kept_calls (
    project TEXT   NOT NULL PRIMARY KEY,
    since   BIGINT NOT NULL
);

-- CDRs whose start cannot be true, before 2010, go by when they came.
CREATE INDEX cdrs_untimed ON cdrs (received) WHERE started < 1262304000000000;
