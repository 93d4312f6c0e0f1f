-- Reports read the figures of one level: of numbers, or of queues. Those of agents, which are most, lie between them in the
-- table: apart from them a report finds many on each page.

-- +goose Up
ALTER TABLE rollups RENAME TO rollups_together;
CREATE TABLE rollups (LIKE rollups_together) PARTITION BY LIST (agent);
CREATE TABLE rollups_without_agent PARTITION OF rollups FOR VALUES IN ('');
CREATE TABLE rollups_of_agents PARTITION OF rollups DEFAULT;
INSERT INTO rollups SELECT * FROM rollups_together ORDER BY quarter;
DROP TABLE rollups_together;
ALTER TABLE rollups ADD PRIMARY KEY (quarter, project, number, queue, agent);
CREATE INDEX rollups_of_numbers ON rollups_without_agent (quarter) WHERE queue = '';
CREATE INDEX rollups_of_queues ON rollups_without_agent (quarter) WHERE queue <> '';
