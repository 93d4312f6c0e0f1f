package call

import "strings"

// Outcome is FreeSWITCH's reply to an order, taken apart.
type Outcome struct {
	Kind  string // answered, refused or unknown: the link broke, and the call may be up
	UUID  string // of the call, when it was answered or may be
	Cause string // of a refusal, as FreeSWITCH has it
}

// ParseReply takes a reply of Originate or Listen apart.
func ParseReply(reply string) Outcome {
	reply = strings.TrimSpace(reply)
	if id, ok := strings.CutPrefix(reply, "+OK "); ok {
		return Outcome{Kind: "answered", UUID: id}
	}
	if id, ok := strings.CutPrefix(reply, "-ERR OUTCOME_UNKNOWN "); ok {
		return Outcome{Kind: "unknown", UUID: id}
	}
	return Outcome{Kind: "refused", Cause: strings.TrimPrefix(reply, "-ERR ")}
}
