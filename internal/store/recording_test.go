package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/cdr"
	"callgate/internal/fault"
	"callgate/internal/recording"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func recordingFact(told recording.Told, leg string, seconds int) recording.Fact {
	return recording.Fact{Told: told, Switch: "main", Path: "/r/" + leg + ".wav", Name: leg + ".wav", Leg: leg, Project: "p", At: at(seconds)}
}

// TestRecordingFacts: whatever the order in which facts come, and however often, the entry ends the same.
func TestRecordingFacts(t *testing.T) {
	t.Parallel()
	started, stopped := recordingFact(recording.Started, "a", 1), recordingFact(recording.Stopped, "a", 5)
	stopped.Cause = "success-silence"
	delivered := recording.Fact{Told: recording.Delivered, Switch: "main", Path: "/r/a.wav", Name: "a.wav", Leg: "a", At: at(4), Size: 9, Duration: time.Second, Digest: "d"}
	named := recording.Fact{Told: recording.Named, Path: "/r/a.wav", Name: "a.wav", Leg: "a", Project: "p", At: at(0), Ended: at(6)}
	again, ended := recordingFact(recording.Started, "a", 10), recordingFact(recording.Stopped, "a", 12)
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for i, tt := range []struct {
			name    string
			facts   []recording.Fact
			state   recording.State
			started int
			stopped int
		}{
			{"begun", []recording.Fact{started}, recording.Writing, 1, 0},
			{"begun, heard of twice", []recording.Fact{started, started}, recording.Writing, 1, 0},
			{"ended", []recording.Fact{started, stopped}, recording.Closed, 1, 5},
			{"a process that is late", []recording.Fact{started, stopped, started, stopped}, recording.Closed, 1, 5},
			{"the end first", []recording.Fact{stopped, started}, recording.Closed, 1, 5},
			{"the beginning was missed", []recording.Fact{stopped}, recording.Closed, 0, 5},
			{"begun anew", []recording.Fact{started, stopped, again}, recording.Writing, 10, 0},
			{"begun anew, an old end is late", []recording.Fact{started, again, stopped}, recording.Writing, 10, 0},
			{"begun anew and ended", []recording.Fact{started, stopped, again, ended, stopped}, recording.Closed, 10, 12},
			{"delivered before the events", []recording.Fact{delivered, started, stopped}, recording.Complete, 1, 5},
			{"delivered between them", []recording.Fact{started, delivered, stopped}, recording.Complete, 1, 5},
			{"delivered at last", []recording.Fact{started, stopped, delivered}, recording.Complete, 1, 5},
			{"only a CDR", []recording.Fact{named}, recording.Closed, 0, 6},
			{"a CDR, then late events", []recording.Fact{named, started}, recording.Closed, 1, 6},
			{"events, then a CDR", []recording.Fact{started, stopped, named}, recording.Closed, 1, 5},
		} {
			t.Run(tt.name, func(t *testing.T) {
				var all []recording.Fact
				leg := fmt.Sprintf("leg%d", i)
				for _, f := range tt.facts {
					f.Path, f.Name, f.Leg = "/r/"+leg+".wav", leg+".wav", leg
					all = append(all, f)
				}
				must(t, s.SaveRecordingFacts(t.Context(), all))
				got, err := s.Recordings(t.Context(), []string{leg}, []string{leg + ".wav"})
				if err != nil || len(got) != 1 {
					t.Fatalf("got %v, %v", got, err)
				}
				e := got[0]
				want := func(seconds int) time.Time {
					if seconds == 0 {
						return time.Time{}
					}
					return at(seconds)
				}
				if e.State != tt.state || !e.Started.Equal(want(tt.started)) || !e.Stopped.Equal(want(tt.stopped)) || e.Leg != leg {
					t.Errorf("got %q from %v to %v, want %q from %v to %v", e.State, e.Started, e.Stopped, tt.state, want(tt.started), want(tt.stopped))
				}
				if tt.state == recording.Complete && (e.Size != 9 || e.Digest != "d" || !e.InFolder || e.Duration != time.Second) {
					t.Errorf("the file: %+v", e)
				}
			})
		}
	})
}

// TestRecordingFactsOfTwoProcesses: two that hear the same switch keep one entry of each recording.
func TestRecordingFactsOfTwoProcesses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		stores := []*store.Store{open(), open()}
		const n = 40
		var facts []recording.Fact
		for i := range n {
			leg := fmt.Sprintf("leg%d", i)
			facts = append(facts, recordingFact(recording.Started, leg, 1), recordingFact(recording.Stopped, leg, 2))
		}
		var wg sync.WaitGroup
		for _, s := range stores {
			wg.Go(func() {
				if err := s.SaveRecordingFacts(t.Context(), facts); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		all, err := stores[0].ListRecordings(t.Context(), recording.Query{From: at(0), To: at(100), Limit: 1000})
		if err != nil || len(all) != n {
			t.Fatalf("%d entries, %v", len(all), err)
		}
		for _, e := range all {
			if e.State != recording.Closed || e.Revision != 2 {
				t.Errorf("%+v", e)
			}
		}
	})
}

// TestRecordingFactsOfARestart: a switch that was started anew writes nothing of before; another switch, and what it writes now, go on.
func TestRecordingFactsOfARestart(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		other := recordingFact(recording.Started, "other", 1)
		other.Switch = "two"
		must(t, s.SaveRecordingFacts(ctx, []recording.Fact{recordingFact(recording.Started, "before", 1), other,
			{Told: recording.Restarted, Switch: "main", At: at(5)}, recordingFact(recording.Started, "after", 6),
			{Told: recording.Restarted, Switch: "main", At: at(5)}}))
		for leg, want := range map[string]recording.State{"before": recording.Closed, "other": recording.Writing, "after": recording.Writing} {
			if got, err := s.Recordings(ctx, []string{leg}, nil); err != nil || len(got) != 1 || got[0].State != want {
				t.Errorf("%s: %+v, %v; want %s", leg, got, err, want)
			}
		}
	})
}

func TestRecordingChange(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, other := t.Context(), open(), open()
		must(t, s.SaveRecordingFacts(ctx, []recording.Fact{recordingFact(recording.Stopped, "a", 1)}))
		read := func() recording.Entry {
			t.Helper()
			all, err := s.Recordings(ctx, []string{"a"}, nil)
			if err != nil || len(all) != 1 {
				t.Fatalf("%v, %v", all, err)
			}
			return all[0]
		}
		e := read()
		e.State, e.InFolder, e.Object, e.Size, e.Digest, e.Duration = recording.Uploading, true, "k", 5, "x", 1500*time.Millisecond
		e.Due, e.Attempts, e.Deleted, e.Project, e.Cause = at(9), 3, at(8), "q\x00", "c"
		if changed, err := s.ChangeRecording(ctx, e); !changed || err != nil {
			t.Fatalf("%v, %v", changed, err)
		}
		if changed, err := other.ChangeRecording(ctx, e); changed || err != nil {
			t.Errorf("a change of what somebody else changed: %v, %v", changed, err)
		}
		e.Revision++
		e.Project = "q\uFFFD"
		if diff := cmp.Diff(e, read()); diff != "" {
			t.Errorf("mismatch (-want, +got):\n%s", diff)
		}
		for _, tt := range []struct {
			name   string
			states []recording.State
			at     int
			want   int
		}{
			{"not yet", []recording.State{recording.Uploading}, 8, 0},
			{"due", []recording.State{recording.Complete, recording.Uploading}, 9, 1},
			{"of another state", []recording.State{recording.Complete}, 9, 0},
		} {
			if got, err := s.DueRecordings(ctx, tt.states, at(tt.at), 10); len(got) != tt.want || err != nil {
				t.Errorf("%s: %v, %v", tt.name, got, err)
			}
		}
		must(t, s.Close())
		if _, err := s.ChangeRecording(ctx, e); !errors.Is(err, fault.New(fault.StorageDown, "")) {
			t.Errorf("closed: %v", err)
		}
	})
}

func TestRecordingList(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		var facts []recording.Fact
		for i, leg := range []string{"a", "b", "c", "d", "e"} {
			f := recordingFact(recording.Stopped, leg, i/2) // pairs of the same moment
			if i == 4 {
				f.Project = "other"
			}
			facts = append(facts, f)
		}
		twin := facts[0]
		twin.Switch = "two"
		must(t, s.SaveRecordingFacts(ctx, append(facts, twin)))
		for _, tt := range []struct {
			name string
			q    recording.Query
			want string
		}{
			{"all", recording.Query{From: at(0), To: at(9)}, "ecdaab"},
			{"from is in it, to is not", recording.Query{From: at(1), To: at(2)}, "cd"},
			{"a project", recording.Query{From: at(0), To: at(9), Projects: []string{"other", "third"}}, "e"},
			{"none", recording.Query{From: at(8), To: at(9)}, ""},
		} {
			for _, limit := range []int{1, 2, 100} {
				q, got := tt.q, ""
				for q.Limit = limit; ; {
					page, err := s.ListRecordings(ctx, q)
					if err != nil || len(page) > limit {
						t.Fatalf("%s: %d, %v", tt.name, len(page), err)
					}
					for _, e := range page {
						got += e.Leg
					}
					if len(page) < limit {
						break
					}
					q.Before = &page[len(page)-1]
				}
				if got != tt.want {
					t.Errorf("%s, pages of %d: got %q, want %q", tt.name, limit, got, tt.want)
				}
			}
		}
		if _, err := s.ListRecordings(ctx, recording.Query{To: at(9), Limit: 1, Before: &recording.Entry{At: at(9), Path: "\xff\x00"}}); err != nil {
			t.Errorf("a cursor that is none: %v", err)
		}
		projects, err := s.RecordingProjects(ctx)
		if len(projects) != 0 || err != nil {
			t.Errorf("no file is here, and yet %q, %v", projects, err)
		}
		d := recording.Fact{Told: recording.Delivered, Switch: "main", Path: "/r/a.wav", Name: "a.wav", Digest: "x", Duration: time.Second}
		must(t, s.SaveRecordingFacts(ctx, []recording.Fact{d}))
		if projects, err = s.RecordingProjects(ctx); err != nil || !cmp.Equal(projects, []string{"p"}) {
			t.Errorf("got %q, %v", projects, err)
		}
		if got, err := s.ExpiredRecordings(ctx, "p", at(0), time.Now(), 9); len(got) != 0 || err != nil {
			t.Errorf("expired before it began: %v, %v", got, err)
		}
		if got, err := s.ExpiredRecordings(ctx, "p", at(1), time.Now().Add(time.Second), 9); len(got) != 1 || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

// TestUnknownRecordings: what CDRs name and nobody knows is found once, by pages, with the project of the call.
func TestUnknownRecordings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		for i, paths := range [][]string{{"/r/a.wav"}, nil, {"/r/b.wav", "/r/c.wav"}, {"/r/known.wav"}, {"/r/d.wav"}} {
			leg := fmt.Sprintf("leg%d", i)
			r := &cdr.Record{Leg: leg, Call: leg, Start: at(1).UnixMicro(), End: at(2).UnixMicro(), Recordings: paths, Digest: [32]byte{byte(i)}, Readable: true,
				Project: "p " + leg}
			save(t, s, r)
		}
		must(t, s.SaveRecordingFacts(ctx, []recording.Fact{recordingFact(recording.Stopped, "known", 1)}))
		if facts, _, err := s.UnknownRecordings(ctx, time.Now().Add(-time.Hour), 10); len(facts) != 0 || err != nil {
			t.Errorf("too young: %v, %v", facts, err)
		}
		later := time.Now().Add(time.Hour)
		got := ""
		for range 4 {
			facts, mark, err := s.UnknownRecordings(ctx, later, 3)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range facts {
				got += f.Path + f.Project + " "
				if f.Told != recording.Named || !f.At.Equal(at(1)) || !f.Ended.Equal(at(2)) {
					t.Errorf("%+v", f)
				}
			}
			must(t, s.SaveRecordingFacts(ctx, facts))
			if mark == 0 {
				break
			}
			must(t, s.MarkRecordings(ctx, later, mark))
			must(t, s.MarkRecordings(ctx, later, mark-1)) // a process that was slower
		}
		if want := "/r/a.wavp leg0 /r/b.wavp leg2 /r/c.wavp leg2 /r/d.wavp leg4 "; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		leg, ok, err := s.RecordedLeg(ctx, "leg0")
		if want := (recording.Leg{Project: "p leg0", Started: at(1), Ended: at(2)}); !ok || err != nil || !cmp.Equal(leg, want) {
			t.Errorf("got %+v, %v, %v", leg, ok, err)
		}
		if _, ok, err := s.RecordedLeg(ctx, "unknown"); ok || err != nil {
			t.Errorf("a call that goes on: %v, %v", ok, err)
		}
	})
}

// TestDeletedRecordings: those that are deleted stay in the list, and cost the search for the next ones to delete nothing.
func TestDeletedRecordings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		must(t, s.Exec(ctx, `INSERT INTO recordings (path, switch_name, name, leg, project, at, started, stopped, duration_ms, size, digest, cause, state,
				in_folder, object, attempts, due, deleted, revision)
			WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
			SELECT '/r/' || i || '.wav', 'main', '', '', 'p', i, 0, 0, 0, 0, '', '', 'deleted', FALSE, '', 0, 0, 0, 1 FROM n`))
		must(t, s.Exec(ctx, "ANALYZE"))
		for i, project := range []string{"", "p", "q"} {
			f := recordingFact(recording.Delivered, fmt.Sprint("leg", i), 9)
			f.Project, f.Digest = project, "x"
			must(t, s.SaveRecordingFacts(ctx, []recording.Fact{f}))
		}
		// Past all that is deleted a search would take some milliseconds at least, however quiet the machine.
		fastest := time.Hour
		for range 50 {
			began := time.Now()
			if got, err := s.RecordingProjects(ctx); err != nil || !cmp.Equal(got, []string{"", "p", "q"}) {
				t.Fatalf("got %q, %v", got, err)
			}
			if got, err := s.ExpiredRecordings(ctx, "p", at(10), time.Now().Add(time.Second), 9); err != nil || len(got) != 1 {
				t.Fatalf("got %v, %v", got, err)
			}
			fastest = min(fastest, time.Since(began))
		}
		if fastest > 3*time.Millisecond {
			t.Errorf("the fastest search took %v", fastest)
		}
	})
}
