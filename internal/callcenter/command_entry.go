package callcenter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"callgate/internal/audit"
	"callgate/internal/fault"
)

// subject is what commands change.
type subject struct {
	kind, name string                // as the audit log has it
	look       func(s *Snapshot) any // what is set of it; nil when it is not there
}

// carry carries commands out, which do gives to run, lets the snapshots catch up and keeps in the book what the subject was
// before and after: as it was read last, and as it is read then. When one of them fails those before it stay done, and
// are kept.
func (a *Administrator) carry(ctx context.Context, link Link, of subject, do func(run func(words ...string) error) error, warnings ...string) (Done, error) {
	before, done := a.look(link, of), 0
	err := a.inTurn(link.Name()+"/"+of.kind+"/"+of.name, func() error {
		return do(func(words ...string) error {
			err := a.command(ctx, link, words...)
			if err == nil || errors.Is(err, fault.New(fault.SwitchDown, OutcomeUnknown)) {
				done++
			}
			return err
		})
	})
	if done == 0 {
		return Done{}, err
	}
	d := a.finish(ctx, link, warnings...)
	after := a.look(link, of)
	if d.Stale {
		after, _ = json.Marshal(map[string]any{"read": false, "before": before}) // plain values
	}
	if err != nil {
		d = Done{} // not all of it is done
	}
	if bytes.Equal(before, after) {
		return d, err
	}
	keep, stop := context.WithTimeout(context.WithoutCancel(ctx), commandTime)
	defer stop()
	if failed := a.o.Book.AddAudit(keep, audit.Entry{At: a.o.Now(), Actor: audit.Who(ctx), Kind: of.kind, Name: link.Name() + "/" + of.name,
		Before: before, After: after}); failed != nil {
		if err == nil {
			d.Warning = strings.TrimSpace(d.Warning + " It was done, but the audit log could not be kept.")
		}
		a.o.Logger.ErrorContext(ctx, "a contact centre was changed, which could not be kept", "switch", link.Name(), "error", failed)
	}
	return d, err
}

// look is the subject as it was read last.
func (a *Administrator) look(link Link, of subject) json.RawMessage {
	for _, s := range a.o.Board.Snapshots() {
		if s.Switch != link.Name() {
			continue
		}
		if is := of.look(s); is != nil {
			text, _ := json.Marshal(is) // plain values
			return text
		}
	}
	return nil
}

func agentSubject(name string) subject {
	return subject{kind: "agent", name: name, look: func(s *Snapshot) any {
		i := slices.IndexFunc(s.Agents, func(a Agent) bool { return a.Name == name })
		if i < 0 {
			return nil
		}
		a := &s.Agents[i]
		return map[string]any{"type": a.Type, "contact": a.Contact, "status": a.Status, "max_no_answer": a.MaxNoAnswer, "wrap_up_time": a.WrapUp.Seconds(),
			"reject_delay_time": a.RejectDelay.Seconds(), "busy_delay_time": a.BusyDelay.Seconds(), "no_answer_delay_time": a.NoAnswerDelay.Seconds()}
	}}
}

func tierSubject(queue, agent string) subject {
	return subject{kind: "tier", name: queue + "/" + agent, look: func(s *Snapshot) any {
		i := slices.IndexFunc(s.Tiers, func(t Tier) bool { return t.Queue == queue && t.Agent == agent })
		if i < 0 {
			return nil
		}
		return map[string]any{"level": s.Tiers[i].Level, "position": s.Tiers[i].Position}
	}}
}

func queueSubject(name string) subject {
	return subject{kind: "queue", name: name, look: func(s *Snapshot) any {
		i := slices.IndexFunc(s.Queues, func(q Queue) bool { return q.Name == name })
		if i < 0 {
			return nil
		}
		q := s.Queues[i]
		q.CallsAnswered, q.CallsAbandoned = "", "" // nobody sets them
		return q
	}}
}
