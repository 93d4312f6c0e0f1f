package store

import (
	"context"
	"iter"
	"slices"
	"time"

	"callgate/internal/fault"
	"callgate/internal/sms"
)

type messageRow struct {
	ID         int64  `db:"id"`
	At         int64  `db:"at"`
	Phone      string `db:"phone"`
	Number     string `db:"number"`
	Originator string `db:"originator"`
	Message    string `db:"message"`
	Project    string `db:"project"`
	Session    string `db:"session"`
	UserID     int64  `db:"user_id"`
	Key        string `db:"client_key"`
	Until      int64  `db:"until"`
	Waits      bool   `db:"waits"`
	Encoding   string `db:"encoding"`
	Parts      int    `db:"parts"`
	State      string `db:"state"`
	Result     string `db:"result"`
	Reason     string `db:"reason"`
	Provider   string `db:"provider"`
	TheirID    string `db:"their_id"`
	Attempts   int    `db:"attempts"`
	Due        int64  `db:"due"`
	Sent       int64  `db:"sent"`
	Ended      int64  `db:"ended"`
	Owner      string `db:"owner"`
	Lease      int64  `db:"lease"`
	Began      int64  `db:"began"`
}

const messageColumns = `id, at, phone, number, originator, message, project, session, user_id, client_key, until, waits, encoding, parts, state, result, reason,
	provider, their_id, attempts, due, sent, ended, owner, lease, began`

func (r messageRow) id() int64 { return r.ID }
func (r messageRow) size() int { return len(r.Message) }

func (r messageRow) message() sms.Message {
	return sms.Message{ID: r.ID, At: fromMicros(r.At), Phone: r.Phone, Number: r.Number, Originator: r.Originator, Text: r.Message,
		Project: r.Project, Session: r.Session, UserID: r.UserID, Key: r.Key, Until: fromMicros(r.Until), Waits: r.Waits, Encoding: sms.Encoding(r.Encoding),
		Parts: r.Parts, State: sms.State(r.State), Result: sms.Result(r.Result), Reason: r.Reason, Provider: r.Provider, TheirID: r.TheirID,
		Attempts: r.Attempts, Due: fromMicros(r.Due), Sent: fromMicros(r.Sent), Ended: fromMicros(r.Ended), Owner: r.Owner, Lease: fromMicros(r.Lease),
		Began: fromMicros(r.Began)}
}

func messages(rows []messageRow) []sms.Message {
	all := make([]sms.Message, len(rows))
	for i, r := range rows {
		all[i] = r.message()
	}
	return all
}

// Messages yields the messages with from <= At < to that have a result, by id, and holds no connection while it yields. After an error it
// ends.
func (s *Store) Messages(ctx context.Context, from, to time.Time) iter.Seq2[sms.Message, error] {
	return func(yield func(sms.Message, error) bool) {
		// Between these the primary key gives the order.
		all, err := s.idsOf(ctx, "read messages", micros(from), micros(to),
			`SELECT at FROM sms WHERE at >= ? AND at < ? ORDER BY at LIMIT 1 OFFSET ?`,
			`SELECT COALESCE(MIN(id), 0) AS first, COALESCE(MAX(id), -1) AS last FROM sms WHERE at >= ? AND at < ?`)
		if err != nil {
			yield(sms.Message{}, err)
			return
		}
		for row, err := range pages[messageRow](ctx, s, "read messages", all,
			`SELECT id, at, phone, number, originator, message, project, session, user_id, result, reason
			FROM sms WHERE id BETWEEN ? AND ? AND result <> '' ORDER BY id LIMIT ?`) {
			m := row.message()
			if (err != nil || within(m.At, from, to)) && !yield(m, err) {
				return
			}
		}
	}
}

// unsent are messages with which something went wrong, said as their index says it.
const unsent = `state IN ('failed', 'expired', 'unknown')`

// FindMessages returns a page of what somebody asks for.
func (s *Store) FindMessages(ctx context.Context, q sms.Query) ([]sms.Message, error) {
	query, args := findMessages(q)
	var rows []messageRow
	if err := s.some(ctx, "find messages", &rows, query, args...); err != nil {
		return nil, err
	}
	return messages(rows), nil
}

func findMessages(q sms.Query) (query string, args []any) {
	where := clause{text: `at >= ?`, args: []any{micros(q.From)}}
	if !q.To.IsZero() {
		where.add(`at < ?`, micros(q.To))
	}
	if q.After != (sms.Place{}) {
		where.add(`(at, id) < (?, ?)`, micros(q.After.At), q.After.ID)
	}
	if len(q.States) > 0 {
		var states []string
		for _, state := range q.States {
			states = append(states, string(state))
		}
		where.in("state", states)
		if !slices.ContainsFunc(q.States, func(s sms.State) bool {
			return !slices.Contains([]sms.State{sms.Failed, sms.Expired, sms.Uncertain}, s)
		}) {
			where.add(unsent)
		}
	}
	if len(q.Projects) > 0 {
		where.in("project", q.Projects)
	}
	if q.Number != "" {
		where.add(`number = ?`, clean(q.Number))
	}
	if q.Provider != "" {
		where.add(`provider = ?`, clean(q.Provider))
	}
	if len(q.Seen) > 0 {
		var seen clause
		seen.in("project", q.Seen)
		where.add(`(`+seen.text+` OR user_id = ?)`, append(seen.args, q.UserID)...)
	}
	return `SELECT ` + messageColumns + ` FROM sms WHERE ` + where.text + ` ORDER BY at DESC, id DESC LIMIT ?`, append(where.args, q.Limit)
}

// Message finds a message, or fails with fault.NotFound "Message".
func (s *Store) Message(ctx context.Context, id int64) (sms.Message, error) {
	var row messageRow
	found, err := s.one(ctx, "read a message", &row, `SELECT `+messageColumns+` FROM sms WHERE id = ?`, id)
	if err == nil && !found {
		err = fault.New(fault.NotFound, "Message")
	}
	return row.message(), err
}
