-- Reports read the figures of one level: of numbers, or of queues. Those of agents are most.

-- +goose Up
CREATE INDEX rollups_of_numbers ON rollups (quarter) WHERE queue = '' AND agent = '';
CREATE INDEX rollups_of_queues ON rollups (quarter) WHERE queue <> '' AND agent = '';
