package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"callgate/internal/fault"
	"callgate/internal/webhook"
)

type webhookRow struct {
	ID         string `db:"id"`
	Name       string `db:"name"`
	URL        string `db:"url"`
	Events     string `db:"events"`
	Projects   string `db:"projects"`
	Numbers    bool   `db:"numbers"`
	Owner      int64  `db:"owner"`
	OwnerLogin string `db:"owner_login"`
	Active     bool   `db:"active"`
	Reason     string `db:"reason"`
	Secret     string `db:"secret"`
	Former     string `db:"former"`
	SecretAt   int64  `db:"secret_at"`
	FormerEnds int64  `db:"former_ends"`
	Failures   int    `db:"failures"`
	Failing    int64  `db:"failing"`
	ChangedAt  int64  `db:"changed_at"`
	ChangedBy  string `db:"changed_by"`
	Version    int64  `db:"version"`
}

const selectWebhooks = `SELECT id, name, url, events, projects, numbers, owner, active, reason, secret, former, secret_at, former_ends, failures, failing,
	changed_at, changed_by, version, COALESCE((SELECT login FROM users WHERE users.id = owner), '') AS owner_login FROM webhooks `

func (s *Store) endpoint(r webhookRow) webhook.Endpoint {
	e := webhook.Endpoint{ID: r.ID, Name: r.Name, URL: r.URL, Projects: lines(r.Projects), Numbers: r.Numbers, Owner: r.Owner, OwnerLogin: r.OwnerLogin, Active: r.Active,
		Reason: r.Reason, SecretAt: fromMicros(r.SecretAt), FormerEnds: fromMicros(r.FormerEnds), Failures: r.Failures, Failing: fromMicros(r.Failing),
		ChangedAt: fromMicros(r.ChangedAt), ChangedBy: r.ChangedBy, Version: r.Version}
	for _, k := range lines(r.Events) {
		e.Events = append(e.Events, webhook.Kind(k))
	}
	if e.Secret, e.Err = s.unseal("webhooks.secret/"+r.ID, r.Secret); e.Err == nil {
		e.Former, e.Err = s.unseal("webhooks.former/"+r.ID, r.Former)
	}
	return e
}

// Webhooks implements webhook.Store.
func (s *Store) Webhooks(ctx context.Context) ([]webhook.Endpoint, error) {
	var rows []webhookRow
	if err := s.all(ctx, "read webhooks", &rows, selectWebhooks+`ORDER BY name, id`); err != nil {
		return nil, err
	}
	all := make([]webhook.Endpoint, len(rows))
	for i, r := range rows {
		all[i] = s.endpoint(r)
	}
	return all, nil
}

// shownWebhook is what the audit log keeps of an endpoint.
func (s *Store) shownWebhook(ctx context.Context, tx *sqlx.Tx, id string) func() (any, error) {
	return func() (any, error) {
		e, found, err := s.lockWebhook(ctx, tx, id)
		if err != nil || !found {
			return nil, err
		}
		return map[string]any{"name": e.Name, "url": e.URL, "events": e.Events, "projects": append([]string{}, e.Projects...), "numbers": e.Numbers, "owner": e.OwnerLogin, "active": e.Active,
			"reason": e.Reason, "secret_set_at": e.SecretAt}, nil
	}
}

// lockWebhook reads an endpoint that nobody else changes before the end of the transaction.
func (s *Store) lockWebhook(ctx context.Context, tx *sqlx.Tx, id string) (e webhook.Endpoint, found bool, err error) {
	lock := ""
	if s.postgres() {
		lock = ` FOR UPDATE OF webhooks`
	}
	var row webhookRow
	err = tx.GetContext(ctx, &row, tx.Rebind(selectWebhooks+`WHERE id = ?`+lock), clean(id))
	if isNoRows(err) {
		return e, false, nil
	}
	return s.endpoint(row), err == nil, err
}

// changeWebhook runs a transaction that changes an endpoint and keeps that in the audit log.
func (s *Store) changeWebhook(ctx context.Context, attempted, id string, f func(ctx context.Context, tx *sqlx.Tx) error) error {
	return s.inTurn(ctx, Webhooks, attempted, func(ctx context.Context, tx *sqlx.Tx) error {
		return s.audited(ctx, tx, "webhook", id, s.shownWebhook(ctx, tx, id), func() error { return f(ctx, tx) })
	})
}

// saveWebhook runs a query that takes all of an endpoint, its id last.
func (s *Store) saveWebhook(ctx context.Context, tx *sqlx.Tx, query string, e *webhook.Endpoint) error {
	var kinds []string
	for _, k := range e.Events {
		kinds = append(kinds, string(k))
	}
	_, err := exec(ctx, tx, query, clean(e.Name), clean(e.URL), strings.Join(kinds, "\n"), clean(strings.Join(e.Projects, "\n")), e.Numbers, e.Owner, e.Active, clean(e.Reason),
		s.seal("webhooks.secret/"+e.ID, e.Secret), s.seal("webhooks.former/"+e.ID, e.Former), micros(e.SecretAt), micros(e.FormerEnds), e.Failures, micros(e.Failing),
		micros(e.ChangedAt), clean(e.ChangedBy), e.Version, e.ID)
	return err
}

// AddWebhook implements webhook.Store.
func (s *Store) AddWebhook(ctx context.Context, e webhook.Endpoint, most int) error {
	return s.changeWebhook(ctx, "add a webhook", e.ID, func(ctx context.Context, tx *sqlx.Tx) error {
		var n int
		if err := tx.GetContext(ctx, &n, `SELECT COUNT(*) FROM webhooks`); err != nil {
			return err
		}
		if n >= most {
			return fault.New(fault.TooMany, fmt.Sprintf("there are %d webhooks", n))
		}
		return s.saveWebhook(ctx, tx, `INSERT INTO webhooks (name, url, events, projects, numbers, owner, active, reason, secret, former, secret_at, former_ends, failures,
			failing, changed_at, changed_by, version, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, &e)
	})
}

// ChangeWebhook implements webhook.Store.
func (s *Store) ChangeWebhook(ctx context.Context, id string, change func(*webhook.Endpoint) error) (e webhook.Endpoint, err error) {
	err = s.changeWebhook(ctx, "change a webhook", id, func(ctx context.Context, tx *sqlx.Tx) error {
		var found bool
		if e, found, err = s.lockWebhook(ctx, tx, id); err != nil {
			return err
		}
		if !found {
			return fault.New(fault.NotFound, "Webhook")
		}
		active, unread, secret := e.Active, e.Err, e.Secret
		if err := change(&e); err != nil {
			return err
		}
		if e.Active && !active {
			e.Failures, e.Failing = 0, fromMicros(0)
		}
		e.Version++
		if unread != nil && e.Secret == secret { // what cannot be read is not written over but by another one
			_, err = exec(ctx, tx, `UPDATE webhooks SET active = ?, reason = ?, changed_at = ?, changed_by = ?, version = ? WHERE id = ?`,
				e.Active, clean(e.Reason), micros(e.ChangedAt), clean(e.ChangedBy), e.Version, e.ID)
			return err
		}
		return s.saveWebhook(ctx, tx, `UPDATE webhooks SET name = ?, url = ?, events = ?, projects = ?, numbers = ?, owner = ?, active = ?, reason = ?, secret = ?, former = ?,
			secret_at = ?, former_ends = ?, failures = ?, failing = ?, changed_at = ?, changed_by = ?, version = ? WHERE id = ?`, &e)
	})
	return e, err
}

// RemoveWebhook implements webhook.Store. Its deliveries go with what is pruned next.
func (s *Store) RemoveWebhook(ctx context.Context, id string) error {
	return s.changeWebhook(ctx, "remove a webhook", id, func(ctx context.Context, tx *sqlx.Tx) error {
		n, err := exec(ctx, tx, `DELETE FROM webhooks WHERE id = ?`, clean(id))
		if err == nil && n == 0 {
			err = fault.New(fault.NotFound, "Webhook")
		}
		return err
	})
}
