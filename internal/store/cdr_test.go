package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/cdr"
	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// record makes a record of a leg; the document is whatever the test says.
func record(leg, call, document string) *cdr.Record {
	return &cdr.Record{Leg: leg, Call: call, CoreUUID: "core", SwitchName: "main", Direction: "inbound",
		Start: at(0).UnixMicro(), HangupCause: "NORMAL_CLEARING", Readable: true,
		Raw: []byte(document), Digest: sha256.Sum256([]byte(document))}
}

func TestSaveCDR(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		aLeg := record("leg", "call", "<a/>")
		aLeg.ALeg = true
		long := strings.Repeat("<cdr>документ</cdr>", 100_000)
		odd := record("od\x00d\xff", "x\x00", "\x00\xff")
		odd.HangupCause, odd.Recordings = "\x00", []string{"/r/\x00\xff.wav"}
		for _, tt := range []struct {
			name   string
			record *cdr.Record
			want   history.Outcome
			leg    string
			shown  string
		}{
			{"first", record("leg", "call", "<one/>"), history.Stored, "leg", "<one/>"},
			{"again", record("leg", "call", "<one/>"), history.Duplicate, "leg", "<one/>"},
			{"again, read differently", record("leg", "other", "<one/>"), history.Duplicate, "leg", "<one/>"},
			{"another document", record("leg", "call", "<two/>"), history.Conflict, "leg", "<two/>"},
			{"the first once more", record("leg", "call", "<one/>"), history.Duplicate, "leg", "<two/>"},
			{"a_ goes before", aLeg, history.Stored, "leg", "<a/>"},
			{"even before a newer one", record("leg", "call", "<three/>"), history.Conflict, "leg", "<a/>"},
			{"the same document of another leg", record("leg2", "call", "<one/>"), history.Stored, "leg2", "<one/>"},
			{"no leg", record("", "", "junk"), history.Stored, "", ""},
			{"no leg, again", record("", "", "junk"), history.Duplicate, "", ""},
			{"no leg, another", record("", "", "more junk"), history.Stored, "", ""},
			{"what is no text", odd, history.Stored, "od\x00d\xff", "\x00\xff"},
			{"empty document", record("empty", "empty", ""), history.Stored, "empty", ""},
			{"long document", record("long", "long", long), history.Stored, "long", long},
		} {
			if got, err := storetest.SaveCDR(ctx, s, tt.record); got != tt.want || err != nil {
				t.Errorf("%s: got %v, %v, want %v", tt.name, got, err, tt.want)
			}
			raw, ok, err := s.CDR(ctx, tt.leg)
			if string(raw) != tt.shown || ok != (tt.leg != "") || err != nil {
				t.Errorf("%s: shows %.40q, %v, %v, want %.40q", tt.name, raw, ok, err, tt.shown)
			}
		}
		for _, leg := range []string{"unknown", "call", "LEG", "\x00", "' OR 1=1 --", strings.Repeat("x", 100_000)} {
			if raw, ok, err := s.CDR(ctx, leg); ok || raw != nil || err != nil {
				t.Errorf("leg %.20q: got %q, %v, %v", leg, raw, ok, err)
			}
		}
	})
}

// The newest is the one received last, whatever the order of ids.
func TestCDRNewest(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for document, received := range map[string]int{"newer": 100, "older": 50} { // the clock was set back, or not
			_, err := s.SaveCDRs(t.Context(), []*history.Document{storetest.Document(s, record("leg", "leg", document), at(received))})
			must(t, err)
		}
		if raw, _, err := s.CDR(t.Context(), "leg"); string(raw) != "newer" || err != nil {
			t.Errorf("got %q, %v", raw, err)
		}
	})
}

func TestCallLegs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		keep := func(leg, call string, start int, recordings ...string) {
			r := record(leg, call, leg+call+fmt.Sprint(start))
			r.Start, r.Recordings = at(start).UnixMicro(), recordings
			save(t, s, r)
		}
		keep("caller", "caller", 10, "/r/queue.wav", "/r/shared.wav")
		keep("agent", "caller", 20, "/r/agent.wav", "/r/shared.wav")
		keep("early", "caller", 5)
		keep("transfer", "agent", 30, "/r/transfer.wav") // names its parent, which was dialled itself
		bridged := record("solo", "solo", "solo")
		bridged.Peers, bridged.Recordings = []string{"silent", "silent"}, []string{"/r/solo.wav"}
		save(t, s, bridged)
		queued := record("member", "member", "member") // its agent's leg may be another caller's too, and is never joined to it
		queued.Side, queued.Peers, queued.Recordings = "member", []string{"standing"}, []string{"/r/member.wav"}
		save(t, s, queued)
		keep("alone", "alone", 1, "/r/alone.wav")
		keep("", "", 1, "/r/nobody.wav")
		keep("orphan", "lost", 1, "/r/orphan1.wav") // the leg it names never came
		keep("orphan2", "lost", 2, "/r/orphan2.wav")
		for _, tt := range []struct {
			name, leg   string
			legs, paths []string
		}{
			{"first leg", "caller", []string{"caller", "early", "agent", "transfer"},
				[]string{"/r/queue.wav", "/r/shared.wav", "/r/agent.wav", "/r/transfer.wav"}},
			{"second leg", "agent", []string{"agent", "early", "caller", "transfer"},
				[]string{"/r/agent.wav", "/r/shared.wav", "/r/queue.wav", "/r/transfer.wav"}},
			{"leg of a leg", "transfer", []string{"transfer", "early", "caller", "agent"},
				[]string{"/r/transfer.wav", "/r/queue.wav", "/r/shared.wav", "/r/agent.wav"}},
			{"bridged to a leg that posts no CDR", "silent", []string{"solo"}, []string{"/r/solo.wav"}},
			{"agent's leg that posts no CDR", "standing", []string{"member"}, []string{"/r/member.wav"}},
			{"alone", "alone", []string{"alone"}, []string{"/r/alone.wav"}},
			{"common call unknown", "orphan2", []string{"orphan2", "orphan"}, []string{"/r/orphan2.wav", "/r/orphan1.wav"}},
			{"a leg that others name", "lost", []string{"orphan", "orphan2"}, []string{"/r/orphan1.wav", "/r/orphan2.wav"}},
			{"no leg", "", nil, nil},
			{"unknown", "nobody", nil, nil},
			{"no text", "\x00\xff", nil, nil},
		} {
			t.Run(tt.name, func(t *testing.T) {
				paths, legs, err := s.RecordingPaths(ctx, tt.leg)
				must(t, err)
				if diff := cmp.Diff(tt.legs, legs); diff != "" {
					t.Errorf("legs mismatch (-want, +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.paths, paths); diff != "" {
					t.Errorf("paths mismatch (-want, +got):\n%s", diff)
				}
			})
		}
	})
}

// save keeps a record.
func save(t *testing.T, s *store.Store, r *cdr.Record) {
	t.Helper()
	if _, err := storetest.SaveCDR(t.Context(), s, r); err != nil {
		t.Fatal(err)
	}
}

func TestSaveCDRAtOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		one, two := open(), open() // as two processes
		var stored, duplicate atomic.Int32
		var wg sync.WaitGroup
		for worker := range 8 {
			s := one
			if worker%2 == 1 {
				s = two
			}
			wg.Go(func() {
				for i := range 25 {
					outcome, err := storetest.SaveCDR(context.Background(), s, record(fmt.Sprint("leg", i), "call", "<cdr/>"))
					switch {
					case err != nil:
						t.Error(err)
					case outcome == history.Stored:
						stored.Add(1)
					case outcome == history.Duplicate:
						duplicate.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if stored.Load() != 25 || duplicate.Load() != 175 {
			t.Errorf("%d stored and %d duplicates, want 25 and 175", stored.Load(), duplicate.Load())
		}
		_, legs, err := one.RecordingPaths(t.Context(), "leg0")
		if len(legs) != 25 || err != nil {
			t.Errorf("got %d legs, %v", len(legs), err)
		}
	})
}

func BenchmarkSaveCDR(b *testing.B) {
	s := storetest.Open(b, storetest.SQLite(b), store.Options{})
	document := bytes.Repeat([]byte("<application app_name=\"set\" app_data=\"x=1\"></application>\n"), 280) // 16 KB
	i := 0
	for b.Loop() {
		i++
		r := record(fmt.Sprint(i), "call", "")
		r.Raw, r.Digest = document, sha256.Sum256(fmt.Append(nil, i))
		if _, err := storetest.SaveCDR(b.Context(), s, r); err != nil {
			b.Fatal(err)
		}
	}
}

// TestSaveCDRsHasNoTurn: who cannot write in time hears of it then, and saves nothing later.
func TestSaveCDRsHasNoTurn(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	for _, document := range [...]string{"<cdr>1</cdr>", "<cdr>2</cdr>", "<cdr>3</cdr>"} { // until nothing is left to be prepared
		save(t, s, record(document, "", document))
	}
	release, err := s.HoldWriter(t.Context())
	must(t, err)
	late := time.AfterFunc(3*time.Second, func() { _ = release() })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = storetest.SaveCDR(ctx, s, record("leg1", "", "<cdr/>"))
	wantKind(t, "while another writes", err, fault.StorageDown)
	if !late.Stop() {
		t.Error("it waited on")
	}
	must(t, release())
	if _, ok, err := s.CDR(t.Context(), "leg1"); ok || err != nil {
		t.Errorf("it was saved, %v", err)
	}
	save(t, s, record("leg1", "", "<cdr/>"))
}
