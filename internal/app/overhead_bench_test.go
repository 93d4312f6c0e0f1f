package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/api"
	"callgate/api/legacy"
	"callgate/internal/account"
	"callgate/internal/callcenter"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// ready has an answer.
type ready struct{}

func (ready) Queues() (callcenter.Answer, error)              { return callcenter.Answer{JSON: []byte("[]")}, nil }
func (ready) Queue(string) (callcenter.Answer, error)         { return callcenter.Answer{}, nil }
func (ready) Tiers() (callcenter.Answer, error)               { return callcenter.Answer{}, nil }
func (ready) QueuesAmong([]string) (callcenter.Answer, error) { return callcenter.Answer{}, nil }
func (ready) TiersAmong([]string) (callcenter.Answer, error)  { return callcenter.Answer{}, nil }
func (ready) TiersOf(string) (callcenter.Answer, error)       { return callcenter.Answer{}, nil }

// processor is the processor time that this process has taken so far, all threads.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAuthorised is what a request to the documented face costs whose answer is there: token or key, right, request log
// down to the disk, metrics and process log, in processor time of the whole process. The HTTP server and the network are left
// out.
func BenchmarkAuthorised(b *testing.B) {
	s := storetest.Open(b, storetest.SQLite(b), store.Options{})
	accounts := account.New(s, account.Options{})
	if _, err := accounts.Add(b.Context(), "crm", password, []account.Right{{Module: "contact", Action: "*"}, {Module: "sms", Action: "send"}}, []string{"1111"}); err != nil {
		b.Fatal(err)
	}
	token, err := accounts.SignIn(b.Context(), "crm", password, "192.0.2.1")
	if err != nil {
		b.Fatal(err)
	}
	networks, _ := account.ParseNetworks([]string{"198.51.100.0/24", "192.0.2.0/24"})
	_, key, err := accounts.AddKey(b.Context(), nil, "crm", account.Key{Name: "k", Rights: []account.Right{{Module: "contact", Action: "queues"}}, Networks: networks})
	if err != nil {
		b.Fatal(err)
	}
	for _, tt := range []struct{ name, bearer string }{{"token", token}, {"key", key}} {
		b.Run(tt.name, func(b *testing.B) {
			registry := prometheus.NewRegistry()
			requests := report.NewRequestLog(s, report.RequestLogOptions{Registerer: registry})
			ctx, cancel := context.WithCancel(context.Background())
			written := make(chan error, 1)
			go func() { written <- requests.Run(ctx) }()
			handler, err := api.New(api.Options{Legacy: legacy.New(legacy.Options{Accounts: accounts, Board: ready{}, Requests: requests}),
				CDR: http.NotFoundHandler(), XML: http.NotFoundHandler(), Recordings: http.NotFoundHandler(), Receipts: http.NotFoundHandler(), Health: &api.Health{},
				Logger: slog.New(slog.DiscardHandler), Registerer: registry})
			if err != nil {
				b.Fatal(err)
			}
			req := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/contact/queues", http.NoBody)
			req.RemoteAddr = "192.0.2.1:5555"
			req.Header.Set("Authorization", "Bearer "+tt.bearer)
			n := 0
			before := processor(b)
			for b.Loop() {
				if n%1000 == 0 {
					if err := accounts.Follow(b.Context(), 7); err != nil {
						b.Fatal(err)
					}
				}
				n++
				rec := httptest.NewRecorder()
				if handler.ServeHTTP(rec, req); rec.Code != http.StatusOK {
					b.Fatal(fmt.Sprint(rec.Code, rec.Body))
				}
			}
			cancel()
			if err := <-written; err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64((processor(b)-before).Nanoseconds())/float64(n)/1000, "cpu-us/op")
		})
	}
}
