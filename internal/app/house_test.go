package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/secret"
	"callgate/internal/setting"
	"callgate/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

// house is a whole callgate over a pretend switch, seen from outside only.
type house struct {
	t     *testing.T
	url   string
	sw    *esltest.Switch
	app   *app.App
	token string
	http  *http.Client
	stop  func() // the process, in order
}

const (
	login    = "API_test_2" // the manual's own account
	password = "API_test_2"
	cdrUser  = "cdr"
	cdrPass  = "cdrpass"
)

// land is what surrounds a house and outlives it: database, folders, switch, address.
type land struct {
	database   string
	recordings string
	addr       string // where the API listens, so that the switch knows where to post
	sw         *esltest.Switch
	switches   []app.Switch // what callgate is linked to, where that is not sw
	logger     *slog.Logger // nil discards
}

// newLand starts a switch with the manual's queues, agents and tiers, and phones that answer at once.
func newLand(t *testing.T, database string, change func(*esltest.Config)) *land {
	t.Helper()
	l := &land{database: database, recordings: filepath.Join(t.TempDir(), "recordings"), addr: freeAddr(t)}
	if err := os.Mkdir(l.recordings, 0o755); err != nil {
		t.Fatal(err)
	}
	c := manualSwitch()
	c.RecordingsDir = l.recordings
	c.CDR = esltest.CDRConfig{URL: "http://" + l.addr + "/cdr", User: cdrUser, Password: cdrPass, Retries: 2, Delay: 20 * time.Millisecond}
	if change != nil {
		change(&c)
	}
	sw, err := esltest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	l.sw = sw
	runUntilCleanup(t, "switch", sw.Run)
	return l
}

// manualSwitch has what the user's manual shows.
func manualSwitch() esltest.Config {
	queue := func(name, strategy, score string, discard, wait int, noWait bool) esltest.Queue {
		return esltest.Queue{Name: name, Strategy: strategy, TimeBaseScore: score, MOH: "local_stream://moh",
			TierRuleWaitSecond: 300, TierRuleWaitMultiply: true, TierRuleNoAgentNoWait: noWait,
			DiscardAbandonedAfter: discard, MaxWaitNoAgent: wait}
	}
	agent := func(name string) esltest.Agent {
		return esltest.Agent{Name: name, Status: "Available", Contact: "user/" + strings.TrimSuffix(name, "@default")}
	}
	phone := func(n string) esltest.User {
		return esltest.User{ID: n, DialString: "sofia/internal/" + n + "@127.0.0.1:5070"}
	}
	return esltest.Config{
		Queues: []esltest.Queue{
			queue("support2@default", "longest-idle-agent", "system", 60, 120, false),
			queue("sales@default", "agent-with-least-talk-time", "queue", 14400, 120, false),
			queue("support@default", "longest-idle-agent", "system", 60, 0, true),
		},
		Agents: []esltest.Agent{agent("1000@default"), agent("1001@default")},
		Tiers: []esltest.Tier{
			{Queue: "support2@default", Agent: "1000@default"},
			{Queue: "sales@default", Agent: "1001@default"},
			{Queue: "support@default", Agent: "1001@default"},
		},
		Users: []esltest.User{phone("1000"), phone("1001"), phone("1234"), phone("1486"), phone("1480")},
		Phones: []esltest.Phone{
			{Addr: "127.0.0.1:5070", User: "1486", Refuse: 486},
			{Addr: "127.0.0.1:5070", User: "1480", NoAnswer: true},
			{Addr: "127.0.0.1:5070", HangupAfter: 300 * time.Millisecond},
			{Addr: "127.0.0.1:5080"},
		},
		Extensions: []esltest.Extension{
			{Name: "public number", Match: `^(\+?\d{5,})$`, Apps: []esltest.App{{Name: "bridge", Data: "sofia/internal/$1@127.0.0.1:5080"}}},
		},
	}
}

// freeAddr is an address that nobody listens on, outside the range from which the kernel takes ports for connections:
// those of tests that run at the same time would come and go on it.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(20000)))
		if err != nil {
			continue
		}
		defer l.Close()
		if _, taken := taken.LoadOrStore(l.Addr().String(), true); !taken {
			return l.Addr().String()
		}
	}
	t.Fatal("no free port")
	return ""
}

// taken are the addresses that freeAddr has given: whoever got one may not have bound it yet.
var taken sync.Map

// runUntilCleanup runs a long-lived part until the test is over.
func runUntilCleanup(t testing.TB, name string, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stopped := false
	stop = func() {
		cancel()
		if !stopped {
			stopped = true
			if err := <-done; err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	t.Cleanup(stop)
	return stop
}

// on is how a database is opened. Its key is told: some are copied, and no file with one is to be made in this folder.
func on(database string) app.Config {
	return app.Config{DatabaseURL: database, SecretKey: strings.Repeat("0a", secret.KeySize)}
}

// kept are settings by which what is told of days of the manual is not deleted, and nobody is asked to come more seldom.
func kept() map[string]string {
	return map[string]string{setting.RequestsKeepDays: "0", setting.SMSKeepDays: "0", setting.APIBurst: "0"}
}

// build starts callgate on the land.
func (l *land) build(t *testing.T, change func(*app.Config)) *house {
	t.Helper()
	c := app.Default()
	c.HTTPAddr, c.DatabaseURL, c.RecordingsDir = l.addr, l.database, l.recordings
	c.SecretKey = on(l.database).SecretKey
	c.OutboundAddr = "127.0.0.1:0"
	if c.Switches = l.switches; c.Switches == nil {
		c.Switches = []app.Switch{{Name: "main", Addr: l.sw.Addr(), Password: "ClueCon"}}
	}
	c.CDRUser, c.CDRPassword = cdrUser, cdrPass
	c.Settings = map[string]string{setting.APIBurst: "0"} // tests ask as fast as they can
	c.AdminLogin, c.AdminPassword = login, password
	c.Settings = kept()
	if change != nil {
		change(&c)
	}
	a, err := app.New(t.Context(), c, app.Options{Logger: l.logger, Version: "v1.2.3", HashMemory: 64})
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	h := &house{t: t, url: "http://" + a.Addr(), sw: l.sw, app: a, http: &http.Client{Transport: transport}}
	h.stop = runUntilCleanup(t, "callgate", a.Run)
	t.Cleanup(transport.CloseIdleConnections)
	return h
}

// newHouse is a house with the manual's switch, linked and signed in.
func newHouse(t *testing.T, database string) *house {
	t.Helper()
	h := newLand(t, database, nil).build(t, nil)
	h.ready()
	h.signIn()
	return h
}

// eventually waits until ok holds.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// ready waits until the house is ready and has read the contact centre.
func (h *house) ready() {
	h.t.Helper()
	eventually(h.t, "ready", func() bool { return h.get("/readyz").status == http.StatusOK })
}

func (h *house) signIn() {
	h.t.Helper()
	got := h.post("/auth/login", fmt.Sprintf(`{"login":%q,"password":%q}`, login, password), "")
	var body struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(got.body), &body); err != nil || len(body.Token) != 32 {
		h.t.Fatalf("sign in: %s", got.body)
	}
	h.token = body.Token
	// The first snapshot may be a moment away.
	eventually(h.t, "snapshot", func() bool { return h.call("/contact/queues", "").status == http.StatusOK })
}

// reply is an HTTP answer read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

func (h *house) do(method, path, body string, header http.Header) reply {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := h.http.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(text)}
}

func bearer(token string) http.Header {
	if token == "" {
		return nil
	}
	return http.Header{"Authorization": {"Bearer " + token}}
}

// post, call and get ask; call carries the house's token.
func (h *house) post(path, body, token string) reply {
	h.t.Helper()
	return h.do(http.MethodPost, path, body, bearer(token))
}

func (h *house) call(path, body string) reply {
	h.t.Helper()
	return h.post(path, body, h.token)
}

func (h *house) get(path string) reply {
	h.t.Helper()
	return h.do(http.MethodGet, path, "", bearer(h.token))
}

// user adds a user with the given rights and signs it in.
func (h *house) user(name string, rights ...string) (token string) {
	h.t.Helper()
	return h.limited(name, nil, rights...)
}

// limited adds a user who sees these projects only, none being all, and signs it in.
func (h *house) limited(name string, projects []string, rights ...string) (token string) {
	h.t.Helper()
	var all []account.Right
	for _, text := range rights {
		r, err := account.ParseRight(text)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, r)
	}
	if _, err := h.app.Accounts().Add(h.t.Context(), name, password, all, projects); err != nil {
		h.t.Fatal(err)
	}
	return h.signedIn(name)
}

// signedIn signs a user in that there is.
func (h *house) signedIn(name string) (token string) {
	h.t.Helper()
	got := h.post("/auth/login", fmt.Sprintf(`{"login":%q,"password":%q}`, name, password), "")
	return strings.TrimSuffix(strings.TrimPrefix(got.body, `{"access_token":"`), `"}`)
}

// manual reads a body as the user's manual prints it.
func manual(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "manual", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// compact takes the white space out of a JSON text, which is all that may differ from the manual.
func compact(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return b.String()
}

func (h *house) setStatus(t *testing.T, name, status string) {
	t.Helper()
	for _, s := range []account.Status{account.Active, account.Inactive, account.Deleted} {
		if s.String() == status {
			if err := h.app.Accounts().SetStatus(t.Context(), name, s); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("no status %q", status)
}

// command runs an api command on the switch over a connection of its own, as an operator does with fs_cli.
func (h *house) command(t *testing.T, command string) string {
	t.Helper()
	return operate(t, h.sw.Addr(), "ClueCon", command)
}

func operate(t *testing.T, addr, password, command string) string {
	t.Helper()
	c := esl.NewClient(esl.Options{Name: "operator", Addr: addr, Password: password})
	stop := runUntilCleanup(t, "operator", c.Run)
	defer stop()
	eventually(t, "operator's link", c.Ready)
	name, args, _ := strings.Cut(command, " ")
	text, err := c.API(t.Context(), name, args)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
