package callcenter

import (
	"context"

	"callgate/esl"
)

// Subclass is that of the events mod_callcenter fires.
const Subclass = "callcenter::info"

// Listen takes every event of the named switch, and every moment in which events may have been missed, as a
// hint, until ctx ends. The subscription is closed then.
func (c *Center) Listen(ctx context.Context, switchName string, events *esl.Subscription) error {
	defer events.Close()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-events.C:
		case <-events.Lost():
		}
		c.Hint(switchName)
	}
}
