package sms

import (
	"context"
	"time"

	"callgate/internal/outside/gateway"
)

// Store keeps messages. A database that is down is fault.StorageDown.
type Store interface {
	OptOutStore
	// AddMessages keeps new messages, durably, all or none, and returns each as it is kept. One whose key its user has given
	// before is not kept: what is returned is the one of before, which has another id than those that are new. One for
	// who does not want messages is kept as Failed.
	AddMessages(ctx context.Context, all []Message) ([]Message, error)
	// ClaimMessages puts messages that are due into the hand of a process until lease, the longest due first. Those for who does
	// not want messages by now it lets fail, and returns too.
	ClaimMessages(ctx context.Context, owner string, now, lease time.Time, limit int) ([]Message, error)
	// SaveMessages keeps what has become of messages that are in the hand of their Owner, or were until their lease was over
	// without anybody else having taken them, all or none; of each it tells whether it is kept. A Sent one takes on what its
	// provider has said of it before.
	SaveMessages(ctx context.Context, all []Message) ([]bool, error)
	// ReturnMessages looks after messages that nobody has in hand: whose lease is over and no provider was asked is Accepted
	// again, or Failed where who asked waited; of whom one was asked it is Uncertain; whose time is over is Expired. It
	// returns how many of each there were, and forgets what was said before of messages that nobody knows.
	ReturnMessages(ctx context.Context, now time.Time) (map[State]int, error)
	// SaveReceipts keeps what a provider says of messages that it has taken, and returns how many came to a state that way
	// which they were not in; of them nobody knows as many yet as are unknown, which is kept for a day.
	SaveReceipts(ctx context.Context, provider string, now time.Time, all []gateway.Receipt) (came map[State]int, unknown int, err error)
	// DueMessages are those of which a provider is to be asked what became of them, by now; they are due again at next.
	DueMessages(ctx context.Context, provider string, now time.Time, next func(sent time.Time) time.Time, limit int) ([]Message, error)
}
