package recording_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/esl"
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

// book is a database that knows facts and nothing else, and counts who looks for what is to be settled.
type book struct {
	recording.Store
	saved []string
	looks int
}

func (b *book) SaveRecordingFacts(_ context.Context, facts []recording.Fact) error {
	for _, f := range facts {
		b.saved = append(b.saved, f.Leg)
	}
	return nil
}

func (b *book) UnknownRecordings(context.Context, time.Time, int) ([]recording.Fact, int64, error) {
	return nil, 0, nil
}
func (b *book) MarkRecordings(context.Context, time.Time, int64) error { return nil }
func (b *book) DueRecordings(_ context.Context, states []recording.State, _ time.Time, _ int) ([]recording.Entry, error) {
	if slices.Contains(states, recording.Closed) {
		b.looks++
	}
	return nil, nil
}

// TestWrite: what events tell is saved in order and looked at at once; what is queued when the process stops is saved too.
func TestWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &book{}
		l := newShelf(t, func(_ *shelf, o *recording.Options) { o.Store = b })
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 2)
		go func() { done <- l.Write(ctx) }()
		go func() { done <- l.Run(ctx) }()
		time.Sleep(time.Second)
		synctest.Wait()
		before := b.looks
		for _, leg := range []string{"a", "b", "c"} {
			l.Tell(recording.Fact{Told: recording.Stopped, Leg: leg})
		}
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		if b.looks != before+1 {
			t.Errorf("looked %d times, then %d", before, b.looks)
		}
		l.Tell(recording.Fact{Told: recording.Stopped, Leg: "d"})
		stop()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if want := []string{"a", "b", "c", "d"}; !slices.Equal(b.saved, want) {
			t.Errorf("saved %v, want %v", b.saved, want)
		}
	})
}

// TestEndToldLate: of a recording that was settled by its CDR before its event was saved, the event still tells when and why it ended.
func TestEndToldLate(t *testing.T) {
	s := newShelf(t, nil)
	s.tell(start("leg", 0))
	s.write("leg.wav", wav(time.Second), 0)
	s.hangUp("leg")
	s.now = noon.Add(time.Minute)
	if e, err := s.Find(t.Context(), "leg"); err != nil || e.State != recording.Complete {
		t.Fatalf("%+v, %v", e, err)
	}
	end := stop("leg", time.Second)
	s.tell(end, end)
	if e := s.entry("leg"); e.Cause != end.Cause || !e.Stopped.Equal(end.At) || e.State != recording.Complete {
		t.Errorf("%+v", e)
	}
}
