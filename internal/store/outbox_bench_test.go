package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// instant takes every message at once.
type instant struct{}

func (instant) Send(_ context.Context, t gateway.Text) gateway.Sent {
	return gateway.Sent{Outcome: gateway.Taken, ID: fmt.Sprint("t", t.ID)}
}

// BenchmarkMessages accepts messages durably, one by one, by 64 at the same time, without a provider; and then sends them
// through one that takes them at once.
func BenchmarkMessages(b *testing.B) {
	for _, tt := range []struct {
		name     string
		database func(testing.TB) string
	}{{"postgres", func(tb testing.TB) string { address, _ := storetest.Durable(tb); return address }}, {"sqlite", storetest.SQLite}} {
		b.Run(tt.name, func(b *testing.B) {
			s := storetest.Open(b, tt.database(b), store.Options{})
			must(b, s.SetProvider(b.Context(), sms.Provider{Name: "a"}, time.Time{}))
			var mu sync.Mutex
			var order []string
			carriers := sms.NewCarriers(sms.CarriersOptions{Store: s, Logger: slog.New(slog.DiscardHandler),
				Order: func() []string { mu.Lock(); defer mu.Unlock(); return order },
				Build: func(sms.Provider, func(context.Context, gateway.Receipt) error) (sms.Carrier, error) {
					return instant{}, nil
				}})
			must(b, carriers.Follow(b.Context(), 1))
			service := sms.New(sms.Options{Store: s, Carriers: carriers, Normal: func(_, number string) string { return number },
				Quiet: func(string, time.Time) time.Time { return time.Time{} }, Owner: "we", RetryAfter: func() time.Duration { return time.Second }, Now: time.Now})
			ctx, stop := context.WithCancel(b.Context())
			done := make(chan error, 1)
			go func() { done <- service.Run(ctx) }()
			defer func() {
				stop()
				must(b, <-done)
			}()
			const count, callers = 10_000, 64
			began := time.Now()
			var work sync.WaitGroup
			for c := range callers {
				work.Go(func() {
					for i := c; i < count; i += callers {
						if _, err := service.Accept(b.Context(), sms.Message{Phone: "+79190000000", Text: "Ваш заказ готов", Key: fmt.Sprint(i), UserID: 1}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			work.Wait()
			b.ReportMetric(count/time.Since(began).Seconds(), "accepted/s")
			mu.Lock()
			order = []string{"a"}
			mu.Unlock()
			began = time.Now()
			for {
				n, err := s.Count(b.Context(), `SELECT COUNT(*) FROM sms WHERE state = 'sent'`)
				must(b, err)
				if n == count {
					break
				}
				time.Sleep(20 * time.Millisecond)
			}
			b.ReportMetric(count/time.Since(began).Seconds(), "sent/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}
