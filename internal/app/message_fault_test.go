package app_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"callgate/internal/setting"
	"callgate/internal/sms"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// moody is a provider of messages that takes some, says of three in ten that it does not take them now, and does not answer
// one in twenty, half of which it has taken.
type moody struct {
	*httptest.Server
	mu     sync.Mutex
	random *rand.Rand
	taken  map[string]int // how often, by text
	asked  int
}

func newMoody(t *testing.T) *moody {
	p := &moody{random: rand.New(rand.NewPCG(1, 2)), taken: map[string]int{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var m struct{ To, Text string }
		if err := json.NewDecoder(req.Body).Decode(&m); err != nil || m.To == "" {
			t.Errorf("it is asked %+v, %v", m, err)
		}
		p.mu.Lock()
		p.asked++
		mood := p.random.IntN(40)
		if mood == 0 || mood >= 14 {
			p.taken[m.Text]++
		}
		n := len(p.taken)
		p.mu.Unlock()
		switch {
		case mood < 2:
			_, _ = io.Copy(io.Discard, req.Body)
			<-req.Context().Done()
		case mood < 8:
			w.WriteHeader(http.StatusServiceUnavailable)
		case mood < 14:
			fmt.Fprint(w, `{"error":"busy"}`)
		default:
			fmt.Fprintf(w, `{"ok":true,"id":"t%d"}`, n)
		}
	}))
	t.Cleanup(p.Close)
	return p
}

// settle sets a database up for a provider.
func (p *moody) settle(t *testing.T, database string) {
	t.Helper()
	s := storetest.Open(t, database, store.Options{})
	description := fmt.Sprintf(`{"title":"Moody","source":"https://example.com","read":"all","number":"plus","send":{"method":"POST","url":"%s/send","timeout":1,
		"json":{"to":"{number}","text":"{text}"},"taken":[{"where":[{"path":"ok","equals":true}]}],"later":[{"where":[{"path":"error","equals":"busy"}]}],
		"id":"id","reason":"error"}}`, p.URL)
	if err := s.SetProvider(t.Context(), sms.Provider{Name: "moody", Kind: sms.HTTP, Description: []byte(description), ChangedAt: time.Now()}, time.Time{}); err != nil {
		t.Fatal(err)
	}
	for key, value := range map[string]string{setting.SMSProvider: "moody", setting.SMSRetryAfter: "1s"} {
		if err := s.ChangeSettings(t.Context(), []setting.Stored{{Key: key, Value: value, At: time.Now(), By: "test"}}, nil, func([]setting.Stored) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMessagesKilled has messages accepted and sent while the provider fails again and again and callgate is killed three
// times, on PostgreSQL one of two that share the work: each that was accepted is kept once, the provider has none twice,
// and it has those that are said to be sent.
func TestMessagesKilled(t *testing.T) {
	t.Parallel() // it mostly waits
	const workers = 16
	count := 10_000
	if testing.Short() {
		count = 200
	}
	addr := idleSwitch(t)
	for _, tt := range []struct {
		name      string
		database  func(testing.TB) string
		processes int
	}{{"sqlite", storetest.SQLite, 1}, {"postgres", func(tb testing.TB) string { address, _ := storetest.Durable(tb); return address }, 2}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			database, p := tt.database(t), newMoody(t)
			p.settle(t, database)
			start := func() *served {
				s := &served{Database: database, Recordings: t.TempDir(), Switch: addr}
				s.start(t)
				return s
			}
			running, addrs := make([]*served, tt.processes), make([]atomic.Pointer[string], tt.processes)
			for i := range running {
				running[i] = start()
				addrs[i].Store(&running[i].addr)
			}
			token := running[0].signIn(t)
			var accepted atomic.Int64
			var work sync.WaitGroup
			for w := range workers {
				work.Go(func() {
					tick := time.NewTicker(50 * time.Millisecond)
					defer tick.Stop()
					for i := w; i < count; i += workers {
						for tries := w; !accept(t, *addrs[tries%tt.processes].Load(), token, i); tries++ {
							if <-tick.C; tries > 1000 {
								t.Errorf("message %d is never accepted", i)
								return
							}
						}
						accepted.Add(1)
					}
				})
			}
			for kills := range 3 {
				eventually(t, "messages in this life", func() bool { return int(accepted.Load()) > (kills+1)*count/5 })
				victim := kills % tt.processes
				if err := running[victim].end(syscall.SIGKILL); err == nil {
					t.Error("it was not killed")
				}
				running[victim] = start()
				addrs[victim].Store(&running[victim].addr)
			}
			work.Wait()
			db := openDatabase(t, database)
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for began := time.Now(); ; <-tick.C {
				var open int
				if err := db.QueryRow(`SELECT COUNT(*) FROM sms WHERE state IN ('accepted', 'queued')`).Scan(&open); err != nil {
					t.Fatal(err)
				}
				if open == 0 {
					break
				}
				if time.Since(began) > 25*time.Minute {
					t.Fatalf("%d messages are still on their way, one of them: %s", open, onItsWay(t, db))
				}
			}
			for _, s := range running {
				if err := s.end(syscall.SIGTERM); err != nil {
					t.Errorf("callgate ended with %v", err)
				}
			}
			p.audit(t, database, count)
		})
	}
}

// onItsWay tells of a message that waits, or is in hand.
func onItsWay(t *testing.T, db *sql.DB) string {
	t.Helper()
	var id, attempts, due, lease, began int64
	var state, owner, reason string
	if err := db.QueryRow(`SELECT id, state, attempts, due, owner, lease, began, reason FROM sms WHERE state IN ('accepted', 'queued')`).Scan(
		&id, &state, &attempts, &due, &owner, &lease, &began, &reason); err != nil {
		t.Error(err)
	}
	in := func(us int64) time.Duration { return time.Until(time.UnixMicro(us)).Round(time.Millisecond) }
	return fmt.Sprintf("%d is %s, asked in vain %d times, due in %v, in the hand of %q for %v, begun %v ago: %s", id, state, attempts, in(due), owner, in(lease), -in(began), reason)
}

// accept asks for a message to be sent, and tells whether it is accepted.
func accept(t *testing.T, addr, token string, n int) bool {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/api/v1/sms/messages",
		strings.NewReader(fmt.Sprintf(`{"phone":"8919%07d","text":"Заказ %d"}`, n, n)))
	if err != nil {
		t.Error(err)
		return false
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", fmt.Sprint("key-", n))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode == http.StatusAccepted
}

// audit holds what is kept of messages against what the provider has.
func (p *moody) audit(t *testing.T, database string, count int) {
	t.Helper()
	found, err := openDatabase(t, database).Query(`SELECT message, state FROM sms`)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	states, kept := map[sms.State]int{}, map[string]bool{}
	for found.Next() {
		var text string
		var state sms.State
		if err := found.Scan(&text, &state); err != nil {
			t.Fatal(err)
		}
		states[state]++
		if kept[text] {
			t.Errorf("%q is kept twice", text)
		}
		kept[text] = true
		switch n := p.taken[text]; {
		case n > 1:
			t.Errorf("the provider has %q %d times", text, n)
		case (state == sms.Sent) != (n == 1) && state != sms.Uncertain:
			t.Errorf("%q is %s, and the provider has it %d times", text, state, n)
		}
	}
	if err := found.Err(); err != nil || len(kept) != count {
		t.Errorf("%d are kept, want %d, %v", len(kept), count, err)
	}
	for text := range p.taken {
		if !kept[text] {
			t.Errorf("the provider has %q, which nobody knows", text)
		}
	}
	// One in twenty questions has no answer, and what was in hand when a process was killed.
	if most := p.asked/10 + 3*16; states[sms.Uncertain] > most || states[sms.Sent]+states[sms.Uncertain] != count {
		t.Errorf("the states are %v, with %d questions", states, p.asked)
	}
	t.Logf("%v; the provider was asked %d times, and has %d", states, p.asked, len(p.taken))
}
