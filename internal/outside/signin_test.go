package outside_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/fault"
	"callgate/internal/outside"
	"callgate/internal/outside/outsidetest"
)

// TestReportSignsInAgain, once, when what let us in holds no longer.
func TestReportSignsInAgain(t *testing.T) {
	for _, tt := range []struct {
		name, page string
		logIn      outside.LogIn
		shown      bool // the log-in page
	}{
		{"token", outsidetest.TokenPage, byToken, false},
		{"cookie, when it leads to its page", outsidetest.LoginPage, byCookie, false},
		{"cookie, when it shows its page", outsidetest.LoginPage, byCookie, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			system := outsidetest.New(tt.logIn.Flow)
			if tt.shown {
				system.ShowPage()
			}
			w := onSocket(t)
			w.set(func(w *world) { w.serve, w.with.LogIn = system.ServeHTTP, tt.logIn })
			for want := range 3 {
				if rows, err := w.report(t, manualForm); err != nil || len(rows) != 4 {
					t.Fatalf("%d rows, %v", len(rows), err)
				}
				if got := system.Asked(tt.page); got != want+1 {
					t.Errorf("signed in %d times, want %d", got, want+1)
				}
				system.Expire()
			}
		})
	}
}

// TestWrongPassword: a log-in that is refused is left alone, for longer each time, so that nobody locks the account;
// with another password it is tried at once.
func TestWrongPassword(t *testing.T) {
	for _, tt := range []struct {
		name  string
		asks  func(*outsidetest.System) int // requests that a wrong password came with
		logIn outside.LogIn
	}{
		{"basic", func(s *outsidetest.System) int { return s.Asked(outsidetest.Manual) }, byBasic},
		{"token", func(s *outsidetest.System) int { return s.Asked(outsidetest.TokenPage) }, byToken},
		{"cookie", func(s *outsidetest.System) int { return s.Asked(outsidetest.LoginPage) }, byCookie},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				system := outsidetest.New(tt.logIn.Flow)
				w, stop := inBubble(t)
				defer stop()
				w.set(func(w *world) { w.serve, w.with.LogIn = system.ServeHTTP, tt.logIn })
				if _, err := w.report(t, manualForm); err != nil {
					t.Fatal(err)
				}
				system.SetPassword("another")
				system.Expire()
				before := tt.asks(system)
				began := time.Now()
				tries := []time.Duration{}
				for time.Since(began) < 3*time.Hour {
					asked := tt.asks(system)
					_, err := w.report(t, manualForm)
					failure, _ := fault.Of(err)
					if failure.Kind != fault.OutsideDown || !strings.Contains(err.Error(), "the log-in is refused") || strings.Contains(err.Error(), outsidetest.Password) {
						t.Fatalf("got %v", err)
					}
					if tt.asks(system) > asked {
						tries = append(tries, time.Since(began).Round(time.Minute))
					}
					if left := failure.RetryAfter; left <= 0 || left > time.Hour {
						t.Fatalf("try again after %v", left)
					}
					time.Sleep(30 * time.Second)
				}
				want := []time.Duration{0, time.Minute, 5 * time.Minute, 21 * time.Minute, 81 * time.Minute, 141 * time.Minute}
				if !slices.Equal(tries, want) || tt.asks(system)-before != len(want) {
					t.Errorf("tried at %v, want %v; %d requests", tries, want, tt.asks(system)-before)
				}
				if w.value(t, "callgate_outside_questions_total", "refused") != float64(len(want)) {
					t.Error("not counted as refused")
				}
				w.set(func(w *world) { w.with.LogIn.Password = "another" })
				if rows, err := w.report(t, manualForm); err != nil || len(rows) != 4 {
					t.Errorf("with the new password: %d rows, %v", len(rows), err)
				}
			})
		})
	}
}

// TestLogInAnswers are what may come of a log-in. Only what says that the password is wrong is left alone for long.
func TestLogInAnswers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		logIn   outside.LogIn
		status  int
		cookie  string
		body    string
		refused bool
		want    string // in the failure
	}{
		{"its own trouble", byToken, 503, "", "<html>", false, "sign in: it answers with status 503 and HTML"},
		{"too many log-ins", byToken, 429, "", "", true, "status 429"},
		{"no such page", byToken, 404, "", "", true, "status 404"},
		{"redirect", byToken, 302, "", "", true, "a redirect, which is not followed"},
		{"an error in an answer that is fine", byToken, 200, "", `{"error":"wrong secret"}`, true, "no token at access_token"},
		{"a token that is a number", byToken, 200, "", `{"access_token":7}`, true, "no token at access_token"},
		{"a token that no header holds", byToken, 200, "", `{"access_token":"a\r\nb: secret"}`, true, "no token at access_token"},
		{"a token somewhere else", byForm, 200, "", `{"token":"secret"}`, true, "no token at data.token"},
		{"HTML", byToken, 200, "", `<html>secret</html>`, true, "no token"},
		{"no cookie", byCookie, 200, "", `{}`, true, "no cookie in the answer"},
		{"a cookie that is taken away", byCookie, 200, "session=; Max-Age=0", `{}`, true, "no cookie in the answer"},
		{"a cookie of long ago", byCookie, 200, "session=secret; Expires=Thu, 01 Jan 1970 00:00:01 GMT", `{}`, true, "no cookie in the answer"},
		{"endless", byToken, 200, "", `{"access_token":"` + strings.Repeat("x", 1<<20), false, "too large an answer: more than 1048576 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := onSocket(t)
			w.set(func(w *world) {
				w.with.LogIn = tt.logIn
				w.serve = func(rw http.ResponseWriter, _ *http.Request) {
					if tt.cookie != "" {
						rw.Header().Set("Set-Cookie", tt.cookie)
					}
					if tt.status == 302 {
						rw.Header().Set("Location", "/")
					}
					rw.WriteHeader(tt.status)
					fmt.Fprint(rw, tt.body)
				}
			})
			_, err := w.report(t, manualForm)
			failure, _ := fault.Of(err)
			if failure.Kind != fault.OutsideDown || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if refused := failure.RetryAfter > 30*time.Second; refused != tt.refused {
				t.Errorf("try again after %v", failure.RetryAfter)
			}
			if w.asked.of(outsidetest.Manual) > 0 {
				t.Error("asked for a report without a log-in")
			}
		})
	}
}

// TestPasswordInAddress: where a system wants it there, no failure tells it.
func TestPasswordInAddress(t *testing.T) {
	w := onSocket(t)
	w.set(func(w *world) {
		w.with.LogIn = outside.LogIn{Flow: outside.FlowForm, Login: "a", Password: "s3&cret", URL: "http://127.0.0.1:1/in", Request: "?u={login}&p={password}"}
	})
	if _, err := w.report(t, manualForm); !errors.Is(err, down) || strings.Contains(err.Error(), "cret") || !strings.Contains(err.Error(), "refused") {
		t.Errorf("got %v", err)
	}
}
