package outside_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/outside"
)

// TestReportSlow: an answer that does not begin, or does not end, costs its callers the timeout.
func TestReportSlow(t *testing.T) {
	for _, tt := range []struct{ name, begins string }{{"no answer", ""}, {"no end", "["}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, stop := inBubble(t)
				defer stop()
				w.set(func(w *world) {
					w.serve = func(rw http.ResponseWriter, r *http.Request) {
						_, _ = io.Copy(io.Discard, r.Body)
						fmt.Fprint(rw, tt.begins)
						for tt.begins != "" && r.Context().Err() == nil {
							fmt.Fprint(rw, " ")
							_ = http.NewResponseController(rw).Flush()
							select {
							case <-time.After(100 * time.Millisecond):
							case <-r.Context().Done():
							}
						}
						<-r.Context().Done()
					}
				})
				began := time.Now()
				_, err := w.report(t, manualForm)
				if took := time.Since(began); !errors.Is(err, down) || !strings.Contains(err.Error(), "no whole answer within 3s") || took != 3*time.Second {
					t.Errorf("after %v: %v", took, err)
				}
				if w.value(t, "callgate_outside_questions_total", "down") != 1 {
					t.Error("not counted as down")
				}
			})
		})
	}
}

// TestReportTooLarge: of 200 MB of JSON, of whatever kind, no more is read than the limit, and no more memory used for
// it than for the limit.
func TestReportTooLarge(t *testing.T) {
	const size, limit = 200 << 20, 32 << 20
	good := row("2022-11-10", "1002", "7", "{", `{"x":"`+strings.Repeat("y", 16<<10)+`",`)
	for _, tt := range []struct{ name, begins, repeats, want string }{
		{"rows", "[" + good, "," + good, "more than 33554432 bytes"},
		{"one text", `[{"x":"`, "secret", "more than 33554432 bytes"},
		{"a field that nobody wants", `[{"x":[0`, ",0", "more than 33554432 bytes"},
		{"white space", "[", " \n\t\r", "nothing but white space"},
		{"levels", `[{"x":`, `[`, "exceeded max depth"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var sent atomic.Int64
			w := onSocket(t)
			w.set(func(w *world) {
				w.with.Timeout = 5 * time.Minute
				w.serve = func(rw http.ResponseWriter, r *http.Request) {
					_, _ = io.Copy(io.Discard, r.Body)
					fmt.Fprint(rw, tt.begins)
					piece := strings.Repeat(tt.repeats, 1+(64<<10)/len(tt.repeats))
					for sent.Load() < size {
						n, err := io.WriteString(rw, piece)
						sent.Add(int64(n))
						if err != nil {
							return
						}
					}
				}
			})
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := w.report(t, manualForm)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, down) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			// What lies in sockets and buffers has been sent and not been read.
			if got := sent.Load(); got > limit+16<<20 {
				t.Errorf("%d MiB were sent", got>>20)
			}
			if grown := int64(after.Sys) - int64(before.Sys); grown > 8*limit {
				t.Errorf("memory grew by %d MiB", grown>>20)
			}
		})
	}
}

// TestReportTooLargeForOne: who asks for too much, however often, does not take the system from the others.
func TestReportTooLargeForOne(t *testing.T) {
	w := onSocket(t)
	for range 5 {
		w.answer(200, "["+strings.Repeat(" ", 1<<17))
		if _, err := w.report(t, manualForm); !errors.Is(err, down) || !strings.Contains(err.Error(), "too large") {
			t.Fatalf("got %v", err)
		}
	}
	w.answer(200, "[]")
	if _, err := w.report(t, manualForm); err != nil {
		t.Errorf("got %v", err)
	}
}

// TestReportAtATime: only so many reports are under way, and who waits for a turn waits no longer than the timeout.
func TestReportAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, stop := inBubble(t)
		defer stop()
		var most, now atomic.Int64
		w.set(func(w *world) {
			w.serve = func(rw http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				most.Store(max(most.Load(), now.Add(1)))
				defer now.Add(-1)
				select {
				case <-time.After(2 * time.Second):
					fmt.Fprint(rw, "[]")
				case <-r.Context().Done():
				}
			}
		})
		failures := make(chan error)
		for i := range 48 {
			go func() {
				_, err := outside.NewReport(w.client, func() outside.ReportForm { return manualForm }).Rows(t.Context(), "2022-11-01", fmt.Sprintf("2022-12-%02d", i), everything)
				failures <- err
			}()
		}
		failed := 0
		for range 48 {
			if err := <-failures; err != nil {
				failed++
				if !errors.Is(err, down) {
					t.Errorf("got %v", err)
				}
			}
		}
		if most.Load() != 16 || failed != 32 {
			t.Errorf("%d at a time, %d failed", most.Load(), failed)
		}
	})
}

// TestReportAtATimeOnOneConnection: HTTP/2 puts any number of requests on one, and still only so many are under way.
func TestReportAtATimeOnOneConnection(t *testing.T) {
	var most, now, asked atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("asked by %s", r.Proto)
		}
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		for asked.Add(1); asked.Load() == 1 && r.Context().Err() == nil; { // the second one releases the first
			runtime.Gosched()
		}
		fmt.Fprint(rw, "[]")
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	c := outside.New(outside.Options{Name: "report", AtATime: 2,
		Server: func() outside.Server { return outside.Server{URL: server.URL, Timeout: 20 * time.Second} }})
	defer c.Close()
	r := outside.NewReport(c, func() outside.ReportForm { return manualForm })
	var callers sync.WaitGroup
	for i := range 50 {
		callers.Go(func() {
			if _, err := r.Rows(t.Context(), "2022-11-01", fmt.Sprintf("2022-12-%02d", i), everything); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if most.Load() != 2 || asked.Load() != 50 {
		t.Errorf("%d at a time of %d", most.Load(), asked.Load())
	}
}
