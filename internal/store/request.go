package store

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/report"
)

const (
	requestColumns = "at, module, action, code, error, body, user_id, login, reason, request_id"
	requestsAtOnce = 500  // rows of one statement: 5,000 parameters, and SQLite takes 32,766
	maxRequestText = 1024 // bytes of any text but the body: paths and logins are as long as their sender likes
)

// SaveRequests implements report.RequestStore: all of them, in this order, or none.
func (s *Store) SaveRequests(ctx context.Context, requests []report.Request) error {
	return s.change(ctx, "save requests", func(ctx context.Context, tx *sqlx.Tx) error {
		for part := range slices.Chunk(requests, requestsAtOnce) {
			const row = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
			args := make([]any, 0, 10*len(part))
			for _, r := range part {
				args = append(args, micros(r.At), bounded(r.Module), bounded(r.Action), r.Code, bounded(r.Error), clean(r.Body),
					r.UserID, bounded(r.Login), bounded(r.Reason), bounded(r.RequestID))
			}
			query := "INSERT INTO requests (" + requestColumns + ") VALUES " + row + strings.Repeat(", "+row, len(part)-1)
			if _, err := exec(ctx, tx, query, args...); err != nil {
				return err
			}
		}
		return nil
	})
}

// bounded cleans text and cuts it, between characters.
func bounded(text string) string {
	if len(text) > maxRequestText {
		text = strings.ToValidUTF8(text[:maxRequestText], "")
	}
	return clean(text)
}

type requestRow struct {
	ID        int64  `db:"id"`
	At        int64  `db:"at"`
	Module    string `db:"module"`
	Action    string `db:"action"`
	Code      int    `db:"code"`
	Error     string `db:"error"`
	Body      string `db:"body"`
	UserID    int64  `db:"user_id"`
	Login     string `db:"login"`
	Reason    string `db:"reason"`
	RequestID string `db:"request_id"`
}

// Requests yields the requests with from <= At < to that passed, or with passed false all others, by id. It reads
// page by page, so a slow consumer holds no connection; what is saved meanwhile may or may not be among them. After
// an error it ends.
func (s *Store) Requests(ctx context.Context, from, to time.Time, passed bool) iter.Seq2[report.Request, error] {
	return func(yield func(report.Request, error) bool) {
		var span struct {
			First int64 `db:"first"`
			Last  int64 `db:"last"`
		}
		// The ids between which the period lies: from there on the primary key gives the order without sorting.
		_, err := s.one(ctx, "read requests", &span, `SELECT COALESCE(MIN(id), 0) AS first, COALESCE(MAX(id), -1) AS last
			FROM requests WHERE at >= ? AND at < ?`, micros(from), micros(to))
		if err != nil {
			yield(report.Request{}, err)
			return
		}
		condition := "code BETWEEN 200 AND 299"
		if !passed {
			condition = "code NOT BETWEEN 200 AND 299"
		}
		query := "SELECT id, " + requestColumns + " FROM requests WHERE id BETWEEN ? AND ? AND at >= ? AND at < ? AND " +
			condition + " ORDER BY id LIMIT ?"
		for span.First <= span.Last {
			var rows []requestRow
			err := s.all(ctx, "read requests", &rows, query, span.First, span.Last, micros(from), micros(to), requestsAtOnce)
			if err != nil {
				yield(report.Request{}, err)
				return
			}
			for _, r := range rows {
				if !yield(r.request(), nil) {
					return
				}
			}
			if len(rows) < requestsAtOnce {
				return
			}
			span.First = rows[len(rows)-1].ID + 1
		}
	}
}

func (r requestRow) request() report.Request {
	return report.Request{ID: r.ID, Body: r.Body, Module: r.Module, Action: r.Action, Code: r.Code, Error: r.Error,
		At: fromMicros(r.At), UserID: r.UserID, Login: r.Login, Reason: r.Reason, RequestID: r.RequestID}
}
