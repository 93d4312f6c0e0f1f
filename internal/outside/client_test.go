package outside_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/fault"
	"callgate/internal/outside"
)

func TestSignIn(t *testing.T) {
	const login = `{"login":"a","password":"s3cret"}`
	for _, tt := range []struct {
		name   string
		tokens []string // answers to log-ins, one after the other
		good   string   // the token that opens
		later  string   // the one that does after the first question
		asks   int      // how often the client is asked
		fails  error    // of the last
		want   map[string]int
	}{
		{"once for many questions", []string{`{"access_token":"t1"}`}, "t1", "t1", 3, nil, map[string]int{"/auth/login": 1, "/onlinestat/get": 3}},
		{"again when the token has expired", []string{`{"access_token":"t0"}`, `{"access_token":"t1"}`}, "t0", "t1", 2, nil,
			map[string]int{"/auth/login": 2, "/onlinestat/get": 3}},
		{"but once only", []string{`{"access_token":"t0"}`, `{"access_token":"t00"}`, `{"access_token":"t1"}`}, "t0", "t1", 3, down,
			map[string]int{"/auth/login": 2, "/onlinestat/get": 3}},
		{"not for a token that never opened", []string{`{"access_token":"t0"}`, `{"access_token":"t1"}`}, "t1", "t1", 2, down,
			map[string]int{"/auth/login": 1, "/onlinestat/get": 1}},
		{"wrong password", []string{"", `{"access_token":"t1"}`}, "t1", "t1", 3, down, map[string]int{"/auth/login": 1, "/onlinestat/get": 0}},
		{"no token in the answer", []string{`{"token":"t1"}`}, "t1", "t1", 2, down, map[string]int{"/auth/login": 1, "/onlinestat/get": 0}},
		{"token that no header holds", []string{`{"access_token":"t1\r\nX: y"}`}, "t1", "t1", 2, down, map[string]int{"/auth/login": 1, "/onlinestat/get": 0}},
		{"no JSON", []string{`t1`}, "t1", "t1", 2, down, map[string]int{"/auth/login": 1, "/onlinestat/get": 0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := onSocket(t)
			var answered atomic.Bool
			w.set(func(w *world) {
				w.with.LogIn = outside.OwnLogIn("a", "s3cret")
				w.serve = func(rw http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					if r.URL.Path == "/auth/login" {
						n := w.asked.of("/auth/login")
						if string(body) != login || n > len(tt.tokens) || tt.tokens[n-1] == "" {
							rw.WriteHeader(401)
							return
						}
						fmt.Fprint(rw, tt.tokens[n-1])
						return
					}
					good := tt.good
					if answered.Load() {
						good = tt.later
					}
					if r.Header.Get("Authorization") != "Bearer "+good {
						rw.WriteHeader(401)
						return
					}
					fmt.Fprint(rw, manualStat)
				}
			})
			var err error
			for range tt.asks {
				_, _, err = w.Get(t.Context(), "1111")
				answered.Store(true)
			}
			if !errors.Is(err, tt.fails) || (err == nil) != (tt.fails == nil) || err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("got %v, want %v", err, tt.fails)
			}
			for path, n := range tt.want {
				if got := w.asked.of(path); got != n {
					t.Errorf("%s asked %d times, want %d", path, got, n)
				}
			}
		})
	}
}

// TestCache gives an answer again for its while, and no longer; it says how old it is, and how old the server said.
func TestCache(t *testing.T) {
	for _, tt := range []struct {
		name   string
		cache  time.Duration
		status int
		later  time.Duration
		want   int // requests in all
		wantOf time.Duration
	}{
		{"within", 2 * time.Second, 200, 1999 * time.Millisecond, 1, 8999 * time.Millisecond},
		{"over", 2 * time.Second, 200, 2 * time.Second, 2, 7 * time.Second},
		{"none", 0, 200, 0, 2, 7 * time.Second},
		{"what it does not know", 2 * time.Second, 404, time.Second, 1, 0},
		{"failures are not kept", 2 * time.Second, 500, 0, 2, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, stop := inBubble(t)
				defer stop()
				w.set(func(w *world) {
					w.with.Cache = tt.cache
					w.serve = func(rw http.ResponseWriter, _ *http.Request) {
						rw.Header().Set("Age", "7")
						rw.WriteHeader(tt.status)
						fmt.Fprint(rw, map[int]string{200: manualStat, 404: `{"error":"Project not found"}`}[tt.status])
					}
				})
				_, _, first := w.Get(t.Context(), "1111")
				time.Sleep(tt.later)
				_, age, second := w.Get(t.Context(), "1111")
				if (first == nil) != (second == nil) || age != tt.wantOf {
					t.Errorf("age %v, want %v; %v, then %v", age, tt.wantOf, first, second)
				}
				if got := w.asked.of("/onlinestat/get"); got != tt.want {
					t.Errorf("%d requests, want %d", got, tt.want)
				}
			})
		})
	}
}

// TestOneRequestPerQuestion: whoever asks the same while a request is under way waits for that one. A caller that
// goes away takes nothing from the others.
func TestOneRequestPerQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, stop := inBubble(t)
		defer stop()
		w.set(func(w *world) {
			w.serve = func(rw http.ResponseWriter, _ *http.Request) {
				time.Sleep(2 * time.Second)
				fmt.Fprint(rw, manualStat)
			}
		})
		began := time.Now()
		hasty, leave := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, _, err := w.Get(hasty, "1111"); !errors.Is(err, context.Canceled) || time.Since(began) != time.Second {
				t.Errorf("the caller that goes away: %v after %v", err, time.Since(began))
			}
		})
		synctest.Wait()
		for i := range 50 {
			callers.Go(func() {
				if got, _, err := w.Get(t.Context(), fmt.Sprint(1111*(1+i%2))); err != nil || got.LoggedIn != 78 {
					t.Errorf("got %v, %v", got, err)
				}
			})
		}
		time.Sleep(time.Second)
		leave()
		callers.Wait()
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("took %v", took)
		}
		if got := w.asked.of("/onlinestat/get"); got != 2 {
			t.Errorf("%d requests for two questions", got)
		}
	})
}

// TestLeftAlone: after three failures in a row nobody waits for the server, until five seconds later one request has
// been answered.
func TestLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, stop := inBubble(t)
		defer stop()
		slow := func(rw http.ResponseWriter, r *http.Request) { // it never answers
			_, _ = io.Copy(io.Discard, r.Body) // or it would not see its client go
			<-r.Context().Done()
		}
		w.set(func(w *world) { w.serve = slow })
		n := 0
		ask := func(wantTook, wantAfter time.Duration, wantState float64) {
			t.Helper()
			n++
			began := time.Now()
			_, _, err := w.Get(t.Context(), fmt.Sprint(n)) // whatever the question
			failure, _ := fault.Of(err)
			if took := time.Since(began); took != wantTook || failure.Kind != fault.OutsideDown || failure.RetryAfter != wantAfter {
				t.Errorf("question %d: took %v, try again after %v: %v; want %v, %v", n, took, failure.RetryAfter, err, wantTook, wantAfter)
			}
			if state := w.value(t, "callgate_outside_breaker_state", ""); state != wantState {
				t.Errorf("question %d: state %v, want %v", n, state, wantState)
			}
		}
		ask(3*time.Second, time.Second, 0)
		ask(3*time.Second, time.Second, 0)
		ask(3*time.Second, 5*time.Second, 2)
		ask(0, 5*time.Second, 2)
		time.Sleep(4 * time.Second)
		ask(0, time.Second, 2)
		time.Sleep(time.Second + time.Millisecond)
		ask(3*time.Second, 5*time.Second, 2) // the one that tries
		ask(0, 5*time.Second, 2)
		if got := w.asked.of("/onlinestat/get"); got != 4 {
			t.Errorf("%d requests, want 4", got)
		}
		if got := w.value(t, "callgate_outside_questions_total", "spared"); got != 3 {
			t.Errorf("%v spared, want 3", got)
		}
		w.answer(200, manualStat)
		time.Sleep(5*time.Second + time.Millisecond)
		for range 2 {
			if _, _, err := w.Get(t.Context(), "1111"); err != nil {
				t.Errorf("after it has come back: %v", err)
			}
		}
		if state := w.value(t, "callgate_outside_breaker_state", ""); state != 0 {
			t.Errorf("state %v", state)
		}
		// What it does not know is no failure.
		w.answer(404, `{"error":"Project not found"}`)
		for range 5 {
			if _, _, err := w.Get(t.Context(), "1111"); !errors.Is(err, unknown) {
				t.Errorf("got %v", err)
			}
		}
	})
}

// TestAnotherServer: where another server is set nothing of the last one counts, neither its answers nor its faults.
func TestAnotherServer(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*outside.Server)
	}{
		{"URL", func(s *outside.Server) { s.URL += "/other" }},
		{"log-in", func(s *outside.Server) { s.LogIn = outside.OwnLogIn("a", "b") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := onSocket(t)
			w.set(func(w *world) { w.with.Cache = time.Minute })
			w.answer(200, manualStat)
			if _, _, err := w.Get(t.Context(), "1111"); err != nil {
				t.Fatal(err)
			}
			w.answer(500, "")
			for range 4 {
				if _, _, err := w.Get(t.Context(), "2222"); !errors.Is(err, down) {
					t.Fatal(err)
				}
			}
			w.set(func(w *world) {
				tt.change(&w.with)
				w.serve = func(rw http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/auth/login" {
						fmt.Fprint(rw, `{"access_token":"t"}`)
						return
					}
					fmt.Fprint(rw, `{"cntLoggedIn":1,"cntReady":1,"cntNotReady":0,"cntTalking":0}`)
				}
			})
			for _, project := range []string{"1111", "2222"} {
				if got, _, err := w.Get(t.Context(), project); err != nil || got.LoggedIn != 1 {
					t.Errorf("%s: %+v, %v", project, got, err)
				}
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		w := onSocket(t)
		w.set(func(w *world) { w.with.URL = "" })
		if _, _, err := w.All(t.Context()); !errors.Is(err, down) {
			t.Errorf("got %v", err)
		}
	})
}

// TestRedirects are not followed: what we know is for the server that was set.
func TestRedirects(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			var elsewhere counter
			other := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				elsewhere.add("any")
				fmt.Fprint(rw, manualStat)
			}))
			defer other.Close()
			w := onSocket(t)
			w.set(func(w *world) {
				w.serve = func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, other.URL+r.URL.Path, status) }
			})
			if _, _, err := w.Get(t.Context(), "1111"); !errors.Is(err, down) || elsewhere.of("any") != 0 {
				t.Errorf("got %v, the other was asked %d times", err, elsewhere.of("any"))
			}
		})
	}
}

// TestNoProxy: TestMain has named a proxy in the environment, which net/http would use for this name.
func TestNoProxy(t *testing.T) {
	w := onSocket(t)
	w.set(func(w *world) { w.with.URL, w.with.Timeout = "http://stat.invalid", time.Second })
	if _, _, err := w.Get(t.Context(), "1111"); !errors.Is(err, down) || proxied.of("any") != 0 {
		t.Errorf("got %v, the proxy was asked %d times", err, proxied.of("any"))
	}
}

// TestCertificates are verified: the same server, by the name that its certificate holds and by another.
func TestCertificates(t *testing.T) {
	for _, tt := range []struct {
		name, host string
		fails      error
	}{
		{"right", "127.0.0.1", nil},
		{"for another name", "localhost", down},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			w.answer(200, manualStat)
			server := httptest.NewUnstartedServer(w)
			server.Config.ErrorLog = nil
			server.StartTLS()
			defer server.Close()
			defer w.client.Close()
			w.with.URL = strings.Replace(server.URL, "127.0.0.1", tt.host, 1)
			if _, _, err := w.Get(t.Context(), "1111"); !errors.Is(err, tt.fails) || (err == nil) != (tt.fails == nil) {
				t.Errorf("got %v, want %v", err, tt.fails)
			}
			if asked := w.asked.of("/onlinestat/get"); asked > 0 != (tt.fails == nil) {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// TestClose ends what is under way.
func TestClose(t *testing.T) {
	w := newWorld()
	reached, release := make(chan struct{}), make(chan struct{})
	w.serve = func(http.ResponseWriter, *http.Request) { close(reached); <-release }
	server := httptest.NewServer(w)
	defer server.Close()
	defer close(release)
	w.with = outside.Server{URL: server.URL, Timeout: time.Hour}
	done := make(chan error, 1)
	go func() { _, _, err := w.Get(context.Background(), "1111"); done <- err }()
	<-reached
	w.client.Close()
	if err := <-done; !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
}
