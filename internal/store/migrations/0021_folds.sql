-- Figures and endings of spans of history.Fold, summed up from those of the quarter hours. They are good as long as the
-- span is in the table folds.

-- +goose Up
CREATE TABLE folds (started BIGINT NOT NULL PRIMARY KEY);
CREATE TABLE folded_rollups AS SELECT * FROM rollups WHERE FALSE;
CREATE INDEX folded_rollups_of_numbers ON folded_rollups (quarter) WHERE queue = '' AND agent = '';
CREATE INDEX folded_rollups_of_queues ON folded_rollups (quarter) WHERE queue <> '' AND agent = '';
CREATE INDEX folded_rollups_of_agents ON folded_rollups (quarter) WHERE agent <> '';
CREATE TABLE folded_endings AS SELECT * FROM endings WHERE FALSE;
CREATE INDEX folded_endings_by_time ON folded_endings (quarter);
