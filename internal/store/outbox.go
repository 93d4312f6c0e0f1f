package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

// addMessage keeps a message as it is, but that of who does not want messages as a failed one.
const addMessage = `INSERT INTO sms (at, phone, number, originator, message, project, session, user_id, client_key, until, waits, encoding, parts, provider, their_id,
		attempts, due, sent, state, result, reason, ended, owner, lease, began)
	SELECT CAST(? AS BIGINT), CAST(? AS TEXT), n.number, CAST(? AS TEXT), CAST(? AS TEXT), n.project, CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS TEXT),
		CAST(? AS BIGINT), CAST(? AS BOOLEAN), CAST(? AS TEXT), CAST(? AS INTEGER), CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS INTEGER), CAST(? AS BIGINT), CAST(? AS BIGINT),
		CASE WHEN n.out THEN 'failed' ELSE CAST(? AS TEXT) END, CASE WHEN n.out THEN 'error' ELSE CAST(? AS TEXT) END,
		CASE WHEN n.out THEN '` + sms.OptedOut + `' ELSE CAST(? AS TEXT) END, CASE WHEN n.out THEN CAST(? AS BIGINT) ELSE CAST(? AS BIGINT) END,
		CASE WHEN n.out THEN '' ELSE CAST(? AS TEXT) END, CASE WHEN n.out THEN 0 ELSE CAST(? AS BIGINT) END, CASE WHEN n.out THEN 0 ELSE CAST(? AS BIGINT) END
	FROM (SELECT g.number, g.project, EXISTS (SELECT 1 FROM sms_optouts o WHERE o.number = g.number AND (o.project = '' OR o.project = g.project)) AS out
		FROM (SELECT CAST(? AS TEXT) AS number, CAST(? AS TEXT) AS project) AS g) AS n WHERE TRUE
	ON CONFLICT (user_id, client_key) WHERE client_key <> '' DO NOTHING RETURNING ` + messageColumns

// SQLite uses an index of some rows only where a query says by itself that it is about these.
const (
	messageOfKey = `SELECT ` + messageColumns + ` FROM sms WHERE user_id = ? AND client_key = ? AND client_key <> ''`
	messageOfID  = `SELECT id FROM sms WHERE provider = ? AND their_id = ? AND their_id <> '' ORDER BY id DESC LIMIT 1`
)

// AddMessages implements sms.Store.
func (s *Store) AddMessages(ctx context.Context, all []sms.Message) ([]sms.Message, error) {
	kept := make([]sms.Message, len(all))
	err := s.change(ctx, "save messages", func(ctx context.Context, tx *sqlx.Tx) error {
		var fresh []sms.Message
		add, err := s.prepareIn(ctx, tx, addMessage)
		if err != nil {
			return err
		}
		for i, m := range all {
			var row messageRow
			err := add.GetContext(ctx, &row, micros(m.At), clean(m.Phone), clean(m.Originator), clean(m.Text), clean(m.Session), m.UserID, clean(m.Key), micros(m.Until),
				m.Waits, string(m.Encoding), m.Parts, clean(m.Provider), clean(m.TheirID), m.Attempts, micros(m.Due), micros(m.Sent), string(m.State), string(m.Result),
				clean(m.Reason), micros(m.At), micros(m.Ended), m.Owner, micros(m.Lease), micros(m.Began), clean(m.Number), clean(m.Project))
			if err == nil {
				fresh = append(fresh, row.message())
			} else if isNoRows(err) {
				err = tx.GetContext(ctx, &row, tx.Rebind(messageOfKey), m.UserID, clean(m.Key))
			}
			if err != nil {
				return err
			}
			kept[i] = row.message()
		}
		return s.tellMessages(ctx, tx, fresh...)
	})
	return kept, err
}

// ripeMessages come as their index has them: very many are due at once when quiet hours are over, which nobody is to sort.
const ripeMessages = `SELECT id AS ripe, EXISTS (SELECT 1 FROM sms_optouts o WHERE o.number = sms.number AND (o.project = '' OR o.project = sms.project)) AS unwanted
	FROM sms WHERE state = 'accepted' AND due <= ? ORDER BY due LIMIT ?`

// ClaimMessages implements sms.Store.
func (s *Store) ClaimMessages(ctx context.Context, owner string, now, lease time.Time, limit int) ([]sms.Message, error) {
	skip := ""
	if s.postgres() {
		skip = ` FOR UPDATE SKIP LOCKED`
	}
	var rows []messageRow
	err := s.change(ctx, "claim messages", func(ctx context.Context, tx *sqlx.Tx) error {
		// PostgreSQL would look for more where it looked twice. Who has said meanwhile that he wants no messages gets none: one
		// that was in hand then may be Accepted again.
		if err := tx.SelectContext(ctx, &rows, tx.Rebind(`WITH ripe AS MATERIALIZED (`+ripeMessages+skip+`)
			UPDATE sms SET state = CASE WHEN unwanted THEN 'failed' ELSE 'queued' END, result = CASE WHEN unwanted THEN 'error' ELSE result END,
			reason = CASE WHEN unwanted THEN ? ELSE reason END, ended = CASE WHEN unwanted THEN ? ELSE ended END, owner = ?, lease = ?, began = 0
			FROM ripe WHERE id = ripe RETURNING `+messageColumns), micros(now), limit, sms.OptedOut, micros(now), owner, micros(lease)); err != nil {
			return err
		}
		return s.tellMessages(ctx, tx, messages(rows)...)
	})
	return messages(rows), err
}

// SaveMessages implements sms.Store.
func (s *Store) SaveMessages(ctx context.Context, all []sms.Message) ([]bool, error) {
	kept := make([]bool, len(all))
	err := s.change(ctx, "save what became of messages", func(ctx context.Context, tx *sqlx.Tx) error {
		if slices.ContainsFunc(all, func(m sms.Message) bool { return m.State == sms.Sent }) { // see SaveReceipts
			if err := s.onPostgres(ctx, tx, `LOCK TABLE sms_receipts IN ROW EXCLUSIVE MODE`); err != nil {
				return err
			}
		}
		saved, err := s.saveMessages(ctx, tx, all)
		if err != nil {
			return err
		}
		var early bool // receipts, which few messages have
		if err := tx.GetContext(ctx, &early, `SELECT EXISTS (SELECT 1 FROM sms_receipts)`); err != nil {
			return err
		}
		for i, m := range all {
			if kept[i] = saved[m.ID]; !kept[i] {
				continue
			}
			if err := s.tellMessages(ctx, tx, m); err != nil {
				return err
			}
			if early && m.State == sms.Sent && m.TheirID != "" {
				if err := s.earlyReceipt(ctx, tx, m); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return kept, err
}

const setMessage = `UPDATE sms SET state = given.state, result = given.result, reason = given.reason, provider = given.provider, their_id = given.their_id,
	attempts = given.attempts, due = given.due, sent = given.sent, ended = given.ended, lease = given.lease, began = given.began FROM `

// saveMessages tells which are kept, by their ids.
func (s *Store) saveMessages(ctx context.Context, tx *sqlx.Tx, all []sms.Message) (map[int64]bool, error) {
	var ids, attempts, due, sent, ended, lease, began []int64
	var state, result, reason, provider, theirID, owner []string
	for _, m := range all {
		ids, attempts, due, sent = append(ids, m.ID), append(attempts, int64(m.Attempts)), append(due, micros(m.Due)), append(sent, micros(m.Sent))
		ended, lease, began = append(ended, micros(m.Ended)), append(lease, micros(m.Lease)), append(began, micros(m.Began))
		state, result, reason = append(state, string(m.State)), append(result, string(m.Result)), append(reason, clean(m.Reason))
		provider, theirID, owner = append(provider, clean(m.Provider)), append(theirID, clean(m.TheirID)), append(owner, m.Owner)
	}
	given := columns{{"id", ids}, {"owner", owner}, {"state", state}, {"result", result}, {"reason", reason}, {"provider", provider}, {"their_id", theirID},
		{"attempts", attempts}, {"due", due}, {"sent", sent}, {"ended", ended}, {"lease", lease}, {"began", began}}
	const whose = ` WHERE sms.id = given.id AND sms.owner = given.owner AND sms.state IN ('queued', 'unknown') RETURNING sms.id`
	saved := map[int64]bool{}
	each := func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		saved[id] = true
		return err
	}
	if s.postgres() {
		return saved, s.query(ctx, tx, setMessage+given.unnest(0)+whose, given.arrays(), each)
	}
	return saved, s.inChunks(given, func(values string, args []any) error {
		return s.query(ctx, tx, `WITH given (`+given.names()+`) AS (VALUES `+values+`) `+setMessage+`given`+whose, args, each)
	})
}

// earlyReceipt gives a message what its provider has said of it before.
func (s *Store) earlyReceipt(ctx context.Context, tx *sqlx.Tx, m sms.Message) error {
	var early struct {
		At     int64  `db:"at"`
		State  string `db:"state"`
		Reason string `db:"reason"`
	}
	err := tx.GetContext(ctx, &early, tx.Rebind(`DELETE FROM sms_receipts WHERE provider = ? AND their_id = ? RETURNING at, state, reason`),
		clean(m.Provider), clean(m.TheirID))
	if isNoRows(err) {
		return nil
	}
	if err == nil {
		_, err = s.changeMessages(ctx, tx, `UPDATE sms SET state = ?, reason = ?, ended = ?, due = 0 WHERE id = ?`, early.State, early.Reason, early.At, m.ID)
	}
	return err
}

// returnMost is how many messages expire in one transaction: of more it might not come to an end in its time, ever.
const returnMost = 5000

const lateMessages = `SELECT id AS late FROM sms WHERE state = 'accepted' AND until > 0 AND until <= ? ORDER BY until LIMIT ?`

// ReturnMessages implements sms.Store.
func (s *Store) ReturnMessages(ctx context.Context, now time.Time) (map[sms.State]int, error) {
	counts := map[sms.State]int{}
	skip := ""
	if s.postgres() {
		skip = ` FOR UPDATE SKIP LOCKED`
	}
	err := s.change(ctx, "look after messages", func(ctx context.Context, tx *sqlx.Tx) error {
		at := micros(now)
		if _, err := exec(ctx, tx, `DELETE FROM sms_receipts WHERE at < ?`, at-day); err != nil { // first, as who else locks both tables
			return err
		}
		for _, step := range [...]struct {
			to    sms.State
			query string
			args  []any
		}{
			{sms.Uncertain, `UPDATE sms SET state = 'unknown', result = CASE result WHEN '' THEN 'error' ELSE result END, reason = ?, ended = ?
				WHERE state = 'queued' AND lease < ? AND began > 0`, []any{sms.Interrupted, at, at}},
			{sms.Failed, `UPDATE sms SET state = 'failed', result = 'error', reason = ?, ended = ?, owner = '' WHERE state = 'queued' AND lease < ? AND waits`,
				[]any{sms.Interrupted, at, at}},
			{sms.Accepted, `UPDATE sms SET state = 'accepted', owner = '' WHERE state = 'queued' AND lease < ?`, []any{at}},
			{sms.Expired, `WITH late AS MATERIALIZED (` + lateMessages + skip + `) UPDATE sms SET state = 'expired', result = 'error', ended = ? FROM late WHERE sms.id = late.late`,
				[]any{at, returnMost, at}},
		} {
			n, err := s.changeMessages(ctx, tx, step.query, step.args...)
			if err != nil {
				return err
			}
			counts[step.to] += int(n)
		}
		return nil
	})
	return counts, err
}

// SaveReceipts implements sms.Store. Each has a transaction of its own: together they could wait for each other in a ring.
func (s *Store) SaveReceipts(ctx context.Context, provider string, now time.Time, all []gateway.Receipt) (came map[sms.State]int, unknown int, err error) {
	came = map[sms.State]int{}
	for _, r := range all {
		state, final := sms.StateOf(r.State)
		if !final || r.ID == "" {
			continue
		}
		var changed int64
		var known bool
		if err := s.change(ctx, "save a receipt", func(ctx context.Context, tx *sqlx.Tx) error {
			changed, known, err = s.saveReceipt(ctx, tx, clean(provider), micros(now), string(state), r)
			return err
		}); err != nil {
			return came, unknown, err
		}
		if came[state] += int(changed); !known {
			unknown += int(changed)
		}
	}
	return came, unknown, nil
}

// saveReceipt keeps what is said of the last message with an id, for providers may give one again, or until it is known which
// one has it. Nothing is taken back: who has it has it.
func (s *Store) saveReceipt(ctx context.Context, tx *sqlx.Tx, provider string, now int64, state string, r gateway.Receipt) (changed int64, known bool, err error) {
	for range 2 {
		var id int64
		if err = tx.GetContext(ctx, &id, tx.Rebind(messageOfID), provider, clean(r.ID)); err == nil {
			changed, err = s.changeMessages(ctx, tx, `UPDATE sms SET state = ?, reason = ?, ended = ?, due = 0 WHERE id = ? AND state NOT IN ('delivered', ?)`, state, clean(r.Reason), now, id, state)
			return changed, true, err
		}
		if !isNoRows(err) {
			return 0, false, err
		}
		// PostgreSQL may be saving that message just now, which neither sees of the other. So look again when all have ended who
		// do, and let those who come look for this.
		if err = s.onPostgres(ctx, tx, `LOCK TABLE sms_receipts IN SHARE ROW EXCLUSIVE MODE`); err != nil {
			return 0, false, err
		}
	}
	changed, err = exec(ctx, tx, `INSERT INTO sms_receipts (provider, their_id, at, state, reason) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (provider, their_id) DO UPDATE SET at = excluded.at, state = excluded.state, reason = excluded.reason
		WHERE sms_receipts.state NOT IN ('delivered', excluded.state)`, provider, clean(r.ID), now, state, clean(r.Reason))
	return changed, false, err
}

// DueMessages implements sms.Store.
func (s *Store) DueMessages(ctx context.Context, provider string, now time.Time, next func(time.Time) time.Time, limit int) ([]sms.Message, error) {
	var rows []messageRow
	err := s.change(ctx, "look for messages to ask about", func(ctx context.Context, tx *sqlx.Tx) error {
		skip := ""
		if s.postgres() {
			skip = ` FOR UPDATE SKIP LOCKED`
		}
		if err := tx.SelectContext(ctx, &rows, tx.Rebind(strings.Join([]string{`SELECT`, messageColumns, `FROM sms WHERE state = 'sent' AND provider = ?
			AND due > 0 AND due <= ? ORDER BY due LIMIT ?`, skip}, " ")), clean(provider), micros(now), limit); err != nil {
			return err
		}
		for _, r := range rows {
			if _, err := exec(ctx, tx, `UPDATE sms SET due = ? WHERE id = ?`, micros(next(fromMicros(r.Sent))), r.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return messages(rows), err
}

// WaitingMessages counts the messages that are still to be sent.
func (s *Store) WaitingMessages(ctx context.Context) (n int64, err error) {
	_, err = s.one(ctx, "count the messages that wait", &n,
		`SELECT (SELECT COUNT(*) FROM sms WHERE state = 'accepted') + (SELECT COUNT(*) FROM sms WHERE state = 'queued')`)
	return n, err
}
