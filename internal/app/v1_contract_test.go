package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	v1 "callgate/api/v1"
	"callgate/internal/app"
)

// modern is a house whose every answer below /api/v1 is held against the document that it publishes.
type modern struct {
	*house
	doc        *openapi3.T
	recordings string // the folder

	mu   sync.Mutex
	seen map[string]bool // operation and whether it succeeded
}

// published is the document that the first house published, which is every house's: to write, read and validate it takes
// seconds under the race detector.
var published struct {
	once  sync.Once
	doc   *openapi3.T
	forms map[string]*regexp.Regexp // of paths with something in braces
	held  sync.Map                  // answers that are as they should be
}

func (h *house) document() *openapi3.T {
	h.t.Helper()
	published.once.Do(func() {
		doc, err := openapi3.NewLoader().LoadFromData([]byte(h.get(v1.Base + "/openapi.json").body))
		if err != nil {
			h.t.Fatal(err)
		}
		if err := doc.Validate(h.t.Context()); err != nil {
			h.t.Fatalf("the document: %v", err)
		}
		if !doc.IsOpenAPI31OrLater() || len(doc.Servers) != 1 || doc.Servers[0].URL != v1.Base {
			h.t.Fatalf("not the document expected: %s %v", doc.OpenAPI, doc.Servers)
		}
		published.forms = map[string]*regexp.Regexp{}
		for path := range doc.Paths.Map() {
			published.forms[path] = regexp.MustCompile("^" + regexp.MustCompile(`\\\{[a-z]+\\\}`).ReplaceAllString(regexp.QuoteMeta(path), `[^/]+`) + "$")
		}
		for _, kind := range []string{"audio/wav", "text/csv", "application/xml"} {
			openapi3filter.RegisterBodyDecoder(kind, openapi3filter.FileBodyDecoder)
		}
		openapi3filter.RegisterBodyDecoder("text/event-stream", decodeEvents)
		published.doc = doc
	})
	if published.doc == nil {
		h.t.Fatal("the document could not be read")
	}
	return published.doc
}

// newModern builds a house on land and reads its document.
func newModern(t *testing.T, l *land) *modern {
	t.Helper()
	m := &modern{house: l.build(t, func(c *app.Config) { c.XMLUser, c.XMLPassword = "xml", "xmlpass" }), seen: map[string]bool{},
		recordings: l.recordings}
	m.ready()
	m.signIn()
	m.doc = m.document()
	m.http.Transport = &contract{m, m.http.Transport}
	return m
}

// operations are the document's, as "GET /agents".
func (m *modern) operations() []string {
	var all []string
	for path, item := range m.doc.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// contract looks at every answer before the client has it.
type contract struct {
	*modern
	next http.RoundTripper
}

func (c *contract) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.next.RoundTrip(req)
	path, ours := strings.CutPrefix(req.URL.Path, v1.Base)
	if err != nil || !ours || strings.HasPrefix(path, "/openapi") {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	path = c.template(path)
	item := c.doc.Paths.Value(path)
	if item == nil || item.GetOperation(req.Method) == nil {
		c.t.Errorf("%s %s is not in the document", req.Method, path)
		return resp, nil
	}
	c.mu.Lock()
	c.seen[req.Method+" "+path] = c.seen[req.Method+" "+path] || resp.StatusCode < 300
	c.mu.Unlock()
	if err := c.holds(req, item, path, resp, body); err != nil {
		c.t.Errorf("%s %s answers %d %s against the document: %v", req.Method, req.URL, resp.StatusCode, body, err)
	}
	return resp, nil
}

// template is the path in the document that a path is one of.
func (c *contract) template(path string) string {
	if c.doc.Paths.Value(path) != nil {
		return path
	}
	for candidate, form := range published.forms {
		if form.MatchString(path) {
			return candidate
		}
	}
	return path
}

// holds compares an answer with the document: its status, headers, kind and every field. Of answers that are the same one is compared.
func (c *contract) holds(req *http.Request, item *openapi3.PathItem, path string, resp *http.Response, body []byte) error {
	header := maps.Clone(resp.Header)
	for _, unlike := range []string{"Date", "X-Request-Id", "Ratelimit-Remaining", "Ratelimit-Reset"} {
		if header.Get(unlike) != "" {
			header.Set(unlike, "there")
		}
	}
	answer := fmt.Sprintf("%s %s %d %v %s", req.Method, path, resp.StatusCode, header, body)
	if _, held := published.held.LoadOrStore(answer, true); held {
		return nil
	}
	return openapi3filter.ValidateResponse(req.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req,
			Route: &routers.Route{Spec: c.doc, Server: c.doc.Servers[0], Path: path, PathItem: item, Method: req.Method, Operation: item.GetOperation(req.Method)}},
		Status: resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
}

// whole tells whether every operation of the document has been asked for and has succeeded.
func (m *modern) whole(t *testing.T) {
	t.Helper()
	for _, operation := range m.operations() {
		if !m.seen[operation] {
			t.Errorf("%s has never succeeded here", operation)
		}
	}
	if extra := slices.Collect(maps.Keys(m.seen)); len(extra) != len(m.operations()) {
		t.Errorf("asked for %q", extra)
	}
}

// v1 asks the modern face with the administrator's token.
func (m *modern) v1(method, path, body string) reply {
	m.t.Helper()
	return m.as(m.token, method, path, body)
}

func (m *modern) as(token, method, path, body string) reply {
	m.t.Helper()
	header := http.Header{"Authorization": {"Bearer " + token}}
	if body != "" {
		header.Set("Content-Type", "application/json")
	}
	return m.do(method, v1.Base+path, body, header)
}

// want asks and wants a status.
func (m *modern) want(t *testing.T, status int, method, path, body string) reply {
	t.Helper()
	got := m.v1(method, path, body)
	if got.status != status {
		t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, got.status, got.body, status)
	}
	return got
}

// list asks for rows.
func list[T any](t *testing.T, m *modern, path string) []T {
	t.Helper()
	got := m.want(t, http.StatusOK, http.MethodGet, path, "")
	var rows []T
	if err := json.Unmarshal([]byte(got.body), &rows); err != nil {
		t.Fatalf("%v in %s", err, got.body)
	}
	return rows
}

// refused wants a problem that names the field.
func refused(t *testing.T, got reply, status int, field string) {
	t.Helper()
	var p struct {
		Status int
		Title  string
		Detail string
		Errors []struct{ Message, Location string }
	}
	if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.status != status || p.Status != status ||
		got.header.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d %s %v, want %d", got.status, got.body, got.header, status)
	}
	if field == "" {
		return
	}
	for _, e := range p.Errors {
		if e.Message != "" && (e.Location == field || strings.HasSuffix(e.Location, "."+field)) {
			return
		}
	}
	if p.Detail != "Empty "+field {
		t.Errorf("%s does not name %s", got.body, field)
	}
}
