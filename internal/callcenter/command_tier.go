package callcenter

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"callgate/internal/fault"
)

// TierChange is what to change of a tier; nil is left as it is.
type TierChange struct {
	Level    *int
	Position *int
}

// maxLevel bounds levels and positions, of which nobody has so many.
const maxLevel = 10000

func (c TierChange) check() error {
	for _, n := range []struct {
		field string
		value *int
	}{{"level", c.Level}, {"position", c.Position}} {
		if n.value != nil && (*n.value < 0 || *n.value > maxLevel) {
			return wrong(n.field, "want 0 to 10000")
		}
	}
	return nil
}

func checkTier(queue, agent string) error {
	if err := checkName("queue", queue); err != nil {
		return err
	}
	return checkName("agent", agent)
}

// tierRow reads a tier as the switch has it now; nil when there is none.
func (a *Administrator) tierRow(ctx context.Context, link Link, queue, agent string) (*Tier, error) {
	rows, err := a.rows(ctx, link, "", "queue", "list", "tiers", queue)
	i := slices.IndexFunc(rows, func(r map[string]string) bool { return r["agent"] == agent })
	if err != nil || i < 0 {
		return nil, err
	}
	r := rows[i]
	return &Tier{Queue: queue, Agent: agent, State: r["state"], Level: r["level"], Position: r["position"]}, nil
}

// tier finds the switch that has the tier. Without one it says what is missing: the queue, the agent, or the tier.
func (a *Administrator) tier(ctx context.Context, switchName, queue, agent string) (Link, error) {
	if err := checkTier(queue, agent); err != nil {
		return nil, err
	}
	link, err := a.link(switchName, "Tier", func(s *Snapshot) bool {
		return slices.ContainsFunc(s.Tiers, func(t Tier) bool { return t.Queue == queue && t.Agent == agent })
	})
	if err != nil {
		return nil, err
	}
	if row, err := a.tierRow(ctx, link, queue, agent); err != nil || row != nil {
		return link, err
	}
	return nil, a.missing(ctx, link, queue, agent, "Tier")
}

// missing says which of queue and agent is not there; subject when both are.
func (a *Administrator) missing(ctx context.Context, link Link, queue, agent, subject string) error {
	if known, err := a.queueKnown(ctx, link, queue); err != nil {
		return err
	} else if !known {
		return queueUnknown()
	}
	if row, err := a.agentRow(ctx, link, agent); err != nil {
		return err
	} else if row == nil {
		return fault.New(fault.NotFound, "Agent")
	}
	return fault.New(fault.NotFound, subject)
}

// AddTier puts an agent into a queue, at level and position 1 unless told. A tier that exists is fault.Conflict "Tier".
func (a *Administrator) AddTier(ctx context.Context, switchName, queue, agent string, at TierChange) (Done, error) {
	if err := cmp.Or(checkTier(queue, agent), at.check()); err != nil {
		return Done{}, err
	}
	link, err := a.link(switchName, "Queue", func(s *Snapshot) bool { return hasQueue(queue)(s) && hasAgent(agent)(s) })
	if err != nil {
		return Done{}, err
	}
	words := []string{"tier", "add", queue, agent, "1", "1"}
	for i, n := range []*int{at.Level, at.Position} {
		if n != nil {
			words[4+i] = strconv.Itoa(*n)
		}
	}
	return a.carry(ctx, link, tierSubject(queue, agent), func(run func(...string) error) error { return run(words...) })
}

// tierIs asks allow, where there is one, of the tier as it is now.
func (a *Administrator) tierIs(ctx context.Context, link Link, queue, agent string, allow func(now *Tier) error) error {
	if allow == nil {
		return nil
	}
	row, err := a.tierRow(ctx, link, queue, agent)
	if err != nil {
		return err
	}
	return allow(row)
}

// ChangeTier sets level and position of a tier, in two commands: when the second fails the first stays done. allow is as in
// ChangeAgent.
func (a *Administrator) ChangeTier(ctx context.Context, switchName, queue, agent string, to TierChange, allow func(now *Tier) error) (Done, error) {
	if err := to.check(); err != nil {
		return Done{}, err
	}
	link, err := a.tier(ctx, switchName, queue, agent)
	if err != nil {
		return Done{}, err
	}
	return a.carry(ctx, link, tierSubject(queue, agent), func(run func(...string) error) error {
		if err := a.tierIs(ctx, link, queue, agent, allow); err != nil {
			return err
		}
		for _, n := range []struct {
			key   string
			value *int
		}{{"level", to.Level}, {"position", to.Position}} {
			if n.value == nil {
				continue
			}
			err := run("tier", "set", n.key, queue, agent, strconv.Itoa(*n.value))
			if errors.Is(err, fault.New(fault.NotFound, "Agent")) {
				err = a.missing(ctx, link, queue, agent, "Tier") // mod_callcenter says so of a queue, too
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// DeleteTier takes an agent out of a queue; allow is as in ChangeAgent.
func (a *Administrator) DeleteTier(ctx context.Context, switchName, queue, agent string, allow func(now *Tier) error) (Done, error) {
	link, err := a.tier(ctx, switchName, queue, agent)
	if err != nil {
		return Done{}, err
	}
	return a.carry(ctx, link, tierSubject(queue, agent), func(run func(...string) error) error {
		if err := a.tierIs(ctx, link, queue, agent, allow); err != nil {
			return err
		}
		return run("tier", "del", queue, agent)
	})
}
