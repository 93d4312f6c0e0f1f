// Package outsidetest plays an outside report system, as net/http/httptest plays servers. It is the demonstration
// system of the user's manual: it has the manual's own table and a log-in, and lets in by any of the ways that package
// outside knows. It is also asked and answers in a way of its own, as other people's systems do.
package outsidetest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"callgate/internal/outside"
)

// Table is the manual's table, as it stands there.
//
//go:embed manual-table.json
var Table []byte

// The log-in that a System knows first, and the fixed token.
const (
	Login    = "API_test_2"
	Password = "API_test_2"
	Token    = "fixed-0123456789"
)

// The paths of a System. Reports are asked for with the days from and to, both included.
const (
	Manual    = "/report/demoReport" // as the manual does: POST {"start_date","stop_date"}, a bare array
	Other     = "/api/centre"        // GET ?from=&to=, {"data":{"rows":[…]}} with the fields that Fields names
	TokenPage = "/auth/login"        // POST {"login","password"}, {"access_token"}
	FormPage  = "/api/sign-in"       // POST user=&pass=, {"data":{"token"}}
	LoginPage = "/login"             // POST user=&pass=, a redirect and a cookie; a wrong password brings the page again
)

// Fields tells the names of the fields at Other, as package outside takes it.
func Fields() string {
	text := "{"
	for i, key := range outside.ReportKeys() {
		if i > 0 {
			text += ","
		}
		quoted, _ := json.Marshal(key)
		text += fmt.Sprintf("%s:%q", quoted, names[i])
	}
	return text + "}"
}

var names = [...]string{"day", "weekday", "project", "number", "calls", "rejected", "queued", "wait", "lost", "served", "sl", "ar",
	"aht", "asa", "served20", "lost20", "longest", "att", "hold", "acw", "minutes"}

// System is the server. It may be used from any goroutine.
type System struct {
	flow string

	mu       sync.Mutex
	password string
	pages    bool     // brings the log-in page itself to whoever is not signed in
	numbers  []string // in the places of hidden ones
	opened   map[string]bool
	given    int
	asked    map[string]int // by path
	instead  http.HandlerFunc
}

// New makes a System that lets in by one of the flows of package outside.
func New(flow string) *System {
	return &System{flow: flow, password: Password, opened: map[string]bool{}, asked: map[string]int{}}
}

// SetPassword changes the password; who is signed in stays so.
func (s *System) SetPassword(password string) { s.locked(func() { s.password = password }) }

// Expire ends all tokens and sessions.
func (s *System) Expire() { s.locked(func() { clear(s.opened) }) }

// ShowPage makes it bring the log-in page, in place of leading there, to whoever has to sign in.
func (s *System) ShowPage() { s.locked(func() { s.pages = true }) }

// ShowNumbers makes it show these numbers, in turn, where the manual hides them.
func (s *System) ShowNumbers(numbers ...string) { s.locked(func() { s.numbers = numbers }) }

// Instead makes it answer like that to whoever is let in and asks for a report; nil ends it.
func (s *System) Instead(answer http.HandlerFunc) { s.locked(func() { s.instead = answer }) }

// Asked is how often a path was asked.
func (s *System) Asked(path string) (times int) {
	s.locked(func() { times = s.asked[path] })
	return times
}

func (s *System) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// ServeHTTP implements http.Handler.
func (s *System) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var instead http.HandlerFunc
	var pages bool
	s.locked(func() { s.asked[r.URL.Path]++; instead, pages = s.instead, s.pages })
	switch r.URL.Path {
	case TokenPage, FormPage, LoginPage:
		s.signIn(w, r)
		return
	}
	switch {
	case !s.letsIn(r) && pages:
		fmt.Fprint(w, "<!doctype html><form>Who are you?</form>")
	case !s.letsIn(r) && s.flow == outside.FlowForm && r.Header.Get("Authorization") == "":
		http.Redirect(w, r, LoginPage, http.StatusFound)
	case !s.letsIn(r):
		fail(w, http.StatusUnauthorized, "Wrong token!")
	case instead != nil:
		instead(w, r)
	case r.URL.Path == Manual && r.Method == http.MethodPost:
		var q struct {
			Start string `json:"start_date"`
			Stop  string `json:"stop_date"`
		}
		if json.NewDecoder(r.Body).Decode(&q) != nil {
			fail(w, 420, "Invalid JSON!")
			return
		}
		fmt.Fprintf(w, "[%s]", strings.Join(s.rows(q.Start, q.Stop, outside.ReportKeys(), false), ","))
	case r.URL.Path == Other && r.Method == http.MethodGet:
		rows := s.rows(r.URL.Query().Get("from"), r.URL.Query().Get("to"), names[:], true)
		fmt.Fprintf(w, `{"made":{"by":["crm",1]},"data":{"count":%d,"rows":[%s]},"more":null}`, len(rows), strings.Join(rows, ","))
	default:
		http.NotFound(w, r)
	}
}

// signIn lets in who brings the password: by a token, or a cookie.
func (s *System) signIn(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user, pass := r.PostFormValue("user"), r.PostFormValue("pass")
	if r.URL.Path == TokenPage {
		var q struct{ Login, Password string }
		_ = json.NewDecoder(r.Body).Decode(&q) // nonsense is a wrong log-in
		user, pass = q.Login, q.Password
	}
	known := s.flow == outside.FlowForm && user == Login && pass == s.password
	s.given++
	token := fmt.Sprintf("t%d", s.given)
	switch {
	case !known && r.URL.Path == LoginPage: // with a session that opens nothing, as many do
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "guest", HttpOnly: true})
		fmt.Fprint(w, "<!doctype html><form>Wrong password</form>")
		return
	case !known:
		fail(w, http.StatusUnauthorized, "Wrong login or password!")
		return
	}
	s.opened[token] = true
	switch r.URL.Path {
	case TokenPage:
		fmt.Fprintf(w, `{"access_token":%q}`, token)
	case FormPage:
		fmt.Fprintf(w, `{"ok":true,"data":{"token":%q}}`, token)
	case LoginPage:
		http.SetCookie(w, &http.Cookie{Name: "old", MaxAge: -1})
		http.SetCookie(w, &http.Cookie{Name: "session", Value: token, HttpOnly: true})
		http.Redirect(w, r, "/", http.StatusFound)
	}
}

func (s *System) letsIn(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.flow {
	case outside.FlowBasic:
		user, pass, _ := r.BasicAuth()
		return user == Login && pass == s.password
	case outside.FlowBearer:
		return r.Header.Get("Authorization") == "Bearer "+Token
	case outside.FlowForm:
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if c, err := r.Cookie("session"); err == nil {
			token = c.Value
		}
		return s.opened[token]
	}
	return true
}

// rows are those of the days, under the names given; bare shows counts and means as numbers, not as texts.
func (s *System) rows(from, to string, names []string, bare bool) (rows []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var table []map[string]*string
	if err := json.Unmarshal(Table, &table); err != nil {
		panic(err) // it is embedded
	}
	keys := outside.ReportKeys()
	day, number, shown := keys[0], keys[3], 0
	for _, row := range table {
		if d := *row[day]; d < from || d > to && (d != "ИТОГ" || len(rows) == 0) {
			continue
		}
		if *row[number] == "*****" && shown < len(s.numbers) {
			*row[number] = s.numbers[shown]
			shown++
		}
		fields := make([]string, len(keys))
		for i, key := range keys {
			value, _ := json.Marshal(row[key])
			if bare && row[key] != nil && json.Valid([]byte(*row[key])) {
				value = []byte(*row[key])
			}
			name, _ := json.Marshal(names[i])
			fields[i] = string(name) + ":" + string(value)
		}
		rows = append(rows, "{"+strings.Join(fields, ",")+"}")
	}
	return rows
}

func fail(w http.ResponseWriter, status int, text string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":%q}`, text)
}
