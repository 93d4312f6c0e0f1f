package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/callcenter"
	"callgate/internal/recording"
	"callgate/internal/sms"
	"callgate/internal/webhook"
)

// TellEvents implements webhook.Store.
func (s *Store) TellEvents(kinds map[webhook.Kind]bool) { s.told.Store(&kinds) }

// tells tells whether anybody wants to hear of events of a kind.
func (s *Store) tells(kind webhook.Kind) bool {
	kinds := s.told.Load()
	return kinds != nil && (*kinds)[kind]
}

// tell keeps events that are not known yet.
func (s *Store) tell(ctx context.Context, tx *sqlx.Tx, all ...webhook.Event) error {
	now := s.now()
	known := map[string]bool{}
	var id, kind, project, data []string
	var at, settles, spread []int64
	for _, e := range all {
		if known[e.ID] {
			continue
		}
		known[e.ID] = true
		id, kind, project, data = append(id, e.ID), append(kind, string(e.Kind)), append(project, clean(e.Project)), append(data, clean(string(e.Data)))
		at, settles, spread = append(at, micros(e.At)), append(settles, micros(now.Add(e.Settles))), append(spread, 0)
	}
	if len(id) == 0 {
		return nil
	}
	return s.insert(ctx, tx, "webhook_events", `ON CONFLICT (id) DO NOTHING`, columns{{"id", id}, {"kind", kind}, {"project", project}, {"data", data},
		{"at", at}, {"settles", settles}, {"spread", spread}})
}

// AddEvents implements webhook.Store.
func (s *Store) AddEvents(ctx context.Context, all []webhook.Event) error {
	return s.change(ctx, "keep events", func(ctx context.Context, tx *sqlx.Tx) error { return s.tell(ctx, tx, all...) })
}

// callNews is what changes in what is told of calls.
type callNews struct {
	now           time.Time
	ended, missed bool // of what somebody wants to hear

	fresh   []webhook.Event
	changed map[string]webhook.Event // by the id of what is told in its place
	gone    []string
}

// tell tells how a call ended, or after all, when a leg more is known.
func (n *callNews) tell(old []*keptCall, made *keptCall) {
	before := map[webhook.Kind][]string{}
	for _, k := range old {
		for _, e := range webhook.OfCall(k.call, n.now) {
			before[e.Kind] = append(before[e.Kind], e.ID)
		}
	}
	for _, e := range webhook.OfCall(made.call, n.now) {
		ids := before[e.Kind]
		delete(before, e.Kind)
		switch {
		case e.Kind == webhook.CallEnded && !n.ended || e.Kind == webhook.CallMissed && !n.missed:
		case len(ids) == 0:
			n.fresh = append(n.fresh, e)
		default:
			n.changed[ids[0]] = e
			n.gone = append(n.gone, ids[1:]...)
		}
	}
	for _, ids := range before { // it was missed, as it seemed
		n.gone = append(n.gone, ids...)
	}
}

// tellCalls keeps what is told of calls. What has settled is told already, and stays.
func (s *Store) tellCalls(ctx context.Context, tx *sqlx.Tx, n *callNews) error {
	for _, id := range n.gone {
		if _, err := exec(ctx, tx, `DELETE FROM webhook_events WHERE id = ? AND spread = 0`, id); err != nil {
			return err
		}
	}
	for id, e := range n.changed {
		if _, err := exec(ctx, tx, `UPDATE webhook_events SET at = ?, project = ?, data = ?, settles = ? WHERE id = ? AND spread = 0`,
			micros(e.At), clean(e.Project), clean(string(e.Data)), micros(s.now().Add(e.Settles)), id); err != nil {
			return err
		}
	}
	return s.tell(ctx, tx, n.fresh...)
}

// tellRecording tells that a recording is whole, unless it was so before.
func (s *Store) tellRecording(ctx context.Context, tx *sqlx.Tx, e recording.Entry, before recording.State) error {
	if !s.tells(webhook.RecordingReady) || e.State != recording.Complete || before == recording.Complete || before == recording.Uploading || before == recording.Uploaded {
		return nil
	}
	return s.tell(ctx, tx, webhook.OfRecording(e, s.now()))
}

// tellMessages tells of messages that came to a state that who sent them wants to know.
func (s *Store) tellMessages(ctx context.Context, tx *sqlx.Tx, all ...sms.Message) error {
	if !s.tells(webhook.SMSStatus) {
		return nil
	}
	var events []webhook.Event
	for _, m := range all {
		switch m.State {
		case sms.Sent, sms.Delivered, sms.Failed, sms.Expired, sms.Uncertain:
			events = append(events, webhook.NewEvent(webhook.SMSStatus, s.now(), m.Project, webhook.Message{ID: m.ID, Phone: m.Phone, State: string(m.State),
				Result: string(m.Result), Reason: m.Reason, Provider: m.Provider, Project: m.Project, Session: m.Session, Parts: m.Parts}, m.ID, m.State))
		}
	}
	return s.tell(ctx, tx, events...)
}

// changeMessages changes messages by a query without RETURNING, tells of them, and returns how many they are.
func (s *Store) changeMessages(ctx context.Context, tx *sqlx.Tx, query string, args ...any) (int64, error) {
	if !s.tells(webhook.SMSStatus) {
		return exec(ctx, tx, query, args...)
	}
	var rows []messageRow
	if err := tx.SelectContext(ctx, &rows, tx.Rebind(query+` RETURNING `+messageColumns), args...); err != nil {
		return 0, err
	}
	return int64(len(rows)), s.tellMessages(ctx, tx, messages(rows)...)
}

// agentNewsTime is how long ago an agent may have begun what he does for that to be told: a span is kept again at its end.
const agentNewsTime = time.Hour

// tellAgents tells what agents have begun to do.
func (s *Store) tellAgents(ctx context.Context, tx *sqlx.Tx, name string, spans []callcenter.AgentSpan) error {
	if !s.tells(webhook.AgentState) {
		return nil
	}
	var events []webhook.Event
	for _, span := range spans {
		since := fromMicros(span.Started)
		if span.Activity == callcenter.ActivityUnknown || s.now().Sub(since) > agentNewsTime {
			continue
		}
		events = append(events, webhook.NewEvent(webhook.AgentState, since, "", webhook.Agent{Switch: name, Name: clean(span.Agent), State: string(span.Activity),
			Reason: span.Reason, Since: since}, name, span.Agent, span.Started))
	}
	return s.tell(ctx, tx, events...)
}

type eventRow struct {
	ID      string `db:"id"`
	Kind    string `db:"kind"`
	At      int64  `db:"at"`
	Project string `db:"project"`
	Data    string `db:"data"`
}

func (r eventRow) event() webhook.Event {
	return webhook.Event{ID: r.ID, Kind: webhook.Kind(r.Kind), At: fromMicros(r.At), Project: r.Project, Data: []byte(r.Data)}
}

// SettledEvents implements webhook.Store.
func (s *Store) SettledEvents(ctx context.Context, now time.Time) (bool, error) {
	var some bool
	_, err := s.one(ctx, "look for events", &some, `SELECT EXISTS (SELECT 1 FROM webhook_events WHERE spread = 0 AND settles <= ?)`, micros(now))
	return some, err
}

// SpreadEvents implements webhook.Store.
func (s *Store) SpreadEvents(ctx context.Context, now, until time.Time, limit int, to func(*webhook.Event) []string) (map[webhook.Kind]int, error) {
	skip := ""
	if s.postgres() {
		skip = ` FOR UPDATE SKIP LOCKED`
	}
	counts := map[webhook.Kind]int{}
	return counts, s.change(ctx, "hand events on", func(ctx context.Context, tx *sqlx.Tx) error {
		var rows []eventRow
		if err := tx.SelectContext(ctx, &rows, tx.Rebind(`SELECT id, kind, at, project, data FROM webhook_events WHERE spread = 0 AND settles <= ?
			ORDER BY settles, id LIMIT ?`+skip), micros(now), limit); err != nil || len(rows) == 0 {
			return err
		}
		var d deliveryColumns
		var ids []string
		var at []int64
		for _, r := range rows {
			e := r.event()
			for _, endpoint := range to(&e) {
				d.add(webhook.Delivery{Endpoint: endpoint, Event: e, State: webhook.Waiting, Made: now, Due: now, Until: until})
			}
			counts[e.Kind]++
			ids, at = append(ids, e.ID), append(at, micros(now))
		}
		if err := d.insert(ctx, s, tx); err != nil {
			return err
		}
		given := columns{{"event", ids}, {"now", at}}
		const mark = `UPDATE webhook_events SET spread = given.now FROM `
		if s.postgres() {
			_, err := tx.ExecContext(ctx, mark+given.unnest(0)+` WHERE webhook_events.id = given.event`, given.arrays()...)
			return err
		}
		return s.inChunks(given, func(values string, args []any) error {
			_, err := tx.ExecContext(ctx, `WITH given (event, now) AS (VALUES `+values+`) `+mark+`given WHERE webhook_events.id = given.event`, args...)
			return err
		})
	})
}
