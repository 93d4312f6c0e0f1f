package history

import "slices"

// dialled is the leg that tells where an outbound call was to go: who talked, else who was dialled last.
func (j *join) dialled() *Leg {
	if with := j.partner(); with != nil {
		return with
	}
	for _, l := range slices.Backward(j.others) {
		if l.Direction == "outbound" {
			return l
		}
	}
	return nil
}

// partner is the first of the legs outside of queues that was bridged.
func (j *join) partner() *Leg {
	var with *Leg
	for _, l := range j.others {
		if l.talked() && (with == nil || l.Bridged < with.Bridged) {
			with = l
		}
	}
	return with
}

func (j *join) disposition(c *Call) Disposition {
	served := slices.ContainsFunc(c.Visits, func(v Visit) bool { return v.Outcome == Served })
	switch {
	case served || j.partner() != nil || j.first == nil && slices.ContainsFunc(j.agents, (*Leg).talked):
		return Answered
	case len(c.Visits) > 0:
		return Abandoned
	case j.first != nil && j.first.talked():
		return Answered // the other one's CDR has not come, or is not posted
	}
	rung := append(slices.Clone(j.others), j.behind...)
	rung = slices.DeleteFunc(rung, func(l *Leg) bool { return l.Direction != "outbound" })
	if len(rung) == 0 {
		if j.first == nil || j.first.Direction == "inbound" || moment(j.first.Answer) != 0 {
			return Unconnected
		}
		return failure(j.first.HangupCause)
	}
	// Of several who were rung, the one that tells most: somebody was there.
	all := map[Disposition]bool{}
	for _, l := range rung {
		all[failure(l.HangupCause)] = true
	}
	for _, d := range [...]Disposition{NoAnswer, Rejected, Busy} {
		if all[d] {
			return d
		}
	}
	return Failed
}

// failure is what a leg's cause makes of a call that nobody answered.
//
// Source: switch_types.h switch_call_cause_t; switch_ivr_originate.c for those that it gives itself.
func failure(cause string) Disposition {
	switch cause {
	case "USER_BUSY":
		return Busy
	case "NO_ANSWER", "NO_USER_RESPONSE", "ALLOTTED_TIMEOUT", "ORIGINATOR_CANCEL", "PROGRESS_TIMEOUT", "LOSE_RACE", "PICKED_OFF":
		return NoAnswer
	case "CALL_REJECTED":
		return Rejected
	}
	return Failed
}

// hangUpSlack is how long after the other side the first leg may end and have been ended by it, in microseconds.
const hangUpSlack = 2 * second

// hungUp says who ended the call, by sip_hangup_disposition: recv_ is the far end of that leg, send_ is the switch, which
// hands on what the other leg did.
//
// Source: mod_sofia.c sofia_on_hangup; sofia.c sofia_handle_sip_i_bye, sofia_handle_sip_i_state.
func (j *join) hungUp() Party {
	if j.first == nil {
		return ByNobody
	}
	switch j.first.HangupDisposition {
	case "recv_bye", "recv_cancel", "recv_refuse":
		return ByCaller
	}
	with := j.lastPartner()
	if with != nil && moment(j.first.End)-moment(with.End) <= hangUpSlack {
		switch {
		case with.HangupDisposition == "recv_bye" && with.isAgent():
			return ByAgent
		case with.HangupDisposition == "recv_bye":
			return ByCallee
		case with.HangupDisposition == "":
			return ByNobody
		}
	}
	if j.first.HangupDisposition == "" || with == nil && j.first.talked() {
		return ByNobody
	}
	return BySwitch
}

// lastPartner is the leg that talked with the first one last.
func (j *join) lastPartner() *Leg {
	var last *Leg
	for _, l := range j.legs {
		if l != j.first && l.talked() && (last == nil || l.Bridged >= last.Bridged) {
			last = l
		}
	}
	return last
}

// account is our side of a call outside of queues: who ordered it, or who was rung.
func (j *join) account() string {
	l := j.first
	if l != nil && l.Direction == "inbound" {
		if l = j.partner(); l == nil && len(j.others) == 1 {
			l = j.others[0]
		}
	}
	if l == nil || l.Direction != "outbound" || !isAccount(l.Called) {
		return ""
	}
	return l.Called
}

// isAccount tells an account from a number outside, so that figures are not kept for every number there is, and nobody
// who may not see numbers is shown one. Marks between digits make no name of a number.
func isAccount(name string) bool {
	digits, letters := 0, 0
	for _, c := range []byte(name) {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			letters++
		case c != '.' && c != '_' && c != '-':
			return false
		}
	}
	return name != "" && len(name) <= 64 && (letters > 0 || digits < 7)
}
