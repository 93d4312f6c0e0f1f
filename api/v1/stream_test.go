package v1_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"callgate/api/stream"
	v1 "callgate/api/v1"
	"callgate/internal/account"
	"callgate/internal/call"
	"callgate/internal/callcenter"
	"callgate/internal/fault"
	"callgate/internal/project"
)

// mall is a centre of two projects that share a queue: all that streams are made of.
type mall struct {
	v1.Calls
	mu    sync.Mutex
	up    time.Time
	live  callcenter.Live
	calls []call.Call
	users people
	off   map[string]string // a project for which a module is switched off
	hub   *stream.Hub
}

// shares are the projects: both is of both.
type shares struct{}

// Get implements v1.Projects.
func (shares) Get(id string) (project.Project, error) {
	queues := map[string][]string{"shop": {"sales", "both"}, "bank": {"desk", "both"}}[id]
	if queues == nil {
		return project.Project{}, fault.New(fault.NotFound, "Project")
	}
	return project.Project{ID: id, Queues: queues}, nil
}

const (
	shopsCaller = "+79161234567"
	banksCaller = "+79167654321"
)

func newMall(t *testing.T) *mall {
	t.Helper()
	queue := func(name string) callcenter.LiveQueue {
		return callcenter.LiveQueue{Queue: callcenter.Queue{Name: name}}
	}
	agent := func(name, contact string) callcenter.LiveAgent {
		return callcenter.LiveAgent{Agent: callcenter.Agent{Name: name, Contact: contact, Status: callcenter.Available, State: callcenter.Waiting, StatusAt: time.Unix(1000, 0)}}
	}
	m := &mall{up: time.Now().Add(-time.Hour), users: people{
		"all": user(1, nil, "*/*"), "blind": user(2, nil, "queues/see", "agents/see", "calls/see"),
		"shop": user(3, []string{"shop"}, "queues/see", "agents/see", "calls/see", "numbers/see"), "shopblind": user(4, []string{"shop"}, "queues/see", "agents/see", "calls/see"),
		"queues": user(5, nil, "queues/see"), "agents": user(6, nil, "agents/see"), "calls": user(7, []string{"bank", "shop"}, "calls/see"), "none": user(8, nil, "numbers/see"),
		"nobody": user(9, []string{"gone"}, "queues/see", "agents/see", "calls/see", "numbers/see"),
	}}
	m.live = callcenter.Live{Switch: "main", Taken: time.Now(),
		Queues:  []callcenter.LiveQueue{queue("sales"), queue("desk"), queue("both"), queue("spare")},
		Agents:  []callcenter.LiveAgent{agent("anna", "sofia/gateway/x/+79161112233"), agent("boris", "user/1001"), agent("vera", "user/1002"), agent("gleb", "user/1003")},
		Tiers:   []callcenter.Tier{{Queue: "sales", Agent: "anna"}, {Queue: "desk", Agent: "boris"}, {Queue: "both", Agent: "vera"}, {Queue: "spare", Agent: "gleb"}},
		Waiting: []callcenter.LiveMember{{Queue: "sales", Number: shopsCaller}, {Queue: "desk", Number: banksCaller}},
	}
	m.live.Agents[2].Talk = &callcenter.Talk{Queue: "desk", Number: banksCaller}
	m.calls = []call.Call{{UUID: "one", Switch: "main", State: call.Ringing, Project: "shop", Caller: shopsCaller}, {UUID: "two", Switch: "main", State: call.Ringing, Project: "bank", Caller: banksCaller},
		{UUID: "three", Switch: "main", State: call.Ringing, Caller: "1001"}}
	m.hub = v1.NewStream(v1.StreamOptions{Links: []v1.SwitchLink{m}, Board: m, Live: m, Calls: m, Projects: shares{}}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.hub.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	openapi3filter.RegisterBodyDecoder("text/event-stream", decodeEvents)
	return m
}

func (m *mall) face(t *testing.T) *client {
	t.Helper()
	return clientOf(t, engine(t, v1.Options{Accounts: m, Board: m, Live: m, Calls: m, Projects: shares{}, Stream: m.hub, Switches: []string{"main"}}))
}

// Name implements v1.SwitchLink.
func (m *mall) Name() string { return "main" }

// Since implements v1.SwitchLink.
func (m *mall) Since() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.up
}

// Live implements v1.Board.
func (m *mall) Live() []*callcenter.Live {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := m.live
	l.Queues, l.Agents = slices.Clone(l.Queues), slices.Clone(l.Agents)
	return []*callcenter.Live{&l}
}

// List implements v1.LiveCalls.
func (m *mall) List() []call.Listing {
	m.mu.Lock()
	defer m.mu.Unlock()
	l := call.Listing{Switch: "main", Known: true, Calls: slices.Clone(m.calls)}
	if m.up.IsZero() {
		l.Age = time.Second
	}
	return []call.Listing{l}
}

// Get implements v1.LiveCalls.
func (m *mall) Get(string) (call.Call, bool) { return call.Call{}, false }

// Belongs implements v1.Calls.
func (m *mall) Belongs(c call.Call, projects []string) bool {
	return len(projects) == 0 || slices.Contains(projects, c.Project)
}

// Authenticate implements v1.Accounts.
func (m *mall) Authenticate(ctx context.Context, token string, from func() string) (*account.Identity, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.users.Authenticate(ctx, token, from)
}

// Authorize implements v1.Accounts.
func (m *mall) Authorize(ctx context.Context, id *account.Identity, module, action string, named ...string) (*account.Identity, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id, err := m.users.Authorize(ctx, id, module, action, named...)
	if project := m.off[module]; project != "" && err == nil {
		left := *id
		left.Projects = slices.DeleteFunc(slices.Clone(id.Projects), func(p string) bool { return p == project })
		id = &left
	}
	return id, err
}

// change changes something and says that it has.
func (m *mall) change(do func()) {
	m.mu.Lock()
	do()
	m.mu.Unlock()
	m.hub.Hint()
}

// event is one of a stream.
type event struct {
	ID    string          `json:"id"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// String is an event without its id.
func (e event) String() string { return e.Event + " " + string(e.Data) }

// readEvent reads the next event; comments and what is no event are passed over.
func readEvent(in *bufio.Reader) (e event, err error) {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return event{}, err
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "id":
			e.ID = value
		case "event":
			e.Event = value
		case "data":
			e.Data = json.RawMessage(value)
		case "":
			if e.Data != nil {
				return e, nil
			}
		}
	}
}

func readEvents(body io.Reader) (all []event, err error) {
	for in := bufio.NewReader(body); ; {
		e, err := readEvent(in)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		all = append(all, e)
	}
}

// decodeEvents lets every event be held against the document.
func decodeEvents(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (value any, err error) {
	all, err := readEvents(body)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	return value, json.Unmarshal(text, &value)
}

// TestStreamByRights: whoever it is, a stream shows him just what the lists do, and only the topics he may see.
func TestStreamByRights(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	c := m.face(t)
	lists := map[string]string{"queues": "/queues", "agents": "/agents", "calls": "/calls/live"}
	for _, tt := range []struct {
		user string
		sees map[string]string // by topic
		not  []string
	}{
		{"all", map[string]string{"queues": "sales desk both spare", "agents": "anna boris vera gleb", "calls": "one two three"}, nil},
		{"blind", map[string]string{"queues": "sales desk both spare", "agents": "anna boris vera gleb", "calls": "one two three"}, []string{"79161", "79167"}},
		{"shop", map[string]string{"queues": "sales both", "agents": "anna vera", "calls": "one"}, []string{"desk", "boris", "79167", "bank", "spare", "gleb"}},
		{"shopblind", map[string]string{"queues": "sales both", "agents": "anna vera", "calls": "one"}, []string{"desk", "boris", "7916", "bank", "spare", "gleb"}},
		{"queues", map[string]string{"queues": "sales desk both spare"}, []string{"anna", `"uuid"`}},
		{"agents", map[string]string{"agents": "anna boris vera gleb"}, []string{"7916"}},
		{"calls", map[string]string{"calls": "one two"}, []string{"three", "7916", "sales"}},
		{"none", nil, nil},
		{"nobody", map[string]string{"queues": "", "agents": "", "calls": ""}, []string{"7916", "anna"}},
	} {
		t.Run(tt.user, func(t *testing.T) {
			for _, topic := range []string{"queues", "agents", "calls", ""} {
				ask := path("/stream", "once", "true")
				if topic != "" {
					ask = path("/stream", "once", "true", "topics", topic)
				}
				got := c.get(tt.user, ask)
				if _, may := tt.sees[topic]; topic != "" && !may || len(tt.sees) == 0 {
					c.refused(got, 403, "")
					continue
				}
				if h := got.header; got.status != 200 || h.Get("Content-Type") != "text/event-stream" || h.Get("Cache-Control") != "no-store" || h.Get("X-Accel-Buffering") != "no" {
					t.Fatalf("%d %v", got.status, h)
				}
				for _, other := range tt.not {
					if strings.Contains(got.body, other) {
						t.Errorf("%s is in %s", other, got.body)
					}
				}
				all, err := readEvents(strings.NewReader(got.body))
				if want := len(tt.sees); err != nil || topic == "" && len(all) != want || topic != "" && len(all) != 1 {
					t.Fatalf("%v in %s", err, got.body)
				}
				for _, e := range all {
					var snapshot struct {
						Topic string
						Rows  []map[string]any
					}
					var list []map[string]any
					if err := json.Unmarshal(e.Data, &snapshot); err != nil {
						t.Fatal(err)
					}
					body := c.get(tt.user, lists[snapshot.Topic]).body
					if err := json.Unmarshal([]byte(body), &list); err != nil || !reflect.DeepEqual(list, snapshot.Rows) {
						t.Errorf("the list has %s, the stream %s", body, e)
					}
					var names []string
					for _, row := range snapshot.Rows {
						if name, ok := row["name"]; ok {
							names = append(names, name.(string))
						} else {
							names = append(names, row["uuid"].(string))
						}
					}
					if want, may := tt.sees[snapshot.Topic]; !may || strings.Join(names, " ") != want {
						t.Errorf("%s: %q", snapshot.Topic, names)
					}
				}
			}
		})
	}
	t.Run("no token", func(t *testing.T) { c.refused(c.get("x", "/stream"), 401, "") })
	t.Run("no topic", func(t *testing.T) { c.refused(c.get("all", "/stream?topics=tiers"), 422, "topics[0]") })
	t.Run("callers", func(t *testing.T) {
		if got := c.get("shop", "/queues/callers").body; !strings.Contains(got, shopsCaller) || strings.Contains(got, "desk") {
			t.Errorf("got %s", got)
		}
	})
	t.Run("tiers", func(t *testing.T) {
		m.users["tiers"] = user(10, []string{"shop"}, "tiers/see")
		if got := c.get("tiers", "/tiers").body; strings.Count(got, `"agent"`) != 2 || strings.Contains(got, "desk") || strings.Contains(got, "spare") {
			t.Errorf("got %s", got)
		}
	})
}

// watching is a stream that is open.
type watching struct {
	t    *testing.T
	in   *bufio.Reader
	doc  *client
	resp *http.Response
	held map[string]bool // the events of which one was held against the document
}

func (c *client) watch(t *testing.T, token, path string, header http.Header) *watching {
	t.Helper()
	resp, err := c.open(t.Context(), token, path, header)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%d", resp.StatusCode)
	}
	return &watching{t: t, in: bufio.NewReader(resp.Body), doc: c, resp: resp, held: map[string]bool{}}
}

// next is the next event, which is as the document says.
func (w *watching) next() event {
	w.t.Helper()
	e, err := readEvent(w.in)
	if err != nil {
		w.t.Fatal(err)
	}
	if w.held[e.Event] {
		return e
	}
	w.held[e.Event] = true
	w.doc.holds(w.resp, []byte("id: "+e.ID+"\nevent: "+e.Event+"\ndata: "+string(e.Data)+"\n\n"))
	return e
}

// until are the events up to the one that tells of gleb, or to the end of the calls.
func (w *watching) until(mark string) (all []string) {
	w.t.Helper()
	for {
		e := w.next()
		if strings.Contains(string(e.Data), mark) {
			return all
		}
		all = append(all, e.Event+" "+string(e.Data))
	}
}

// TestStreamOfChanges: what is worth telling is told to those who may know it, in the form that they may see.
func TestStreamOfChanges(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	c := m.face(t)
	m.live.Tiers = append(m.live.Tiers, callcenter.Tier{Queue: "both", Agent: "gleb"}) // whom all see: he marks the end of a look
	var all []*watching
	for _, user := range []string{"all", "blind", "shop"} {
		w := c.watch(t, user, path("/stream", "topics", "queues,agents"), nil)
		w.next()
		w.next()
		all = append(all, w)
	}
	agent := func(i int, change func(a *callcenter.LiveAgent)) { change(&m.live.Agents[i]) }
	for i, tt := range []struct {
		name             string
		do               func()
		all, blind, shop string // what is told must hold it; "-" is nothing
	}{
		{"somebody waits", func() { m.live.Queues[0].Waiting, m.live.Queues[0].Longest = 2, time.Second }, `"waiting":2`, `"waiting":2`, `"waiting":2`},
		{"the clock was estimated otherwise", func() { m.live.Queues[0].Longest += 200 * time.Millisecond }, "-", "-", "-"},
		{"the first goes, another comes", func() { m.live.Queues[0].Longest += time.Minute }, `"longest_wait":6`, `"longest_wait":6`, `"longest_wait":6`},
		{"somebody waits for another", func() { m.live.Queues[1].Waiting = 1 }, `"name":"desk"`, `"name":"desk"`, "-"},
		{"another's agent", func() { agent(1, func(a *callcenter.LiveAgent) { a.Status = callcenter.OnBreak }) }, `"name":"boris"`, `"name":"boris"`, "-"},
		{"an agent's number", func() { agent(0, func(a *callcenter.LiveAgent) { a.Contact = "sofia/gateway/x/+79161112244" }) }, "+79161112244", "-", "+79161112244"},
		{"an agent talks with another's caller", func() {
			agent(2, func(a *callcenter.LiveAgent) { a.Talk = &callcenter.Talk{Queue: "desk", Number: "+79167654322"} })
		}, "+79167654322", "-", "-"},
		{"an agent talks with our caller", func() {
			agent(2, func(a *callcenter.LiveAgent) { a.Talk = &callcenter.Talk{Queue: "sales", Number: shopsCaller} })
		}, shopsCaller, `"caller":"*****"`, shopsCaller},
		{"nobody talks", func() { agent(2, func(a *callcenter.LiveAgent) { a.Talk = nil }) }, `"name":"vera"`, `"name":"vera"`, `"name":"vera"`},
		{"a second's difference", func() { agent(0, func(a *callcenter.LiveAgent) { a.StatusAt = time.Unix(1001, 0) }) }, "-", "-", "-"},
		{"another time", func() { agent(0, func(a *callcenter.LiveAgent) { a.StatusAt = time.Unix(1010, 0) }) }, "1010", "1010", "1010"},
		{"an agent goes", func() { m.live.Agents = slices.Delete(m.live.Agents, 1, 2) }, `"id":"boris"`, `"id":"boris"`, "-"},
	} {
		m.change(func() {
			tt.do()
			m.live.Agents[len(m.live.Agents)-1].Answered = 1000 + i
		})
		for k, want := range []string{tt.all, tt.blind, tt.shop} {
			w := all[k]
			got := w.until(`"name":"gleb"`)
			if tt.name == "an agent goes" && want != "-" {
				got = append(got, w.next().String()) // those who are gone come last
			}
			switch text := strings.Join(got, "\n"); {
			case want == "-" && text != "":
				t.Errorf("%s: user %d is told %s", tt.name, k, text)
			case want != "-" && (len(got) != 1 || !strings.Contains(text, want)):
				t.Errorf("%s: user %d is told %s, want %s", tt.name, k, text, want)
			}
		}
	}
}

// TestStreamOfCalls: a call that becomes a project's is shown to its users, and is gone for them when it is no more.
func TestStreamOfCalls(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	w := m.face(t).watch(t, "shop", path("/stream", "topics", "calls"), nil)
	last := w.next()
	if last.Event != "snapshot" {
		t.Fatalf("got %s", last)
	}
	for _, tt := range []struct {
		name string
		do   func()
		want string
	}{
		{"it becomes theirs", func() { m.calls[2].Project = "shop" }, `call {"uuid":"three",`},
		{"it is answered", func() { m.calls[2].State = call.Active }, `"state":"active"`},
		{"it becomes another's", func() { m.calls[2].Project = "bank" }, `gone {"topic":"calls","switch":"main","id":"three"}`},
		{"theirs ends", func() { m.calls = m.calls[1:] }, `gone {"topic":"calls","switch":"main","id":"one"}`},
		{"the link breaks", func() { m.up = time.Time{} }, `stale {"topic":"calls","switch":"main","since":"20`},
		{"it is back", func() { m.up = time.Now() }, `fresh {"topic":"calls","switch":"main"}`},
	} {
		m.change(tt.do)
		if last = w.next(); !strings.Contains(last.String(), tt.want) {
			t.Fatalf("%s: got %s", tt.name, last)
		}
	}
	m.change(func() { m.calls[1].Project = "shop" })
	w.next()
	again := m.face(t).watch(t, "shop", path("/stream", "topics", "calls"), http.Header{"Last-Event-Id": {last.ID}})
	if got := again.next(); !strings.HasPrefix(got.String(), `call {"uuid":"three",`) {
		t.Errorf("after a break: %s", got)
	}
}

// TestStreamStale: what was read before the link came up is stale until it has been read again.
func TestStreamStale(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	w := m.face(t).watch(t, "all", path("/stream", "topics", "queues"), nil)
	w.next()
	m.change(func() { m.up = time.Time{} })
	var since struct{ Since time.Time }
	e := w.next()
	if err := json.Unmarshal(e.Data, &since); err != nil || e.Event != "stale" || !since.Since.Equal(m.live.Taken.Truncate(time.Microsecond)) {
		t.Fatalf("got %s", e)
	}
	for talking := range 2 {
		m.change(func() { m.up = time.Now(); m.live.Queues[0].Talking = 7 + talking })
		if e := w.next(); e.Event != "queue" {
			t.Fatalf("got %s", e)
		}
	}
	m.change(func() { m.live.Taken = time.Now() })
	if e := w.next(); e.Event != "fresh" {
		t.Fatalf("got %s", e)
	}
}

// TestStreamTakenAway: a stream ends when its user may see something else than when it began, and so does the token.
func TestStreamTakenAway(t *testing.T) {
	m := newMall(t)
	c := m.face(t)
	for _, tt := range []struct {
		name, user string
		now        *account.Identity // nil: the token is revoked
	}{
		{"token", "all", nil},
		{"a right", "blind", user(2, nil, "agents/see", "calls/see")},
		{"another project", "shop", user(3, []string{"bank"}, "queues/see", "agents/see", "calls/see", "numbers/see")},
		{"all but a project", "queues", user(5, []string{"shop"}, "queues/see")},
		{"numbers", "nobody", user(9, []string{"gone"}, "queues/see", "agents/see", "calls/see")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := c.watch(t, tt.user, "/stream", nil)
			w.next()
			m.change(func() {
				if m.users[tt.user] = tt.now; tt.now == nil {
					delete(m.users, tt.user)
				}
			})
			if rest, err := readEvents(w.in); err != nil || len(rest) > 2 { // the other topics
				t.Errorf("%v, then %v", rest, err)
			}
		})
	}
}

// TestStreamSwitchedOffForAProject: a module that is off for a project hides that project's things of its topic, and of no other;
// that it is switched on again ends the stream too, so that they are seen.
func TestStreamSwitchedOffForAProject(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	m.users["two"], m.off = user(20, []string{"bank", "shop"}, "queues/see", "agents/see"), map[string]string{"agents": "bank"}
	w := m.face(t).watch(t, "two", "/stream", nil)
	queues, agents := w.next().String(), w.next().String()
	if !strings.Contains(queues, "desk") || !strings.Contains(queues, "sales") || strings.Contains(agents, "boris") || !strings.Contains(agents, "anna") {
		t.Errorf("got %s and %s", queues, agents)
	}
	m.change(func() { m.off = nil })
	if rest, err := readEvents(w.in); err != nil || len(rest) > 0 {
		t.Errorf("%v, then %v", rest, err)
	}
}

// TestStreamsOfAUser: a user has so many and no more.
func TestStreamsOfAUser(t *testing.T) {
	t.Parallel()
	c := newMall(t).face(t)
	for range 20 {
		c.watch(t, "calls", "/stream", nil).next()
	}
	got := c.get("calls", "/stream")
	c.refused(got, 429, "")
	if got.header.Get("Retry-After") == "" || !bytes.Contains([]byte(got.body), []byte("20 streams")) {
		t.Errorf("%s %v", got.body, got.header)
	}
	c.watch(t, "shop", "/stream", nil).next()
}
