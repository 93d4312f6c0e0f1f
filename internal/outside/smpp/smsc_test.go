package smpp_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"callgate/internal/outside/gateway"
	"callgate/internal/outside/smpp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type set = map[string]any

// receipts are those that a client told of.
type receipts struct {
	mu   sync.Mutex
	all  []gateway.Receipt
	fail func(gateway.Receipt) error
}

func (r *receipts) heard(_ context.Context, one gateway.Receipt) error {
	r.mu.Lock()
	fail := r.fail
	r.mu.Unlock()
	if fail != nil {
		if err := fail(one); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
	return nil
}

// failing lets what is told fail as fail does, nil for never.
func (r *receipts) failing(fail func(gateway.Receipt) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = fail
}

func (r *receipts) got() []gateway.Receipt {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]gateway.Receipt(nil), r.all...)
}

// running is a client that runs.
type running struct {
	*smpp.Client
	receipts
	t       *testing.T
	metrics *prometheus.Registry
	log     *logged
	stop    func() // and waits
}

// logged is what a client wrote to the log.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const password = "passw0rd"

// settings are those of a description, with more members.
func settings(t *testing.T, addr string, more set) smpp.Settings {
	t.Helper()
	all := set{"addr": addr, "system_id": "callgate"}
	maps.Copy(all, more)
	description, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	s, err := smpp.ParseSettings(description, map[string]string{"password": password})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// client runs a client of an SMSC until the end of the test. Its pauses are short.
func client(t *testing.T, addr string, more set, o smpp.Options) *running {
	t.Helper()
	return start(t, addr, more, o, func(time.Duration) time.Duration { return 5 * time.Millisecond })
}

// start runs a client whose pauses are as long as pausing says.
func start(t *testing.T, addr string, more set, o smpp.Options, pausing func(time.Duration) time.Duration) *running {
	t.Helper()
	r := &running{t: t, metrics: prometheus.NewRegistry(), log: &logged{}}
	o.Name, o.Metrics, o.Logger = "mts", smpp.NewMetrics(r.metrics), slog.New(slog.NewTextHandler(r.log, nil))
	c, err := smpp.New(settings(t, addr, more), r.heard, o)
	if err != nil {
		t.Fatal(err)
	}
	c.Pausing(pausing)
	r.Client = c
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

// bound waits until a message would be handed over.
func (r *running) bound() *running {
	r.t.Helper()
	eventually(r.t, "a session", func() bool { return r.metric("callgate_smpp_sessions", "") >= 1 })
	return r
}

// metric is the sum of those of a name that have a label of that value, "" for all.
func (r *running) metric(name, label string) (sum float64) {
	r.t.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			has := label == ""
			for _, l := range m.GetLabel() {
				has = has || l.GetValue() == label
			}
			if has && f.GetName() == name {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func (r *running) send(text string) gateway.Sent {
	return r.Send(r.t.Context(), gateway.Text{ID: 7, Number: "+79255070602", From: "FRONTLINE", Text: text})
}

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	limit := time.After(90 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: not in time", what)
		}
	}
}

// outcome is what is known of a message, in words.
func outcome(s gateway.Sent) string {
	word := map[gateway.Outcome]string{gateway.Unknown: "unknown", gateway.Taken: "taken", gateway.Refused: "refused", gateway.Later: "later"}[s.Outcome]
	return strings.TrimSpace(word + " " + cmp.Or(s.Reason, ""))
}
