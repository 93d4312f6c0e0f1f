package store

import (
	"context"
	"iter"
	"time"

	"github.com/jmoiron/sqlx"

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
	Result     string `db:"result"`
	Reason     string `db:"reason"`
}

func (r messageRow) id() int64 { return r.ID }
func (r messageRow) size() int { return len(r.Message) }

func (r messageRow) message() sms.Message {
	return sms.Message{ID: r.ID, At: fromMicros(r.At), Phone: r.Phone, Number: r.Number, Originator: r.Originator, Text: r.Message,
		Project: r.Project, Session: r.Session, UserID: r.UserID, Result: sms.Result(r.Result), Reason: r.Reason}
}

// AddMessage implements sms.Store.
func (s *Store) AddMessage(ctx context.Context, m sms.Message) (id int64, err error) {
	err = s.change(ctx, "save a message", func(ctx context.Context, tx *sqlx.Tx) error {
		return tx.GetContext(ctx, &id, tx.Rebind(`INSERT INTO sms (at, phone, number, originator, message, project, session, user_id, result, reason)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`), micros(m.At), clean(m.Phone), clean(m.Number), clean(m.Originator),
			clean(m.Text), clean(m.Project), clean(m.Session), m.UserID, string(m.Result), clean(m.Reason))
	})
	return id, err
}

// Messages yields the messages with from <= At < to by id, and holds no connection while it yields. After an error it
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
			FROM sms WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?`) {
			m := row.message()
			if (err != nil || within(m.At, from, to)) && !yield(m, err) {
				return
			}
		}
	}
}
