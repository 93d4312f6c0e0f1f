package history

import "cmp"

// settle says how a stay went.
func (s *stay) settle() {
	s.answer()
	for _, r := range s.rings() {
		s.Attempts = append(s.Attempts, Attempt{Agent: r.Agent, Leg: r.Leg, Started: r.Began(), Answered: r == s.by, Cause: r.HangupCause})
	}
	if s.Answered == 0 {
		s.lose()
		s.Wait = span(s.Joined, s.Left)
		return
	}
	s.Outcome = Served
	s.Left = s.end()
	s.Wait, s.Talk = span(s.Joined, s.Answered), span(s.Answered, s.Left)
	if s.by != nil {
		s.AgentLeg, s.Hold = s.by.Leg, seconds(s.by.HoldSeconds)
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
	switch {
	case s.answered != 0:
		s.Answered, s.Agent = s.answered, s.leg.Agent
	case s.canceled != 0 || s.last && s.leg.QueueCause != "answered":
		return
	}
	for _, l := range s.agents {
		if s.Agent != "" && l.Agent != s.Agent || s.Agent == "" && !l.talked() {
			continue
		}
		if s.by == nil || !s.by.tellsMore(l) {
			s.by = l
		}
	}
	if s.by != nil && s.Answered == 0 {
		s.Answered, s.Agent = max(s.by.Bridged/second, s.Joined), s.by.Agent
	}
}

// tellsMore tells whether l says more of an agent's answer than other: it talked, it is no half of a loopback channel.
func (l *Leg) tellsMore(other *Leg) bool {
	if a, b := l.talked(), other.talked(); a != b {
		return a
	}
	return other.LoopbackHalf != "" && l.LoopbackHalf < other.LoopbackHalf // none, A, B
}

// end is when the talk with the agent ended. Who hands the caller on to another queue is out of it then, though his leg
// may live on.
func (s *stay) end() int64 {
	if s.terminated >= s.Answered && (!s.again || s.by == nil) { // else it may be the first agent's, whose phone went late
		return s.terminated
	}
	var end int64
	if s.by != nil {
		end = moment(s.by.End) / second
	}
	if end == 0 && s.leg != nil {
		end = moment(s.leg.End) / second
	}
	if s.next != 0 {
		end = min(end, s.next)
	}
	return max(end, s.Answered)
}

// lose says when and why a caller left whom no agent got.
func (s *stay) lose() {
	end := int64(0)
	if s.leg != nil {
		end = moment(s.leg.End) / second
	} else {
		for _, l := range s.agents { // the caller's CDR has not come
			end = max(end, moment(l.End)/second)
		}
	}
	s.Left = max(s.Joined, cmp.Or(s.canceled, s.next, end))
	s.Outcome = Moved
	switch {
	case s.canceled == 0 && !s.last:
	case s.canceled == 0:
		s.Outcome = Left // it was cut off
	case s.leg.CancelReason == "TIMEOUT":
		s.Outcome = TimedOut
	case s.leg.CancelReason == "NO_AGENT_TIMEOUT":
		s.Outcome = NoAgents
	case s.leg.CancelReason == "EXIT_WITH_KEY":
		s.Outcome = ExitKey
	case end <= s.canceled+1: // BREAK_OUT, NONE: he hung up. Whoever was transferred out has it too, and lives on.
		s.Outcome = Left
	}
}

// rings are the agents' legs, one a ring: what rings an agent at the same time is one ring, the phones of an account or the
// halves of a loopback channel and what is behind them.
func (s *stay) rings() []*Leg {
	var all []*Leg
	open := map[string]int{} // by agent: the place in all of the last ring
	ends := map[string]int64{}
	for _, l := range s.agents {
		i, known := open[l.Agent]
		switch {
		case !known || l.Began() > ends[l.Agent]:
			open[l.Agent] = len(all)
			all = append(all, l)
		case l == s.by || all[i] != s.by && l.tellsMore(all[i]):
			all[i] = l
		}
		ends[l.Agent] = max(ends[l.Agent], l.Began(), moment(l.End))
	}
	return all
}
