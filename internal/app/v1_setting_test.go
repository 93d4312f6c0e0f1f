package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	v1 "callgate/api/v1"
	"callgate/internal/store/storetest"
)

// TestSettingsOverAPI walks through what an administrator does with settings, and what nobody else does.
func TestSettingsOverAPI(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	editor, limited := m.user("editor", "settings/*"), m.limited("limited", []string{"1111"}, "*/*")
	one := func(key string) (s v1.Setting) {
		t.Helper()
		got := m.want(t, 200, "GET", "/settings/"+key, "")
		if err := json.Unmarshal([]byte(got.body), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	tagged := func(method, path, tag, body string) reply {
		header := http.Header{"Authorization": {"Bearer " + m.token}, "Content-Type": {"application/json"}, "If-Match": {tag}}
		return m.do(method, v1.Base+path, body, header)
	}
	values := func(pairs ...any) string {
		return `{"values":` + object(pairs...) + `}`
	}
	if s := one("originate.ring_time"); s.Value != "30s" || s.Source != "default" || s.Kind != "duration" || s.Accepts != "1s to 2m" || s.ChangedAt != nil || s.Help == "" || !s.Set {
		t.Errorf("a default: %+v", s)
	}
	all := m.want(t, 200, "GET", "/settings", "")
	first := m.want(t, 200, "PUT", "/settings/originate.ring_time", object("value", "45s"))
	if s := one("originate.ring_time"); s.Value != "45s" || s.Source != "database" || s.ChangedBy != login || s.ChangedAt == nil {
		t.Errorf("changed: %+v", s)
	}
	m.want(t, 200, "PUT", "/settings/smtp.password", object("value", "s3cret"))
	if s := one("smtp.password"); s.Value != "" || !s.Set || s.Kind != "secret" {
		t.Errorf("a secret: %+v", s)
	}
	for _, tt := range []struct {
		name, token, method, path, body string
		status                          int
		field                           string
	}{
		{"what is not accepted", m.token, "PUT", "/settings/originate.ring_time", object("value", "45"), 422, "originate.ring_time"},
		{"no value", m.token, "PUT", "/settings/originate.ring_time", object(), 422, ""},
		{"null for one", m.token, "PUT", "/settings/originate.ring_time", `{"value":null}`, 422, ""},
		{"what nobody knows", m.token, "PUT", "/settings/originate.ring_time", object("value", "45s", "changed_by", "x"), 422, ""},
		{"too long", m.token, "PUT", "/settings/originate.dial", object("value", strings.Repeat("x", 5000)), 422, ""},
		{"no such", m.token, "PUT", "/settings/originate.dail", object("value", "45s"), 404, ""},
		{"several, one no such", m.token, "PATCH", "/settings", values("auth.token_ttl", "1h", "x", "y"), 404, ""},
		{"several, one wrong", m.token, "PATCH", "/settings", values("auth.token_ttl", "1h", "originate.ring_time", "x"), 422, "originate.ring_time"},
		{"several, not of texts", m.token, "PATCH", "/settings", values("auth.token_ttl", 1), 422, ""},
		{"what is missing beside it", m.token, "PATCH", "/settings", values("onlinestat.source", "proxy"), 422, "onlinestat.source"},
		{"executed, by who is none", editor, "PUT", "/settings/originate.dial", object("value", "user/{sip}"), 403, ""},
		{"a host among others, by who is none", editor, "PATCH", "/settings", values("auth.token_ttl", "1h", "smtp.host", "evil.example"), 403, ""},
		{"back, by who is none", editor, "DELETE", "/settings/smtp.host", "", 403, ""},
		{"of one project", limited, "PUT", "/settings/auth.token_ttl", object("value", "1h"), 403, ""},
		{"nothing, of one project", limited, "PATCH", "/settings", values(), 403, ""},
		{"seen, of one project", limited, "GET", "/settings", "", 403, ""},
		{"one seen, of one project", limited, "GET", "/settings/auth.token_ttl", "", 403, ""},
	} {
		got := m.as(tt.token, tt.method, tt.path, tt.body)
		if got.status != tt.status || strings.Contains(got.body, "evil") {
			t.Errorf("%s: %d %s, want %d", tt.name, got.status, got.body, tt.status)
		} else if tt.field != "" {
			refused(t, got, tt.status, tt.field)
		}
	}
	if got := one("auth.token_ttl"); got.Source != "default" {
		t.Errorf("half of what was refused was done: %+v", got)
	}

	got := m.as(editor, "PATCH", "/settings", values("auth.token_ttl", "1h", "originate.ring_time", nil))
	if got.status != 200 || one("auth.token_ttl").Value != "1h" || one("originate.ring_time").Source != "default" || one("auth.token_ttl").ChangedBy != "editor" {
		t.Errorf("several: %d %s", got.status, got.body)
	}
	m.want(t, 200, "PATCH", "/settings", values("onlinestat.source", "proxy", "onlinestat.proxy_url", "http://127.0.0.1:1"))
	if got := m.post("/onlinestat/all", "", m.token); got.status != 503 {
		t.Errorf("at once: %d %s", got.status, got.body)
	}

	// Somebody else was quicker.
	refused(t, tagged("PUT", "/settings/originate.ring_time", first.header.Get("ETag"), object("value", "50s")), 412, "")
	refused(t, tagged("DELETE", "/settings/originate.ring_time", first.header.Get("ETag"), ""), 412, "")
	refused(t, tagged("PATCH", "/settings", all.header.Get("ETag"), values("originate.ring_time", "50s")), 412, "")
	now, list := m.want(t, 200, "GET", "/settings/originate.ring_time", "").header.Get("ETag"), m.want(t, 200, "GET", "/settings", "").header.Get("ETag")
	if got := tagged("PATCH", "/settings", list, values("originate.ring_time", "50s")); got.status != 200 || got.header.Get("ETag") == list {
		t.Errorf("of all: %d %s", got.status, got.body)
	}
	refused(t, tagged("PUT", "/settings/originate.ring_time", now, object("value", "51s")), 412, "")
	for _, tag := range []string{m.want(t, 200, "GET", "/settings/originate.ring_time", "").header.Get("ETag"), "*"} {
		if got := tagged("PUT", "/settings/originate.ring_time", tag, object("value", "52s")); got.status != 200 {
			t.Errorf("as it is: %d %s", got.status, got.body)
		}
	}
	// Trials: of what is kept, of other values, and by whom.
	for _, tt := range []struct {
		name, token, what, body string
		status                  int
		want                    string
	}{
		{"the switch", m.token, "switch", "", 200, `{"ok":true,"steps":[{"switch":"main","step":"connect","ok":true,"text":"connected with 127.0.0.1:`},
		{"the mail server that is not set", editor, "smtp", "{}", 200, `{"ok":false,"steps":[{"step":"connect","ok":false,"text":"smtp.host is not set","took":`},
		{"what is kept", editor, "onlinestat", "{}", 200, `{"ok":false,"steps":[{"step":"connect","ok":false,"text":"nobody listens there: `},
		{"other values", m.token, "smtp", values("smtp.host", "127.0.0.1", "smtp.port", "1"), 200, `{"ok":false,"steps":[{"step":"connect","ok":false,"text":"nobody listens there: `},
		{"another host, by who is no administrator", editor, "smtp", values("smtp.host", "127.0.0.1"), 403, ""},
		{"values of something else", m.token, "smtp", values("report.proxy_url", "http://h"), 422, ""},
		{"values of the switch", m.token, "switch", values("originate.dial", "user/{sip}"), 422, ""},
		{"wrong values", m.token, "smtp", values("smtp.port", "0"), 422, ""},
		{"no such setting", m.token, "smtp", values("smtp.what", "0"), 404, ""},
		{"no such trial", m.token, "dns", "{}", 422, ""},
		{"of one project", limited, "smtp", "{}", 403, ""},
		{"no provider", m.token, "sms", "{}", 200, `{"ok":false,"steps":[{"step":"provider","ok":false,"text":"sms.provider is not set: nobody carries messages"`},
		{"an unknown provider", m.token, "sms", values("sms.provider", "a,b"), 200, `{"ok":false,"steps":[{"step":"provider","ok":false,"text":"there is no provider \"a\"","took":0},{`},
		{"a message to nobody", m.token, "sms", object("phone", "89190000000", "text", "x"), 422, ""},
		{"a message by who may not", editor, "sms", object("provider", "log", "phone", "89190000000", "text", "x"), 403, ""},
	} {
		if got := m.as(tt.token, "POST", "/settings/tests/"+tt.what, tt.body); got.status != tt.status || !strings.HasPrefix(got.body, tt.want) || strings.Contains(got.body, "s3cret") {
			t.Errorf("%s: %d %s, want %d %s", tt.name, got.status, got.body, tt.status, tt.want)
		}
	}
	m.want(t, 200, "PUT", "/sms/providers/log", object("kind", "log"))
	if got := m.want(t, 200, "POST", "/settings/tests/sms", object("provider", "log", "phone", "89190000000", "text", "x")).body; !strings.HasPrefix(got, `{"ok":true,`) || !strings.Contains(got, "the message was taken") {
		t.Errorf("a message: %s", got)
	}
	log := m.want(t, 200, "GET", "/audit?kind=setting", "").body
	for _, want := range []string{`"login":"editor","address":"127.0.0.1"`, `"name":"smtp.password"`, `{"secret_set_at":"`, `{"value":"52s"}`} {
		if !strings.Contains(log, want) {
			t.Errorf("the audit log lacks %s: %s", want, log)
		}
	}
	if all := log + m.want(t, 200, "GET", "/settings", "").body; strings.Contains(all, "s3cret") {
		t.Error("a secret is shown")
	}
}
