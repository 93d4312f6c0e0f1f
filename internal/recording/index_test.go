package recording_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"callgate/esl"
	"callgate/internal/fault"
	"callgate/internal/recording"
)

func TestFactOf(t *testing.T) {
	at := time.UnixMicro(1764158400000000)
	base := recording.Fact{Switch: "main", Path: "/var/rec/leg.wav", Name: "leg.wav", Leg: "leg", Project: "9876", At: at}
	started, stopped := base, base
	started.Told = recording.Started
	stopped.Told, stopped.Cause = recording.Stopped, "success-silence"
	elsewhere := started
	elsewhere.Path, elsewhere.Name = "/etc/passwd", ""
	climbing := started
	climbing.Path, climbing.Name = "/var/rec/../secret.wav", ""
	undated := started
	undated.At = noon
	const head = `"Event-Date-Timestamp":"1764158400000000","Unique-ID":"leg","variable_callgate_project":"9876",`
	for _, tt := range []struct {
		name, event string
		want        *recording.Fact
	}{
		{"begun", `{"Event-Name":"RECORD_START",` + head + `"Record-File-Path":"/var/rec/leg.wav"}`, &started},
		{"ended", `{"Event-Name":"RECORD_STOP",` + head + `"Record-File-Path":"/var/rec/leg.wav","Record-Completion-Cause":"success-silence"}`, &stopped},
		{"elsewhere", `{"Event-Name":"RECORD_START",` + head + `"Record-File-Path":"/etc/passwd"}`, &elsewhere},
		{"a way up", `{"Event-Name":"RECORD_START",` + head + `"Record-File-Path":"/var/rec/../secret.wav"}`, &climbing},
		{"no time", `{"Event-Name":"RECORD_START","Unique-ID":"leg","variable_callgate_project":"9876","Record-File-Path":"/var/rec/leg.wav"}`, &undated},
		{"no path", `{"Event-Name":"RECORD_START",` + head + `"x":"y"}`, nil},
		{"endless path", `{"Event-Name":"RECORD_START",` + head + `"Record-File-Path":"/` + strings.Repeat("x", 4096) + `"}`, nil},
		{"endless project", `{"Event-Name":"RECORD_START","Record-File-Path":"/x","variable_callgate_project":"` + strings.Repeat("x", 257) + `"}`, nil},
		{"heartbeat", `{"Event-Name":"HEARTBEAT","Event-Date-Timestamp":"1764158400000000","Uptime-msec":"60000"}`,
			&recording.Fact{Told: recording.Restarted, Switch: "main", At: at.Add(-time.Minute)}},
		{"heartbeat that says nothing", `{"Event-Name":"HEARTBEAT","Event-Date-Timestamp":"1764158400000000"}`, nil},
		{"heartbeat from nowhere", `{"Event-Name":"HEARTBEAT","Event-Date-Timestamp":"1764158400000000","Uptime-msec":"9223372036854775807"}`, nil},
		{"another event", `{"Event-Name":"CHANNEL_ANSWER"}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newShelf(t, nil)
			e, err := esl.ParseEvent("text/event-json", tt.event)
			if err != nil {
				t.Fatal(err)
			}
			f, ok := s.FactOf("main", e)
			if ok != (tt.want != nil) || ok && !cmp.Equal(f, *tt.want) {
				t.Errorf("got %+v, %v", f, ok)
			}
		})
	}
}

// book is a database that can be down; it knows facts and nothing else.
type book struct {
	recording.Store
	mu    sync.Mutex
	err   error
	saved []string
	tries int
}

func (b *book) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func (b *book) SaveRecordingFacts(_ context.Context, facts []recording.Fact) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries++
	if b.err != nil {
		return b.err
	}
	for _, f := range facts {
		b.saved = append(b.saved, f.Leg)
	}
	return nil
}

func (b *book) UnknownRecordings(context.Context, time.Time, int) ([]recording.Fact, int64, error) {
	return nil, 0, nil
}
func (b *book) MarkRecordings(context.Context, int64) error { return nil }
func (b *book) DueRecordings(context.Context, []recording.State, time.Time, int) ([]recording.Entry, error) {
	return nil, nil
}

// run runs a library over a book in a bubble; end ends it and waits.
func run(t *testing.T, b *book) (l *recording.Library, registry *prometheus.Registry, end func()) {
	t.Helper()
	registry = prometheus.NewRegistry()
	l, err := recording.New(recording.Options{Root: t.TempDir(), SwitchDir: "/var/rec", Store: b, Registerer: registry})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	return l, registry, func() {
		t.Helper()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
}

func dropped(t *testing.T, registry *prometheus.Registry, full, refused, stopped int) {
	t.Helper()
	want := fmt.Sprintf(`# HELP callgate_recording_facts_dropped_total Facts that did not reach the index.
# TYPE callgate_recording_facts_dropped_total counter
callgate_recording_facts_dropped_total{reason="full"} %d
callgate_recording_facts_dropped_total{reason="refused"} %d
callgate_recording_facts_dropped_total{reason="stopped"} %d
`, full, refused, stopped)
	if err := testutil.GatherAndCompare(registry, strings.NewReader(want), "callgate_recording_facts_dropped_total"); err != nil {
		t.Error(err)
	}
}

// TestRunWaitsForTheDatabase: what events told while the database was down is in it afterwards, in order, each once.
func TestRunWaitsForTheDatabase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{err: fault.New(fault.StorageDown, "")}
		l, registry, end := run(t, b)
		var want []string
		for i := range 600 {
			leg := fmt.Sprint(i)
			want = append(want, leg)
			if !l.Tell(recording.Fact{Told: recording.Stopped, Leg: leg}) {
				t.Fatal("the queue is full")
			}
		}
		time.Sleep(20 * time.Second) // of the bubble
		synctest.Wait()
		b.mu.Lock()
		if b.tries < 5 || b.tries > 15 {
			t.Errorf("tried %d times in 20 s", b.tries)
		}
		b.mu.Unlock()
		b.fail(nil)
		time.Sleep(6 * time.Second)
		synctest.Wait()
		b.mu.Lock()
		if diff := cmp.Diff(want, b.saved); diff != "" {
			t.Errorf("mismatch (-want, +got):\n%s", diff)
		}
		b.mu.Unlock()
		end()
		dropped(t, registry, 0, 0, 0)
	})
}

// TestRunSavesTheRest: what is queued when the process stops is saved; what the database refuses is counted and in nobody's way.
func TestRunSavesTheRest(t *testing.T) {
	for _, tt := range []struct {
		name             string
		err              error
		saved            int
		refused, stopped int
	}{
		{"in order", nil, 1000, 0, 0},
		{"refused", errors.New("no such column"), 0, 1000, 0},
		{"down to the end", fault.New(fault.StorageDown, ""), 0, 0, 1000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := &book{err: tt.err}
				l, registry, end := run(t, b)
				for range 1000 {
					l.Tell(recording.Fact{Told: recording.Stopped})
				}
				if tt.refused > 0 {
					synctest.Wait() // while it runs it goes on; at the end it gives up at the first refusal
				}
				end()
				if len(b.saved) != tt.saved {
					t.Errorf("saved %d, want %d", len(b.saved), tt.saved)
				}
				dropped(t, registry, 0, tt.refused, tt.stopped)
			})
		})
	}
}
