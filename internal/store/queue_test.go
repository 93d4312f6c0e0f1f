package store_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestQueues(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		if all, err := s.QueueDefinitions(ctx); len(all) != 0 || err != nil {
			t.Errorf("got %v, %v", all, err)
		}
		zero, yes := 0, true
		sales := callcenter.QueueDefinition{Name: "sales@default", At: at(2), By: "анна",
			Params: callcenter.QueueParams{Strategy: "ring-all", MaxWaitTime: &zero, TierRulesApply: &yes}}
		own := callcenter.QueueDefinition{Hostname: "fs1", Name: "sales@default", At: at(3), By: "x"}
		must(t, s.SetQueue(ctx, callcenter.QueueDefinition{Name: "sales@default", At: at(1), By: "b"}, always))
		must(t, s.SetQueue(ctx, own, always))
		must(t, s.SetQueue(ctx, sales, always))
		got, err := s.QueueDefinitions(ctx)
		if diff := cmp.Diff([]callcenter.QueueDefinition{sales, own}, got); diff != "" || err != nil {
			t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
		}
		if err := s.SetQueue(ctx, callcenter.QueueDefinition{Name: "Sales@default"}, always); !errors.Is(err, fault.New(fault.Conflict, "Queue")) {
			t.Errorf("a name that differs in its case: %v", err)
		}
		must(t, s.RemoveQueue(ctx, "", "sales@default", always))
		if err := s.RemoveQueue(ctx, "", "sales@default", always); !errors.Is(err, fault.New(fault.NotFound, "Queue")) {
			t.Errorf("removed twice: %v", err)
		}
		if got, err := s.QueueDefinitions(ctx); len(got) != 1 || got[0].Hostname != "fs1" || err != nil {
			t.Errorf("left %v, %v", got, err)
		}
		// Three definitions and one removal; what failed changed nothing.
		if r, err := s.Revisions(ctx); r[store.Queues] != 4 || err != nil {
			t.Errorf("revision %d, %v; want 4", r[store.Queues], err)
		}
	})
}

func TestAgentStatuses(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		status := func(seconds int, sw, agent, status string) callcenter.AgentStatus {
			return callcenter.AgentStatus{At: at(seconds), Switch: sw, Agent: agent, Status: status, Reason: "обед", By: "анна"}
		}
		a, b, c := status(1, "main", "1000", "Available"), status(2, "other", "1000", "On Break"), status(3, "main", "1000", "Logged Out")
		for _, x := range []callcenter.AgentStatus{b, c, a, status(4, "main", "1001", "Available")} {
			must(t, s.AddAgentStatus(ctx, x))
		}
		for _, tt := range []struct {
			name, sw string
			limit    int
			want     []callcenter.AgentStatus
		}{
			{"all switches", "", 10, []callcenter.AgentStatus{c, b, a}},
			{"one switch", "main", 10, []callcenter.AgentStatus{c, a}},
			{"limited", "", 1, []callcenter.AgentStatus{c}},
			{"unknown switch", "x", 10, []callcenter.AgentStatus{}},
		} {
			got, err := s.AgentStatuses(ctx, tt.sw, "1000", tt.limit)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%s: %v, mismatch (-want, +got):\n%s", tt.name, err, diff)
			}
		}
	})
}
