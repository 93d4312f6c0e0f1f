package history_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"callgate/internal/history"
)

// Made-up calls, in any order of their legs, become what was played.
func TestPlayedCalls(t *testing.T) {
	p := &player{Rand: rand.New(rand.NewPCG(1, 2))}
	seen := map[history.VisitOutcome]int{}
	for range 2_000 {
		want := p.call()
		got := history.Join(want.legs)
		for i := range want.visits {
			v := &want.visits[i]
			seen[v.Outcome]++
			if v.Outcome == history.Moved && i < len(got.Visits) {
				// When exactly he left is lost; it was before he joined the next.
				g := &got.Visits[i]
				if g.Left < v.Left || g.Left > want.visits[i+1].Joined || g.Wait != g.Left-g.Joined {
					t.Errorf("left the queue at %d after %d s, want %d to %d", g.Left, g.Wait, v.Left, want.visits[i+1].Joined)
				}
				v.Left, v.Wait = g.Left, g.Wait
			}
			if i+1 < len(want.visits) && len(v.Attempts) == 0 {
				v.Member = "" // nobody but app_log tells of it
			}
		}
		if diff := gocmp.Diff(want.visits, got.Visits, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("visits of call %d (-want +got):\n%s", p.calls, diff)
		}
		if !got.Begun || got.Disposition != want.disposition || got.HungUp != want.hungUp {
			t.Errorf("call %d begun %v is %q, hung up by %q; want %q by %q", p.calls, got.Begun, got.Disposition, got.HungUp, want.disposition, want.hungUp)
		}
		checkFigures(t, got)
		for range 3 {
			p.Shuffle(len(want.legs), func(i, j int) { want.legs[i], want.legs[j] = want.legs[j], want.legs[i] })
			again := history.Join(want.legs)
			if !reflect.DeepEqual(got, again) || !reflect.DeepEqual(got.Figures(), again.Figures()) {
				t.Errorf("call %d in another order (-want +got):\n%s", p.calls, gocmp.Diff(got, again))
			}
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	for _, o := range []history.VisitOutcome{history.Served, history.Left, history.TimedOut, history.NoAgents, history.ExitKey, history.Moved} {
		if seen[o] < 100 {
			t.Errorf("played %d visits that were %s: too few", seen[o], o)
		}
	}
}

// checkFigures holds the figures of a call against each other and against its visits.
func checkFigures(t *testing.T, c *history.Call) {
	t.Helper()
	var call, queues, agents history.Figures
	for k, f := range c.Figures() {
		if k.Project != c.Project || k.Number != c.Number || k.Quarter%history.Quarter != 0 {
			t.Errorf("key is %+v", k)
		}
		switch {
		case k.Agent != "" && k.Queue != "":
			agents.Add(f)
		case k.Queue != "":
			queues.Add(f)
			if f.Queued != f.Answered+f.Lost {
				t.Errorf("queue %s: %d came, %d were answered, %d lost", k.Queue, f.Queued, f.Answered, f.Lost)
			}
		case k.Agent == "":
			call = f
		}
		if f.Offered != f.Missed+f.Answered && k.Agent != "" && k.Queue != "" {
			t.Errorf("agent %s: rang %d times, missed %d, answered %d", k.Agent, f.Offered, f.Missed, f.Answered)
		}
		if sum := sum(f.AnsweredIn); sum > f.Answered {
			t.Errorf("%d of %d answered waited less than the longest threshold", sum, f.Answered)
		}
		if sum := sum(f.LostIn); sum > f.Lost {
			t.Errorf("%d of %d lost waited less than the longest threshold", sum, f.Lost)
		}
		for _, name := range fields(f) {
			if v := reflect.ValueOf(f).FieldByName(name).Int(); v < 0 || v > 1<<40 {
				t.Errorf("%s of %+v is %d", name, k, v)
			}
		}
	}
	var served, wait, talk int64
	for _, v := range c.Visits {
		if v.Outcome == history.Served {
			served, wait, talk = served+1, wait+v.Wait, talk+v.Talk
		}
	}
	switch {
	case !c.Begun:
		if len(c.Figures()) != 0 {
			t.Errorf("a call without its beginning counts")
		}
		return
	case call.Queued != call.Answered+call.Lost || call.Inbound != call.Queued+call.Unqueued || call.Inbound+call.Outbound > 1:
		t.Errorf("call counts as %+v", call)
	case queues.Queued != int64(len(c.Visits)) || queues.Answered != served || queues.AnsweredWait != wait || queues.Talk != talk:
		t.Errorf("queues count %+v, want %d visits, %d answered after %d s for %d s", queues, len(c.Visits), served, wait, talk)
	case call.Answered != 0 && (call.Talk != queues.Talk || call.Hold != queues.Hold || call.Wrap != queues.Wrap || call.Minutes > queues.Minutes):
		t.Errorf("call counts as %+v, its queues as %+v", call, queues)
	}
	if slices.ContainsFunc(c.Visits, func(v history.Visit) bool { return v.Outcome == history.Served && v.Agent == "" }) {
		return // a damaged CDR: nobody's share
	}
	queues.Queued, queues.Lost, queues.LostWait, queues.LostLongest, queues.LostIn = 0, 0, 0, 0, agents.LostIn
	if queues.Answered != agents.Answered || queues.AnsweredWait != agents.AnsweredWait || queues.Talk != agents.Talk || queues.Hold != agents.Hold ||
		queues.Held != agents.Held || queues.Offered < agents.Offered || queues.Missed < agents.Missed || !unnamed(c) && (queues.Offered != agents.Offered || queues.Missed != agents.Missed) || queues.Wrap != agents.Wrap || queues.WrapUnknown != agents.WrapUnknown || queues.Minutes != agents.Minutes {
		t.Errorf("agents count %+v, queues %+v", agents, queues)
	}
}

// unnamed tells whether nobody knows who was rung.
func unnamed(c *history.Call) bool {
	return slices.ContainsFunc(c.Visits, func(v history.Visit) bool {
		return slices.ContainsFunc(v.Attempts, func(a history.Attempt) bool { return a.Agent == "" })
	})
}

// fields are the names of the single figures.
func fields(f history.Figures) (names []string) {
	for _, field := range reflect.VisibleFields(reflect.TypeOf(f)) {
		if field.Type.Kind() == reflect.Int64 {
			names = append(names, field.Name)
		}
	}
	return names
}

func sum(all [11]int64) (n int64) {
	for _, v := range all {
		n += v
	}
	return n
}
