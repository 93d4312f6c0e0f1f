-- What administrators changed: added to, and deleted from only when it is old.

-- +goose Up
CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT, -- never given again
    at      BIGINT NOT NULL,
    user_id BIGINT NOT NULL, -- 0: no user of the API
    login   TEXT   NOT NULL,
    address TEXT   NOT NULL,
    request TEXT   NOT NULL,
    kind    TEXT   NOT NULL,
    name    TEXT   NOT NULL,
    before  TEXT   NOT NULL, -- JSON; empty: it was not there
    after   TEXT   NOT NULL  -- JSON; empty: it is not there any more
);
CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX audit_by_name ON audit (kind, name, id);
-- +goose StatementBegin
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is only added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_kept BEFORE DELETE ON audit WHEN OLD.at > (CAST(strftime('%s', 'now') AS INTEGER) - 30 * 86400) * 1000000
BEGIN SELECT RAISE(ABORT, 'the audit log is kept for 30 days at least'); END;
-- +goose StatementEnd
