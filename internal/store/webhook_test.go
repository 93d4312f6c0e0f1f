package store_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/cdr"
	"callgate/internal/audit"
	"callgate/internal/callcenter"
	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
	"callgate/internal/recording"
	"callgate/internal/sms"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
	"callgate/internal/webhook"
)

// wanting has a store keep events of some kinds.
func wanting(s *store.Store, kinds ...webhook.Kind) {
	all := map[webhook.Kind]bool{}
	for _, k := range kinds {
		all[k] = true
	}
	s.TellEvents(all)
}

// spreadAll hands on what has settled by a time, to one endpoint, and tells it as "KIND WHAT".
func spreadAll(t *testing.T, s *store.Store, now time.Time) []string {
	t.Helper()
	var all []string
	_, err := s.SpreadEvents(t.Context(), now, now.Add(24*time.Hour), 1000, func(e *webhook.Event) []string {
		var data struct {
			Call        string `json:"call_id"`
			Disposition string `json:"disposition"`
			Leg         string `json:"leg_id"`
			Agent       string `json:"agent"`
			State       string `json:"state"`
			ID          int64  `json:"id"`
		}
		must(t, json.Unmarshal(e.Data, &data))
		what := fmt.Sprint(data.Call, data.Disposition, data.Leg, data.State)
		if e.Kind == webhook.AgentState {
			what = data.Agent + " " + data.State
		}
		all = append(all, string(e.Kind)+" "+what)
		return []string{"here"}
	})
	must(t, err)
	slices.Sort(all)
	return all
}

func wantTold(t *testing.T, s *store.Store, now time.Time, want ...string) {
	t.Helper()
	if got := spreadAll(t, s, now); !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// TestCallsTold: how a call ended is told once, when its legs have had time to come, whichever comes first and whatever they said
// of it before; a call that only seemed to be missed is not told to be.
func TestCallsTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s, now := open(), time.Now()
		settled := func() time.Time { return time.Now().Add(time.Minute) }
		start := now.Add(-5 * time.Minute)
		lost := func(id string) *cdr.Record {
			r := queueCall(id, "a0", start)[0]
			r.AnsweredEpoch, r.TerminatedEpoch, r.QueueCause, r.CanceledEpoch, r.CancelReason, r.Agent = 0, 0, "cancel", r.JoinedEpoch+5, "BREAK_OUT", ""
			return r
		}
		saveAll(t, s, now, queueCall("nobody", "a0", start)...)
		wantTold(t, s, settled())

		wanting(s, webhook.CallEnded, webhook.CallMissed)
		served := queueCall("served", "a0", start)
		saveAll(t, s, now, served[1]) // of the agent's leg alone nothing is told
		wantTold(t, s, settled())
		saveAll(t, s, now, served[0])
		wantTold(t, s, time.Now()) // it has not settled
		wantTold(t, s, settled(), "call.ended served-calleranswered")
		saveAll(t, s, now, served...) // which are known
		wantTold(t, s, settled())

		saveAll(t, s, now, lost("lost"))
		wantTold(t, s, settled(), "call.ended lost-callerabandoned", "call.missed lost-callerabandoned")

		// Who was rung first did not answer; who was rung next did, says his leg a moment later.
		rung := func(id string, bridged int64) *cdr.Record {
			r := queueCall("rung", "a0", start)[1]
			r.Leg, r.Side, r.Queue, r.Agent, r.Member, r.MemberLeg, r.Call, r.Bridged, r.Peers = id, "", "", "", "", "", "rung-caller", bridged, nil
			if r.HangupCause = "NO_ANSWER"; bridged > 0 {
				r.HangupCause, r.Peers = "NORMAL_CLEARING", []string{"rung-caller"}
			}
			r.Raw = []byte(id)
			r.Digest = sha256.Sum256(r.Raw)
			return r
		}
		caller := queueCall("rung", "a0", start)[0]
		caller.Side, caller.Queue, caller.Member, caller.QueueCause, caller.Queues = "", "", "", "", nil
		saveAll(t, s, now, caller, rung("one", 0))
		if n, err := s.Count(t.Context(), `SELECT COUNT(*) FROM webhook_events WHERE kind = 'call.missed' AND spread = 0`); n != 1 || err != nil {
			t.Errorf("it seems to be missed %d times, %v", n, err)
		}
		saveAll(t, s, now, rung("two", start.Add(10*time.Second).UnixMicro()))
		wantTold(t, s, settled(), "call.ended rung-calleranswered")

		// Both at once, in one transaction.
		saveAll(t, s, now, queueCall("both", "a0", start)...)
		// Long ago.
		saveAll(t, s, now, queueCall("old", "a0", now.AddDate(0, 0, -8))...)
		wantTold(t, s, settled(), "call.ended both-calleranswered")

		wanting(s, webhook.CallMissed)
		saveAll(t, s, now, lost("only"))
		wantTold(t, s, settled(), "call.missed only-callerabandoned")
		wanting(s)
		saveAll(t, s, now, lost("unwanted"))
		wantTold(t, s, settled())
	})
}

// TestRecordingsTold: a recording is told of when it has become whole, once, however it is copied afterwards.
func TestRecordingsTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, now := t.Context(), open(), time.Now().Truncate(time.Microsecond)
		wanting(s, webhook.RecordingReady)
		entry := func() recording.Entry {
			t.Helper()
			all, err := s.Recordings(ctx, []string{"leg"}, nil)
			must(t, err)
			return all[0]
		}
		to := func(state recording.State) {
			t.Helper()
			e := entry()
			e.State = state
			changed, err := s.ChangeRecording(ctx, e)
			must(t, err)
			if !changed {
				t.Fatal("not changed")
			}
		}
		must(t, s.SaveRecordingFacts(ctx, []recording.Fact{{Told: recording.Started, Path: "/r/leg.wav", Name: "leg.wav", Switch: "main", Leg: "leg", Project: "a", At: now},
			{Told: recording.Stopped, Path: "/r/leg.wav", Name: "leg.wav", Switch: "main", Leg: "leg", At: now.Add(time.Minute)}}))
		wantTold(t, s, now.Add(time.Hour))
		stale := entry()
		to(recording.Complete)
		stale.State = recording.Complete
		if changed, err := s.ChangeRecording(ctx, stale); changed || err != nil {
			t.Errorf("what another process has done: %v %v", changed, err)
		}
		wantTold(t, s, now.Add(time.Hour), "recording.ready leg")
		to(recording.Uploading)
		to(recording.Complete) // the copy failed
		to(recording.Uploading)
		to(recording.Uploaded)
		wantTold(t, s, now.Add(time.Hour))
		must(t, s.SaveRecordingFacts(ctx, []recording.Fact{{Told: recording.Delivered, Path: "/r/sent.wav", Name: "sent.wav", Switch: "main", Leg: "sent", At: now,
			Size: 100, Duration: time.Second, Digest: "x"}}))
		wantTold(t, s, now.Add(time.Hour), "recording.ready sent")
	})
}

// TestMessagesTold: each state that a message comes to is told once.
func TestMessagesTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, now := t.Context(), open(), time.Now().Truncate(time.Microsecond)
		later := now.Add(time.Hour)
		wanting(s, webhook.SMSStatus)
		all := []sms.Message{{At: now, Phone: "1", State: sms.Accepted, Due: now}, {At: now, Phone: "2", State: sms.Accepted, Due: now},
			{At: now, Phone: "3", State: sms.Accepted, Due: now, Until: now.Add(time.Second)}, {At: now, Phone: "4", State: sms.Failed, Result: sms.Error, Ended: now},
			{At: now, Phone: "5", State: sms.Accepted, Due: later, UserID: 1, Key: "k"}}
		_, err := s.AddMessages(ctx, all)
		must(t, err)
		_, err = s.AddMessages(ctx, all[4:])
		must(t, err)
		wantTold(t, s, later, "sms.status failed")
		hand, err := s.ClaimMessages(ctx, "me", now, now.Add(time.Minute), 2)
		must(t, err)
		wantTold(t, s, later)
		sent, asked := hand[0], hand[1]
		sent.State, sent.Result, sent.Provider, sent.TheirID = sms.Sent, sms.OK, "p", "theirs"
		asked.Began = now
		_, err = s.SaveMessages(ctx, []sms.Message{sent, asked})
		must(t, err)
		wantTold(t, s, later, "sms.status sent")
		for range 2 {
			_, _, err = s.SaveReceipts(ctx, "p", now, []gateway.Receipt{{ID: "theirs", State: gateway.Delivered}})
			must(t, err)
		}
		wantTold(t, s, later, "sms.status delivered")
		_, err = s.ReturnMessages(ctx, now.Add(2*time.Minute))
		must(t, err)
		wantTold(t, s, later, "sms.status expired", "sms.status unknown")
	})
}

// TestAgentsTold: what an agent begins to do is told once, though it is kept again at its end; not what nobody knows, nor
// what began long ago.
func TestAgentsTold(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, now := t.Context(), open(), time.Now()
		wanting(s, webhook.AgentState)
		_, err := s.BeginAgentStates(ctx, "main", "me")
		must(t, err)
		span := func(is callcenter.Activity, ago, ended time.Duration) callcenter.AgentSpan {
			n := callcenter.AgentSpan{Agent: "1000", Activity: is, Started: now.Add(-ago).UnixMicro()}
			if ended > 0 {
				n.Ended = now.Add(-ended).UnixMicro()
			}
			return n
		}
		must(t, s.SaveAgentStates(ctx, "main", "me", []callcenter.AgentSpan{span(callcenter.ActivityLoggedOut, 48*time.Hour, 30*time.Minute),
			span(callcenter.ActivityUnknown, 30*time.Minute, 20*time.Minute), span(callcenter.ActivityReady, 20*time.Minute, 0)}, now.UnixMicro()))
		wantTold(t, s, now.Add(time.Hour), "agent.state 1000 ready")
		must(t, s.SaveAgentStates(ctx, "main", "me", []callcenter.AgentSpan{span(callcenter.ActivityReady, 20*time.Minute, time.Minute), span(callcenter.ActivityTalking, time.Minute, 0)},
			now.UnixMicro()))
		wantTold(t, s, now.Add(time.Hour), "agent.state 1000 talking")
		if err := s.SaveAgentStates(ctx, "main", "another", []callcenter.AgentSpan{span(callcenter.ActivityPause, 0, 0)}, now.UnixMicro()); !errors.Is(err, fault.New(fault.Conflict, "writer")) {
			t.Errorf("another writer: %v", err)
		}
		wantTold(t, s, now.Add(time.Hour))
	})
}

// TestToldOnce: what several processes tell at once is kept once, and handed on by one of them.
func TestToldOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		all := []*store.Store{open(), open()}
		now := time.Now()
		var events []webhook.Event
		for i := range 300 {
			events = append(events, webhook.NewEvent(webhook.CallStarted, now, "", webhook.Call{ID: fmt.Sprint(i)}, i))
		}
		var wg sync.WaitGroup
		var mu sync.Mutex
		came := map[string]int{}
		for _, s := range all {
			wg.Go(func() {
				if err := s.AddEvents(t.Context(), events); err != nil {
					t.Error(err)
				}
				for range 20 {
					if _, err := s.SpreadEvents(t.Context(), now.Add(time.Minute), now.Add(time.Hour), 50, func(e *webhook.Event) []string {
						mu.Lock()
						defer mu.Unlock()
						came[e.ID]++
						return []string{"a", "b"}
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for id, n := range came {
			if n != 1 {
				t.Errorf("%s was handed on %d times", id, n)
			}
		}
		if n, err := all[0].Count(t.Context(), `SELECT COUNT(*) FROM webhook_deliveries`); err != nil || n != 600 || len(came) != 300 {
			t.Errorf("%d deliveries of %d events, %v", n, len(came), err)
		}
	})
}

// hook is an endpoint.
func hook(id string) webhook.Endpoint {
	return webhook.Endpoint{ID: id, Name: "n" + id, URL: "https://example.com/" + id, Events: []webhook.Kind{webhook.CallEnded, webhook.AgentState}, Projects: []string{"a", "b"},
		Numbers: true, Active: true, Secret: "whsec_" + id, SecretAt: time.Unix(1700000000, 0).UTC(), ChangedAt: time.Unix(1700000000, 0).UTC(), ChangedBy: "anna", Version: 1}
}

// deliver makes deliveries to an endpoint, due at a time.
func deliverTo(t *testing.T, s *store.Store, endpoint string, due time.Time, ids ...string) {
	t.Helper()
	for _, id := range ids {
		e := webhook.NewEvent(webhook.CallEnded, due, "", webhook.Call{ID: id}, endpoint, id)
		must(t, s.AddDelivery(t.Context(), webhook.Delivery{Endpoint: endpoint, Event: e, State: webhook.Waiting, Made: due, Due: due, Until: due.Add(24 * time.Hour)}))
	}
}

// TestWebhookClaims: a delivery is in one hand; of one endpoint only so many are, in all hands; what a dead process had in hand is
// another's when its lease is over, and what that one still has to say of it is not kept.
func TestWebhookClaims(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, all, now := t.Context(), []*store.Store{open(), open()}, time.Now().Truncate(time.Microsecond)
		s := all[0]
		must(t, s.AddWebhook(ctx, hook("a"), 10))
		must(t, s.AddWebhook(ctx, hook("b"), 10))
		var ids []string
		for i := range 40 {
			ids = append(ids, fmt.Sprint(i))
		}
		deliverTo(t, s, "a", now, ids...)
		deliverTo(t, s, "b", now.Add(time.Hour), "later")
		lease := now.Add(time.Minute)
		var hand []webhook.Delivery
		for range 10 {
			if err := s.Exec(ctx, `UPDATE webhook_deliveries SET state = 'waiting'`); err != nil {
				t.Fatal(err)
			}
			hand = nil
			var mu sync.Mutex
			var wg sync.WaitGroup
			for n, of := range all {
				for i := range 4 {
					wg.Go(func() {
						got, err := of.ClaimDeliveries(ctx, "a", fmt.Sprint(n, i), now, lease, 10)
						if err != nil {
							t.Error(err)
						}
						mu.Lock()
						defer mu.Unlock()
						hand = append(hand, got...)
					})
				}
			}
			wg.Wait()
			seen := map[string]bool{}
			for _, d := range hand {
				seen[d.Event.ID] = true
			}
			if len(hand) != 10 || len(seen) != 10 {
				t.Fatalf("%d are in hand, %d of them once", len(hand), len(seen))
			}
		}
		if due, err := s.DueWebhooks(ctx, now); err != nil || !slices.Equal(due, []string{"a"}) {
			t.Errorf("due are %v, %v", due, err)
		}
		// One is kept.
		d := hand[0]
		d.State, d.Ended, d.Log = webhook.Delivered, now, []webhook.Attempt{{At: now.UTC(), Status: 200, Took: time.Second}}
		if saved, _, _, err := all[1].SaveDelivery(ctx, d, true, now); !saved || err != nil {
			t.Errorf("not kept: %v", err)
		}
		// The others nobody speaks of.
		if got, err := s.ClaimDeliveries(ctx, "a", "other", now, lease, 10); err != nil || len(got) != 1 {
			t.Errorf("%d more are in hand, %v", len(got), err)
		}
		over := lease.Add(time.Second)
		_, err := s.ReturnDeliveries(ctx, over)
		must(t, err)
		again, err := all[1].ClaimDeliveries(ctx, "a", "heir", over, over.Add(time.Minute), 100)
		must(t, err)
		if len(again) != 39 {
			t.Errorf("%d are taken over", len(again))
		}
		late := hand[1]
		late.State = webhook.Delivered
		if saved, _, _, err := s.SaveDelivery(ctx, late, true, over); saved || err != nil {
			t.Errorf("who is dead is believed: %v %v", saved, err)
		}
		if err := s.Exec(ctx, `UPDATE webhooks SET active = FALSE WHERE id = 'b'`); err != nil {
			t.Fatal(err)
		}
		if got, err := s.ClaimDeliveries(ctx, "b", "me", now.Add(2*time.Hour), lease, 10); err != nil || len(got) != 0 {
			t.Errorf("of one that is off %v, %v", got, err)
		}
		if n, err := s.ReturnDeliveries(ctx, now.Add(26*time.Hour)); err != nil || n != 40 {
			t.Errorf("%d are given up, %v", n, err)
		}
	})
}

// TestWebhookFailures: attempts in a row that fail are counted, and one that succeeds is their end.
func TestWebhookFailures(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, now := t.Context(), open(), time.Now().Truncate(time.Microsecond)
		must(t, s.AddWebhook(ctx, hook("a"), 10))
		deliverTo(t, s, "a", now, "1")
		try := func(at time.Time, state webhook.State, attempted bool) (int, time.Time) {
			t.Helper()
			got, err := s.ClaimDeliveries(ctx, "a", "me", at, at.Add(time.Minute), 10)
			must(t, err)
			d := got[0]
			d.State, d.Due = state, at
			saved, failures, failing, err := s.SaveDelivery(ctx, d, attempted, at)
			if err != nil || !saved {
				t.Fatal(saved, err)
			}
			return failures, failing
		}
		try(now, webhook.Waiting, true)
		try(now.Add(time.Minute), webhook.Waiting, false) // it was given back
		if n, since := try(now.Add(2*time.Minute), webhook.Waiting, true); n != 2 || !since.Equal(now) {
			t.Errorf("%d failed since %v", n, since)
		}
		all, err := s.Webhooks(ctx)
		if err != nil || all[0].Failures != 2 || !all[0].Failing.Equal(now) || all[0].Version != 1 {
			t.Errorf("kept %+v, %v", all, err)
		}
		try(now.Add(3*time.Minute), webhook.Delivered, true)
		if all, err := s.Webhooks(ctx); err != nil || all[0].Failures != 0 || !all[0].Failing.IsZero() {
			t.Errorf("after a success %+v, %v", all, err)
		}
	})
}

// TestWebhookChanges: endpoints are kept as they are given, no more than so many; each change is in the audit log, without secrets.
func TestWebhookChanges(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		ctx := audit.By(t.Context(), audit.Actor{UserID: 3, Login: "anna"})
		must(t, s.AddWebhook(ctx, hook("a"), 2))
		must(t, s.AddWebhook(ctx, hook("b"), 2))
		if err := s.AddWebhook(ctx, hook("c"), 2); !errors.Is(err, fault.New(fault.TooMany, "")) {
			t.Errorf("a third: %v", err)
		}
		all, err := s.Webhooks(ctx)
		if err != nil || len(all) != 2 || fmt.Sprint(all[0]) != fmt.Sprint(hook("a")) {
			t.Errorf("kept %+v, %v", all, err)
		}
		objection := errors.New("no")
		if _, err := s.ChangeWebhook(ctx, "a", func(*webhook.Endpoint) error { return objection }); !errors.Is(err, objection) {
			t.Errorf("an objection: %v", err)
		}
		e, err := s.ChangeWebhook(ctx, "a", func(e *webhook.Endpoint) error {
			e.Former, e.Secret, e.SecretAt = e.Secret, "fresh", time.Unix(1800000000, 0).UTC()
			return nil
		})
		if err != nil || e.Version != 2 || e.Secret != "fresh" || e.Former != "whsec_a" {
			t.Errorf("changed %+v, %v", e, err)
		}
		must(t, s.RemoveWebhook(ctx, "a"))
		for what, err := range map[string]error{"remove": s.RemoveWebhook(ctx, "a"), "change": func() error { _, err := s.ChangeWebhook(ctx, "a", nil); return err }()} {
			if !errors.Is(err, fault.New(fault.NotFound, "Webhook")) {
				t.Errorf("%s what is not there: %v", what, err)
			}
		}
		log, err := s.AuditLog(ctx, audit.Query{Kind: "webhook", Name: "a", Limit: 10})
		if err != nil || len(log) != 3 || len(log[2].Before) > 0 || !strings.Contains(string(log[2].After), `"url":"https://example.com/a"`) || len(log[0].After) > 0 ||
			!strings.Contains(string(log[1].After), `"secret_set_at":"2027-`) || log[1].Actor.Login != "anna" {
			t.Errorf("in the log %+v, %v", log, err)
		}
		for _, entry := range log {
			if text := string(entry.Before) + string(entry.After); strings.Contains(text, "whsec_") || strings.Contains(text, "fresh") {
				t.Errorf("the log has a secret: %s", text)
			}
		}
		if n, err := s.Revisions(ctx); err != nil || n[store.Webhooks] < 4 {
			t.Errorf("nobody learns of changes: %v, %v", n, err)
		}
	})
}

// TestWebhookPages lists deliveries page by page, of states and of all.
func TestWebhookPages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, now := t.Context(), open(), time.Now().Truncate(time.Microsecond)
		must(t, s.AddWebhook(ctx, hook("a"), 10))
		for i := range 10 {
			deliverTo(t, s, "a", now.Add(time.Duration(i/3)*time.Second), fmt.Sprint(i)) // three of each time
		}
		if err := s.Exec(ctx, `UPDATE webhook_deliveries SET state = 'failed' WHERE made = `+fmt.Sprint(now.UnixMicro())); err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name   string
			states []webhook.State
			want   int
		}{{"all", nil, 10}, {"failed", []webhook.State{webhook.Failed}, 3}, {"two", []webhook.State{webhook.Failed, webhook.Waiting}, 10}, {"none", []webhook.State{webhook.Sending}, 0}} {
			seen := map[string]bool{}
			var after webhook.Place
			last := now.Add(time.Hour)
			for {
				page, err := s.Deliveries(ctx, "a", tt.states, after, 4)
				must(t, err)
				for _, d := range page {
					if d.Made.After(last) || seen[d.Event.ID] {
						t.Errorf("%s: %s of %v is not in its place", tt.name, d.Event.ID, d.Made)
					}
					seen[d.Event.ID], last = true, d.Made
				}
				if len(page) < 4 {
					break
				}
				after = webhook.Place{Made: page[3].Made, Event: page[3].Event.ID}
			}
			if len(seen) != tt.want {
				t.Errorf("%s: %d, want %d", tt.name, len(seen), tt.want)
			}
		}
		if all, err := s.Backlogs(ctx); err != nil || all["a"].Count != 7 || !all["a"].Oldest.Equal(now.Add(time.Second)) {
			t.Errorf("behind are %+v, %v", all, err)
		}
	})
}

// TestPruneWebhooks deletes what is over and old, what is too much, what is of nobody any more, and events of which nothing
// is left; what is not over stays.
func TestPruneWebhooks(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, now := t.Context(), open(), time.Now().Truncate(time.Microsecond)
		must(t, s.AddWebhook(ctx, hook("a"), 10))
		days := func(n int) time.Time { return now.AddDate(0, 0, -n) }
		for i := range 20 {
			deliverTo(t, s, "a", days(i), fmt.Sprint(i))
		}
		deliverTo(t, s, "gone", days(1), "x", "y")
		if err := s.Exec(ctx, `UPDATE webhook_deliveries SET state = 'delivered', ended = made WHERE event <> '`+
			webhook.NewEvent(webhook.CallEnded, now, "", nil, "a", "19").ID+`'`); err != nil {
			t.Fatal(err)
		}
		left := func() string {
			t.Helper()
			d, err := s.Count(ctx, `SELECT COUNT(*) FROM webhook_deliveries`)
			must(t, err)
			e, err := s.Count(ctx, `SELECT COUNT(*) FROM webhook_events`)
			must(t, err)
			return fmt.Sprint(d, " ", e)
		}
		for _, tt := range []struct {
			name string
			days int
			most int
			want string
		}{
			{"of nobody", 30, 100, "20 20"},
			{"old", 15, 100, "16 16"}, // 0 to 14, and the one that is not over
			{"too many", 15, 5, "6 6"},
			{"nothing more", 15, 5, "6 6"},
		} {
			// A day that has just passed would be one more or less.
			if _, err := s.PruneWebhooks(ctx, days(tt.days).Add(time.Minute), tt.most); err != nil {
				t.Fatal(err)
			}
			if got := left(); got != tt.want {
				t.Errorf("%s: %s are left, want %s", tt.name, got, tt.want)
			}
		}
	})
}

// TestToldByNobody: what is told without anybody's listening costs no row.
func TestToldByNobody(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		saveAll(t, s, time.Now(), queueCall("x", "a0", time.Now().Add(-time.Minute))...)
		if _, err := s.AddMessages(context.Background(), []sms.Message{{At: time.Now(), State: sms.Failed}}); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Count(t.Context(), `SELECT COUNT(*) FROM webhook_events`); n != 0 || err != nil {
			t.Errorf("%d events, %v", n, err)
		}
	})
}
