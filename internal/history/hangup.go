package history

import (
	"slices"
	"strconv"
	"strings"

	"callgate/cdr"
	"callgate/esl"
)

// hangupComplete is fired when a leg's CDR has been posted, all retries included, or is known not to be.
// Source: switch_core_state_machine.c switch_core_session_reporting_state.
const hangupComplete = "CHANNEL_HANGUP_COMPLETE"

// Events are those that a Witness makes use of.
func Events() []string { return []string{hangupComplete} }

// Hangup is a leg that a switch has ended and of which it owes a CDR.
type Hangup struct {
	Core, Leg string
	Switch    string // as it is configured here
	Project   string // as of a Leg
	Direction string // "inbound" or "outbound", as FreeSWITCH has it
	Cause     string

	Side, Queue, Agent string // of the last queue
	Caller, Called     string // as given; of the leg's newest profile, where a CDR's are of its oldest

	Started, Answered, Ended int64 // microseconds since 1970 UTC by the switch's clock; 0 is never
	Noted                    int64 // when we were told, by ours

	// Dialled says that it is a B leg of mod_xml_cdr, one with an originator's profile, or may be: with log-b-leg=false,
	// which only the switch knows, it owes none.
	Dialled bool
	// Telling says that it is one for certain and has not been forced: when its CDR is there, its core posts B legs.
	Telling bool
}

// maxText bounds, in bytes, what is kept of any text of an event.
const maxText = 256

// slip is how far apart, in microseconds, the clocks of a switch and ours may be before ours is believed.
const slip = 24 * 3600 * second

// newHangup reads an event; due is false when FreeSWITCH posts no CDR of the leg.
//
// What it does not post: legs that never got a profile, such as an INVITE that did not authenticate, for which it sets
// CF_NO_CDR; those that process_cdr or skip_cdr_causes leave out.
// Source: switch_core_state_machine.c switch_core_session_reporting_state, sofia.c, mod_xml_cdr.c my_on_reporting.
func newHangup(switchName string, e *esl.Event, noted int64, around Surroundings) (h Hangup, due bool) {
	text := func(name string) string {
		v := e.Get(name)
		return strings.ToValidUTF8(v[:min(len(v), maxText)], "\uFFFD")
	}
	time := func(variable, header string) int64 {
		for _, name := range [...]string{variable, header} {
			if us, err := strconv.ParseInt(e.Get(name), 10, 64); err == nil && us > 0 && us <= maxEpoch*second {
				return us
			}
		}
		return 0
	}
	h = Hangup{Core: text("Core-UUID"), Leg: text("Unique-ID"), Switch: switchName, Direction: text("Call-Direction"), Cause: text("Hangup-Cause"),
		Side: text("variable_cc_side"), Queue: text("variable_cc_queue"), Agent: text("variable_cc_agent"),
		Caller: text("Caller-Caller-ID-Number"), Called: text("Caller-Destination-Number"),
		Started:  time("variable_start_uepoch", "Caller-Channel-Created-Time"),
		Answered: time("variable_answer_uepoch", "Caller-Channel-Answered-Time"),
		Ended:    time("variable_end_uepoch", "Caller-Channel-Hangup-Time"), Noted: noted}
	if h.Ended < noted-slip || h.Ended > noted+slip {
		h.Ended = noted
	}
	h.Project = NewLeg(&cdr.Record{Direction: h.Direction, Caller: h.Caller, Called: h.Called, Number: text("variable_callgate_number"),
		Project: text("variable_callgate_project")}, noted, around).Project
	// An event names only the profile that a leg got last. One that was dialled, or is an answered agent's, and then dialled
	// itself has both.
	last := e.Get("Other-Type")
	sure := last == "originator"
	maybe := sure || last == "originatee" && (e.Get("variable_originator") != "" || h.Side == "agent")
	forced := isTrue(e.Get("variable_force_process_cdr"))
	h.Dialled, h.Telling = maybe && !forced, sure && !forced
	due = h.Leg != "" && h.Core != "" && e.Get("Caller-Unique-ID") != "" && !skipped(e)
	switch process := strings.ToLower(e.Get("variable_process_cdr")); process {
	case "":
	case "a_only":
		due = due && !maybe
	case "b_only": // it leaves out who has an originatee's profile, rather than who has no originator's
		due = due && last != "originatee" && e.Get("variable_originated_legs") == ""
	default:
		due = due && isTrue(process)
	}
	return h, due
}

// skipped tells whether skip_cdr_causes names the leg's cause, by name or by number. Which number FreeSWITCH's own causes
// have the event does not say: all of them are taken for named. What is no cause at all means NORMAL_CLEARING there, and
// nothing here. Source: switch_channel.c switch_channel_str2cause.
func skipped(e *esl.Event) bool {
	return slices.ContainsFunc(strings.Split(e.Get("variable_skip_cdr_causes"), "|"), func(cause string) bool {
		cause = strings.TrimSpace(cause)
		if number, err := strconv.Atoi(cause); err == nil {
			return number > 127 || strconv.Itoa(number) == e.Get("variable_hangup_cause_q850")
		}
		return cause != "" && strings.EqualFold(cause, e.Get("Hangup-Cause"))
	})
}

// isTrue reads a text as FreeSWITCH does. Source: switch_utils.c switch_true.
func isTrue(text string) bool {
	if number, err := strconv.Atoi(text); err == nil {
		return number != 0
	}
	return slices.Contains([]string{"yes", "on", "true", "t", "enabled", "active", "allow"}, strings.ToLower(text))
}
