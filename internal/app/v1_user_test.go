package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	v1 "callgate/api/v1"
	"callgate/internal/account"
	"callgate/internal/store/storetest"
)

// read takes an answer apart.
func read[T any](t *testing.T, got reply) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(got.body), &v); err != nil {
		t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	return v
}

// ask asks the modern face with any headers.
func (m *modern) ask(method, path, body string, header ...string) reply {
	m.t.Helper()
	h := http.Header{"Content-Type": {"application/json"}}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return m.do(method, v1.Base+path, body, h)
}

// personal is what everybody does for himself: signing in and out, in a browser and elsewhere, an authenticator, a password.
func (m *modern) personal(t *testing.T) {
	t.Helper()
	const login, second = "personal", "another password"
	m.want(t, 201, "POST", "/users", object("login", login, "password", password, "rights", []string{"agents/see"}, "must_change", true))
	credentials := func(more ...any) string { return object(append([]any{"login", login, "password", second}, more...)...) }
	type entered struct {
		Token      string
		MustChange bool `json:"must_change"`
	}
	status := func(what string, want int, got reply) reply {
		t.Helper()
		if got.status != want {
			t.Errorf("%s: %d %s, want %d", what, got.status, got.body, want)
		}
		return got
	}

	first := read[entered](t, status("sign in", 201, m.ask("POST", "/tokens", object("login", login, "password", password, "name", "laptop"))))
	if !first.MustChange {
		t.Error("nobody is told that the password has to be changed")
	}
	for _, path := range []string{"/agents", "/me/tokens", "/me/keys", "/me/signins", "/users", "/sms/messages"} {
		if got := m.as(first.Token, "GET", path, ""); got.status != 403 || !strings.Contains(got.body, `"type":"urn:callgate:password_due"`) {
			t.Errorf("%s before the password is changed: %d %s", path, got.status, got.body)
		}
	}
	if got := m.post("/contact/queues", "", first.Token); got.status != 405 || got.body != `{"error":"Access denied!"}` {
		t.Errorf("the documented face: %d %s", got.status, got.body)
	}
	if got := m.post("/auth/login", object("login", login, "password", password), ""); got.body != `{"error":"Wrong login or password!"}` {
		t.Errorf("signing in there: %s", got.body)
	}
	status("see oneself", 200, m.as(first.Token, "GET", "/me", ""))
	status("change it", 204, m.as(first.Token, "PUT", "/me/password", object("old_password", password, "password", second)))
	status("see agents", 200, m.as(first.Token, "GET", "/agents", ""))

	enrolled := read[struct{ Secret, URI string }](t, status("begin", 201, m.as(first.Token, "POST", "/me/totp", object("old_password", second))))
	code := func(steps int) string {
		c, err := totp.GenerateCode(enrolled.Secret, time.Now().Add(time.Duration(steps)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	recovery := read[struct {
		Codes []string `json:"recovery_codes"`
	}](t, status("confirm", 200, m.as(first.Token, "POST", "/me/totp/confirm", object("code", code(-1)))))
	if got := status("no code", 401, m.ask("POST", "/tokens", credentials())); !strings.Contains(got.body, `"type":"urn:callgate:code_due"`) {
		t.Errorf("no code: %s", got.body)
	}
	if got := m.post("/auth/login", credentials(), ""); got.body != `{"error":"Wrong login or password!"}` {
		t.Errorf("signing in at the documented face: %s", got.body)
	}
	other := read[entered](t, status("with one", 201, m.ask("POST", "/tokens", credentials("code", code(0)))))
	status("a replay", 401, m.ask("POST", "/tokens", credentials("code", code(0))))
	tokens := read[[]v1.Token](t, status("tokens", 200, m.as(first.Token, "GET", "/me/tokens", "")))
	if len(tokens) != 2 || tokens[0].InHand || !tokens[1].InHand || tokens[1].Name != "laptop" || tokens[1].Address != "127.0.0.1" {
		t.Errorf("tokens: %+v", tokens)
	}
	status("end one", 204, m.as(first.Token, "DELETE", fmt.Sprintf("/me/tokens/%d", tokens[0].ID), ""))
	status("it opens nothing", 401, m.as(other.Token, "GET", "/me", ""))
	status("end it by an administrator", 404, m.v1("DELETE", fmt.Sprintf("/users/%s/tokens/%d", login, tokens[0].ID), ""))

	m.cookies(t, credentials("code", recovery.Codes[0]))
	status("no authenticator", 204, m.as(first.Token, "POST", "/me/totp/disable", object("old_password", second, "code", recovery.Codes[1])))

	key := read[v1.Key](t, m.want(t, 201, "POST", "/users/"+login+"/keys", object("name", "crm", "rights", []string{"agents/see"})))
	status("end a key of one's own", 204, m.as(first.Token, "DELETE", fmt.Sprintf("/me/keys/%d", key.ID), ""))
	spare := read[entered](t, status("sign in", 201, m.ask("POST", "/tokens", credentials())))
	list := read[[]v1.Token](t, m.want(t, 200, "GET", "/users/"+login+"/tokens", ""))
	m.want(t, 204, "DELETE", fmt.Sprintf("/users/%s/tokens/%d", login, list[0].ID), "")
	status("ended by an administrator", 401, m.as(spare.Token, "GET", "/me", ""))
	status("sign out", 204, m.as(first.Token, "DELETE", "/me/token", ""))
	status("signed out", 401, m.as(first.Token, "GET", "/me", ""))
}

// cookies signs in as a page does.
func (m *modern) cookies(t *testing.T, credentials string) {
	t.Helper()
	got := m.ask("POST", "/session", credentials)
	cookie, _, _ := strings.Cut(got.header.Get("Set-Cookie"), ";")
	if got.status != 201 || !strings.HasPrefix(cookie, "callgate_session=") || got.header.Get("Set-Cookie") != cookie+"; Path=/api/; Max-Age=43199; HttpOnly; SameSite=Strict" {
		t.Fatalf("%d %s %v", got.status, got.body, got.header)
	}
	csrf := read[v1.Session](t, got).CSRFToken
	if again := read[v1.Session](t, m.ask("GET", "/session", "", "Cookie", cookie)); again.CSRFToken != csrf || again.Login != "personal" {
		t.Errorf("the session: %+v", again)
	}
	for _, tt := range []struct {
		name, method, path string
		header             []string
		want               int
	}{
		{"a read", "GET", "/agents", []string{"Cookie", cookie}, 200},
		{"a change without the page's word", "DELETE", "/me/tokens/999999", []string{"Cookie", cookie}, 403},
		{"with another", "DELETE", "/me/tokens/999999", []string{"Cookie", cookie, "X-CSRF-Token", strings.Repeat("0", 64)}, 403},
		{"with it", "DELETE", "/me/tokens/999999", []string{"Cookie", cookie, "X-CSRF-Token", csrf}, 404},
		{"with a token that opens nothing beside it", "GET", "/agents", []string{"Cookie", cookie, "Authorization", "Bearer " + strings.Repeat("0", 32)}, 401},
		{"with a token beside it", "DELETE", "/me/tokens/999999", []string{"Cookie", cookie, "Authorization", "Bearer " + m.token}, 404},
		{"with the proxy's own password beside it", "GET", "/agents", []string{"Cookie", cookie, "Authorization", "Basic eDp5"}, 200},
		{"the secret for a token", "GET", "/agents", []string{"Authorization", "Bearer " + strings.TrimPrefix(cookie, "callgate_session=")}, 401},
		{"a token for the secret", "GET", "/agents", []string{"Cookie", "callgate_session=" + m.token}, 401},
		{"signing out without the page's word", "DELETE", "/session", []string{"Cookie", cookie}, 403},
		{"signing out", "DELETE", "/session", []string{"Cookie", cookie, "X-CSRF-Token", csrf}, 204},
		{"signed out", "GET", "/agents", []string{"Cookie", cookie}, 401},
	} {
		if got := m.ask(tt.method, tt.path, "", tt.header...); got.status != tt.want {
			t.Errorf("%s: %d %s, want %d", tt.name, got.status, got.body, tt.want)
		}
	}
	if got := m.do("POST", "/contact/queues", "", http.Header{"Cookie": {cookie}}); got.status != 401 {
		t.Errorf("a cookie opens the documented face: %d", got.status)
	}
}

// TestUserRefusals: what is wrong with a user is named, and nothing of it is kept; a key opens both faces.
func TestUserRefusals(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	if _, err := m.app.Accounts().Add(t.Context(), "anna", password, []account.Right{{Module: "contact", Action: "queues"}, {Module: "agents", Action: "see"}}, nil); err != nil {
		t.Fatal(err)
	}
	got := m.want(t, 200, "GET", "/users/anna", "")
	before, tag := got.body, got.header.Get("ETag")
	valid := []any{"login", "x", "password", "password", "rights", []string{"contact/add"}}
	with := func(pairs ...any) string { return object(append(append([]any{}, valid...), pairs...)...) }
	for _, tt := range []struct {
		name, method, path, body string
		want                     int
		field                    string
	}{
		{"a field that only we set", "POST", "/users", with("id", 1), 422, "id"},
		{"another's hash", "POST", "/users", with("password_hash", "x"), 422, "password_hash"},
		{"a revision", "PATCH", "/users/anna", object("revision", 7), 422, "revision"},
		{"another login", "PATCH", "/users/anna", object("login", "boss"), 422, "login"},
		{"status deleted", "PATCH", "/users/anna", object("status", "deleted"), 422, "status"},
		{"status of another kind", "PATCH", "/users/anna", object("status", 10), 422, "status"},
		{"rights that are none", "POST", "/users", with("rights", []string{"contact"}), 422, "rights"},
		{"a module that there is not", "POST", "/users", with("rights", []string{"contcat/add"}), 422, "rights"},
		{"a wildcard within a word", "POST", "/users", with("rights", []string{"cont*/add"}), 422, "rights"},
		{"three words", "POST", "/users", with("rights", []string{"contact/add/more"}), 422, "rights"},
		{"SQL's wildcard", "POST", "/users", with("rights", []string{"%/%"}), 422, "rights"},
		{"a right twice", "POST", "/users", with("rights", []string{"contact/add", "contact/add"}), 422, "rights"},
		{"a project that there is not", "POST", "/users", with("projects", []string{"9999"}), 422, "projects"},
		{"too long a login", "POST", "/users", with("login", strings.Repeat("x", 129)), 422, "login"},
		{"a login with a slash", "POST", "/users", with("login", "a/b"), 422, "login"},
		{"a login that is no part of a path", "POST", "/users", with("login", ".."), 422, "login"},
		{"a look-alike", "POST", "/users", with("login", "\u0430nna"), 422, "login"},
		{"a short password", "POST", "/users", with("password", "short"), 422, "password"},
		{"too long a password", "POST", "/users", with("password", strings.Repeat("x", 257)), 422, "password"},
		{"the login for a password", "POST", "/users", with("login", "password"), 422, "password"},
		{"another's login", "POST", "/users", with("login", "anna"), 409, ""},
		{"no object", "POST", "/users", `[]`, 422, "body"},
		{"no JSON", "POST", "/users", `{`, 400, ""},
		{"nobody", "PATCH", "/users/nobody", "{}", 404, ""},
		{"everybody, as SQL has it", "PATCH", "/users/%25", "{}", 404, ""},
		{"a key without rights", "POST", "/users/anna/keys", object("name", "k", "rights", []string{}), 422, "rights"},
		{"a key with more than its user", "POST", "/users/anna/keys", object("name", "k", "rights", []string{"*/*"}), 422, "rights"},
		{"a key from no network", "POST", "/users/anna/keys", object("name", "k", "rights", []string{"agents/see"}, "networks", []string{"here"}), 422, "networks"},
		{"a key that has expired", "POST", "/users/anna/keys", object("name", "k", "rights", []string{"agents/see"}, "expires_at", "2020-01-01T00:00:00Z"), 422, "expires_at"},
		{"a key whose end is no time", "POST", "/users/anna/keys", object("name", "k", "rights", []string{"agents/see"}, "expires_at", "soon"), 422, "expires_at"},
		{"signing in with nothing", "POST", "/tokens", "{}", 422, "body"},
		{"signing in with more than is asked for", "POST", "/tokens", object("login", "anna", "password", password, "session", true), 422, "session"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			refused(t, m.v1(tt.method, tt.path, tt.body), tt.want, tt.field)
			if strings.Contains(tt.body, "password") && strings.Contains(m.v1(tt.method, tt.path, tt.body).body, `"value":"short"`) {
				t.Error("the answer repeats the password")
			}
		})
	}
	if got := m.want(t, 200, "GET", "/users/anna", ""); got.body != before || len(list[v1.User](t, m, "/users")) != 2 {
		t.Errorf("something was kept: %s", got.body)
	}
	if got := m.ask("POST", "/users", object(valid...), "Authorization", "Bearer "+m.token, "Content-Type", "text/plain"); got.status != 415 {
		t.Errorf("another content type: %d %s", got.status, got.body)
	}
	for _, step := range []struct {
		match  string
		change bool
		want   int
	}{{`"999"`, true, 412}, {"1", true, 412}, {"W/" + tag, true, 412}, {`"0"`, true, 412}, {tag, false, 200}, {tag, true, 200}, {tag, false, 412}, {"*", false, 200}} {
		got := m.ask("PATCH", "/users/anna", object("must_change", step.change), "Authorization", "Bearer "+m.token, "If-Match", step.match)
		if got.status != step.want {
			t.Errorf("If-Match %s: %d %s, want %d", step.match, got.status, got.body, step.want)
		}
	}
	if got := m.v1("PATCH", "/users/"+login, object("status", "inactive")); got.status != 409 || !strings.Contains(got.body, "The last administrator is needed") {
		t.Errorf("the last administrator: %d %s", got.status, got.body)
	}
	made := read[struct{ Key string }](t, m.want(t, 201, "POST", "/users/anna/keys", object("name", "crm", "rights", []string{"contact/queues", "agents/see"}, "networks", []string{"127.0.0.1"})))
	if got := m.post("/contact/queues", "", made.Key); got.status != 200 {
		t.Errorf("a key at the documented face: %d %s", got.status, got.body)
	}
	if got := m.post("/contact/tiers", "", made.Key); got.status != 405 {
		t.Errorf("another action: %d %s", got.status, got.body)
	}
	if got := m.as(made.Key, "GET", "/agents", ""); got.status != 200 {
		t.Errorf("a key at the modern face: %d %s", got.status, got.body)
	}
	for _, path := range []string{"/me/tokens", "/me/token"} {
		refused(t, m.as(made.Key, "DELETE", path, ""), 403, "")
	}
	refused(t, m.as(made.Key, "POST", "/me/totp", object("old_password", password)), 403, "")
	elsewhere := read[struct{ Key string }](t, m.want(t, 201, "POST", "/users/anna/keys", object("name", "far", "rights", []string{"agents/see"}, "networks", []string{"192.0.2.0/24"})))
	refused(t, m.as(elsewhere.Key, "GET", "/agents", ""), 401, "")
	if got := m.ask("GET", "/agents", "", "Authorization", "Bearer "+elsewhere.Key, "X-Forwarded-For", "192.0.2.1"); got.status != 401 {
		t.Errorf("an address that anybody can say: %d", got.status)
	}
}

// TestRightsToGive: what can be given is listed with its words; that somebody signs in is no right.
func TestRightsToGive(t *testing.T) {
	m := newQuiet(t, storetest.SQLite(t))
	all := map[string]v1.GivenAction{}
	for _, k := range read[[]v1.GivenModule](t, m.want(t, 200, "GET", "/rights", "")) {
		for _, a := range k.Actions {
			all[k.Module+"/"+a.Action] = a
		}
	}
	if _, there := all["auth/login"]; there {
		t.Error("auth/login can be given")
	}
	for right, want := range map[string]v1.GivenAction{
		"numbers/see": {Action: "see", Title: v1.Wording{English: "See phone numbers", Russian: "Видеть номера"}, Modern: true},
		"contact/add": {Action: "add", Title: v1.Wording{English: "Make a call", Russian: "Совершение исходящего вызова"}, Documented: true},
	} {
		got := all[right]
		if got.About.English == "" || got.About.Russian == "" {
			t.Errorf("%s is not told about: %+v", right, got)
		}
		if got.About = (v1.Wording{}); got != want {
			t.Errorf("%s: %+v, want %+v", right, got, want)
		}
	}
}
