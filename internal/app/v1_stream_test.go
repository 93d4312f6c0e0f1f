package app_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	v1 "callgate/api/v1"
	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/project"
	"callgate/internal/store/storetest"
)

// event is one of a stream.
type event struct {
	ID    string          `json:"id"`
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// readEvent reads the next event, as the specification has it; comments and what is no event are passed over.
func readEvent(in *bufio.Reader) (e event, err error) {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return event{}, err
		}
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		value = strings.TrimPrefix(value, " ")
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

// decodeEvents lets every event be held against the document.
func decodeEvents(body io.Reader, _ http.Header, _ *openapi3.SchemaRef, _ openapi3filter.EncodingFn) (any, error) {
	in, all := bufio.NewReader(body), []any{}
	for {
		e, err := readEvent(in)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		var one any
		text, err := json.Marshal(e)
		if err == nil {
			err = json.Unmarshal(text, &one)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
}

// watching is a stream that is open.
type watching struct {
	*bufio.Reader
	t    *testing.T
	last string // the id of the last event
	io.Closer
}

// watch opens a stream, which the contract would read to its end. What is no token is a cookie.
func (m *modern) watch(t *testing.T, token, path, last string) *watching {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.url+v1.Base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(token, "=") {
		req.Header.Set("Cookie", token)
	} else {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	resp, err := m.http.Transport.(*contract).next.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the stream is refused with %d", resp.StatusCode)
	}
	return &watching{Reader: bufio.NewReader(resp.Body), t: t, Closer: resp.Body}
}

// until reads on to an event that holds all of some texts, and returns those before it.
func (w *watching) until(name string, texts ...string) (before string) {
	w.t.Helper()
	for {
		e, err := readEvent(w.Reader)
		if err != nil {
			w.t.Fatalf("waiting for %s %q: %v after %s", name, texts, err, before)
		}
		w.last = e.ID
		found := e.Event == name
		for _, text := range texts {
			found = found && strings.Contains(string(e.Data), text)
		}
		if found {
			return before
		}
		before += e.Event + " " + string(e.Data) + "\n"
	}
}

// ends wants nothing but the end of the stream.
func (w *watching) ends(why string) {
	w.t.Helper()
	for {
		if _, err := readEvent(w.Reader); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			w.t.Errorf("%s: %v", why, err)
			return
		}
	}
}

// TestStream follows two users' screens through a shift: what they are told is what happens on the switch, as far as they may know it.
func TestStream(t *testing.T) {
	t.Parallel() // it mostly waits
	l := newLand(t, storetest.SQLite(t), func(c *esltest.Config) {
		c.Phones = []esltest.Phone{{Addr: "127.0.0.1:5070"}}
		c.Extensions = []esltest.Extension{{Match: "^queue$", Apps: []esltest.App{{Name: "answer"}, {Name: "callcenter", Data: "support2@default"}}}}
	})
	link := newWire(t, "127.0.0.1:0", l.sw.Addr())
	l.switches = []app.Switch{{Name: "main", Addr: link.addr(), Password: "ClueCon"}}
	m := newModern(t, l)
	err := app.Administer(t.Context(), on(l.database), nil, func(a *app.Administration) error {
		return a.Projects.Add(t.Context(), project.Project{ID: "shop", Name: "Shop", SLSeconds: 20, Queues: []string{"support2@default"}})
	})
	if err != nil {
		t.Fatal(err)
	}
	const number = "79190000001"
	theirs := m.limited("shop", []string{"shop"}, "queues/see", "agents/see", "calls/see")
	eventually(t, "the project", func() bool { return strings.Contains(m.as(theirs, "GET", "/queues", "").body, "support2@default") })
	all, shop := m.watch(t, m.token, "/stream", ""), m.watch(t, theirs, "/stream?topics=queues,agents,calls", "")
	for _, topic := range []string{"queues", "agents", "calls"} {
		all.until("snapshot", `"topic":"`+topic)
		shop.until("snapshot", `"topic":"`+topic)
	}
	set := func(agent, status string) {
		m.want(t, 200, "PATCH", query("/agents", "name", agent), object("status", status))
	}
	told := ""
	set("1001@default", "On Break")
	all.until("agent", "1001@default", "On Break")
	set("1000@default", "On Break")
	all.until("agent", "1000@default", "On Break")
	told += shop.until("agent", "1000@default", "On Break")

	caller, err := m.sw.Call(esltest.Call{Number: number, Extension: "queue"})
	if err != nil {
		t.Fatal(err)
	}
	all.until("queue", "support2@default", `"waiting":1`)
	told += shop.until("queue", "support2@default", `"waiting":1`)
	set("1000@default", "Available")
	all.until("agent", "1000@default", "In a queue call", number)
	told += shop.until("agent", "1000@default", "In a queue call", `"caller":"*****"`)
	caller.Hangup()
	all.until("gone", caller.UUID())
	told += shop.until("gone", caller.UUID())
	if !strings.Contains(told, `call {"uuid":"`+caller.UUID()) || strings.Contains(told, number) || strings.Contains(told, "1001@default") || strings.Contains(told, "sales@default") {
		t.Errorf("a limited user was told\n%s", told)
	}

	all.Close()
	set("1001@default", "Available")
	shop.Close()
	again := m.watch(t, m.token, "/stream", all.last)
	if before := again.until("agent", "1001@default", `"status":"Available"`); strings.Contains(before, "snapshot") {
		t.Errorf("after a break: %s", before)
	}
	anew := m.watch(t, theirs, "/stream", all.last)
	if before := anew.until("snapshot", `"topic":"calls"`); !strings.HasPrefix(before, "reset {}\nsnapshot") {
		t.Errorf("by another's id: %s", before)
	}

	stale := make(chan struct{})
	go func() { again.until("stale", "queues", "main"); close(stale) }()
	for cut := time.Tick(10 * time.Millisecond); ; <-cut {
		link.cut()
		select {
		case <-stale:
		default:
			continue
		}
		break
	}
	again.until("fresh", "queues", "main")

	signedIn := m.do("POST", v1.Base+"/session", object("login", login, "password", password), http.Header{"Content-Type": {"application/json"}})
	cookie, _, _ := strings.Cut(signedIn.header.Get("Set-Cookie"), ";")
	browser := m.watch(t, cookie, "/stream?topics=agents", "")
	browser.until("snapshot", `"topic":"agents"`)
	m.setStatus(t, "shop", "inactive")
	anew.ends("the user is disabled")
	m.ask("DELETE", "/session", "", "Cookie", cookie, "X-CSRF-Token", read[v1.Session](t, signedIn).CSRFToken)
	browser.ends("the session has ended")
	calls := m.watch(t, m.token, "/stream?topics=calls", "")
	if err := m.app.Accounts().SetModule(t.Context(), "queues", "", false, "test"); err != nil {
		t.Fatal(err)
	}
	again.ends("a module is switched off")
	m.stop()
	calls.ends("callgate stops")
}
