package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/webhook"
)

type deliveryRow struct {
	eventRow
	Webhook  string `db:"webhook"`
	State    string `db:"state"`
	Made     int64  `db:"made"`
	Due      int64  `db:"due"`
	Until    int64  `db:"until"`
	Ended    int64  `db:"ended"`
	Attempts int    `db:"attempts"`
	Log      string `db:"log"`
	Hand     string `db:"hand"`
	Lease    int64  `db:"lease"`
}

const selectDeliveries = `SELECT d.webhook, d.state, d.made, d.due, d.until, d.ended, d.attempts, d.log, d.hand, d.lease, e.id, e.kind, e.at, e.project, e.data
	FROM webhook_deliveries d JOIN webhook_events e ON e.id = d.event `

func deliveries(rows []deliveryRow) ([]webhook.Delivery, error) {
	all := make([]webhook.Delivery, len(rows))
	for i, r := range rows {
		all[i] = webhook.Delivery{Endpoint: r.Webhook, Event: r.event(), State: webhook.State(r.State), Made: fromMicros(r.Made), Due: fromMicros(r.Due),
			Until: fromMicros(r.Until), Ended: fromMicros(r.Ended), Attempts: r.Attempts, Hand: r.Hand, Lease: fromMicros(r.Lease)}
		if err := json.Unmarshal([]byte(r.Log), &all[i].Log); err != nil {
			return nil, fmt.Errorf("read the log of a delivery: %w", err)
		}
	}
	return all, nil
}

// deliveryColumns are new deliveries.
type deliveryColumns struct {
	webhook, event, state, log, hand          []string
	made, due, until, ended, attempts, leases []int64
}

func (c *deliveryColumns) add(d webhook.Delivery) {
	c.webhook, c.event, c.state = append(c.webhook, d.Endpoint), append(c.event, d.Event.ID), append(c.state, string(d.State))
	c.log, c.hand, c.leases = append(c.log, logText(d.Log)), append(c.hand, ""), append(c.leases, 0)
	c.made, c.due, c.until = append(c.made, micros(d.Made)), append(c.due, micros(d.Due)), append(c.until, micros(d.Until))
	c.ended, c.attempts = append(c.ended, micros(d.Ended)), append(c.attempts, int64(d.Attempts))
}

func (c *deliveryColumns) insert(ctx context.Context, s *Store, tx *sqlx.Tx) error {
	if len(c.webhook) == 0 {
		return nil
	}
	return s.insert(ctx, tx, "webhook_deliveries", `ON CONFLICT DO NOTHING`, columns{{"webhook", c.webhook}, {"event", c.event}, {"state", c.state}, {"made", c.made},
		{"due", c.due}, {"until", c.until}, {"ended", c.ended}, {"attempts", c.attempts}, {"log", c.log}, {"hand", c.hand}, {"lease", c.leases}})
}

func logText(log []webhook.Attempt) string {
	if log == nil {
		log = []webhook.Attempt{}
	}
	text, _ := json.Marshal(log) // of texts and numbers
	return clean(string(text))
}

// AddDelivery implements webhook.Store.
func (s *Store) AddDelivery(ctx context.Context, d webhook.Delivery) error {
	return s.change(ctx, "keep a delivery", func(ctx context.Context, tx *sqlx.Tx) error {
		if err := s.tell(ctx, tx, d.Event); err != nil {
			return err
		}
		if _, err := exec(ctx, tx, `UPDATE webhook_events SET spread = ? WHERE id = ?`, micros(d.Made), d.Event.ID); err != nil {
			return err
		}
		var c deliveryColumns
		c.add(d)
		return c.insert(ctx, s, tx)
	})
}

// DueWebhooks implements webhook.Store.
func (s *Store) DueWebhooks(ctx context.Context, now time.Time) ([]string, error) {
	var ids []string
	err := s.all(ctx, "look for deliveries", &ids, `SELECT id FROM webhooks WHERE active AND EXISTS
		(SELECT 1 FROM webhook_deliveries d WHERE d.webhook = webhooks.id AND d.state = 'waiting' AND d.due <= ?) ORDER BY id`, micros(now))
	return ids, err
}

// ClaimDeliveries implements webhook.Store. The row of the endpoint is locked meanwhile: two processes count one after the other.
func (s *Store) ClaimDeliveries(ctx context.Context, endpoint, hand string, now, lease time.Time, most int) (all []webhook.Delivery, err error) {
	err = s.change(ctx, "claim deliveries", func(ctx context.Context, tx *sqlx.Tx) error {
		all = nil
		var active []bool
		lock := ""
		if s.postgres() {
			lock = ` FOR UPDATE`
		}
		if err := tx.SelectContext(ctx, &active, tx.Rebind(`SELECT active FROM webhooks WHERE id = ?`+lock), endpoint); err != nil || len(active) == 0 || !active[0] {
			return err
		}
		var busy int
		if err := tx.GetContext(ctx, &busy, tx.Rebind(`SELECT COUNT(*) FROM webhook_deliveries WHERE webhook = ? AND state = 'sending' AND lease > ?`),
			endpoint, micros(now)); err != nil || busy >= most {
			return err
		}
		var rows []deliveryRow
		if err := tx.SelectContext(ctx, &rows, tx.Rebind(selectDeliveries+`WHERE d.webhook = ? AND d.state = 'waiting' AND d.due <= ? ORDER BY d.due, d.event LIMIT ?`),
			endpoint, micros(now), most-busy); err != nil {
			return err
		}
		if all, err = deliveries(rows); err != nil {
			return err
		}
		for i := range all {
			d := &all[i]
			d.State, d.Hand, d.Lease = webhook.Sending, hand, lease
			if _, err := exec(ctx, tx, `UPDATE webhook_deliveries SET state = 'sending', hand = ?, lease = ? WHERE webhook = ? AND event = ?`,
				hand, micros(lease), endpoint, d.Event.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// SaveDelivery implements webhook.Store.
func (s *Store) SaveDelivery(ctx context.Context, d webhook.Delivery, attempted bool, now time.Time) (saved bool, failures int, failing time.Time, err error) {
	err = s.change(ctx, "keep what became of a delivery", func(ctx context.Context, tx *sqlx.Tx) error {
		n, err := exec(ctx, tx, `UPDATE webhook_deliveries SET state = ?, due = ?, ended = ?, attempts = ?, log = ?, hand = '', lease = 0
			WHERE webhook = ? AND event = ? AND state = 'sending' AND hand = ?`,
			string(d.State), micros(d.Due), micros(d.Ended), d.Attempts, logText(d.Log), d.Endpoint, d.Event.ID, d.Hand)
		if saved = n > 0; err != nil || !saved || !attempted {
			return err
		}
		if d.State == webhook.Delivered {
			_, err = exec(ctx, tx, `UPDATE webhooks SET failures = 0, failing = 0 WHERE id = ? AND failures > 0`, d.Endpoint)
			return err
		}
		var counts []struct {
			Failures int   `db:"failures"`
			Failing  int64 `db:"failing"`
		}
		if err := tx.SelectContext(ctx, &counts, tx.Rebind(`UPDATE webhooks SET failures = failures + 1, failing = CASE failing WHEN 0 THEN ? ELSE failing END
			WHERE id = ? RETURNING failures, failing`), micros(now), d.Endpoint); err != nil || len(counts) == 0 {
			return err
		}
		failures, failing = counts[0].Failures, fromMicros(counts[0].Failing)
		return nil
	})
	return saved && err == nil, failures, failing, err
}

// ReturnDeliveries implements webhook.Store.
func (s *Store) ReturnDeliveries(ctx context.Context, now time.Time) (failed int, err error) {
	at := micros(now)
	var some bool
	if _, err := s.one(ctx, "look after deliveries", &some, `SELECT EXISTS (SELECT 1 FROM webhook_deliveries WHERE state = 'sending' AND lease < ?)
		OR EXISTS (SELECT 1 FROM webhook_deliveries WHERE state = 'waiting' AND until < ?)`, at, at); err != nil || !some {
		return 0, err
	}
	err = s.change(ctx, "look after deliveries", func(ctx context.Context, tx *sqlx.Tx) error {
		if _, err := exec(ctx, tx, `UPDATE webhook_deliveries SET state = 'waiting', hand = '', lease = 0, due = ? WHERE state = 'sending' AND lease < ?`, at, at); err != nil {
			return err
		}
		n, err := exec(ctx, tx, `UPDATE webhook_deliveries SET state = 'failed', ended = ?, due = 0 WHERE state = 'waiting' AND until < ?`, at, at)
		failed = int(n)
		return err
	})
	return failed, err
}

// Deliveries implements webhook.Store.
func (s *Store) Deliveries(ctx context.Context, endpoint string, states []webhook.State, after webhook.Place, limit int) ([]webhook.Delivery, error) {
	where := clause{text: `d.webhook = ?`, args: []any{clean(endpoint)}}
	if len(states) > 0 {
		var names []string
		for _, state := range states {
			names = append(names, string(state))
		}
		where.in("d.state", names)
	}
	if after != (webhook.Place{}) {
		where.add(`(d.made, d.event) < (?, ?)`, micros(after.Made), clean(after.Event))
	}
	var rows []deliveryRow
	if err := s.some(ctx, "list deliveries", &rows, selectDeliveries+`WHERE `+where.text+` ORDER BY d.made DESC, d.event DESC LIMIT ?`, append(where.args, limit)...); err != nil {
		return nil, err
	}
	return deliveries(rows)
}

// ReplayDeliveries implements webhook.Store.
func (s *Store) ReplayDeliveries(ctx context.Context, endpoint, event string, since, now, until time.Time) (n int, err error) {
	which, arg := `made >= ? AND state IN ('failed', 'waiting')`, any(micros(since))
	if event != "" {
		which, arg = `event = ? AND state <> 'sending'`, clean(event)
	}
	err = s.change(ctx, "replay deliveries", func(ctx context.Context, tx *sqlx.Tx) error {
		touched, err := exec(ctx, tx, `UPDATE webhook_deliveries SET state = 'waiting', due = ?, until = ?, ended = 0, attempts = 0 WHERE webhook = ? AND `+which,
			micros(now), micros(until), clean(endpoint), arg)
		n = int(touched)
		return err
	})
	return n, err
}

// Backlogs implements webhook.Store.
func (s *Store) Backlogs(ctx context.Context) (map[string]webhook.Backlog, error) {
	var rows []struct {
		Webhook string `db:"webhook"`
		Count   int    `db:"count"`
		Oldest  int64  `db:"oldest"`
	}
	if err := s.all(ctx, "count deliveries", &rows, `SELECT d.webhook, COUNT(*) AS count, MIN(d.made) AS oldest FROM webhook_deliveries d
		JOIN webhooks w ON w.id = d.webhook WHERE d.state IN ('waiting', 'sending') GROUP BY d.webhook`); err != nil {
		return nil, err
	}
	all := map[string]webhook.Backlog{}
	for _, r := range rows {
		all[r.Webhook] = webhook.Backlog{Count: r.Count, Oldest: fromMicros(r.Oldest)}
	}
	return all, nil
}

// orphanTime is how long an event of which there is no delivery is remembered: another process may tell it, too.
const orphanTime = time.Hour

// PruneWebhooks deletes deliveries that were over before a time, of each endpoint those beyond so many, and events that have none,
// in small steps.
func (s *Store) PruneWebhooks(ctx context.Context, before time.Time, most int) (deleted int64, err error) {
	const attempted = "delete old deliveries"
	if deleted, err = s.pruneUpTo(ctx, attempted, `SELECT ended FROM webhook_deliveries WHERE ended > 0 AND ended < ? ORDER BY ended LIMIT 1 OFFSET ?`,
		`DELETE FROM webhook_deliveries WHERE ended > 0 AND ended <= ?`, micros(before)); err != nil {
		return deleted, err
	}
	var endpoints []string
	if err := s.all(ctx, attempted, &endpoints, `SELECT id FROM webhooks`); err != nil {
		return deleted, err
	}
	for _, id := range endpoints {
		var to int64
		more, err := s.one(ctx, attempted, &to, `SELECT made FROM webhook_deliveries WHERE webhook = ? ORDER BY made DESC, event DESC LIMIT 1 OFFSET ?`, id, most)
		if err != nil {
			return deleted, err
		}
		if !more {
			continue
		}
		n, err := s.pruneUpTo(ctx, attempted, `SELECT made FROM webhook_deliveries WHERE webhook = ? AND ended > 0 AND made < ? ORDER BY made LIMIT 1 OFFSET ?`,
			`DELETE FROM webhook_deliveries WHERE webhook = ? AND ended > 0 AND made <= ?`, to+1, id)
		if deleted += n; err != nil {
			return deleted, err
		}
	}
	for _, q := range []struct {
		find, remove string
		args         []any
	}{
		{`SELECT event FROM webhook_deliveries WHERE NOT EXISTS (SELECT 1 FROM webhooks w WHERE w.id = webhook) LIMIT ?`,
			`DELETE FROM webhook_deliveries WHERE NOT EXISTS (SELECT 1 FROM webhooks w WHERE w.id = webhook) AND event IN (?`, nil},
		{`SELECT id FROM webhook_events WHERE spread > 0 AND spread < ? AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.event = id) LIMIT ?`,
			`DELETE FROM webhook_events WHERE id IN (?`, []any{micros(s.now().Add(-orphanTime))}},
	} {
		for more := true; more; {
			var ids []any
			var found []string
			if err := s.all(ctx, attempted, &found, q.find, append(q.args, pruneRows)...); err != nil {
				return deleted, err
			}
			for _, id := range found {
				ids = append(ids, id)
			}
			if more = len(found) == pruneRows; len(found) == 0 {
				break
			}
			if err := s.change(ctx, attempted, func(ctx context.Context, tx *sqlx.Tx) error {
				n, err := exec(ctx, tx, q.remove+strings.Repeat(", ?", len(ids)-1)+`)`, ids...)
				deleted += n
				return err
			}); err != nil {
				return deleted, err
			}
		}
	}
	return deleted, nil
}
