package fault

import (
	"cmp"
	"strings"
)

// Why is a reason of a refusal that the request log tells from the other reasons of its kind: a word of a closed set.
type Why string

// The reasons; of any other failure the kind says enough.
const (
	NoToken       Why = "no_token"
	UnknownToken  Why = "unknown_token" // or one that has ended, where it is not known which
	ExpiredToken  Why = "expired_token"
	RevokedToken  Why = "revoked_token"
	NoRight       Why = "no_right"
	UnknownAction Why = "unknown_action"
	SwitchedOff   Why = "switched_off"
	ProjectOff    Why = "switched_off_for_project"
	HiddenProject Why = "hidden_project" // of which who asks sees nothing
)

// WhyOf is the reason of a failure: its own, or else its kind. That of nil is empty.
func WhyOf(err error) Why {
	if err == nil {
		return ""
	}
	failure, _ := Of(err)
	if failure.Kind == BadToken {
		return cmp.Or(failure.Why, UnknownToken)
	}
	return cmp.Or(failure.Why, Why(strings.ReplaceAll(failure.Kind.String(), " ", "_")))
}
