package stream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"callgate/api/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// thing is a row: shop's, or everybody's, with a secret that is shown in the first form only.
type thing struct {
	world  *world
	Name   string `json:"name"`
	Value  int    `json:"value"`
	Secret string `json:"secret"`
	moves  bool
}

func (x thing) ID() string { return x.Name }

func (x thing) Same(old stream.Row) bool {
	was := old.(thing)
	return x.Secret == was.Secret && (x.moves || x.Value == was.Value)
}

func (x thing) Moves() bool { return x.moves }

func (x thing) Form(projects []string, numbers bool) (int, bool) {
	form := 1
	if numbers {
		form = 0
	}
	return form, len(projects) == 0 || slices.ContainsFunc(projects, func(p string) bool { return strings.HasPrefix(x.Name, p) }) && !x.world.hidden[x.Name]
}

func (x thing) View(form int) any {
	x.world.encoded++
	if form == 1 {
		x.Secret = "*"
	}
	return x
}

// world is what there is to look at: things of two topics of a switch.
type world struct {
	mu      sync.Mutex
	things  map[string]map[string]thing // by topic
	stale   map[string]bool
	lost    bool // nothing can be read
	hidden  map[string]bool
	encoded int
	looked  int
}

func newWorld() *world {
	return &world{things: map[string]map[string]thing{"queues": {}, "agents": {}}, stale: map[string]bool{}, hidden: map[string]bool{}}
}

func (w *world) put(topic, name string, value int) {
	w.change(topic, thing{Name: name, Value: value, Secret: "s"})
}

func (w *world) change(topic string, x thing) {
	w.mu.Lock()
	defer w.mu.Unlock()
	x.world = w
	w.things[topic][x.Name] = x
}

func (w *world) drop(topic, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.things[topic], name)
}

func (w *world) set(do func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	do()
}

func (w *world) look(topics map[string]bool) (all []stream.Sheet) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looked++
	for _, topic := range []string{"queues", "agents"} {
		if !topics[topic] {
			continue
		}
		s := stream.Sheet{Topic: topic, Event: strings.TrimSuffix(topic, "s"), Switch: "main", Stale: w.stale[topic], As: time.Unix(1000, 0)}
		if !w.lost {
			s.Rows = []stream.Row{}
			for _, x := range w.things[topic] {
				s.Rows = append(s.Rows, x)
			}
			slices.SortFunc(s.Rows, func(a, b stream.Row) int { return strings.Compare(a.ID(), b.ID()) })
		}
		all = append(all, s)
	}
	return all
}

// stage is a hub over a world.
type stage struct {
	*world
	*stream.Hub
	t       *testing.T
	metrics *prometheus.Registry
	stop    func()
}

// play runs a test on a stage whose clock is the test's.
func play(t *testing.T, test func(t *testing.T, s *stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		s := &stage{world: w, t: t, metrics: prometheus.NewRegistry()}
		s.Hub = stream.New(stream.Options{Look: w.look, Registerer: s.metrics})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		s.stop = sync.OnceFunc(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
		defer s.stop()
		test(t, s)
	})
}

// pass lets time pass, and whatever is to happen in it.
func (s *stage) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// turn changes the world and lets all who watch be told.
func (s *stage) turn(do func()) {
	do()
	s.Hint()
	s.pass(101 * time.Millisecond)
}

// counted is the value of a counter.
func (s *stage) counted(name, label, value string) float64 {
	s.t.Helper()
	families, err := s.metrics.Gather()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && (label == "" || m.GetLabel()[0].GetName() == label && m.GetLabel()[0].GetValue() == value) {
				return m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	s.t.Fatalf("no %s of %s", name, value)
	return 0
}

// screen is a client's end: it takes all at once, until it is to take nothing.
type screen struct {
	mu       sync.Mutex
	got      bytes.Buffer
	writes   int
	flushed  int // bytes
	deaf     bool
	once     bool // it is deaf again after each write
	deadline time.Time
	changed  chan struct{}

	done chan error
	left time.Duration // to write the end of the answer
	end  context.CancelFunc
}

func newScreen() *screen { return &screen{changed: make(chan struct{}), done: make(chan error, 1)} }

func (s *screen) Header() http.Header { return http.Header{} }
func (s *screen) WriteHeader(int)     {}

func (s *screen) SetWriteDeadline(at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deadline = at
	close(s.changed)
	s.changed = make(chan struct{})
	return nil
}

func (s *screen) Write(text []byte) (int, error) {
	for {
		s.mu.Lock()
		wait, changed := time.Until(s.deadline), s.changed
		if !s.deaf {
			s.writes++
			s.deaf = s.once
			s.got.Write(text)
			s.mu.Unlock()
			return len(text), nil
		}
		s.mu.Unlock()
		if wait <= 0 {
			return 0, os.ErrDeadlineExceeded
		}
		select {
		case <-changed:
		case <-time.After(wait):
		}
	}
}

func (s *screen) Flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flushed = s.got.Len()
}

func (s *screen) listen(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deaf = !on
	close(s.changed)
	s.changed = make(chan struct{})
}

// told is what has come since it was asked last, an event a line: what and about what, without ids and retry.
func (s *screen) told() string { return strings.Join(s.events(), "\n") }

func (s *screen) events() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flushed != s.got.Len() {
		return []string{"not flushed"}
	}
	for block := range strings.SplitSeq(s.got.String(), "\n\n") {
		lines := strings.Split(block, "\n")
		if len(lines) == 3 {
			all = append(all, strings.TrimPrefix(lines[1], "event: ")+" "+strings.TrimPrefix(lines[2], "data: "))
		} else if strings.HasPrefix(block, ":") {
			all = append(all, block)
		}
	}
	s.got.Reset()
	s.flushed = 0
	return all
}

// ids are those of all events that have come, the oldest first; it does not take them away.
func (s *screen) ids() (all []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for line := range strings.Lines(s.got.String()) {
		if id, ok := strings.CutPrefix(line, "id: "); ok {
			all = append(all, strings.TrimSpace(id))
		}
	}
	return all
}

var (
	everything = stream.Viewer{Topics: []stream.Topic{{Name: "queues"}, {Name: "agents"}}, Numbers: true}
	queuesOnly = stream.Viewer{Topics: []stream.Topic{{Name: "queues"}}, Numbers: true}
)

func free(context.Context) error { return nil }

// join lets a client in that stays until it is ended or the test is over.
func (s *stage) join(v stream.Viewer, last string, may func(context.Context) error) *screen {
	s.t.Helper()
	c, err := s.Join(1, v, last)
	if err != nil {
		s.t.Fatal(err)
	}
	screen := newScreen()
	var ctx context.Context
	ctx, screen.end = context.WithCancel(s.t.Context())
	s.t.Cleanup(screen.end)
	go func() {
		defer c.Leave()
		err := c.Serve(ctx, screen, false, may)
		screen.left = time.Until(screen.deadline)
		screen.done <- err
	}()
	synctest.Wait()
	return screen
}

func (s *stage) want(on *screen, want ...string) {
	s.t.Helper()
	if got := on.told(); got != strings.Join(want, "\n") {
		s.t.Fatalf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

func text(name string, value int) string {
	b, _ := json.Marshal(thing{Name: name, Value: value, Secret: "s"}) // plain values
	return string(b)
}

func snapshot(topic string, things ...string) string {
	return fmt.Sprintf(`snapshot {"topic":%q,"switch":"main","stale":false,"rows":[%s]}`, topic, strings.Join(things, ","))
}
