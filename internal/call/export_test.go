package call

import (
	"context"

	"callgate/esl"
)

// Take has a Live of one switch learn from an event.
func Take(l *Live, e *esl.Event) { l.watches[0].take(e) }

// Audit has it look at its switch once, and tells whether there is anything to look at again.
func Audit(ctx context.Context, l *Live) (bool, error) {
	return l.watches[0].audit(ctx, map[string]bool{})
}

// ParseBugs reads what uuid_buglist prints, function and target in turn.
func ParseBugs(text string) (all []string) {
	for _, b := range parseBugs(text) {
		all = append(all, b.function, b.target)
	}
	return all
}
