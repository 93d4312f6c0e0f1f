package v1

import (
	"slices"
	"time"

	"callgate/api/stream"
	"callgate/internal/call"
	"callgate/internal/callcenter"
)

// SwitchLink tells of the link to a switch.
type SwitchLink interface {
	Name() string
	Since() time.Time // when it came up; zero while it is down
}

// StreamOptions are what streams show; all of it is needed.
type StreamOptions struct {
	Links    []SwitchLink // to all switches
	Board    Board
	Live     LiveCalls
	Calls    Calls
	Projects Projects
}

const (
	queuesTopic = "queues"
	agentsTopic = "agents"
	callsTopic  = "calls"
)

// look is what there is now of some topics. Events only say when to look.
func (o *StreamOptions) look(topics map[string]bool) []stream.Sheet {
	var all []stream.Sheet
	if topics[queuesTopic] || topics[agentsTopic] {
		all = o.boards(topics)
	}
	if topics[callsTopic] {
		for _, l := range o.Live.List() {
			s := stream.Sheet{Topic: callsTopic, Event: "call", Switch: l.Switch, Stale: !l.Known || l.Age > 0}
			if l.Known {
				s.As, s.Rows = time.Now().Add(-l.Age), make([]stream.Row, len(l.Calls))
			}
			for i, c := range l.Calls {
				s.Rows[i] = &callRow{o: o, call: c, view: liveCallView(c, true)}
			}
			all = append(all, s)
		}
	}
	return all
}

// boards are the sheets of contact centres. What was read before the link came up is stale: events may be missing.
func (o *StreamOptions) boards(topics map[string]bool) (all []stream.Sheet) {
	live, now := o.Board.Live(), time.Now()
	for _, link := range o.Links {
		up := link.Since()
		queues, agents := stream.Sheet{Topic: queuesTopic, Event: "queue", Switch: link.Name(), Stale: true},
			stream.Sheet{Topic: agentsTopic, Event: "agent", Switch: link.Name(), Stale: true}
		if i := slices.IndexFunc(live, func(l *callcenter.Live) bool { return l.Switch == link.Name() }); i >= 0 {
			l := live[i]
			sees := &sight{all: o.Projects, tiers: l.Tiers}
			queues.Stale = up.IsZero() || l.Taken.Before(up)
			queues.As, agents.Stale, agents.As = l.Taken, queues.Stale, l.Taken
			queues.Rows, agents.Rows = make([]stream.Row, len(l.Queues)), make([]stream.Row, len(l.Agents))
			for i, q := range l.Queues {
				queues.Rows[i] = &queueRow{sees: sees, view: queueView(l.Switch, q), first: now.Add(-q.Longest)}
			}
			for i, a := range l.Agents {
				agents.Rows[i] = &agentRow{sees: sees, agent: a, view: agentView(l.Switch, a, true)}
			}
		}
		if topics[queuesTopic] {
			all = append(all, queues)
		}
		if topics[agentsTopic] {
			all = append(all, agents)
		}
	}
	return all
}

// The forms of rows; a row may have both.
const (
	withNumbers = 1 << iota
	withoutTalk // which is in another project's queue
)

func formOf(numbers bool) int {
	if numbers {
		return withNumbers
	}
	return 0
}

// queueRow is a queue at a moment.
type queueRow struct {
	sees  *sight
	view  Queue
	first time.Time // when the first of those who wait came
}

// waitSlack is by how much a wait may differ and still be the same: clocks of switches are estimated.
const waitSlack = 1500 * time.Millisecond

// ID implements stream.Row.
func (r *queueRow) ID() string { return r.view.Name }

// Same implements stream.Row. That everybody waits for longer and longer is no news.
func (r *queueRow) Same(old stream.Row) bool {
	was := old.(*queueRow)
	a, b := r.view, was.view
	a.LongestWait, b.LongestWait = 0, 0
	return a == b && (a.Waiting == 0 || r.first.Sub(was.first).Abs() < waitSlack)
}

// Moves implements stream.Row.
func (r *queueRow) Moves() bool { return r.view.Waiting > 0 }

// Form implements stream.Row.
func (r *queueRow) Form(projects []string, _ bool) (int, bool) {
	return 0, r.sees.queue(projects, r.view.Name)
}

// View implements stream.Row.
func (r *queueRow) View(int) any { return &r.view }

// agentRow is an agent at a moment.
type agentRow struct {
	sees  *sight
	agent callcenter.LiveAgent
	view  Agent
}

// ID implements stream.Row.
func (r *agentRow) ID() string { return r.view.Name }

// Same implements stream.Row. Times of the switch may come out a second apart, as its clock is estimated.
func (r *agentRow) Same(old stream.Row) bool {
	a, b := r.view, old.(*agentRow).view
	if (a.Talk == nil) != (b.Talk == nil) {
		return false
	}
	if a.Talk != nil {
		talk, other := *a.Talk, *b.Talk
		near(&talk.Since, other.Since)
		if talk != other {
			return false
		}
		a.Talk, b.Talk = nil, nil
	}
	near(&a.WrapUpEnds, b.WrapUpEnds)
	near(&a.LastBridgeStart, b.LastBridgeStart)
	near(&a.LastBridgeEnd, b.LastBridgeEnd)
	near(&a.LastOfferedCall, b.LastOfferedCall)
	near(&a.LastStatusChange, b.LastStatusChange)
	near(&a.ReadyTime, b.ReadyTime)
	return a == b
}

// near takes a time for another that is a second away.
func near(t *int64, other int64) {
	if *t != 0 && other != 0 && max(*t-other, other-*t) <= 1 {
		*t = other
	}
}

// Moves implements stream.Row.
func (r *agentRow) Moves() bool { return false }

// Form implements stream.Row.
func (r *agentRow) Form(projects []string, numbers bool) (int, bool) {
	form := formOf(numbers)
	if t := r.view.Talk; t != nil && !r.sees.queue(projects, t.Queue) {
		form |= withoutTalk
	}
	return form, r.sees.agent(projects, r.view.Name)
}

// View implements stream.Row.
func (r *agentRow) View(form int) any {
	view := agentView(r.view.Switch, r.agent, form&withNumbers != 0)
	if form&withoutTalk != 0 {
		view.Talk = nil
	}
	return &view
}

// callRow is a leg at a moment.
type callRow struct {
	o    *StreamOptions
	call call.Call
	view LiveCall
}

// ID implements stream.Row.
func (r *callRow) ID() string { return r.view.UUID }

// Same implements stream.Row.
func (r *callRow) Same(old stream.Row) bool { return r.view == old.(*callRow).view }

// Moves implements stream.Row.
func (r *callRow) Moves() bool { return false }

// Form implements stream.Row.
func (r *callRow) Form(projects []string, numbers bool) (int, bool) {
	return formOf(numbers), r.o.Calls.Belongs(r.call, projects)
}

// View implements stream.Row.
func (r *callRow) View(form int) any {
	view := liveCallView(r.call, form&withNumbers != 0)
	return &view
}
