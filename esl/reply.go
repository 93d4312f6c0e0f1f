package esl

import (
	"errors"
	"strings"
)

// ReplyError is the answer of a switch that understood us and did not comply. errors.Is tells the kinds apart:
// ErrReply, ErrUsage, ErrNoReply, ErrEmpty.
type ReplyError struct {
	Kind error  // one of the four sentinels above
	Text string // what the switch wrote, without surrounding white space and otherwise unchanged
}

// Error shows the kind and the beginning of the text.
func (e *ReplyError) Error() string {
	if e.Text == "" {
		return e.Kind.Error()
	}
	return e.Kind.Error() + ": " + strings.ToValidUTF8(e.Text[:min(len(e.Text), maxErrorText)], "")
}

// Unwrap returns the kind.
func (e *ReplyError) Unwrap() error { return e.Kind }

// maxErrorText keeps a table that happens to begin with -ERR out of the log.
const maxErrorText = 256

// checkResult tells a result from the four ways in which FreeSWITCH declines. Anything else is a bare value: many
// commands print neither +OK nor -ERR, so no prefix is required.
func checkResult(text string) error {
	trimmed := strings.TrimSpace(text)
	switch {
	case text == "":
		return &ReplyError{Kind: ErrEmpty}
	case trimmed == "-ERR no reply":
		return &ReplyError{Kind: ErrNoReply, Text: trimmed}
	case strings.HasPrefix(trimmed, "-USAGE"):
		return &ReplyError{Kind: ErrUsage, Text: trimmed}
	case strings.HasPrefix(trimmed, "-ERR"):
		return &ReplyError{Kind: ErrReply, Text: trimmed}
	}
	return nil
}

// result reads the answer to an api command: the body of api/response, or the Reply-Text of command/reply, which is
// where a switch that restricts us writes its refusal.
func result(f frame) (string, error) {
	text := f.body
	if f.kind == typeReply {
		text = f.get("Reply-Text")
	}
	if err := checkResult(text); err != nil {
		return "", err
	}
	return text, nil
}

// resultClass names the outcome of a command in metrics; the set is closed.
func resultClass(err error) string {
	for _, class := range []struct {
		is   error
		name string
	}{
		{ErrHungUp, "hung_up"}, {ErrReply, "error"}, {ErrUsage, "usage"}, {ErrNoReply, "no_reply"}, {ErrEmpty, "empty"},
		{ErrArgument, "argument"}, {ErrBusy, "busy"}, {ErrDown, "down"}, {ErrOutcomeUnknown, "unknown"},
	} {
		if errors.Is(err, class.is) {
			return class.name
		}
	}
	return "ok"
}
