package history_test

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"callgate/cdr"
	"callgate/internal/history"
)

// lot draws values from bytes.
type lot []byte

func (l *lot) draw(n int) int {
	if len(*l) == 0 {
		return 0
	}
	b := (*l)[0]
	*l = (*l)[1:]
	return int(b) % n
}

func (l *lot) word(all ...string) string { return all[l.draw(len(all))] }

// number is a plausible time, one near it, or one that cannot be.
func (l *lot) number(unit int64) int64 {
	switch l.draw(8) {
	case 0:
		return 0
	case 1:
		return [...]int64{math.MinInt64, math.MaxInt64, -1, 1, math.MaxInt64 / 2, 253402300799999999, 253402300799, -1_700_000_000}[l.draw(8)]
	}
	return (1_700_000_000+int64(l.draw(64)))*unit + int64(l.draw(3))*unit/3
}

func (l *lot) leg(i int) *history.Leg {
	ids := []string{"", "leg-0", "leg-1", "leg-2", "leg-3", "other"}
	r := cdr.Record{Leg: fmt.Sprintf("leg-%d", i), ALeg: l.draw(2) == 0, Call: l.word(ids...), Direction: l.word("inbound", "outbound", ""),
		Start: l.number(1e6), Answer: l.number(1e6), End: l.number(1e6), Bridged: l.number(1e6), HangupCause: l.word("NORMAL_CLEARING", "USER_BUSY", "NO_ANSWER", ""),
		Side: l.word("member", "agent", ""), Queue: l.word("sales", "support", ""), Agent: l.word("anna", "boris", ""), AgentType: l.word("callback", "uuid-standby", ""),
		Member: l.word("m1", "m2", ""), MemberLeg: l.word(ids...), JoinedEpoch: l.number(1), AnsweredEpoch: l.number(1), TerminatedEpoch: l.number(1),
		CanceledEpoch: l.number(1), QueueCause: l.word("answered", "cancel", ""), CancelReason: l.word("TIMEOUT", "BREAK_OUT", ""), HoldSeconds: l.number(1),
		HangupDisposition: l.word("recv_bye", "send_bye", ""), LoopbackHalf: l.word("", "A", "B"), Dialled: l.draw(2) == 0, Called: l.word("1001", "79165550001", "")}
	for range l.draw(4) {
		r.Queues = append(r.Queues, cdr.QueueEntry{Queue: l.word("sales", "support", ""), At: l.number(1e6)})
	}
	return &history.Leg{Record: r, Received: l.number(1e6), Wrap: l.number(1), WrapKnown: l.draw(2) == 0}
}

// Whatever legs say: joining them does not fail, their order does not matter, all spans and figures stay within bounds.
func FuzzJoin(f *testing.F) {
	f.Add([]byte{})
	for seed := range 64 {
		var b []byte
		for i := range 400 {
			b = append(b, byte((i*i+7)*(seed*31+13)>>3))
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l := lot(b)
		var legs []*history.Leg
		for i := 0; len(l) > 0 && i < 8; i++ {
			legs = append(legs, l.leg(i))
		}
		c := history.Join(legs)
		const most = 10 * 366 * 86400
		if len(c.Visits) > 256 || c.Started < 0 || c.Ended < 0 || c.Answered < 0 || c.Duration < 0 || c.Duration > most {
			t.Errorf("call is %+v", c)
		}
		for _, v := range c.Visits {
			for _, s := range []int64{v.Wait, v.Talk, v.Hold, v.Wrap} {
				if s < 0 || s > most {
					t.Errorf("visit is %+v", v)
				}
			}
			if v.Queue == "" || v.Joined < 0 || v.Left < v.Joined || v.Answered != 0 && (v.Answered < v.Joined || v.Left < v.Answered) || (v.Answered != 0) != (v.Outcome == history.Served) {
				t.Errorf("visit is %+v", v)
			}
		}
		checkFigures(t, c)
		for _, l := range legs {
			_ = l.Names()
		}
		slices.Reverse(legs)
		if again := history.Join(legs); !reflect.DeepEqual(c, again) || !reflect.DeepEqual(c.Figures(), again.Figures()) {
			t.Errorf("call is\n%+v\nand in another order\n%+v", c, again)
		}
	})
}
