package history

import (
	"cmp"
	"slices"
)

// VisitOutcome is how a stay in a queue ended.
type VisitOutcome string

// The outcomes. All but the first are lost.
const (
	Served   VisitOutcome = "answered"
	Left     VisitOutcome = "abandoned" // the caller hung up
	TimedOut VisitOutcome = "timeout"   // max-wait-time
	NoAgents VisitOutcome = "no_agents" // max-wait-time-with-no-agent
	ExitKey  VisitOutcome = "key"       // the caller pressed an exit key
	Moved    VisitOutcome = "moved"     // went on to something else for a reason that the CDR does not keep
)

// Visit is one stay of a call in a queue. Epochs are whole seconds since 1970 UTC.
type Visit struct {
	Queue  string
	Member string // cc_member_uuid; empty where only app_log tells of the stay

	Joined, Answered, Left int64 // epochs; Answered 0: it was not
	Outcome                VisitOutcome
	Agent, AgentLeg        string // who answered

	Wait, Talk, Hold, Wrap int64 // seconds
	WrapKnown              bool
	Attempts               []Attempt
}

// Attempt is one ring at an agent for a visit.
type Attempt struct {
	Agent, Leg string
	Started    int64  // microseconds
	Answered   bool   // and talked with the caller
	Cause      string // FreeSWITCH's, of the agent's leg
}

// stay is what a visit is made of.
type stay struct {
	Visit
	leg    *Leg // the caller's; nil where its CDR has not come
	last   bool // the variables of leg speak of it
	agents []*Leg
	by     *Leg  // who answered
	next   int64 // when the caller entered another queue, or the leg ended
}

// entrySlack is by how many seconds an application's start and its cc_queue_joined_epoch may differ.
const entrySlack = 2

// visits are the stays in queues, in the order of joining. A caller's variables speak of the last one only: each join
// overwrites cc_queue, cc_member_uuid and cc_queue_joined_epoch, and leaves what else there was of the one before until
// something takes its place. Earlier ones come from the agents' legs and from app_log.
//
// Source: mod_callcenter.c callcenter_function, outbound_agent_thread_run.
func (j *join) visits() []Visit {
	callers := map[string]*Leg{}
	var members []*Leg
	for _, l := range j.legs {
		if !l.isAgent() && (l.Side == "member" || len(l.Queues) > 0) {
			callers[l.Leg] = l
			members = append(members, l)
		}
	}
	type key struct{ caller, member string }
	index := map[key]*stay{}
	var stays []*stay
	for _, l := range members {
		if l.Side == "member" && l.Member != "" && l.Queue != "" && epoch(l.JoinedEpoch) != 0 {
			s := &stay{Visit: Visit{Queue: l.Queue, Member: l.Member, Joined: epoch(l.JoinedEpoch)}, leg: l, last: true}
			index[key{l.Leg, l.Member}] = s
			stays = append(stays, s)
		}
	}
	for _, l := range j.agents {
		caller := callers[l.MemberLeg]
		if l.Member == "" || l.Queue == "" || l.AgentType == standby && caller == nil {
			continue // it stands there for whoever comes
		}
		k := key{l.MemberLeg, l.Member}
		s := index[k]
		if s == nil {
			s = &stay{Visit: Visit{Queue: l.Queue, Member: l.Member}, leg: caller}
			index[k] = s
			stays = append(stays, s)
		}
		s.agents = append(s.agents, l)
		if joined := epoch(l.JoinedEpoch); s.Joined == 0 && (caller == nil || joined >= caller.began()/second) {
			s.Joined = joined // not the one of an earlier call, which a caller who comes back keeps
		}
	}
	byCaller := map[*Leg][]*stay{}
	for _, s := range stays {
		if s.leg != nil {
			byCaller[s.leg] = append(byCaller[s.leg], s)
		}
	}
	for _, l := range members {
		stays = append(stays, entered(l, byCaller[l])...)
	}
	for _, s := range stays {
		if s.Joined == 0 && len(s.agents) > 0 {
			s.Joined = s.agents[0].began() / second
		}
	}
	slices.SortStableFunc(stays, func(a, b *stay) int {
		return cmp.Or(cmp.Compare(a.Joined, b.Joined), cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Member, b.Member))
	})
	stays = stays[:min(len(stays), maxVisits)]
	upcoming := map[*Leg]int64{}
	for _, s := range slices.Backward(stays) {
		s.next = upcoming[s.leg]
		if s.leg != nil {
			upcoming[s.leg] = s.Joined
			if s.next == 0 {
				s.next = moment(s.leg.End) / second
			}
		}
	}
	var all []Visit
	for _, s := range stays {
		s.settle()
		all = append(all, s.Visit)
	}
	for i := range slices.Backward(all) {
		if all[i].Outcome == Served {
			if l := stays[i].leg; l != nil {
				all[i].Hold = seconds(all[i].Hold + seconds(l.HoldSeconds))
			}
			break
		}
	}
	return all
}

// entered matches a caller's app_log with the stays that are known, and returns those that only it knows.
func entered(l *Leg, known []*stay) []*stay {
	lastJoined := epoch(l.JoinedEpoch)
	if lastJoined == 0 {
		return nil // no queue of that name
	}
	taken := map[*stay]bool{}
	var more []*stay
	for i, e := range l.Queues {
		at := moment(e.At) / second
		var found *stay
		for _, s := range known {
			if !taken[s] && s.Queue == e.Queue && s.Joined != 0 && max(s.Joined-at, at-s.Joined) <= entrySlack {
				found = s
				break
			}
		}
		if found == nil { // one whose beginning its agents do not tell
			for _, s := range known {
				if !taken[s] && s.Queue == e.Queue && s.Joined == 0 {
					s.Joined, found = at, s
					break
				}
			}
		}
		if found != nil {
			taken[found] = true
			continue
		}
		// One that ended at once was in a queue that is none.
		if i+1 < len(l.Queues) && e.Queue != "" && at < lastJoined && e.At > 0 && l.Queues[i+1].At-e.At >= second {
			more = append(more, &stay{Visit: Visit{Queue: e.Queue, Joined: at}, leg: l})
		}
	}
	return more
}

// settle says how a stay went.
func (s *stay) settle() {
	s.answer()
	if s.by != nil {
		s.AgentLeg = s.by.Leg
	}
	for _, l := range s.rings() {
		s.Attempts = append(s.Attempts, Attempt{Agent: l.Agent, Leg: l.Leg, Started: l.began(), Answered: s.Answered != 0 && l == s.by, Cause: l.HangupCause})
	}
	if s.Answered == 0 {
		s.lose()
		s.Wait = span(s.Joined, s.Left)
		return
	}
	s.Outcome = Served
	s.Left = s.end()
	s.Wait, s.Talk = span(s.Joined, s.Answered), span(s.Answered, s.Left)
	if s.by != nil && s.by.AgentType != standby {
		s.Hold = seconds(s.by.HoldSeconds)
	}
	for _, l := range [...]*Leg{s.by, s.leg} {
		if l != nil && l.Agent == s.Agent && l.WrapKnown {
			s.Wrap, s.WrapKnown = seconds(l.Wrap), true
			break
		}
	}
}

// answer finds who answered, and when.
func (s *stay) answer() {
	if s.last {
		if s.leg.QueueCause != "answered" {
			return
		}
		if at := epoch(s.leg.AnsweredEpoch); at >= s.Joined && at != 0 {
			s.Answered, s.Agent = at, s.leg.Agent
		}
	}
	for _, l := range s.agents {
		bridged := moment(l.Bridged) != 0
		if s.Agent != "" && l.Agent != s.Agent || s.Agent == "" && !bridged {
			continue
		}
		if s.by == nil || better(l, s.by) {
			s.by = l
		}
	}
	if s.Answered == 0 && s.by != nil {
		s.Answered, s.Agent = max(s.by.Bridged/second, s.Joined), s.by.Agent
	}
}

// better tells which of two legs of an agent is the one that talked: the channel behind a loopback, the later one.
func better(l, than *Leg) bool {
	if a, b := moment(l.Bridged) != 0, moment(than.Bridged) != 0; a != b {
		return a
	}
	if a, b := l.LoopbackHalf == "", than.LoopbackHalf == ""; a != b {
		return a
	}
	return true // legs are in the order of their start
}

// end is when the talk with the agent did.
func (s *stay) end() int64 {
	if s.last {
		if at := epoch(s.leg.TerminatedEpoch); at >= s.Answered {
			return at
		}
	}
	end := s.next
	if s.by != nil && s.by.AgentType != standby {
		if at := moment(s.by.End) / second; at != 0 && (end == 0 || at < end) {
			end = at
		}
	}
	return max(end, s.Answered)
}

// lose says when and why a caller left whom no agent got.
func (s *stay) lose() {
	s.Agent, s.by = "", nil
	s.Left, s.Outcome = s.next, Moved
	if s.Left == 0 {
		for _, l := range s.agents { // the caller's CDR has not come
			s.Left = max(s.Left, moment(l.End)/second)
		}
	}
	s.Left = max(s.Left, s.Joined)
	if !s.last {
		return
	}
	end := moment(s.leg.End) / second
	canceled := epoch(s.leg.CanceledEpoch)
	if canceled < s.Joined || canceled == 0 || s.leg.QueueCause != "cancel" {
		s.Outcome = Left // it was cut off
		return
	}
	s.Left = canceled
	switch s.leg.CancelReason {
	case "TIMEOUT":
		s.Outcome = TimedOut
	case "NO_AGENT_TIMEOUT":
		s.Outcome = NoAgents
	case "EXIT_WITH_KEY":
		s.Outcome = ExitKey
	default: // BREAK_OUT, NONE: who hung up, or was transferred and lived on
		if end == 0 || end <= canceled+1 {
			s.Outcome = Left
		}
	}
}

// rings are the agents' legs, each ring once: a contact that is a loopback channel makes two that speak of the agent,
// the half that mod_callcenter dialled, and the one behind it once it has answered.
func (s *stay) rings() []*Leg {
	var all []*Leg
	for _, l := range s.agents {
		if l.LoopbackHalf == "" || !slices.ContainsFunc(s.agents, func(other *Leg) bool {
			return other.LoopbackHalf == "" && other.Agent == l.Agent && other.began() >= l.began() && (l.End == 0 || other.began() <= l.End)
		}) {
			all = append(all, l)
		}
	}
	return all
}
