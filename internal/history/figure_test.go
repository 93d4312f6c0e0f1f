package history_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"callgate/cdr"
	"callgate/internal/history"
)

// Whatever is added and taken away again in any order leaves the sums exact, and says when a longest wait is in doubt.
func TestFiguresAddAndSub(t *testing.T) {
	p := &player{Rand: rand.New(rand.NewPCG(3, 4))}
	var all []history.Figures
	for range 200 {
		for _, f := range history.Join(p.call().legs).Figures() {
			all = append(all, f)
		}
	}
	var sum history.Figures
	for _, f := range all {
		sum.Add(f)
	}
	p.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	doubts := 0
	for i, f := range all {
		stale := sum.Sub(f)
		var rest history.Figures
		for _, o := range all[i+1:] {
			rest.Add(o)
		}
		if stale {
			doubts++
			sum.AnsweredLongest, sum.LostLongest = rest.AnsweredLongest, rest.LostLongest
		}
		if sum != rest {
			t.Fatalf("without %d of %d it is %+v, want %+v; in doubt: %v", i+1, len(all), sum, rest, stale)
		}
	}
	if !sum.IsZero() || doubts == 0 || doubts > len(all)/4 {
		t.Errorf("in the end it is %+v, after %d doubts of %d", sum, doubts, len(all))
	}
}

// Every figure takes part in sums.
func TestFiguresAreSummed(t *testing.T) {
	fill := func(n int64) (f history.Figures) {
		v := reflect.ValueOf(&f).Elem()
		for i := range v.NumField() {
			if field := v.Field(i); field.Kind() == reflect.Array {
				for j := range field.Len() {
					field.Index(j).SetInt(n)
				}
			} else {
				field.SetInt(n)
			}
		}
		return f
	}
	f, want := fill(5), fill(7)
	want.AnsweredLongest, want.LostLongest = 5, 5
	f.Add(fill(2))
	if f != want {
		t.Errorf("sum is %+v, want %+v", f, want)
	}
	if stale := f.Sub(fill(5)); !stale {
		t.Error("the longest wait went, and nobody says so")
	}
	if want = fill(2); f.AnsweredLongest != 5 || f.LostLongest != 5 {
		t.Errorf("longest waits are %d and %d", f.AnsweredLongest, f.LostLongest)
	}
	f.AnsweredLongest, f.LostLongest = 2, 2
	if f != want {
		t.Errorf("difference is %+v, want %+v", f, want)
	}
}

// The manual's table: two answered calls, and nine that never reached the queue.
func TestFiguresOfTheManual(t *testing.T) {
	var sum history.Figures
	for _, c := range manual() {
		for k, f := range c.Figures() {
			if k.Queue == "" && k.Agent == "" {
				sum.Add(f)
			}
		}
	}
	want := history.Figures{Inbound: 11, Unqueued: 9, Queued: 2, Answered: 2, Offered: 2, AnsweredWait: 38, AnsweredLongest: 27,
		Talk: 165, Hold: 42, Held: 1, Wrap: 13, Minutes: 4, AnsweredIn: [11]int64{2: 1, 4: 1}}
	if sum != want {
		t.Errorf("figures are %+v, want %+v", sum, want)
	}
}

// What a wait and a talk make of a visit's figures, at the edges.
func TestFiguresAtTheEdges(t *testing.T) {
	for _, c := range []struct {
		name             string
		wait, talk, wrap int64
		in, minutes      int64 // in: place among Thresholds, -1 for none
	}{
		{"at once", 0, 0, 0, 0, 0},
		{"just below", 19, 59, 0, 3, 1},
		{"just at", 20, 50, 10, 4, 1},
		{"a second more", 21, 51, 10, 4, 2},
		{"the longest counted", 299, 1, 0, 10, 1},
		{"longer", 300, 1, 0, -1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			caller := leg(cdr.Record{Leg: "caller", Direction: "inbound", End: at(c.wait + c.talk), Side: "member", Queue: "sales", Member: "m", JoinedEpoch: secondOf(0),
				AnsweredEpoch: secondOf(c.wait), TerminatedEpoch: secondOf(c.wait + c.talk), QueueCause: "answered", Agent: "anna"})
			caller.Wrap, caller.WrapKnown = c.wrap, true
			want := history.Figures{Queued: 1, Answered: 1, Offered: 1, AnsweredWait: c.wait, AnsweredLongest: c.wait, Talk: c.talk, Wrap: c.wrap, Minutes: c.minutes}
			if c.in >= 0 {
				want.AnsweredIn[c.in] = 1
			}
			if got := history.Join([]*history.Leg{caller}).Figures()[history.Key{Quarter: at(0) - at(0)%history.Quarter, Queue: "sales"}]; got != want {
				t.Errorf("figures are %+v, want %+v", got, want)
			}
		})
	}
}
