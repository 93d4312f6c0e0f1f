package v1_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"callgate/api"
	v1 "callgate/api/v1"
	"callgate/cdr"
	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/history"
)

func TestMain(m *testing.M) {
	for _, kind := range []string{"text/csv", "application/x-ndjson", "application/xml",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.FileBodyDecoder)
	}
	goleak.VerifyTestMain(m)
}

// archive keeps calls in memory, and answers as the store has to.
type archive struct {
	mu    sync.Mutex
	calls []history.Found
	asked int
	// before is called before each page, counted from 1.
	before func(ctx context.Context, page int) error
}

func (a *archive) add(all ...history.Call) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range all {
		a.calls = append(a.calls, history.Found{Call: c, Place: history.Cursor{Started: c.Started, ID: int64(len(a.calls) + 1)}})
	}
	slices.SortFunc(a.calls, func(x, y history.Found) int {
		switch {
		case after(y.Place, x.Place):
			return -1
		case after(x.Place, y.Place):
			return 1
		}
		return 0
	})
}

// after tells whether a lies behind b.
func after(a, b history.Cursor) bool {
	return a.Started < b.Started || a.Started == b.Started && a.ID < b.ID
}

// Calls implements v1.History.
func (a *archive) Calls(ctx context.Context, q history.Query) (found []history.Found, err error) {
	a.mu.Lock()
	a.asked++
	page, before := a.asked, a.before
	a.mu.Unlock()
	if err := q.Check(); err != nil {
		return nil, fmt.Errorf("a query that was not checked: %w", err)
	}
	if before != nil {
		if err := before(ctx, page); err != nil {
			return nil, err
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.calls {
		if (q.After == history.Cursor{} || after(c.Place, q.After)) && holds(&q, &c.Call) && len(found) < q.Limit {
			found = append(found, c)
		}
	}
	return found, nil
}

// Call implements v1.History.
func (a *archive) Call(_ context.Context, leg string, projects []string) (history.Found, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.calls {
		if holds(&history.Query{ID: leg, Projects: projects}, &c.Call) {
			return c, nil
		}
	}
	return history.Found{}, fault.New(fault.NotFound, "Call")
}

// holds tells whether a call is one of those asked for.
func holds(q *history.Query, c *history.Call) bool {
	number := func(n string) bool {
		return n == q.Number || slices.ContainsFunc(q.Beginnings, func(b string) bool { return strings.HasPrefix(n, b) })
	}
	switch {
	case q.From != 0 && c.Started < q.From, q.To != 0 && c.Started >= q.To,
		q.ID != "" && !slices.ContainsFunc(c.Legs, func(l *history.Leg) bool { return l.Leg == q.ID }),
		(q.Number != "" || q.Beginnings != nil) && !slices.ContainsFunc(c.Numbers(), number),
		len(q.Projects) > 0 && !slices.Contains(q.Projects, c.Project),
		q.Queue != "" && !slices.Contains(c.Queues(), q.Queue), q.Agent != "" && !slices.Contains(c.Agents(), q.Agent),
		len(q.Dispositions) > 0 && !slices.Contains(q.Dispositions, c.Disposition),
		q.Direction != "" && c.Direction != q.Direction, q.Switch != nil && c.Switch != *q.Switch,
		c.Duration < q.MinDuration, q.MaxDuration != 0 && c.Duration > q.MaxDuration,
		q.Recorded != nil && *q.Recorded != (len(c.Recordings) > 0):
		return false
	}
	return true
}

// documents are CDRs by their leg.
type documents map[string]string

func (d documents) CDRXML(_ context.Context, leg string) ([]byte, error) {
	if raw, ok := d[leg]; ok {
		return []byte(raw), nil
	}
	return nil, fault.New(fault.NotFound, "ID")
}

func (d documents) CDRJSON(ctx context.Context, leg string, numbers bool) ([]byte, error) {
	raw, err := d.CDRXML(ctx, leg)
	if err != nil {
		return nil, err
	}
	if !numbers {
		return cdr.AppendJSONWithoutNumbers(nil, raw)
	}
	return cdr.AppendJSON(nil, raw)
}

// people are users by their tokens.
type people map[string]*account.Identity

func (p people) Authenticate(_ context.Context, token string, _ func() string) (*account.Identity, error) {
	if who := p[token]; who != nil {
		return who, nil
	}
	return nil, fault.New(fault.BadToken, "")
}

func (p people) Authorize(_ context.Context, id *account.Identity, module, action string, _ ...string) (*account.Identity, error) {
	if !id.May(module, action) {
		return nil, fault.New(fault.Denied, "")
	}
	return id, nil
}

func user(number int64, projects []string, rights ...string) *account.Identity {
	id := &account.Identity{UserID: number, Login: "u", Projects: projects}
	for _, text := range rights {
		module, action, _ := strings.Cut(text, "/")
		id.Rights = append(id.Rights, account.Right{Module: module, Action: action})
	}
	return id
}

// everybody are the users of these tests: who may everything, who sees one project, who may see no numbers, and who may
// but sees no calls.
var everybody = people{
	"all":     user(1, nil, "*/*"),
	"shop":    user(2, []string{"shop", "gone"}, "calls/search", "calls/export", "numbers/see"),
	"blind":   user(3, nil, "calls/search", "calls/export", "reports/see"),
	"nothing": user(4, nil, "numbers/see", "calls/see", "recordings/listen"),
	"ear":     user(9, []string{"shop"}, "recordings/listen"),
	"reader":  user(5, []string{"shop"}, "reports/see", "numbers/see"),
}

// moscow is three hours before UTC, all year.
func moscow(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Moscow")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// normal stands for the projects: in "abroad", and wherever no project is meant, what begins with 8 stays as it is.
func normal(project, number string) string {
	if digits := strings.NewReplacer(" ", "", "-", "", "(", "", ")", "").Replace(number); project == "shop" && strings.HasPrefix(digits, "8") {
		return "+7" + digits[1:]
	} else if strings.HasPrefix(digits, "+") {
		return digits
	}
	return number
}

// beginnings stands for the projects in the same way.
func beginnings(project, typed string) []string { return []string{typed, normal(project, typed)} }

// handler is the engine with the face on an archive.
func handler(t testing.TB, a v1.History, d documents) http.Handler {
	t.Helper()
	return engine(t, v1.Options{History: a, CDRs: d})
}

// engine has the face on whatever is given.
func engine(t testing.TB, o v1.Options) http.Handler {
	t.Helper()
	if o.Accounts == nil {
		o.Accounts = everybody
	}
	o.Normal, o.Beginnings, o.Zone = normal, beginnings, moscow(t)
	h, err := api.New(api.Options{Logger: slog.New(slog.DiscardHandler), Registerer: prometheus.NewRegistry(), V1: o})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// client asks, and holds every answer against the document that the face publishes.
type client struct {
	t    testing.TB
	url  string
	http *http.Client
	doc  *openapi3.T
}

func serve(t testing.TB, a v1.History, d documents) *client {
	t.Helper()
	return clientOf(t, handler(t, a, d))
}

// valid are the documents that are known to be so, by their text: to read one takes a second under the race detector.
var valid sync.Map

// clientOf asks an engine.
func clientOf(t testing.TB, h http.Handler) *client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c := &client{t: t, url: s.URL + v1.Base, http: s.Client()}
	resp, err := c.http.Get(c.url + "/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if known, ok := valid.Load(string(text)); ok {
		c.doc = known.(*openapi3.T)
		return c
	}
	if c.doc, err = openapi3.NewLoader().LoadFromData(text); err != nil {
		t.Fatal(err)
	}
	if err := c.doc.Validate(t.Context()); err != nil {
		t.Fatalf("the document: %v", err)
	}
	valid.Store(string(text), c.doc)
	return c
}

// answer is one that was read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func (c *client) get(token, path string) answer {
	c.t.Helper()
	return c.ask(token, path, nil)
}

func (c *client) ask(token, path string, header http.Header) answer {
	c.t.Helper()
	resp, err := c.open(c.t.Context(), token, path, header)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	c.holds(resp, body)
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func (c *client) open(ctx context.Context, token, path string, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url+path, nil)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Authorization", "Bearer "+token)
	return c.http.Do(req)
}

// holds compares an answer with the document.
func (c *client) holds(resp *http.Response, body []byte) {
	c.t.Helper()
	path := strings.TrimPrefix(resp.Request.URL.Path, v1.Base)
	for _, form := range []string{"/calls/{id}/cdr", "/calls/{id}"} {
		if c.doc.Paths.Value(path) == nil && regexp.MustCompile("^"+strings.Replace(form, "{id}", "[^/]+", 1)+"$").MatchString(path) {
			path = form
		}
	}
	item := c.doc.Paths.Value(path)
	if item == nil || item.Get == nil {
		c.t.Fatalf("%s is not in the document", path)
	}
	err := openapi3filter.ValidateResponse(c.t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: resp.Request,
			Route: &routers.Route{Spec: c.doc, Server: c.doc.Servers[0], Path: path, PathItem: item, Method: http.MethodGet, Operation: item.Get}},
		Status: resp.StatusCode, Header: resp.Header, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	})
	if err != nil {
		c.t.Errorf("%s answers %d %.300s against the document: %v", resp.Request.URL, resp.StatusCode, body, err)
	}
}

// page is an answer to a search.
type page struct {
	Calls []v1.Call
	Next  string
}

func (c *client) search(token string, pairs ...string) page {
	c.t.Helper()
	got := c.get(token, path("/calls", pairs...))
	var p page
	if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.status != http.StatusOK {
		c.t.Fatalf("%q: %d %s", pairs, got.status, got.body)
	}
	return p
}

// path writes a query; a name may come twice.
func path(path string, pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return path + "?" + values.Encode()
}

// refused wants a problem that names the field, and says something of it.
func (c *client) refused(got answer, status int, field string) {
	c.t.Helper()
	var p struct {
		Status int
		Detail string
		Errors []struct{ Message, Location string }
	}
	if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.status != status || p.Status != status || got.header.Get("Content-Type") != "application/problem+json" {
		c.t.Fatalf("%d %s %v, want %d", got.status, got.body, got.header, status)
	}
	for _, e := range p.Errors {
		if e.Message != "" && (e.Location == field || strings.TrimPrefix(e.Location, "query.") == field) {
			return
		}
	}
	if field != "" && !strings.Contains(p.Detail, ": "+field) {
		c.t.Errorf("%s says nothing of %s", got.body, field)
	}
}
