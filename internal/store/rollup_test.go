package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"callgate/cdr"
	"callgate/internal/history"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// lost is the CDR of a caller who left a queue after so many seconds.
func lost(leg, queue string, began, wait int) *cdr.Record {
	r := record(leg, leg, fmt.Sprintf("<cdr>%s waited %d</cdr>", leg, wait))
	r.Start, r.End, r.Direction = at(began).UnixMicro(), at(began+wait).UnixMicro(), "inbound"
	r.Side, r.Member, r.Queue, r.JoinedEpoch = "member", "stay-"+leg, queue, at(began).Unix()
	r.QueueCause, r.CancelReason, r.CanceledEpoch = "cancel", "BREAK_OUT", at(began+wait).Unix()
	return r
}

// TestLongestOfFew: when the longest wait of a quarter hour goes, no calls are read that cannot have waited longest in it:
// those of two days take longer than whoever posts a CDR waits.
func TestLongestOfFew(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		save(t, s, lost("elsewhere", "queue2", 0, 9))
		save(t, s, lost("before", "queue1", 24*3600-100, 30))
		must(t, s.Exec(t.Context(), `UPDATE calls SET facts = ? WHERE started = ?`, []byte("who reads it fails"), at(0).UnixMicro()))
		save(t, s, lost("one", "queue1", 24*3600, 70))
		save(t, s, lost("one", "queue1", 24*3600, 40))
		save(t, s, lost("other", "queue1", 24*3600+1, 5))
		save(t, s, lost("other", "queue1", 24*3600+1, 4)) // not the longest
		n, err := s.Count(t.Context(), `SELECT SUM(lost_longest) FROM rollups WHERE lost_longest = 40`)
		if n != 80 || err != nil {
			t.Errorf("the longest waits are %d together, %v", n, err)
		}
	})
}

// TestFiguresOfAbsurdTimes: figures of what cannot be true are found again where they are looked for.
func TestFiguresOfAbsurdTimes(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for n, joined := range []int64{1, at(-3 * 24 * 3600).Unix(), at(-60).Unix(), at(5 * 24 * 3600).Unix(), 253402300799} {
			r := lost(fmt.Sprint("leg", n), "queue1", n, 40)
			r.JoinedEpoch = joined
			save(t, s, r)
		}
		wrong, err := s.RebuildFigures(t.Context(), store.Rebuild{From: at(-10 * 24 * 3600).UnixMicro(), To: at(10 * 24 * 3600).UnixMicro()})
		if wrong != 0 || err != nil {
			t.Errorf("%d figures are wrong, %v", wrong, err)
		}
		if n, err := s.Count(t.Context(), `SELECT SUM(queued) FROM rollups WHERE queue = 'queue1'`); n != 5 || err != nil {
			t.Errorf("%d queued, %v", n, err)
		}
		if n, err := s.Count(t.Context(), fmt.Sprint(`SELECT COUNT(*) FROM rollups WHERE quarter < `, at(-history.Quarter/1_000_000).UnixMicro(),
			` OR quarter > `, at(3*24*3600).UnixMicro())); n != 0 || err != nil {
			t.Errorf("%d keys of times at which there was no call, %v", n, err)
		}
	})
}

// TestRebuildLeaps: a call of the year 9999 does not make a rebuild look at each day until then.
func TestRebuildLeaps(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		save(t, s, lost("now", "queue1", 0, 40))
		r := lost("then", "queue1", 1, 40)
		r.Start = 253402300799000000
		save(t, s, r)
		r = lost("long ago", "queue1", 2, 40)
		r.Start = 1
		save(t, s, r)
		must(t, s.Exec(t.Context(), `UPDATE rollups SET inbound = inbound + 1`))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		wrong, err := s.RebuildFigures(ctx, store.Rebuild{To: 253402300800000000, Mend: true})
		if wrong == 0 || err != nil {
			t.Errorf("%d figures mended, %v", wrong, err)
		}
		if wrong, err := s.WrongFigures(ctx); wrong != 0 || err != nil {
			t.Errorf("%d figures are wrong, %v", wrong, err)
		}
	})
}
