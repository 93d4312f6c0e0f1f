package smpp_test

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"callgate/internal/outside/gateway"
	"callgate/internal/outside/smpp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// packages is the folder of the npm packages that testdata/smsc wants. They are fetched once, into the user's cache.
var packages = sync.OnceValues(func() (string, error) {
	lock, err := os.ReadFile("testdata/smsc/package-lock.json")
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	folder := filepath.Join(cache, "callgate", fmt.Sprintf("smsc-%x", sha256.Sum256(lock))[:21])
	modules := filepath.Join(folder, "node_modules")
	if _, err := os.Stat(modules); err == nil {
		return modules, nil
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		return "", err
	}
	making, err := os.MkdirTemp(filepath.Dir(folder), "making")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(making)
	if err := os.CopyFS(making, os.DirFS("testdata/smsc")); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--fetch-retries=1")
	cmd.Dir = making
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm ci in internal/outside/smpp/testdata/smsc, which needs Node, npm and the network once: %w\n%s", err, out)
	}
	if err := os.Rename(making, folder); err != nil {
		if _, err := os.Stat(modules); err != nil { // nobody else made it meanwhile
			return "", err
		}
	}
	return modules, nil
})

// event is what the SMSC saw.
type event struct {
	Event       string `json:"ev"`
	Ref         int    `json:"ref"`
	Port        int    `json:"port"`
	Session     int    `json:"session"`
	Status      int    `json:"status"`
	Error       string `json:"error"`
	Kind        string `json:"kind"`
	SystemID    string `json:"system_id"`
	Password    string `json:"password"`
	SystemType  string `json:"system_type"`
	Version     int    `json:"version"`
	How         string `json:"how"`
	Has         bool   `json:"has"` // it will be delivered
	ID          string `json:"id"`
	SourceTON   int    `json:"src_ton"`
	SourceNPI   int    `json:"src_npi"`
	Source      string `json:"src"`
	DestTON     int    `json:"dst_ton"`
	DestNPI     int    `json:"dst_npi"`
	Dest        string `json:"dst"`
	ESMClass    int    `json:"esm_class"`
	Validity    string `json:"validity"`
	Registered  int    `json:"registered_delivery"`
	DataCoding  int    `json:"data_coding"`
	Length      int    `json:"length"`
	UDH         []string
	Text        string `json:"text"`
	Payload     string `json:"payload"`
	ServiceType string `json:"service_type"`
}

// smsc is the SMSC of testdata/smsc as a process of its own.
type smsc struct {
	t    *testing.T
	in   io.WriteCloser
	addr string

	mu     sync.Mutex
	events []event
	more   chan struct{} // closed when there are more
	refs   int
}

func newSMSC(t *testing.T) *smsc {
	t.Helper()
	modules, err := packages()
	if err != nil {
		t.Fatal(err)
	}
	s := &smsc{t: t, more: make(chan struct{})}
	cmd := exec.Command("node", "testdata/smsc/server.js")
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	s.in, _ = cmd.StdinPipe()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("the SMSC of the tests needs Node: %v", err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines := json.NewDecoder(bufio.NewReader(out)); ; {
			var e event
			if err := lines.Decode(&e); err != nil {
				return
			}
			s.mu.Lock()
			s.events = append(s.events, e)
			close(s.more)
			s.more = make(chan struct{})
			s.mu.Unlock()
		}
	}()
	t.Cleanup(func() {
		s.in.Close()
		<-read
		if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
			t.Errorf("the SMSC: %v\n%s", err, stderr.String())
		}
	})
	s.addr = fmt.Sprintf("127.0.0.1:%d", s.wait("listening", nil).Port)
	return s
}

// tell has the SMSC do something.
func (s *smsc) tell(command string, what map[string]any) {
	s.t.Helper()
	s.mu.Lock()
	s.refs++
	ref := s.refs
	s.mu.Unlock()
	all := map[string]any{"cmd": command, "ref": ref}
	maps.Copy(all, what)
	line, err := json.Marshal(all)
	if err == nil {
		_, err = s.in.Write(append(line, '\n'))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if done := s.wait("", func(e event) bool { return e.Ref == ref }); done.Event != "done" {
		s.t.Fatalf("the SMSC does not do %s: %s", line, done.Error)
	}
}

type set = map[string]any

func (s *smsc) set(what set) { s.t.Helper(); s.tell("set", what) }

// wait waits for an event of that name for which that holds, and returns the first.
func (s *smsc) wait(name string, holds func(event) bool) event {
	s.t.Helper()
	return s.waitFor(name, 1, holds)[0]
}

// waitFor waits for so many.
func (s *smsc) waitFor(name string, n int, holds func(event) bool) []event {
	s.t.Helper()
	limit := time.After(90 * time.Second)
	for {
		s.mu.Lock()
		more := s.more
		s.mu.Unlock()
		if found := s.all(name, holds); len(found) >= n {
			return found
		}
		select {
		case <-more:
		case <-limit:
			s.t.Fatalf("the SMSC does not see %d %s: %+v", n, name, s.all("", nil))
		}
	}
}

// all are the events of a name, "" for every one, for which that holds, nil for always.
func (s *smsc) all(name string, holds func(event) bool) (found []event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if (name == "" || e.Event == name) && (holds == nil || holds(e)) {
			found = append(found, e)
		}
	}
	return found
}

// receipts are those that a client told of.
type receipts struct {
	mu   sync.Mutex
	all  []gateway.Receipt
	fail func(gateway.Receipt) error
}

func (r *receipts) heard(_ context.Context, one gateway.Receipt) error {
	r.mu.Lock()
	fail := r.fail
	r.mu.Unlock()
	if fail != nil {
		if err := fail(one); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, one)
	return nil
}

// failing lets what is told fail as fail does, nil for never.
func (r *receipts) failing(fail func(gateway.Receipt) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail = fail
}

func (r *receipts) got() []gateway.Receipt {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]gateway.Receipt(nil), r.all...)
}

// running is a client that runs.
type running struct {
	*smpp.Client
	receipts
	t       *testing.T
	metrics *prometheus.Registry
	log     *logged
	stop    func() // and waits
}

// logged is what a client wrote to the log.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

const password = "passw0rd"

// settings are those of a description, with more members.
func settings(t *testing.T, addr string, more set) smpp.Settings {
	t.Helper()
	all := set{"addr": addr, "system_id": "callgate"}
	maps.Copy(all, more)
	description, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	s, err := smpp.ParseSettings(description, map[string]string{"password": password})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// client runs a client of an SMSC until the end of the test. Its pauses are short.
func client(t *testing.T, addr string, more set, o smpp.Options) *running {
	t.Helper()
	return start(t, addr, more, o, func(time.Duration) time.Duration { return 5 * time.Millisecond })
}

// start runs a client whose pauses are as long as pausing says.
func start(t *testing.T, addr string, more set, o smpp.Options, pausing func(time.Duration) time.Duration) *running {
	t.Helper()
	r := &running{t: t, metrics: prometheus.NewRegistry(), log: &logged{}}
	o.Name, o.Metrics, o.Logger = "mts", smpp.NewMetrics(r.metrics), slog.New(slog.NewTextHandler(r.log, nil))
	c, err := smpp.New(settings(t, addr, more), r.heard, o)
	if err != nil {
		t.Fatal(err)
	}
	c.Pausing(pausing)
	r.Client = c
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	t.Cleanup(r.stop)
	return r
}

// bound waits until a message would be handed over.
func (r *running) bound() *running {
	r.t.Helper()
	eventually(r.t, "a session", func() bool { return r.metric("callgate_smpp_sessions", "") >= 1 })
	return r
}

// metric is the sum of those of a name that have a label of that value, "" for all.
func (r *running) metric(name, label string) (sum float64) {
	r.t.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			has := label == ""
			for _, l := range m.GetLabel() {
				has = has || l.GetValue() == label
			}
			if has && f.GetName() == name {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func (r *running) send(text string) gateway.Sent {
	return r.Send(r.t.Context(), gateway.Text{ID: 7, Number: "+79255070602", From: "FRONTLINE", Text: text})
}

func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	limit := time.After(90 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("%s: not in time", what)
		}
	}
}

// outcome is what is known of a message, in words.
func outcome(s gateway.Sent) string {
	word := map[gateway.Outcome]string{gateway.Unknown: "unknown", gateway.Taken: "taken", gateway.Refused: "refused", gateway.Later: "later"}[s.Outcome]
	return strings.TrimSpace(word + " " + cmp.Or(s.Reason, ""))
}
