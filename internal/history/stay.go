package history

import (
	"cmp"
	"slices"
)

// stay is what a visit is made of.
type stay struct {
	Visit
	leg    *Leg // the caller's; nil where its CDR has not come
	last   bool // the variables of leg speak of it
	agents []*Leg
	by     *Leg  // who answered
	next   int64 // when the caller entered another queue; 0 where he did not
	again  bool  // an agent had talked with the caller before

	// What the caller's variables say of it.
	answered, terminated, canceled int64
}

// entrySlack is by how many seconds an application's start and its cc_queue_joined_epoch may differ.
const entrySlack = 2

// visits are the stays in queues, in the order of joining. A caller's variables speak of the last one: each join
// overwrites cc_queue, cc_member_uuid and cc_queue_joined_epoch, and leaves what else there was of the ones before until
// something takes its place. Earlier ones come from the agents' legs and from app_log.
//
// Source: mod_callcenter.c callcenter_function, outbound_agent_thread_run.
func (j *join) visits() []Visit {
	stays := j.stays
	of := map[*Leg][]*stay{}
	for _, s := range stays {
		if s.leg != nil {
			of[s.leg] = append(of[s.leg], s)
		}
	}
	for l, all := range of {
		for i, s := range all[1:] {
			all[i].next = s.Joined
			s.again = all[i].again || all[i].talked()
		}
		attribute(l, all)
	}
	var held *Leg // whose hold is counted
	all := make([]Visit, len(stays))
	for i, s := range slices.Backward(stays) {
		s.settle()
		if s.Outcome == Served && held == nil && s.leg != nil {
			held = s.leg
			s.Hold = seconds(s.Hold + seconds(held.HoldSeconds))
		}
		all[i] = s.Visit
	}
	return all
}

// findStays returns all stays that the legs tell of, in the order of joining.
func (j *join) findStays() []*stay {
	type key struct{ caller, member string }
	index := map[key]*stay{}
	var all []*stay
	add := func(k key, s *stay) *stay {
		if k.member != "" {
			index[k] = s
		}
		all = append(all, s)
		return s
	}
	callers := map[string]*Leg{}
	for _, l := range j.legs {
		if l.Side != "member" || l.Member == "" || l.Queue == "" || epoch(l.JoinedEpoch) == 0 {
			continue
		}
		callers[l.Leg] = l
		add(key{l.Leg, l.Member}, &stay{Visit: Visit{Queue: l.Queue, Member: l.Member, Joined: epoch(l.JoinedEpoch)}, leg: l, last: true})
	}
	for _, l := range j.agents {
		caller := callers[l.MemberLeg]
		if l.Member == "" || l.Queue == "" || l.AgentType == standby {
			continue // a standing leg names only the last of its callers
		}
		k := key{l.MemberLeg, l.Member}
		s := index[k]
		if s == nil {
			s = add(k, &stay{Visit: Visit{Queue: l.Queue, Member: l.Member}, leg: caller})
		}
		s.agents = append(s.agents, l)
		if joined := epoch(l.JoinedEpoch); s.Joined == 0 && (caller == nil || joined >= caller.Began()/second) {
			s.Joined = joined // not that of an earlier call, which a caller keeps who resumes his place
		}
	}
	known := map[*Leg][]*stay{}
	for _, s := range all {
		if s.leg != nil {
			known[s.leg] = append(known[s.leg], s)
		}
	}
	for _, l := range j.legs {
		if callers[l.Leg] == l {
			for _, s := range entered(l, known[l]) {
				add(key{}, s)
			}
		}
	}
	for _, s := range all {
		if s.Joined == 0 { // only agents tell of it
			s.Joined = s.agents[0].Began() / second
		}
	}
	slices.SortStableFunc(all, func(a, b *stay) int {
		return cmp.Or(cmp.Compare(a.Joined, b.Joined), cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Member, b.Member))
	})
	return all[:min(len(all), maxVisits)]
}

// entered matches a caller's app_log with the stays that are known, and returns those that only it tells of.
func entered(l *Leg, known []*stay) []*stay {
	taken := map[*stay]bool{}
	match := func(queue string, fits func(joined int64) bool) *stay {
		for _, s := range known {
			if !taken[s] && s.Queue == queue && fits(s.Joined) {
				taken[s] = true
				return s
			}
		}
		return nil
	}
	var more []*stay
	for i, e := range l.Queues {
		at := moment(e.At) / second
		if at == 0 || e.Queue == "" || match(e.Queue, func(joined int64) bool {
			return joined != 0 && max(joined-at, at-joined) <= entrySlack
		}) != nil {
			continue
		}
		if s := match(e.Queue, func(joined int64) bool { return joined == 0 }); s != nil {
			s.Joined = at
			continue
		}
		// One that ended at once was of a queue that there is not.
		if i+1 < len(l.Queues) && at < epoch(l.JoinedEpoch) && l.Queues[i+1].At-e.At >= second {
			more = append(more, &stay{Visit: Visit{Queue: e.Queue, Joined: at}, leg: l})
		}
	}
	return more
}

// attribute says which stays of a caller his variables tell of: what the last one has not set is of an earlier one.
func attribute(l *Leg, all []*stay) {
	earlier := func(at int64, talked bool) *stay {
		for _, s := range slices.Backward(all) {
			if at != 0 && !s.last && s.Joined <= at && (s.next == 0 || at <= s.next) && s.talked() == talked {
				return s
			}
		}
		return nil
	}
	answered, canceled := epoch(l.AnsweredEpoch), epoch(l.CanceledEpoch)
	for _, s := range all {
		switch {
		case !s.last:
		case l.QueueCause == "answered" && answered >= s.Joined:
			s.answered, answered = answered, 0
		case l.QueueCause == "cancel" && canceled >= s.Joined:
			s.canceled, canceled = canceled, 0
		}
		if s.answered != 0 {
			s.terminated = epoch(l.TerminatedEpoch)
		}
	}
	if s := cmp.Or(earlier(answered, true), earlier(answered, false)); s != nil { // the CDR of the agent's leg may not be posted
		s.answered, s.terminated = answered, epoch(l.TerminatedEpoch)
	}
	if s := earlier(canceled, false); s != nil && s.answered == 0 {
		s.canceled = canceled
	}
}

// talked tells whether an agent's leg says that he talked with the caller.
func (s *stay) talked() bool { return slices.ContainsFunc(s.agents, (*Leg).talked) }
