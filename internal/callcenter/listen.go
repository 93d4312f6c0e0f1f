package callcenter

import (
	"context"
	"time"

	"callgate/esl"
)

// Subclass is that of the events mod_callcenter fires.
const Subclass = "callcenter::info"

const (
	channelAnswer = "CHANNEL_ANSWER"
	channelHangup = "CHANNEL_HANGUP"
	heartbeat     = "HEARTBEAT"
)

// Events are the other events that Listen makes use of: calls outside the queues begin and end with them, and a
// heartbeat tells the switch's time when nothing else happens.
func Events() []string { return []string{channelAnswer, channelHangup, heartbeat} }

// offsetLimit is how far a switch's clock may be from ours before it is worth a warning.
const offsetLimit = time.Second

// linkLook is between two looks whether the link is up, when nothing is heard.
const linkLook = 500 * time.Millisecond

// Listen takes the events of the named switch until ctx ends: what they tell goes into the ledger, and each of them,
// as every moment in which events may have been missed, is a hint to read. The subscription is closed then.
func (c *Center) Listen(ctx context.Context, switchName string, events *esl.Subscription) error {
	defer events.Close()
	w := c.watch(switchName)
	if w == nil {
		<-ctx.Done()
		return nil
	}
	select {
	case <-w.begun:
	case <-ctx.Done():
		return nil
	}
	look := time.NewTicker(linkLook)
	defer look.Stop()
	far := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
			w.ledger.linked(w.link.Since(), c.o.Now())
		case <-events.Lost():
			w.ledger.linked(w.link.Since(), c.o.Now())
			w.ledger.missed(c.o.Now())
			w.hint()
		case e, ok := <-events.C:
			if !ok {
				<-ctx.Done()
				return nil
			}
			w.ledger.linked(w.link.Since(), c.o.Now()) // what came before a break proves nothing any more
			offset := w.ledger.take(e, c.o.Now())
			c.o.Changed()
			if e.Name() != heartbeat {
				w.hint()
			}
			if is := offset.Abs() > offsetLimit; is != far {
				far = is
				if far {
					c.o.Logger.Warn("the switch's clock is off", "switch", switchName, "ahead_of_it", offset)
				} else {
					c.o.Logger.Info("the switch's clock is right again", "switch", switchName)
				}
			}
		}
	}
}
