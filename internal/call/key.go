package call

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"time"

	"callgate/internal/fault"
)

// Keyed is an order that a client gave under an idempotency key.
type Keyed struct {
	Login, Key string
	Order      [sha256.Size]byte // of what was ordered
	Call       string            // the call's UUID
	At         time.Time
	Beats      int64  // grows while the process that took the order lives
	Reply      string // what came of it, "" while it rings
}

// KeyStore keeps idempotency keys. A database that is down is fault.StorageDown.
type KeyStore interface {
	// TakeKey keeps a key, durably, unless it stands already and is younger than expired: then it returns that one, and
	// taken is false.
	TakeKey(ctx context.Context, k Keyed, expired time.Time) (stands Keyed, taken bool, err error)
	// Key reads a key.
	Key(ctx context.Context, login, key string) (k Keyed, found bool, err error)
	// BeatKey says that the process that took the key lives.
	BeatKey(ctx context.Context, k Keyed) error
	// FinishKey keeps what came of the order, unless something is kept already.
	FinishKey(ctx context.Context, k Keyed, reply string) error
	// ReleaseKey forgets a key: nothing was done under it.
	ReleaseKey(ctx context.Context, k Keyed) error
	// PurgeKeys forgets at most so many keys that are older than expired.
	PurgeKeys(ctx context.Context, expired time.Time, most int) error
}

const (
	keyLife    = 24 * time.Hour // how long a key is remembered
	keyBeat    = time.Second
	keySilence = 5 * time.Second        // without a beat the process that took the key is held for dead
	keyLook    = 100 * time.Millisecond // between two looks whether somebody else's order is done
	keyPurge   = time.Minute            // between two purges
	purgeMost  = 1000
)

var keyForm = regexp.MustCompile(`^[!-~]{1,128}$`)

// hash tells orders apart.
func (o *Order) hash() (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, field := range []string{o.Account, o.Called, o.Caller, o.Project} {
		_ = binary.Write(h, binary.BigEndian, uint64(len(field))) // a hash takes everything
		h.Write([]byte(field))
	}
	h.Sum(sum[:0])
	return sum
}

// once makes the call of an order with a key, or waits for what came of it when somebody gave it before, in whatever
// process.
func (c *Controller) once(ctx context.Context, o Order) (string, error) {
	if !keyForm.MatchString(o.IdempotencyKey) {
		return "", refuse("Idempotency-Key", errors.New("want 1 to 128 printable ASCII characters without blanks"))
	}
	c.purge(ctx)
	mine := Keyed{Login: o.Login, Key: o.IdempotencyKey, Order: o.hash(), Call: c.o.NewID()}
	for {
		mine.At = c.o.Now()
		stands, taken, err := c.o.Keys.TakeKey(ctx, mine, mine.At.Add(-keyLife))
		if err != nil {
			return "", fmt.Errorf("originate: %w", err)
		}
		if taken {
			return c.under(ctx, o, mine)
		}
		if stands.Order != mine.Order {
			return "", refuse("Idempotency-Key", errors.New("it was used for another order"))
		}
		reply, gone, err := c.await(ctx, stands)
		if !gone || err != nil {
			return reply, err
		}
	}
}

// under makes the call and keeps what came of it, also when the client has gone.
func (c *Controller) under(ctx context.Context, o Order, k Keyed) (reply string, err error) {
	done := make(chan struct{})
	var beating sync.WaitGroup
	beating.Go(func() { c.beat(context.WithoutCancel(ctx), k, done) })
	reply, err = c.make(ctx, o, k.Call)
	close(done)
	beating.Wait()
	after, stop := context.WithTimeout(context.WithoutCancel(ctx), cancelTime)
	defer stop()
	var kept error
	switch {
	case err == nil:
		kept = c.o.Keys.FinishKey(after, k, reply)
	case errors.Is(err, errCancelled):
		kept = c.o.Keys.FinishKey(after, k, "-ERR ORIGINATOR_CANCEL\n")
	default:
		kept = c.o.Keys.ReleaseKey(after, k)
	}
	if kept != nil {
		// Whoever repeats the order is told that its outcome is unknown.
		c.o.Logger.WarnContext(ctx, "what came of an order under a key is not kept", "call", k.Call, "error", kept)
	}
	return reply, err
}

// beat says that we live until done is closed.
func (c *Controller) beat(ctx context.Context, k Keyed, done <-chan struct{}) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	tick := time.NewTicker(keyBeat)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if err := c.o.Keys.BeatKey(ctx, k); err != nil {
				c.o.Logger.WarnContext(ctx, "keep a key", "call", k.Call, "error", err)
			}
		}
	}
}

// await waits for what comes of somebody else's order; gone is true when nothing was done and the key is free. A
// process that no longer beats has died: whether it has rung nobody knows.
func (c *Controller) await(ctx context.Context, k Keyed) (reply string, gone bool, err error) {
	tick := time.NewTicker(keyLook)
	defer tick.Stop()
	heard := c.o.Now()
	for beats := k.Beats; k.Reply == ""; {
		if c.o.Now().Sub(heard) > keySilence {
			unknown := outcomeUnknown(k.Call)
			if err := c.o.Keys.FinishKey(ctx, k, unknown); err != nil {
				return "", false, fmt.Errorf("originate: %w", err)
			}
			c.results.WithLabelValues("unknown").Inc()
		}
		select {
		case <-ctx.Done():
			return "", false, fmt.Errorf("await an order: %w", context.Cause(ctx))
		case <-tick.C:
		}
		now, found, err := c.o.Keys.Key(ctx, k.Login, k.Key)
		if err != nil {
			return "", false, fmt.Errorf("originate: %w", err)
		}
		if !found || now.Call != k.Call {
			return "", true, nil
		}
		if now.Beats != beats {
			beats, heard = now.Beats, c.o.Now()
		}
		k.Reply = now.Reply
	}
	return k.Reply, false, nil
}

// purge forgets keys that are too old, now and then.
func (c *Controller) purge(ctx context.Context) {
	now := c.o.Now()
	c.mu.Lock()
	due := now.Sub(c.purged) >= keyPurge
	if due {
		c.purged = now
	}
	c.mu.Unlock()
	if !due {
		return
	}
	if err := c.o.Keys.PurgeKeys(ctx, now.Add(-keyLife), purgeMost); err != nil {
		c.o.Logger.WarnContext(ctx, "purge keys", "error", err)
	}
}

func outcomeUnknown(id string) string { return "-ERR OUTCOME_UNKNOWN " + id + "\n" }

// refuse says what is wrong with a field.
func refuse(field string, err error) error {
	return &fault.Error{Kind: fault.WrongField, Subject: field, Err: err}
}
