-- Reports read the figures of one level: of numbers, or of queues. Those of agents, which are most, lie between them in the
-- table. Indexes that hold all that is read spare a report looking for each row.

-- +goose Up
DROP INDEX rollups_of_numbers;
DROP INDEX rollups_of_queues;
CREATE INDEX rollups_of_numbers ON rollups (quarter, project, number,
    inbound, outbound, unqueued, talked, queued, answered, lost, offered, missed, answered_wait, lost_wait,
    answered_longest, lost_longest, talk, hold, held, wrap, wrap_unknown, minutes, answered_in_5, answered_in_10,
    answered_in_15, answered_in_20, answered_in_30, answered_in_45, answered_in_60, answered_in_90, answered_in_120,
    answered_in_180, answered_in_300, lost_in_5, lost_in_10, lost_in_15, lost_in_20, lost_in_30, lost_in_45,
    lost_in_60, lost_in_90, lost_in_120, lost_in_180, lost_in_300
) WHERE queue = '' AND agent = '';
CREATE INDEX rollups_of_queues ON rollups (quarter, project, number, queue,
    inbound, outbound, unqueued, talked, queued, answered, lost, offered, missed, answered_wait, lost_wait,
    answered_longest, lost_longest, talk, hold, held, wrap, wrap_unknown, minutes, answered_in_5, answered_in_10,
    answered_in_15, answered_in_20, answered_in_30, answered_in_45, answered_in_60, answered_in_90, answered_in_120,
    answered_in_180, answered_in_300, lost_in_5, lost_in_10, lost_in_15, lost_in_20, lost_in_30, lost_in_45,
    lost_in_60, lost_in_90, lost_in_120, lost_in_180, lost_in_300
) WHERE queue <> '' AND agent = '';
