package sms_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

// book keeps messages in memory, as a Store does.
type book struct {
	mu    sync.Mutex
	kept  map[int64]sms.Message
	early map[string]gateway.Receipt
	hands []string                // who took messages
	fails func(what string) error // may be nil
}

func newBook() *book {
	return &book{kept: map[int64]sms.Message{}, early: map[string]gateway.Receipt{}}
}

// open locks the book, unless it fails.
func (b *book) open(what string) error {
	b.mu.Lock()
	if b.fails != nil {
		if err := b.fails(what); err != nil {
			b.mu.Unlock()
			return err
		}
	}
	return nil
}

func (b *book) AddMessages(_ context.Context, all []sms.Message) (kept []sms.Message, err error) {
	if err := b.open("add"); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	for _, m := range all {
		if old := b.find(func(o sms.Message) bool { return m.Key != "" && o.Key == m.Key && o.UserID == m.UserID }); old != nil {
			kept = append(kept, *old)
			continue
		}
		m.ID = int64(len(b.kept) + 1)
		b.kept[m.ID] = m
		kept = append(kept, m)
	}
	return kept, nil
}

func (b *book) find(is func(sms.Message) bool) *sms.Message {
	for _, m := range b.kept {
		if is(m) {
			return &m
		}
	}
	return nil
}

func (b *book) ClaimMessages(_ context.Context, owner string, now, lease time.Time, limit int) (all []sms.Message, err error) {
	if err := b.open("claim"); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	for _, m := range b.kept {
		if m.State == sms.Accepted && !m.Due.After(now) {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b sms.Message) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
	if all = all[:min(len(all), limit)]; len(all) > 0 {
		b.hands = append(b.hands, owner)
	}
	for i := range all {
		all[i].State, all[i].Owner, all[i].Lease, all[i].Began = sms.Queued, owner, lease, time.Time{}
		b.kept[all[i].ID] = all[i]
	}
	return all, nil
}

func (b *book) SaveMessages(_ context.Context, all []sms.Message) (saved []bool, err error) {
	if err := b.open("save"); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	for _, m := range all {
		old := b.kept[m.ID]
		ok := old.Owner == m.Owner && (old.State == sms.Queued || old.State == sms.Uncertain)
		if saved = append(saved, ok); !ok {
			continue
		}
		if r, heard := b.early[m.Provider+m.TheirID]; heard && m.State == sms.Sent {
			m.State, _ = sms.StateOf(r.State)
		}
		b.kept[m.ID] = m
	}
	return saved, nil
}

func (b *book) ReturnMessages(_ context.Context, now time.Time) (map[sms.State]int, error) {
	if err := b.open("return"); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	for id, m := range b.kept {
		switch over := m.State == sms.Queued && m.Lease.Before(now); {
		case over && !m.Began.IsZero():
			m.State, m.Result = sms.Uncertain, sms.Error
		case over && m.Waits:
			m.State, m.Result = sms.Failed, sms.Error
		case over:
			m.State, m.Owner = sms.Accepted, ""
		case m.State == sms.Accepted && !m.Until.IsZero() && !m.Until.After(now):
			m.State, m.Result = sms.Expired, sms.Error
		}
		b.kept[id] = m
	}
	return nil, nil
}

func (b *book) SaveReceipts(_ context.Context, provider string, _ time.Time, all []gateway.Receipt) (came map[sms.State]int, unknown int, err error) {
	if err := b.open("receipts"); err != nil {
		return nil, 0, err
	}
	defer b.mu.Unlock()
	came = map[sms.State]int{}
	for _, r := range all {
		state, final := sms.StateOf(r.State)
		m := b.find(func(m sms.Message) bool { return m.Provider == provider && m.TheirID == r.ID })
		switch {
		case m == nil:
			unknown++
			came[state]++
			b.early[provider+r.ID] = r
		case final && m.State != state:
			m.State, m.Reason = state, r.Reason
			b.kept[m.ID] = *m
			came[state]++
		}
	}
	return came, unknown, nil
}

func (b *book) DueMessages(_ context.Context, provider string, now time.Time, next func(time.Time) time.Time, limit int) (all []sms.Message, err error) {
	if err := b.open("due"); err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	for id, m := range b.kept {
		if m.State == sms.Sent && m.Provider == provider && !m.Due.IsZero() && !m.Due.After(now) && len(all) < limit {
			m.Due = next(m.Sent)
			b.kept[id] = m
			all = append(all, m)
		}
	}
	return all, nil
}

// of is a message as it is kept.
func (b *book) of(id int64) sms.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kept[id]
}

// carrier answers each message by a function, and notes what it was given.
type carrier struct {
	mu     sync.Mutex
	given  []gateway.Text
	answer func(ctx context.Context, n int, t gateway.Text) gateway.Sent // n counts from 1
}

func (c *carrier) Send(ctx context.Context, t gateway.Text) gateway.Sent {
	c.mu.Lock()
	c.given = append(c.given, t)
	n := len(c.given)
	c.mu.Unlock()
	return c.answer(ctx, n, t)
}

// times is how often it was asked.
func (c *carrier) times() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.given)
}

// answers makes a carrier that gives one answer after the other, the last of them for ever.
func answers(all ...gateway.Sent) *carrier {
	return &carrier{answer: func(_ context.Context, n int, _ gateway.Text) gateway.Sent { return all[min(n, len(all))-1] }}
}

var (
	taken   = gateway.Sent{Outcome: gateway.Taken, ID: "their-1"}
	refused = gateway.Sent{Outcome: gateway.Refused, Reason: "a bad number"}
	later   = gateway.Sent{Outcome: gateway.Later, Reason: "no money"}
	lost    = gateway.Sent{Outcome: gateway.Unknown, Reason: "no answer"}
)

// shelf has providers by name.
type shelf []sms.Provider

func (s shelf) Providers(context.Context) ([]sms.Provider, error) { return s, nil }
func (shelf) SetProvider(context.Context, sms.Provider, time.Time) error {
	return errors.ErrUnsupported
}
func (shelf) RemoveProvider(context.Context, string, time.Time) error { return errors.ErrUnsupported }

// options are those of a service on a book with carriers, which are asked in the order of their names.
func options(b *book, all map[string]sms.Carrier) sms.Options {
	var providers shelf
	var names []string
	for name := range all {
		providers = append(providers, sms.Provider{Name: name})
		names = append(names, name)
	}
	slices.Sort(names)
	carriers := sms.NewCarriers(sms.CarriersOptions{Store: providers, Order: func() []string { return names }, Logger: quiet(),
		Build: func(p sms.Provider, _ func(context.Context, gateway.Receipt) error) (sms.Carrier, error) {
			return all[p.Name], nil
		}})
	if err := carriers.Follow(context.Background(), 1); err != nil {
		panic(err)
	}
	return sms.Options{Store: b, Carriers: carriers, Normal: func(_, number string) string { return strings.TrimSpace(number) },
		Quiet: func(string, time.Time) time.Time { return time.Time{} }, Owner: "we", AnswerTime: func() time.Duration { return 10 * time.Second },
		RetryAfter: func() time.Duration { return 15 * time.Second }, Now: time.Now}
}

// start runs a service until the test is over.
func start(t testing.TB, o sms.Options) *sms.Service {
	t.Helper()
	s := sms.New(o)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s
}
