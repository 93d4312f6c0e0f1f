package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/audit"
	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
	"callgate/internal/webhook"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// receiver takes what is sent, in the place of the network, and answers by the host that it is sent to.
type receiver struct {
	mu      sync.Mutex
	answers map[string]func(n int) (*http.Response, error) // the n-th to the host; 200 where there is none
	slow    map[string]time.Duration
	got     map[string][]request
	under   map[string]int
	most    map[string]int // that were under way at once
}

type request struct {
	at               time.Time
	id, stamp, signs string
	body             string
}

func newReceiver() *receiver {
	return &receiver{answers: map[string]func(int) (*http.Response, error){}, slow: map[string]time.Duration{}, got: map[string][]request{},
		under: map[string]int{}, most: map[string]int{}}
}

// RoundTrip implements http.RoundTripper.
func (r *receiver) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	host := req.URL.Hostname()
	r.mu.Lock()
	r.got[host] = append(r.got[host], request{time.Now(), req.Header.Get("Webhook-Id"), req.Header.Get("Webhook-Timestamp"), req.Header.Get("Webhook-Signature"), string(body)})
	n, answer, slow := len(r.got[host]), r.answers[host], r.slow[host]
	r.under[host]++
	r.most[host] = max(r.most[host], r.under[host])
	r.mu.Unlock()
	defer func() { r.mu.Lock(); defer r.mu.Unlock(); r.under[host]-- }()
	select {
	case <-time.After(slow):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if answer == nil {
		return says(200, "")(n)
	}
	return answer(n)
}

func (r *receiver) all(host string) []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got[host])
}

func says(status int, body string, header ...string) func(int) (*http.Response, error) {
	return func(int) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i+1 < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

// hooks is a service in a bubble of time, on a store of its own.
type hooks struct {
	*webhook.Service
	store    *store.Store
	receiver *receiver
	mu       sync.Mutex
	owner    webhook.Owner
	refused  error
	stop     func()
	made     int
}

// seldom is between two looks in tests of many hours.
const seldom = 40 * time.Second

func everything() webhook.Owner {
	return webhook.Owner{Login: "anna", Numbers: true, May: func(webhook.Kind) bool { return true }, Sees: func(webhook.Kind, string) bool { return true }}
}

// only is what somebody sees who is limited to a project.
func only(project string) func(webhook.Kind, string) bool {
	return func(_ webhook.Kind, p string) bool { return p == project }
}

// newHooks opens a database and runs a service on it until stop.
func newHooks(t *testing.T, database string, r *receiver, look time.Duration) *hooks {
	t.Helper()
	h := &hooks{receiver: r, owner: everything()}
	var err error
	if h.store, err = store.Open(t.Context(), database, store.Options{}); err != nil {
		t.Fatal(err)
	}
	h.Service = webhook.New(webhook.Options{Store: h.store, Look: look, Hand: fmt.Sprintf("%p", h), Now: time.Now, Reach: func() string { return "no" },
		NewID: func() string { h.made++; return fmt.Sprintf("id%d", h.made) }, NewSecret: func() string { h.made++; return fmt.Sprintf("secret%d", h.made) },
		AgentProjects: func(_, agent string) []string { return map[string][]string{"of one": {"one"}}[agent] }, Numbering: storetest.Nowhere{},
		Owner: func(context.Context, int64) (webhook.Owner, error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.owner, h.refused
		}})
	h.Through(r)
	if err := h.Follow(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := h.store.Close(); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute) // for timers
	})
	return h
}

// bubble runs a test in a bubble of time with such a service.
func bubble(t *testing.T, look time.Duration, test func(t *testing.T, h *hooks)) {
	database := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		h := newHooks(t, database, newReceiver(), look)
		defer h.stop()
		test(t, h)
	})
}

func (h *hooks) add(t *testing.T, host string, projects []string, kinds ...webhook.Kind) webhook.Endpoint {
	t.Helper()
	e, err := h.Add(t.Context(), webhook.Endpoint{Name: host, URL: "https://" + host + "/in?token=t0ken", Events: kinds, Projects: projects, Numbers: true, Owner: 7})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// tell has calls of a project end.
func (h *hooks) tell(t *testing.T, project string, ids ...string) {
	t.Helper()
	var all []webhook.Event
	for _, id := range ids {
		all = append(all, webhook.NewEvent(webhook.CallEnded, time.Now(), project, webhook.Call{ID: id, Caller: "+79161234567", Project: project}, id))
	}
	if err := h.store.AddEvents(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

func (h *hooks) deliveries(t *testing.T, id string) []webhook.Delivery {
	t.Helper()
	all, err := h.Deliveries(t.Context(), id, nil, webhook.Place{}, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestSchedule: what is not taken is tried again after ten seconds, then after twice as long each time up to an hour, for a
// day, under the same id and signed anew.
func TestSchedule(t *testing.T) {
	bubble(t, seldom, func(t *testing.T, h *hooks) {
		h.receiver.answers["dead"] = says(503, "not today")
		e := h.add(t, "dead", nil, webhook.CallEnded)
		h.tell(t, "", "a")
		time.Sleep(25 * time.Hour)
		got := h.receiver.all("dead")
		want := 10 * time.Second
		for i := 1; i < len(got); i++ {
			pause := got[i].at.Sub(got[i-1].at)
			if pause < want*8/10 || pause > want+seldom {
				t.Errorf("the %d. came %v after the one before, want %v and up to a fifth less", i+1, pause, want)
			}
			if got[i].id != got[0].id || got[i].signs == got[0].signs || got[i].body != got[0].body {
				t.Errorf("the %d. was not the same, signed anew: %+v", i+1, got[i])
			}
			want = min(2*want, time.Hour)
		}
		if total := got[len(got)-1].at.Sub(got[0].at); total > 24*time.Hour || total < 22*time.Hour {
			t.Errorf("it was tried for %v", total)
		}
		d := h.deliveries(t, e.ID)[0]
		if d.State != webhook.Failed || len(d.Log) != len(got) || d.Attempts != len(got) || !d.Due.IsZero() || d.Ended.IsZero() {
			t.Errorf("%d came, kept %+v", len(got), d)
		}
		if first, last := d.Log[0], d.Log[len(d.Log)-1]; first.Status != 503 || first.Answer != "" || last.Answer != "not today" || d.Ended.Sub(last.At) > time.Second {
			t.Errorf("kept of the first %+v, of the last %+v", first, last)
		}
		// By hand it is tried for another day.
		h.receiver.mu.Lock()
		delete(h.receiver.answers, "dead")
		h.receiver.mu.Unlock()
		if n, err := h.Replay(t.Context(), e.ID, "", time.Now().Add(-26*time.Hour)); n != 1 || err != nil {
			t.Fatalf("replayed %d: %v", n, err)
		}
		time.Sleep(2 * seldom)
		if d := h.deliveries(t, e.ID)[0]; d.State != webhook.Delivered || d.Attempts != 1 || len(d.Log) != len(got)+1 || h.receiver.all("dead")[len(got)].id != got[0].id {
			t.Errorf("after the replay %+v", d)
		}
		if n, err := h.Replay(t.Context(), e.ID, "", time.Now().Add(-time.Minute)); n != 0 || err != nil {
			t.Errorf("what was delivered is sent again: %d %v", n, err)
		}
		if n, err := h.Replay(t.Context(), e.ID, got[0].id, time.Time{}); n != 1 || err != nil {
			t.Errorf("what was delivered is not sent again by its id: %d %v", n, err)
		}
		if _, err := h.Replay(t.Context(), e.ID, "evt_none", time.Time{}); !errors.Is(err, fault.New(fault.NotFound, "Delivery")) {
			t.Errorf("what is not there: %v", err)
		}
	})
}

// TestAnswers: what each answer is taken for.
func TestAnswers(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(int) (*http.Response, error)
		want   webhook.State
		pause  time.Duration // before the next attempt, up to a fifth less
		off    bool
		error  string
	}{
		{"200", says(200, "ok"), webhook.Delivered, 0, false, ""},
		{"204", says(204, ""), webhook.Delivered, 0, false, ""},
		{"299", says(299, ""), webhook.Delivered, 0, false, ""},
		{"a long answer", says(200, strings.Repeat("x", 100<<10)), webhook.Delivered, 0, false, ""},
		{"301 to elsewhere", says(301, "", "Location", "https://other/"), webhook.Waiting, 10 * time.Second, false, ""},
		{"307 to elsewhere", says(307, "", "Location", "https://other/"), webhook.Waiting, 10 * time.Second, false, ""},
		{"400", says(400, ""), webhook.Waiting, 10 * time.Second, false, ""},
		{"410", says(410, ""), webhook.Failed, 0, true, ""},
		{"429 for a while", says(429, "", "Retry-After", "600"), webhook.Waiting, 600 * time.Second, false, ""},
		{"503 for too long", says(503, "", "Retry-After", "86400"), webhook.Waiting, time.Hour, false, ""},
		{"503 until a time", says(503, "", "Retry-After", "Sat, 01 Jan 2000 00:30:00 GMT"), webhook.Waiting, 30 * time.Minute, false, ""}, // where bubbles begin
		{"503 with nonsense", says(503, "", "Retry-After", "-5"), webhook.Waiting, 10 * time.Second, false, ""},
		{"no answer", func(int) (*http.Response, error) { return nil, errors.New("connection refused") }, webhook.Waiting, 10 * time.Second, false, "connection refused"},
		{"a break", func(int) (*http.Response, error) {
			return &http.Response{StatusCode: 500, Body: io.NopCloser(io.MultiReader(strings.NewReader("x"), broken{}))}, nil
		}, webhook.Waiting, 10 * time.Second, false, "unexpected EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, 0, func(t *testing.T, h *hooks) {
				h.receiver.answers["host"] = tt.answer
				e := h.add(t, "host", nil, webhook.CallEnded)
				h.tell(t, "", "a")
				time.Sleep(2 * time.Second)
				d := h.deliveries(t, e.ID)[0]
				if d.State != tt.want || len(d.Log) != 1 || d.Log[0].Error != tt.error || len(d.Log[0].Answer) > 1024 {
					t.Errorf("became %+v", d)
				}
				if pause := d.Due.Sub(d.Log[0].At); tt.pause > 0 && (pause < tt.pause*8/10 || pause > tt.pause+time.Second) {
					t.Errorf("tried again after %v, want %v", pause, tt.pause)
				}
				if len(h.receiver.all("other")) > 0 {
					t.Error("a redirect was followed")
				}
				now, err := h.Get(t.Context(), e.ID)
				if err != nil || now.Active == tt.off || tt.off && now.Reason != "it answered 410: it is gone" {
					t.Errorf("the endpoint is %+v, %v", now, err)
				}
				if strings.Contains(fmt.Sprint(d.Log), "t0ken") {
					t.Error("the log has the URL's secret")
				}
			})
		})
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestSwitchedOff: an endpoint that has failed a hundred times in a row, for more than a day, is switched off, in nobody's name;
// not before, and what waits is there when it is switched on again.
func TestSwitchedOff(t *testing.T) {
	bubble(t, seldom, func(t *testing.T, h *hooks) {
		h.receiver.answers["dead"] = says(500, "")
		e := h.add(t, "dead", nil, webhook.CallEnded)
		var ids []string
		for i := range 5 {
			ids = append(ids, fmt.Sprint("early", i))
		}
		h.tell(t, "", ids...)
		time.Sleep(20 * time.Hour)
		h.tell(t, "", "late")
		time.Sleep(3 * time.Hour)
		now, err := h.Get(t.Context(), e.ID)
		if err != nil || !now.Active || now.Failures < 100 {
			t.Fatalf("after 23 hours %+v, %v", now, err)
		}
		time.Sleep(4 * time.Hour)
		if now, err = h.Get(t.Context(), e.ID); err != nil || now.Active || !strings.Contains(now.Reason, "attempts in a row failed, since 2000-01-01T00:00:") ||
			!strings.HasSuffix(now.Reason, "it answered 500") {
			t.Errorf("after 27 hours %+v, %v", now, err)
		}
		log, err := h.store.AuditLog(t.Context(), audit.Query{Kind: "webhook", Name: e.ID, Limit: 10})
		if err != nil || len(log) != 2 || log[0].Actor != (audit.Actor{}) || !strings.Contains(string(log[0].After), `"active":false`) || strings.Contains(string(log[0].Before)+string(log[0].After), "secret1") {
			t.Errorf("kept in the audit log: %+v, %v", log, err)
		}
		came := len(h.receiver.all("dead"))
		time.Sleep(5 * time.Hour)
		if n := len(h.receiver.all("dead")); n != came {
			t.Errorf("%d more were sent", n-came)
		}
		h.receiver.mu.Lock()
		delete(h.receiver.answers, "dead")
		h.receiver.mu.Unlock()
		if now, err = h.Change(t.Context(), e.ID, func(e *webhook.Endpoint) error { e.Active = true; return nil }); err != nil || now.Failures != 0 || now.Reason != "" {
			t.Errorf("on again %+v, %v", now, err)
		}
		time.Sleep(2 * seldom)
		got := h.receiver.all("dead")
		if len(got) != came+1 || !strings.Contains(got[came].body, `"late"`) {
			t.Errorf("%d came then, %v", len(got)-came, got[came:])
		}
	})
}

// TestBesideEachOther: one that is slow and one that is dead are no hindrance to the third, and none is asked for more than
// ten at once.
func TestBesideEachOther(t *testing.T) {
	bubble(t, 0, func(t *testing.T, h *hooks) {
		h.receiver.slow["slow"], h.receiver.slow["good"] = time.Hour, 20*time.Millisecond
		h.receiver.answers["dead"] = func(int) (*http.Response, error) { return nil, errors.New("connection refused") }
		slow, good := h.add(t, "slow", nil, webhook.CallEnded), h.add(t, "good", nil, webhook.CallEnded)
		h.add(t, "dead", nil, webhook.CallEnded)
		var ids []string
		for i := range 500 {
			ids = append(ids, fmt.Sprint("call", i))
		}
		h.tell(t, "", ids...)
		time.Sleep(5 * time.Second)
		bodies := map[string]bool{}
		for _, r := range h.receiver.all("good") {
			bodies[r.id] = true
		}
		if len(bodies) != 500 || len(h.receiver.all("good")) != 500 {
			t.Errorf("%d of 500 came, %d times", len(bodies), len(h.receiver.all("good")))
		}
		for _, host := range []string{"slow", "good"} {
			if n := h.receiver.most[host]; n != 10 {
				t.Errorf("%s was asked for %d at once, want 10", host, n)
			}
		}
		if list := h.deliveries(t, good.ID); len(list) != 500 || slices.ContainsFunc(list, func(d webhook.Delivery) bool { return d.State != webhook.Delivered }) {
			t.Errorf("%d are kept", len(list))
		}
		time.Sleep(6 * time.Second)
		for _, d := range h.deliveries(t, slow.ID) {
			if len(d.Log) > 0 && d.Log[0].Error != "no answer within 10s" {
				t.Errorf("what the slow one got: %+v", d)
			}
		}
	})
}

// TestTooMany: what is more than may wait is dropped and counted, and the others get it.
func TestTooMany(t *testing.T) {
	bubble(t, 0, func(t *testing.T, h *hooks) {
		full := h.add(t, "full", nil, webhook.CallEnded)
		h.add(t, "other", nil, webhook.CallEnded)
		time.Sleep(time.Second)
		h.Backlogged(full.ID, webhook.MaxWaiting)
		h.tell(t, "", "a")
		time.Sleep(2 * time.Second)
		if a, b := len(h.receiver.all("full")), len(h.receiver.all("other")); a != 0 || b != 1 {
			t.Errorf("%d and %d came, want none and one", a, b)
		}
	})
}

// TestWhatMayBeSeen: an endpoint hears what it asked for, of its projects, while its owner may see that, with numbers while he may
// see those; when he may have none it is switched off.
func TestWhatMayBeSeen(t *testing.T) {
	bubble(t, 0, func(t *testing.T, h *hooks) {
		e := h.add(t, "host", []string{"one"}, webhook.CallEnded, webhook.AgentState)
		agent := func(name string) {
			t.Helper()
			if err := h.store.AddEvents(t.Context(), []webhook.Event{webhook.NewEvent(webhook.AgentState, time.Now(), "", webhook.Agent{Name: name}, name, time.Now())}); err != nil {
				t.Fatal(err)
			}
		}
		owned := func(o webhook.Owner, err error) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.owner, h.refused = o, err
		}
		seen := 0
		for _, tt := range []struct {
			name string
			do   func()
			want string // in what comes; empty: nothing does
		}{
			{"its project", func() { h.tell(t, "one", "a") }, `"caller":"+79161234567"`},
			{"another project", func() { h.tell(t, "two", "b") }, ""},
			{"no project", func() { h.tell(t, "", "c") }, ""},
			{"an agent of its project", func() { agent("of one") }, `"agent":"of one"`},
			{"an agent of another", func() { agent("of two") }, ""},
			{"another kind", func() {
				if err := h.store.AddEvents(t.Context(), []webhook.Event{webhook.NewEvent(webhook.CallMissed, time.Now(), "one", webhook.Call{ID: "a"}, "a")}); err != nil {
					t.Fatal(err)
				}
			}, ""},
			{"no right to numbers", func() {
				o := everything()
				o.Numbers = false
				owned(o, nil)
				time.Sleep(2 * time.Second)
				h.tell(t, "one", "d")
			}, `"caller":"*****"`},
			{"numbers that nobody asked for", func() {
				owned(everything(), nil)
				if _, err := h.Change(t.Context(), e.ID, func(e *webhook.Endpoint) error { e.Numbers = false; return nil }); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Second)
				h.tell(t, "one", "n")
			}, `"caller":"*****"`},
			{"no right to calls", func() {
				o := everything()
				o.May = func(k webhook.Kind) bool { return k != webhook.CallEnded }
				owned(o, nil)
				time.Sleep(2 * time.Second)
				h.tell(t, "one", "e")
			}, ""},
			{"not in the project any more", func() {
				o := everything()
				o.Sees = only("two")
				owned(o, nil)
				time.Sleep(2 * time.Second)
				h.tell(t, "one", "f")
			}, ""},
			{"webhooks are off", func() {
				owned(webhook.Owner{}, fault.New(fault.Denied, ""))
				time.Sleep(2 * time.Second)
				h.tell(t, "one", "g")
			}, ""},
			{"all of it again", func() {
				owned(everything(), nil)
				time.Sleep(2 * time.Second)
				h.tell(t, "one", "h")
			}, `"call_id":"h"`},
			{"the owner is gone", func() {
				owned(webhook.Owner{}, webhook.Gone("its owner anna is inactive"))
				time.Sleep(2 * time.Second)
				h.tell(t, "one", "i")
			}, ""},
		} {
			tt.do()
			time.Sleep(3 * time.Second)
			got := h.receiver.all("host")[seen:]
			seen += len(got)
			if tt.want == "" && len(got) > 0 || tt.want != "" && (len(got) != 1 || !strings.Contains(got[0].body, tt.want)) {
				t.Errorf("%s: came %v, want one with %q", tt.name, got, tt.want)
			}
		}
		now, err := h.Get(t.Context(), e.ID)
		if err != nil || now.Active || now.Reason != "its owner anna is inactive" {
			t.Errorf("the endpoint is %+v, %v", now, err)
		}
	})
}

// TestLosesRightMeanwhile: what was to be sent is not, when its owner may not see it any more at that moment.
func TestLosesRightMeanwhile(t *testing.T) {
	bubble(t, 0, func(t *testing.T, h *hooks) {
		h.receiver.answers["host"] = says(500, "")
		e := h.add(t, "host", nil, webhook.CallEnded)
		h.tell(t, "one", "a")
		time.Sleep(2 * time.Second)
		h.mu.Lock()
		h.owner.Sees = only("two")
		h.mu.Unlock()
		time.Sleep(time.Minute)
		if n := len(h.receiver.all("host")); n != 1 {
			t.Errorf("sent %d times", n)
		}
		if d := h.deliveries(t, e.ID)[0]; d.State != webhook.Failed || !strings.Contains(d.Log[len(d.Log)-1].Error, "may not see it") {
			t.Errorf("kept %+v", d)
		}
	})
}

// TestRenewedSecret: for a day both secrets sign, the new one first, then only that.
func TestRenewedSecret(t *testing.T) {
	bubble(t, seldom, func(t *testing.T, h *hooks) {
		e := h.add(t, "host", nil, webhook.CallEnded)
		last := func() request {
			t.Helper()
			h.tell(t, "", time.Now().String())
			time.Sleep(2 * seldom)
			all := h.receiver.all("host")
			return all[len(all)-1]
		}
		signed := func(r request, secrets ...string) bool {
			at, err := time.ParseDuration(r.stamp + "s")
			return err == nil && r.signs == webhook.Sign(r.id, time.Unix(0, 0).Add(at), []byte(r.body), secrets...)
		}
		if r := last(); !signed(r, e.Secret) {
			t.Errorf("at first %+v", r)
		}
		fresh, err := h.Renew(t.Context(), e.ID, "anna")
		if err != nil || fresh.Secret == e.Secret {
			t.Fatalf("%+v, %v", fresh, err)
		}
		time.Sleep(23 * time.Hour)
		if r := last(); !signed(r, fresh.Secret, e.Secret) {
			t.Errorf("for a day %+v", r)
		}
		time.Sleep(time.Hour)
		if r := last(); !signed(r, fresh.Secret) {
			t.Errorf("after a day %+v", r)
		}
	})
}

// TestKilled: what a process had in hand when it was killed another one delivers, under the same id, and nothing is lost.
func TestKilled(t *testing.T) {
	database := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		stuck := newReceiver()
		stuck.slow["host"] = 9 * time.Second
		first := newHooks(t, database, stuck, 0)
		e := first.add(t, "host", nil, webhook.CallEnded)
		var ids []string
		for i := range 30 {
			ids = append(ids, fmt.Sprint(i))
		}
		first.tell(t, "", ids...)
		time.Sleep(3 * time.Second)
		if err := first.store.Close(); err != nil { // nothing that it does from now on is kept
			t.Fatal(err)
		}
		if n := len(stuck.all("host")); n != 10 {
			t.Fatalf("%d were in hand", n)
		}
		second := newHooks(t, database, newReceiver(), 0)
		defer second.stop()
		time.Sleep(2 * time.Minute)
		got := map[string]bool{}
		for _, r := range second.receiver.all("host") {
			got[r.id] = true
		}
		for _, r := range stuck.all("host") {
			if !got[r.id] {
				t.Errorf("%s was in hand and never came", r.id)
			}
		}
		if len(got) != 30 {
			t.Errorf("%d of 30 came", len(got))
		}
		for _, d := range second.deliveries(t, e.ID) {
			if d.State != webhook.Delivered {
				t.Errorf("kept %+v", d)
			}
		}
		first.stop()
	})
}

// TestStopped: what is under way when a process stops is awaited, and what has no answer then is tried by another one at once.
func TestStopped(t *testing.T) {
	database := storetest.SQLite(t)
	synctest.Test(t, func(t *testing.T) {
		r := newReceiver()
		r.slow["soon"], r.slow["late"] = 3*time.Second, 9*time.Second
		first := newHooks(t, database, r, 0)
		soon, late := first.add(t, "soon", nil, webhook.CallEnded), first.add(t, "late", nil, webhook.CallEnded)
		first.tell(t, "", "a")
		time.Sleep(time.Second)
		first.stop()
		second := newHooks(t, database, newReceiver(), 0)
		defer second.stop()
		time.Sleep(time.Second)
		if d := second.deliveries(t, soon.ID)[0]; d.State != webhook.Delivered || len(r.all("soon")) != 1 || len(second.receiver.all("soon")) != 0 {
			t.Errorf("what was answered in time: %+v", d)
		}
		if d := second.deliveries(t, late.ID)[0]; d.State != webhook.Delivered || len(d.Log) != 1 || len(second.receiver.all("late")) != 1 {
			t.Errorf("what was not: %+v", d)
		}
	})
}

// TestTry: a test is sent at once, to who is switched off too, told how it went, and not tried again.
func TestTry(t *testing.T) {
	bubble(t, 0, func(t *testing.T, h *hooks) {
		h.receiver.answers["host"] = says(500, "oh")
		e := h.add(t, "host", nil, webhook.CallEnded)
		if _, err := h.Change(t.Context(), e.ID, func(e *webhook.Endpoint) error { e.Active = false; return nil }); err != nil {
			t.Fatal(err)
		}
		d, err := h.Try(t.Context(), e.ID, "anna")
		if err != nil || d.State != webhook.Failed || len(d.Log) != 1 || d.Log[0].Status != 500 || d.Log[0].Answer != "oh" {
			t.Errorf("%+v, %v", d, err)
		}
		time.Sleep(time.Hour)
		got := h.receiver.all("host")
		var body struct {
			ID   string `json:"id"`
			Kind string `json:"type"`
			At   string `json:"timestamp"`
			Data struct {
				Webhook string `json:"webhook"`
				AskedBy string `json:"asked_by"`
			} `json:"data"`
		}
		if err := json.Unmarshal([]byte(got[0].body), &body); err != nil || len(got) != 1 || body.ID != got[0].id || body.Kind != "webhook.test" || body.Data.Webhook != "host" ||
			body.Data.AskedBy != "anna" || body.At != "2000-01-01T00:00:00Z" {
			t.Errorf("came %+v: %+v, %v", got, body, err)
		}
		if list := h.deliveries(t, e.ID); len(list) != 1 || list[0].Event.ID != body.ID {
			t.Errorf("kept %+v", list)
		}
	})
}
