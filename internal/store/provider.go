package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/fault"
	"callgate/internal/sms"
)

type providerRow struct {
	Name        string  `db:"name"`
	Kind        string  `db:"kind"`
	Preset      string  `db:"preset"`
	Description string  `db:"description"`
	Given       string  `db:"given"`
	PerSecond   float64 `db:"per_second"`
	AtOnce      int     `db:"at_once"`
	Secret      string  `db:"secret"`
	ChangedAt   int64   `db:"changed_at"`
	ChangedBy   string  `db:"changed_by"`
}

// Providers implements sms.ProviderStore.
func (s *Store) Providers(ctx context.Context) ([]sms.Provider, error) {
	var rows []providerRow
	if err := s.all(ctx, "read the providers of messages", &rows, `SELECT name, kind, preset, description, given, per_second, at_once, secret, changed_at,
		changed_by FROM sms_providers ORDER BY name`); err != nil {
		return nil, err
	}
	all := make([]sms.Provider, len(rows))
	for i, r := range rows {
		all[i] = sms.Provider{Name: r.Name, Kind: sms.Kind(r.Kind), Preset: r.Preset, Description: json.RawMessage(r.Description),
			Pace: sms.Pace{PerSecond: r.PerSecond, AtOnce: r.AtOnce}, ChangedAt: fromMicros(r.ChangedAt), ChangedBy: r.ChangedBy}
		given, err := s.unseal("sms_providers.given/"+r.Name, r.Given)
		if err == nil {
			all[i].Secret, err = s.unseal("sms_providers.secret/"+r.Name, r.Secret)
		}
		if all[i].Err = err; err != nil {
			continue
		}
		if err := json.Unmarshal([]byte(given), &all[i].Values); err != nil {
			return nil, fmt.Errorf("read the values of provider %s: %w", r.Name, err)
		}
	}
	return all, nil
}

// auditProvider keeps a change of a provider with the change. What is given of it may be secret: only when is told.
func (s *Store) auditProvider(ctx context.Context, tx *sqlx.Tx, name string, change func() error) error {
	return s.audited(ctx, tx, "sms provider", name, row(ctx, tx, `SELECT kind, preset, description, per_second, at_once, changed_at AS values_set
		FROM sms_providers WHERE name = ?`, clean(name)), change)
}

// SetProvider implements sms.ProviderStore.
func (s *Store) SetProvider(ctx context.Context, p sms.Provider, was time.Time) error {
	given, err := json.Marshal(p.Values)
	if err != nil {
		return fmt.Errorf("write the values of a provider: %w", err)
	}
	name := clean(p.Name)
	return s.revision(ctx, Carriers, "set a provider of messages", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditProvider(ctx, tx, name, func() error {
			n, err := exec(ctx, tx, `INSERT INTO sms_providers (name, kind, preset, description, given, per_second, at_once, secret, changed_at, changed_by)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, preset = excluded.preset,
			description = excluded.description, given = excluded.given, per_second = excluded.per_second, at_once = excluded.at_once, secret = excluded.secret,
			changed_at = excluded.changed_at, changed_by = excluded.changed_by WHERE sms_providers.changed_at = ?`, name, string(p.Kind), clean(p.Preset), clean(string(p.Description)),
				s.seal("sms_providers.given/"+name, clean(string(given))), p.Pace.PerSecond, p.Pace.AtOnce, s.seal("sms_providers.secret/"+name, clean(p.Secret)), micros(p.ChangedAt), clean(p.ChangedBy), micros(was))
			if err == nil && n == 0 {
				err = fault.New(fault.Stale, "Provider")
			}
			return err
		})
	})
}

// RemoveProvider implements sms.ProviderStore.
func (s *Store) RemoveProvider(ctx context.Context, name string, was time.Time) error {
	return s.revision(ctx, Carriers, "remove a provider of messages", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.auditProvider(ctx, tx, name, func() error {
			n, err := exec(ctx, tx, `DELETE FROM sms_providers WHERE name = ? AND changed_at = ?`, clean(name), micros(was))
			if err == nil && n == 0 {
				err = fault.New(fault.Stale, "Provider")
			}
			return err
		})
	})
}
