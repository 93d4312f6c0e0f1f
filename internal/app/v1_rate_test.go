package app_test

import (
	"net/http"
	"strconv"
	"testing"

	v1 "callgate/api/v1"
	"callgate/internal/setting"
	"callgate/internal/store/storetest"
)

// TestRateLimit: a user who asks too much is told when to go on, whatever his token; others, the documented API and who is not
// known are not touched.
func TestRateLimit(t *testing.T) {
	t.Parallel() // it mostly waits
	database := storetest.SQLite(t)
	m, l := newQuiet(t, database), &land{database: database}
	watcher, other, again := m.user("watcher", "queues/see"), m.user("other", "queues/see"), m.signedIn(login)
	limit := func(burst, shown string) {
		t.Helper()
		l.set(t, setting.APIRatePerSecond, "1", setting.APIBurst, burst)
		eventually(t, "the setting", func() bool { return m.as(watcher, "GET", "/switches", "").header.Get("RateLimit-Limit") == shown })
	}
	limit("5", "5")
	spent := func(token string) (refused reply) {
		t.Helper()
		for i := range 20 {
			got := m.as([]string{token, again}[i%2], "GET", "/switches", "")
			left, err := strconv.Atoi(got.header.Get("RateLimit-Remaining"))
			if got.header.Get("RateLimit-Limit") != "5" || got.header.Get("RateLimit-Reset") == "" || err != nil {
				t.Fatalf("%d %v", got.status, got.header)
			}
			if got.status == http.StatusTooManyRequests {
				if left != 0 || i < 4 {
					t.Errorf("refused with %d left, after %d", left, i)
				}
				return got
			}
		}
		t.Fatal("nothing is too much")
		return reply{}
	}
	got := spent(m.token)
	refused(t, got, 429, "")
	if wait, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || wait != 1 {
		t.Errorf("wait %q", got.header.Get("Retry-After"))
	}
	if got := m.as(other, "GET", "/agents", ""); got.status != 403 || got.header.Get("RateLimit-Remaining") != "4" {
		t.Errorf("another user, without the right: %d %v", got.status, got.header)
	}
	for _, tt := range []struct {
		name string
		got  reply
		want int
	}{
		{"documented API", m.post("/contact/queues", "{}", m.token), 200},
		{"no token", m.do("GET", v1.Base+"/switches", "", nil), 401},
		{"document", m.get(v1.Base + "/openapi.json"), 200},
	} {
		if tt.got.status != tt.want || tt.got.header.Get("RateLimit-Limit") != "" {
			t.Errorf("%s: %d %v", tt.name, tt.got.status, tt.got.header)
		}
	}
	if n := m.metric("callgate_api_rate_limited_total"); n != 1 {
		t.Errorf("%v are counted", n)
	}
	limit("0", "")
	for range 20 {
		if got := m.as(m.token, "GET", "/switches", ""); got.status != 200 || got.header.Get("RateLimit-Limit") != "" {
			t.Fatalf("without a limit: %d %v", got.status, got.header)
		}
	}
}
