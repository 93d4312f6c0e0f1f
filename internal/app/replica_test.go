package app_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/call"
	"callgate/internal/project"
	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// noticed is how soon every replica knows what another process has changed; takenOver how soon a duty is another's.
const (
	noticed   = time.Second
	takenOver = 5 * time.Second
)

// newReplicas starts processes of callgate on one switch, each on the database of its own URL.
func newReplicas(t *testing.T, databases ...string) (*esltest.Switch, []*served) {
	t.Helper()
	c := manualSwitch()
	c.Extensions = append(c.Extensions, esltest.Extension{Name: "sales", Match: "^sales$",
		Apps: []esltest.App{{Name: "answer"}, {Name: "callcenter", Data: "sales@default"}}})
	sw, err := esltest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	runUntilCleanup(t, "switch", sw.Run)
	recordings := t.TempDir()
	var all []*served
	for _, database := range databases {
		all = append(all, &served{Database: database, Recordings: recordings, Switch: sw.Addr()})
	}
	return sw, all
}

// get asks for a page.
func (s *served) get(t *testing.T, path, token string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// holds tells whether the process says that it has a duty.
func (s *served) holds(t *testing.T, duty string) bool {
	t.Helper()
	return strings.Contains(s.get(t, "/metrics", ""), `callgate_duty_held{duty="`+duty+"\"} 1\n")
}

// sales is what today has brought the queue, by this process.
func (s *served) sales(t *testing.T, token string) string {
	t.Helper()
	var all []struct {
		Name  string `json:"name"`
		Today struct {
			Answered  int `json:"answered"`
			Abandoned int `json:"abandoned"`
			Unseen    int `json:"unseen"`
		} `json:"today"`
	}
	text := s.get(t, "/api/v1/queues", token)
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	for _, q := range all {
		if q.Name == "sales@default" {
			return fmt.Sprintf("%+v", q.Today)
		}
	}
	return "no such queue in " + text
}

// TestReplicasSeeChanges: what one process changes every other knows within a second, whether it is announced or not.
func TestReplicasSeeChanges(t *testing.T) {
	database := storetest.Postgres(t)
	_, replicas := newReplicas(t, database, database)
	var group sync.WaitGroup
	for _, r := range replicas { // on an empty database, at once
		group.Go(func() { r.start(t) })
	}
	group.Wait()
	token := replicas[0].signIn(t)
	replicas[1].signIn(t)
	db, err := sql.Open("postgres", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	bare := func(statements ...string) func(*app.Administration) error {
		return func(*app.Administration) error {
			for _, s := range statements {
				if _, err := db.Exec(s); err != nil {
					return err
				}
			}
			return nil
		}
	}
	signIn := func(login string) (token string) {
		_, text := replicas[0].ask(t, "/auth/login", fmt.Sprintf(`{"login":%q,"password":%q}`, login, password), "")
		return strings.TrimSuffix(strings.TrimPrefix(text, `{"access_token":"`), `"}`)
	}
	other, revoked := "", ""
	deny := []string{"7900"}
	for _, tt := range []struct {
		name       string
		change     func(*app.Administration) error
		path, body string
		token      *string
		want       string
	}{
		{"project", func(a *app.Administration) error {
			return a.Projects.Add(t.Context(), project.Project{ID: "9876", Name: "p", SLSeconds: 20})
		},
			"/onlinestat/get", get9876, &token, `{"cntLoggedIn":0,`},
		{"setting", func(a *app.Administration) error {
			return a.Settings.Set(t.Context(), setting.OriginateDial, "user/none-{sip}", "test")
		}, "/contact/add", `{"called_number":"79001234567","caller_number":"78001112233","sip":"1000"}`, &token, `{"message":"-ERR `},
		{"destination rule", func(a *app.Administration) error {
			return a.Destinations.Set(t.Context(), call.Scope{Kind: call.ForAll}, call.RuleChange{Deny: &deny}, "test", nil)
		}, "/contact/add", `{"called_number":"79001234567","caller_number":"78001112233","sip":"1000"}`, &token, `{"error":"Wrong called_number!"}`},
		{"module off", func(a *app.Administration) error {
			return a.Accounts.SetModule(t.Context(), "contact", "tier", false, "test")
		},
			"/contact/tier", `{"queue":"sales@default"}`, &token, `{"error":"Access denied!"}`},
		{"user", func(a *app.Administration) error {
			if _, err := a.Accounts.Add(t.Context(), "other", password, []account.Right{{Module: "contact", Action: account.Any}}, nil); err != nil {
				return err
			}
			other, revoked = signIn("other"), signIn("other")
			return nil
		}, "/contact/tiers", "", &other, `[{"queue":`},
		{"token revoked, unannounced", bare(`DELETE FROM tokens WHERE id = (SELECT MAX(id) FROM tokens)`,
			`UPDATE revisions SET revision = revision + 1 WHERE topic = 'accounts'`), "/contact/tiers", "", &revoked, `{"error":"Wrong token!"}`},
		{"user disabled", func(a *app.Administration) error { return a.Accounts.SetStatus(t.Context(), "other", account.Inactive) },
			"/contact/tiers", "", &other, `{"error":"Wrong token!"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, r := range replicas { // which have the token in memory then
				if _, body := r.ask(t, tt.path, tt.body, *tt.token); strings.HasPrefix(body, tt.want) {
					t.Fatalf("it was so before: %s", body)
				}
			}
			var changed time.Time
			if err := app.Administer(t.Context(), on(database), slog.New(slog.DiscardHandler), func(a *app.Administration) error {
				err := tt.change(a)
				changed = time.Now()
				return err
			}); err != nil {
				t.Fatal(err)
			}
			for i, r := range replicas {
				var body string
				eventually(t, tt.name, func() bool {
					_, body = r.ask(t, tt.path, tt.body, *tt.token)
					return strings.HasPrefix(body, tt.want)
				})
				took := time.Since(changed)
				t.Logf("replica %d: after %v", i, took)
				if took > noticed {
					t.Errorf("replica %d noticed after %v", i, took)
				}
			}
		})
	}
}

// TestReplicasTakeOneCDR: a CDR that is posted to two processes at once is there once.
func TestReplicasTakeOneCDR(t *testing.T) {
	database := storetest.Postgres(t)
	_, replicas := newReplicas(t, database, database)
	for _, r := range replicas {
		r.start(t)
	}
	const id, posts = "87e64143-758c-4f9b-b990-e06613a3d7d2", 20
	text := manual(t, "cdr.xml")
	var group sync.WaitGroup
	for i := range posts {
		mine := fmt.Sprintf("%s%012d", id[:24], i)
		for _, r := range replicas {
			group.Go(func() {
				req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+r.addr+"/cdr?uuid="+url.QueryEscape("a_"+mine),
					strings.NewReader(strings.ReplaceAll(text, id, mine)))
				if err != nil {
					t.Error(err)
					return
				}
				req.SetBasicAuth(cdrUser, cdrPass)
				req.Header.Set("Content-Type", "text/xml")
				resp, err := http.DefaultClient.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					t.Errorf("answered %d", resp.StatusCode)
				}
			})
		}
	}
	group.Wait()
	db, err := sql.Open("postgres", database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var rows, legs int
	if err := db.QueryRow(`SELECT COUNT(*), COUNT(DISTINCT leg) FROM cdrs`).Scan(&rows, &legs); err != nil {
		t.Fatal(err)
	}
	if rows != posts || legs != posts {
		t.Errorf("%d CDRs of %d legs, want %d of each", rows, legs, posts)
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestReplicasTakeOver: one of two processes has the duties. The other has them in less than five seconds when the
// first cannot reach the database any more, or is killed; never do both; and today's figures have every call once.
func TestReplicasTakeOver(t *testing.T) {
	t.Parallel() // it mostly waits
	database := storetest.Postgres(t)
	through, link := storetest.Through(t, database)
	sw, replicas := newReplicas(t, through, database)
	first, second := replicas[0], replicas[1]
	duties := []string{"switch:main", "installation"}
	has := func(s *served) bool { return s.holds(t, duties[0]) && s.holds(t, duties[1]) }
	first.start(t)
	eventually(t, "duties", func() bool { return has(first) })
	second.start(t)
	token := second.signIn(t)
	calls := 0
	ring := func(by ...*served) {
		t.Helper()
		calls++
		if _, err := sw.Call(esltest.Call{Number: "79001234567", Extension: "sales"}); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("{Answered:%d Abandoned:0 Unseen:0}", calls)
		for _, s := range by {
			got := ""
			defer func() {
				if t.Failed() {
					t.Logf("after %d calls: %s", calls, got)
				}
			}()
			eventually(t, "a call that is counted", func() bool {
				got = s.sales(t, token)
				return got == want || strings.Contains(got, strconv.Itoa(calls+1))
			})
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	}
	ring(first, second)
	ring(first, second)
	if second.holds(t, duties[0]) || second.holds(t, duties[1]) {
		t.Error("both have a duty")
	}

	link.Freeze()
	parted := time.Now()
	eventually(t, "to be taken over from who is parted", func() bool {
		other := second.holds(t, duties[0]) || second.holds(t, duties[1])
		if other && (first.holds(t, duties[0]) || first.holds(t, duties[1])) {
			t.Error("both have a duty")
		}
		return other && has(second)
	})
	took := time.Since(parted)
	t.Logf("parted: taken over after %v", took)
	if took > takenOver {
		t.Error("that is too late")
	}
	ring(second)
	link.Thaw()
	ring(first, second)
	if first.holds(t, duties[0]) || first.holds(t, duties[1]) {
		t.Error("who was parted has a duty again")
	}

	if err := second.end(os.Kill); err == nil {
		t.Fatal("not killed")
	}
	killed := time.Now()
	eventually(t, "to be taken over from who was killed", func() bool { return has(first) })
	took = time.Since(killed)
	t.Logf("killed: taken over after %v", took)
	if took > takenOver {
		t.Error("that is too late")
	}
	ring(first)
	if err := first.end(syscall.SIGTERM); err != nil {
		t.Errorf("stopped: %v", err)
	}
	kept, err := storetest.Open(t, database, store.Options{}).Day(context.Background(), "main")
	if want := fmt.Sprintf(`"sales@default":{"Today":{"Answered":%d,"Abandoned":0,`, calls); err != nil || !strings.Contains(string(kept), want) ||
		!strings.Contains(string(kept), `"Unseen":0}`) {
		t.Errorf("kept %s %v, want %s", kept, err, want)
	}
}
