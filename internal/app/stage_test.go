package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/esl"
	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/setting"
	"callgate/internal/store/storetest"
)

// world is what a case finds when it begins. The pretend switch is made of it, and so is a running one's configuration.
type world struct {
	// phones are the accounts' phones, User being the account: one that appears twice is registered on two phones. An
	// account without a phone to ring for it is in absent.
	phones []esltest.Phone
	absent []string
	far    esltest.Phone // whoever is called outside
	queues []esltest.Queue
	agents []esltest.Agent
	tiers  []esltest.Tier
	ring   string // how long accounts ring; "" is 3s
	encode string // how CDRs are posted; "" is true
	noAPI  bool   // CDRs are posted where nobody listens
}

// phone is an account's, one that answers at once.
func phone(name string) esltest.Phone { return esltest.Phone{User: name} }

// surroundings is what a switch has to know of where it stands.
type surroundings struct {
	recordings  string // the folder
	cdr         string // where CDRs go
	undelivered string // the folder for those that do not get there
	outbound    string // where calls are handed over
}

// stage is a switch with people around it: the pretend one, or a running FreeSWITCH with SIP user agents.
type stage interface {
	// addr and password are those of the Event Socket.
	addr() string
	password() string
	// customer rings from outside.
	customer(t *testing.T, c incoming) customer
	// rings are the calls that the phones of an account, or of whoever is outside (""), have got so far.
	rings(t *testing.T, account string) []esltest.Ring
	// crash ends the switch without a word; start begins it anew.
	crash(t *testing.T)
	start(t *testing.T)
	// spoilTiers makes the call centre's table of tiers fail to be read, or read well again.
	spoilTiers(t *testing.T, on bool)
}

// incoming is what a customer does.
type incoming struct {
	number, name string
	to           string        // whom he dials
	stays        time.Duration // from the answer on; 0 is until he is sent away
	presses      string        // a key, a second after the answer
}

// customer is somebody who has rung.
type customer interface {
	hangup(t *testing.T)
	// outcome is "" while it goes on, then "answered" or the SIP status that refused him.
	outcome(t *testing.T) string
}

// scene is a case on its stage, with a callgate in between.
type scene struct {
	*house
	stage
	land        *land
	link        *wire // between callgate and the Event Socket
	inbound     *wire // between the dialplan and callgate
	operator    *esl.Client
	undelivered string
}

// beginning is a database with an administrator who is signed in: hashing a password is slow on purpose, and once is enough.
type beginning struct {
	database []byte
	token    string
}

func newBeginning(t *testing.T) beginning {
	t.Helper()
	l := &land{database: storetest.SQLite(t), recordings: t.TempDir(), addr: freeAddr(t), switches: []app.Switch{{Name: "main", Addr: "127.0.0.1:1", Password: "none"}}}
	h := l.build(t, nil)
	got := h.post("/auth/login", object("login", login, "password", password), "")
	h.stop()
	text, err := os.ReadFile(strings.TrimPrefix(l.database, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	return beginning{text, strings.TrimSuffix(strings.TrimPrefix(got.body, `{"access_token":"`), `"}`)}
}

// newScene builds a world on a stage and a callgate over it.
func newScene(t *testing.T, first beginning, w world, open func(*testing.T, world, surroundings) stage) *scene {
	t.Helper()
	dir := t.TempDir()
	l := &land{database: storetest.SQLite(t), recordings: filepath.Join(dir, "recordings"), addr: freeAddr(t)}
	if err := os.WriteFile(strings.TrimPrefix(l.database, "sqlite:"), first.database, 0o600); err != nil {
		t.Fatal(err)
	}
	around := surroundings{recordings: l.recordings, cdr: "http://" + l.addr + "/cdr", undelivered: filepath.Join(dir, "undelivered"), outbound: freeAddr(t)}
	handOver := freeAddr(t)
	if w.noAPI {
		around.cdr = "http://" + freeAddr(t) + "/cdr"
	}
	if w.ring == "" {
		w.ring = "3s"
	}
	for _, folder := range []string{around.recordings, around.undelivered} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.queues = slices.Clone(w.queues)
	for i := range w.queues {
		w.queues[i].RecordTemplate = strings.ReplaceAll(w.queues[i].RecordTemplate, "{recordings}", around.recordings)
	}
	s := &scene{stage: open(t, w, around), land: l, undelivered: around.undelivered}
	s.link, s.inbound = newWire(t, "127.0.0.1:0", s.addr()), newWire(t, around.outbound, handOver)
	s.operator = esl.NewClient(esl.Options{Name: "operator", Addr: s.addr(), Password: s.password()})
	runUntilCleanup(t, "operator", s.operator.Run)
	l.switches = []app.Switch{{Name: "main", Addr: s.link.addr(), Password: s.password()}}
	s.house = l.build(t, func(c *app.Config) {
		c.OutboundAddr = handOver
		c.Settings = map[string]string{setting.APIBurst: "0", setting.OriginateRingTime: w.ring, setting.SnapshotInterval: "1s",
			setting.OriginateThen: "{called_number} XML callgate-out"}
	})
	s.token = first.token
	s.ready()
	eventually(t, "the first reading", func() bool { return s.call("/contact/queues", "").status == http.StatusOK })
	return s
}

// modern is the scene's callgate by its modern face. That its answers are as the document says is tested elsewhere.
func (s *scene) modern(*testing.T) *modern { return &modern{house: s.house} }

// fs runs an api command as an operator does with fs_cli, over a connection that is made anew after a crash.
func (s *scene) fs(t *testing.T, command string) (text string) {
	t.Helper()
	name, args, _ := strings.Cut(command, " ")
	eventually(t, command, func() (ok bool) {
		if !s.operator.Ready() {
			return false
		}
		var err error
		text, err = s.operator.API(t.Context(), name, args)
		return err == nil
	})
	return text
}

// row is a channel as the switch shows it.
type row struct {
	UUID        string
	Direction   string
	Number      string `json:"cid_num"`
	Name        string `json:"cid_name"`
	Destination string `json:"dest"`
	Application string
	State       string `json:"callstate"`
}

func (s *scene) rows(t *testing.T) []row {
	t.Helper()
	var shown struct{ Rows []row }
	text := s.fs(t, "show channels as json")
	if err := json.Unmarshal([]byte(text), &shown); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return shown.Rows
}

// empty waits until no call is left.
func (s *scene) empty(t *testing.T) {
	t.Helper()
	eventually(t, "no call left", func() bool { return len(s.rows(t)) == 0 })
}

// record is the documented JSON of a leg's CDR, once it has come.
func (s *scene) record(t *testing.T, id string) (variables map[string]any, body string) {
	t.Helper()
	var got reply
	eventually(t, "CDR of "+id, func() bool {
		got = s.call("/contact/cdr", object("id", id))
		return got.status == http.StatusOK
	})
	var cdr struct{ Variables map[string]any }
	if err := json.Unmarshal([]byte(got.body), &cdr); err != nil {
		t.Fatalf("%v in %s", err, got.body)
	}
	return cdr.Variables, got.body
}

// rang waits until an account's phones have got n calls, and returns them.
func (s *scene) rang(t *testing.T, account string, n int) []esltest.Ring {
	t.Helper()
	var got []esltest.Ring
	eventually(t, fmt.Sprintf("%d calls to %q", n, account), func() bool {
		got = s.rings(t, account)
		return len(got) >= n
	})
	if len(got) > n {
		t.Fatalf("%q was called %d times, want %d: %+v", account, len(got), n, got)
	}
	return got
}

// ended waits for a customer's outcome.
func ended(t *testing.T, c customer, want string) {
	t.Helper()
	got := ""
	eventually(t, "the end of the customer's call", func() bool { got = c.outcome(t); return got != "" })
	if got != want {
		t.Errorf("the customer's call: %s, want %s", got, want)
	}
}

// shared are the parts of the dialplan that both stages have before what is shipped, in the context of calls from outside:
// "queue-NAME" leads into that queue.
func shared() []esltest.Extension {
	return []esltest.Extension{
		{Name: "queue", Context: "public", Match: `^queue-(.+)$`, Apps: []esltest.App{{Name: "answer"}, {Name: "callcenter", Data: "$1"}}},
	}
}

// wire is what lies between callgate and the switch, so that it can be cut.
type wire struct {
	ln    net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

func newWire(t *testing.T, from, to string) *wire {
	t.Helper()
	ln, err := net.Listen("tcp", from)
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{ln: ln}
	runUntilCleanup(t, "wire", func(ctx context.Context) error { return w.run(ctx, to) })
	return w
}

func (w *wire) addr() string { return w.ln.Addr().String() }

func (w *wire) run(ctx context.Context, to string) error {
	defer context.AfterFunc(ctx, w.close)()
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		near, err := w.ln.Accept()
		if err != nil {
			w.cut()
			return nil
		}
		wg.Go(func() {
			defer near.Close()
			far, err := net.Dial("tcp", to)
			if err != nil {
				return
			}
			defer far.Close()
			w.mu.Lock()
			w.conns = append(w.conns, near, far)
			w.mu.Unlock()
			var both sync.WaitGroup
			pass := func(to, from net.Conn) {
				_, _ = io.Copy(to, from)
				to.Close()
				from.Close()
			}
			both.Go(func() { pass(near, far) })
			both.Go(func() { pass(far, near) })
			both.Wait()
		})
	}
}

// close cuts it for good: who connects is refused.
func (w *wire) close() {
	w.ln.Close()
	w.cut()
}

// cut breaks every connection there is.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Close()
	}
	w.conns = nil
}

// files are the names of what a folder holds.
func files(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	slices.Sort(names)
	return names
}
