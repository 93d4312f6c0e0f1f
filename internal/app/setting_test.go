package app_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/project"
	"callgate/internal/setting"
	"callgate/internal/store/storetest"
)

// administer changes the database as a command does beside the process that serves.
func (l *land) administer(t *testing.T, do func(*app.Administration) error) {
	t.Helper()
	if err := app.Administer(t.Context(), on(l.database), slog.New(slog.DiscardHandler), do); err != nil {
		t.Fatal(err)
	}
}

// set changes settings, given as key and value in turn.
func (l *land) set(t *testing.T, keysAndValues ...string) {
	t.Helper()
	l.administer(t, func(a *app.Administration) error {
		for i := 0; i < len(keysAndValues); i += 2 {
			if err := a.Settings.Set(t.Context(), keysAndValues[i], keysAndValues[i+1], "command line"); err != nil {
				return err
			}
		}
		return nil
	})
}

// answers waits for an answer: a change by another process takes a moment.
func (h *house) answers(what, path, body string, status int, want string) reply {
	h.t.Helper()
	var got reply
	deadline := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if got = h.call(path, body); got.status == status && got.body == want {
			return got
		}
		select {
		case <-tick.C:
		case <-deadline:
			h.t.Fatalf("%s: %s answers %d %s\nwant %d %s", what, path, got.status, got.body, status, want)
		}
	}
}

// addProjects adds two projects, the larger id first.
func addProjects(t *testing.T) func(*app.Administration) error {
	return func(a *app.Administration) error {
		for _, p := range []project.Project{
			{ID: "9876", Name: "First", Queues: []string{"support@default"}, SLSeconds: 20},
			{ID: "1111", Name: "Second", Queues: []string{"support2@default", "sales@default", "support@default"}, SLSeconds: 20},
		} {
			if err := a.Projects.Add(t.Context(), p); err != nil {
				return err
			}
		}
		return nil
	}
}

const (
	ofOne  = `{"cntLoggedIn":1,"cntReady":1,"cntNotReady":0,"cntTalking":0}`
	ofTwo  = `{"cntLoggedIn":2,"cntReady":2,"cntNotReady":0,"cntTalking":0}`
	ofBoth = `{"9876":` + ofOne + `,"1111":` + ofTwo + `}`

	get1111, get9876 = `{"project_id":"1111"}`, `{"project_id":"9876"}`
	noProject        = `{"error":"Project not found"}`
	outsideDown      = `{"error":"Outside system unavailable!"}`
)

// statServer is an outside statistics server; the first part of the path says how it behaves.
type statServer struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int // by behaviour
}

const (
	statOutside = `{"cntLoggedIn":78,"cntReady":56,"cntNotReady":15,"cntTalking":7}`
	allOutside  = `{"5566":` + statOutside + `,"1111":` + statOutside + `}`
)

func newStatServer(t *testing.T) *statServer {
	t.Helper()
	s := &statServer{asked: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		behaviour, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		s.mu.Lock()
		s.asked[behaviour]++
		s.mu.Unlock()
		switch behaviour {
		case "slow":
			_, _ = io.Copy(io.Discard, r.Body) // or it would not see its client go
			<-r.Context().Done()
		case "garbage":
			fmt.Fprint(w, "<html>Welcome!</html>")
		case "sums":
			fmt.Fprint(w, `{"cntLoggedIn":79,"cntReady":56,"cntNotReady":15,"cntTalking":7}`)
		case "unknown":
			w.WriteHeader(404)
			fmt.Fprint(w, noProject)
		default:
			fmt.Fprint(w, map[string]string{"onlinestat/get": statOutside, "onlinestat/all": allOutside}[path])
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *statServer) times(behaviour string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[behaviour]
}

// TestOnlineStatSources changes, beside a process that serves, where its statistics come from.
func TestOnlineStatSources(t *testing.T) {
	t.Parallel() // it mostly waits
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			l := newLand(t, db.url(t), nil)
			h := l.build(t, nil)
			h.ready()
			h.signIn()
			h.answers("no project yet", "/onlinestat/all", "", 200, "{}")
			h.answers("no project yet", "/onlinestat/get", get1111, 404, noProject)
			l.administer(t, addProjects(t))
			changed := time.Now()
			got := h.answers("projects added", "/onlinestat/all", "", 200, ofBoth)
			if took := time.Since(changed); took > time.Second {
				t.Errorf("a change takes effect after %v", took)
			}
			if got.header.Get("Age") == "" {
				t.Error("the answer has no date")
			}
			h.answers("projects added", "/onlinestat/get", get1111, 200, ofTwo)
			h.answers("by GET", "/onlinestat/get?project_id=9876", get9876, 200, ofOne)

			limited := h.userOf("limited", []string{"1111"}, "onlinestat/*")
			if got := h.post("/onlinestat/all", "", limited); got.body != `{"1111":`+ofTwo+`}` {
				t.Errorf("a limited user sees %s", got.body)
			}
			if got := h.post("/onlinestat/get", get9876, limited); got.status != 404 || got.body != noProject {
				t.Errorf("a limited user gets %d %s", got.status, got.body)
			}

			outside := newStatServer(t)
			good := outside.URL + "/good"
			l.set(t, setting.OnlineStatProxyURL, good, setting.OnlineStatProxyTimeout, "300ms", setting.OnlineStatProxyCache, "0s",
				setting.OnlineStatSource, setting.FromProxy)
			h.answers("proxy", "/onlinestat/get", get1111, 200, statOutside)
			h.answers("proxy", "/onlinestat/all", "", 200, allOutside)
			h.answers("a project that only the other knows", "/onlinestat/get", `{"project_id":"5566"}`, 200, statOutside)
			if got := h.post("/onlinestat/all", "", limited); got.body != `{"1111":`+statOutside+`}` {
				t.Errorf("a limited user sees %s of the proxy's", got.body)
			}
			before := outside.times("good")
			if got := h.post("/onlinestat/get", get9876, limited); got.status != 404 || outside.times("good") != before {
				t.Errorf("a limited user gets %d, the proxy was asked", got.status)
			}
			l.set(t, setting.OnlineStatProxyURL, outside.URL+"/unknown")
			h.answers("unknown to the proxy", "/onlinestat/get", get1111, 404, noProject)

			dead := httptest.NewServer(nil)
			dead.Close()
			for _, trouble := range []struct{ name, url string }{
				{"slow", outside.URL + "/slow"}, {"garbage", outside.URL + "/garbage"}, {"sums", outside.URL + "/sums"}, {"dead", dead.URL},
			} {
				l.set(t, setting.OnlineStatProxyURL, trouble.url)
				got := h.answers(trouble.name, "/onlinestat/get", get1111, 503, outsideDown)
				if got.header.Get("Retry-After") == "" {
					t.Errorf("%s: no Retry-After", trouble.name)
				}
				if trouble.url != dead.URL && outside.times(trouble.name) == 0 {
					t.Errorf("%s: it was not asked", trouble.name)
				}
				for range 5 { // three failures are enough to leave it alone
					h.call("/onlinestat/all", "")
				}
				began := time.Now()
				h.answers(trouble.name, "/onlinestat/all", "", 503, outsideDown)
				if took := time.Since(began); took > 250*time.Millisecond {
					t.Errorf("%s: a caller still waits for it, %v", trouble.name, took)
				}
				l.set(t, setting.OnlineStatProxyURL, good)
				h.answers("mended by another server", "/onlinestat/get", get1111, 200, statOutside)
			}

			l.set(t, setting.OnlineStatSource, setting.FromSwitch)
			h.answers("switch again", "/onlinestat/all", "", 200, ofBoth)
			l.administer(t, func(a *app.Administration) error { return a.Projects.Remove(t.Context(), "9876", nil) })
			h.answers("a project removed", "/onlinestat/all", "", 200, `{"1111":`+ofTwo+`}`)

			// What is known of a switch that is gone counts no longer than it may.
			l.set(t, setting.SnapshotInterval, "1s", setting.SnapshotMaxAge, "1s")
			h.sw.RefuseByACL(true)
			h.sw.CutConnections()
			h.answers("no switch", "/onlinestat/get", get1111, 503, `{"error":"Switch unavailable!"}`)
			h.answers("no switch", "/contact/queues", "", 503, `{"error":"Switch unavailable!"}`)
		})
	}
}

// TestOnlineStatOfAnotherHouse asks a second callgate as the outside server: both speak the same contract.
func TestOnlineStatOfAnotherHouse(t *testing.T) {
	there := newLand(t, storetest.SQLite(t), nil)
	other := there.build(t, nil)
	other.ready()
	other.signIn()
	there.administer(t, addProjects(t))
	other.answers("its projects", "/onlinestat/all", "", 200, ofBoth)

	here := newLand(t, storetest.SQLite(t), nil)
	h := here.build(t, nil)
	h.ready()
	h.signIn()
	here.set(t, setting.OnlineStatProxyURL, other.url, setting.OnlineStatProxyPassword, password, setting.OnlineStatProxyLogin, login,
		setting.OnlineStatProxyCache, "0s", setting.OnlineStatSource, setting.FromProxy)
	h.answers("its answer", "/onlinestat/all", "", 200, ofBoth)
	h.answers("its answer", "/onlinestat/get", get9876, 200, ofOne)
	h.answers("its refusal", "/onlinestat/get", `{"project_id":"5566"}`, 404, noProject)

	// Its tokens end when its user gets another password; with that one we are let in again.
	const another = "another password"
	if err := other.app.Accounts().SetPassword(t.Context(), login, another); err != nil {
		t.Fatal(err)
	}
	h.answers("the password is wrong now", "/onlinestat/get", get9876, 503, outsideDown)
	here.set(t, setting.OnlineStatProxyPassword, another)
	h.answers("signed in again", "/onlinestat/get", get9876, 200, ofOne)
}

// TestTemplatesChange: the next call is made as another process has just said.
func TestTemplatesChange(t *testing.T) {
	l := newLand(t, storetest.SQLite(t), nil)
	h := l.build(t, func(c *app.Config) {
		c.Settings = map[string]string{setting.OriginateThen: "&park({called_number})"}
	})
	h.ready()
	h.signIn()
	made := func() string {
		callID(t, h.call("/contact/add", order("89100000000", "1001", "1234")))
		commands := h.sw.Commands()
		for i := len(commands) - 1; i >= 0; i-- {
			if strings.HasPrefix(commands[i], "originate ") {
				return commands[i]
			}
		}
		return ""
	}
	if got := made(); !strings.Contains(got, "originate_timeout=30,") || !strings.HasSuffix(got, "}user/1234 &park(89100000000)") {
		t.Errorf("at first: %s", got)
	}
	l.set(t, setting.OriginateDial, "sofia/internal/{sip}@127.0.0.1:5070", setting.OriginateThen, "&park()", setting.OriginateRingTime, "45s")
	// The three are set one after the other; who sees the last sees all.
	eventually(t, "another ring time", func() bool { return strings.Contains(made(), "originate_timeout=45,") })
	if got := made(); !strings.HasSuffix(got, "}sofia/internal/1234@127.0.0.1:5070 &park()") {
		t.Errorf("then: %s", got)
	}
	// What FreeSWITCH would expand never comes that far.
	err := app.Administer(t.Context(), on(l.database), slog.New(slog.DiscardHandler), func(a *app.Administration) error {
		return a.Settings.Set(t.Context(), setting.OriginateDial, "user/${system(id)}", "command line")
	})
	if err == nil {
		t.Error("an expansion was kept")
	}
}

// userOf adds a user who sees some projects only, and signs it in.
func (h *house) userOf(name string, projects []string, right string) (token string) {
	h.t.Helper()
	r, err := account.ParseRight(right)
	if err == nil {
		_, err = h.app.Accounts().Add(h.t.Context(), name, password, []account.Right{r}, projects)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	got := h.post("/auth/login", fmt.Sprintf(`{"login":%q,"password":%q}`, name, password), "")
	return strings.TrimSuffix(strings.TrimPrefix(got.body, `{"access_token":"`), `"}`)
}
