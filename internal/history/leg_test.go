package history_test

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"callgate/cdr"
	"callgate/internal/history"
)

func TestNames(t *testing.T) {
	for _, c := range []struct {
		name string
		leg  cdr.Record
		want []string
	}{
		{"a caller put through", cdr.Record{Leg: "a", Call: "a", Peers: []string{"b", "c", "b"}}, []string{"a", "b", "c"}},
		{"who was rung", cdr.Record{Leg: "b", Call: "a", Peers: []string{"a"}}, []string{"b", "a"}},
		{"a caller in a queue, whom agents name", cdr.Record{Leg: "a", Call: "a", Side: "member", Member: "m", Peers: []string{"agent"}}, []string{"a"}},
		{"an agent", cdr.Record{Leg: "agent", Call: "other", Side: "agent", AgentType: "callback", Member: "m", MemberLeg: "a", Peers: []string{"x"}}, []string{"agent", "other", "a", "x"}},
		{"an agent's standing leg", cdr.Record{Leg: "agent", Call: "a", Side: "agent", AgentType: "uuid-standby", Member: "m", MemberLeg: "a", Peers: []string{"a"}}, []string{"agent"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := gocmp.Diff(c.want, (&history.Leg{Record: c.leg}).Names()); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSupersedes(t *testing.T) {
	a := &history.Leg{Record: cdr.Record{ALeg: true}, Received: 1}
	for _, c := range []struct {
		name       string
		leg, other *history.Leg
		want       bool
	}{
		{"as a_ before without", a, &history.Leg{Received: 2}, true},
		{"without after as a_", &history.Leg{Received: 2}, a, false},
		{"the newer one", &history.Leg{Record: cdr.Record{ALeg: true}, Received: 2}, a, true},
		{"the older one", a, &history.Leg{Record: cdr.Record{ALeg: true}, Received: 2}, false},
	} {
		if got := c.leg.Supersedes(c.other); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestNewLeg(t *testing.T) {
	for _, c := range []struct {
		name                         string
		leg                          cdr.Record
		project, number, from, where string
	}{
		{"to a project's number", cdr.Record{Direction: "inbound", Caller: "79165550001", Called: "74951110001"}, "9876", "+74951110001", "+79165550001", "+74951110001"},
		{"transferred, and the dialplan told the number", cdr.Record{Direction: "inbound", Caller: "79165550001", Called: "900", Number: "74951110001"}, "9876", "+74951110001", "+79165550001", "+74951110001"},
		{"from a project's number", cdr.Record{Direction: "outbound", Caller: "74951110001", Called: "79165550001"}, "9876", "+74951110001", "+74951110001", "+79165550001"},
		{"nobody's, ordered for a project", cdr.Record{Direction: "outbound", Caller: "1001", Called: "79165550001", Project: "4"}, "4", "", "1001", "+79165550001"},
		{"nobody's", cdr.Record{Direction: "inbound", Caller: "1001", Called: "1002"}, "", "", "1001", "1002"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := history.NewLeg(&c.leg, 17, around{})
			if l.Project != c.project || l.OwnNumber != c.number || l.CallerNormal != c.from || l.CalledNormal != c.where {
				t.Errorf("leg of project %q, number %q, from %q to %q; want %q, %q, %q, %q", l.Project, l.OwnNumber, l.CallerNormal, l.CalledNormal,
					c.project, c.number, c.from, c.where)
			}
			if l.Switch != "main" || l.Received != 17 || l.WrapKnown {
				t.Errorf("leg of switch %q came at %d, wrap-up known %v", l.Switch, l.Received, l.WrapKnown)
			}
		})
	}
	l := history.NewLeg(&cdr.Record{Agent: "anna", Raw: []byte("x"), Digest: [32]byte{1}}, 1, around{})
	if !l.WrapKnown || l.Wrap != 2 || l.Raw != nil || l.Digest != [32]byte{} {
		t.Errorf("agent's leg is %+v", l)
	}
}
