package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	v1 "callgate/api/v1"
	"callgate/internal/store/storetest"
)

// TestProviders: a provider is set, tried and forgotten; its secrets are shown to nobody and go to nobody else.
func TestProviders(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		var log bytes.Buffer
		g, l := newTextGate(t), newLand(t, database, nil)
		l.logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		m := newModern(t, l)
		p := m.provider(t, l, "gate", g)
		if !slices.Equal(p.Secrets, []string{"key"}) || !maps.Equal(p.Values, map[string]string{"login": "me"}) || !p.Usable || p.ChangedBy != login ||
			!strings.HasPrefix(p.Receipts, v1.Base+"/sms/receipts/gate/") || len(p.Receipts) < len(v1.Base)+40 {
			t.Errorf("set: %+v", p)
		}
		eventually(t, "its place", func() bool { return m.list(t)[0].Place == 1 })
		put := func(pairs ...any) reply {
			t.Helper()
			return m.v1("PUT", "/sms/providers/gate", object(append([]any{"kind", "http"}, pairs...)...))
		}
		try := func(text string) (a struct {
			Outcome, Reason, ProviderID string
			Took                        float64
			Message                     int64
		}) {
			t.Helper()
			got := m.want(t, 200, "POST", "/sms/providers/gate/test", object("phone", "8 919 000-00-00", "text", text, "originator", "SHOP"))
			if err := json.Unmarshal([]byte(got.body), &a); err != nil {
				t.Fatal(err)
			}
			return a
		}
		last := func() map[string][]string {
			all := g.all()
			return all[len(all)-1]
		}

		// What is left out is what it was, as long as it goes to the same.
		if got := put("description", g.description(), "values", map[string]string{"login": "you"}, "per_second", 2.5, "at_once", 3); got.status != 200 || !strings.Contains(got.body, `"secrets":["key"]`) {
			t.Errorf("without the key: %d %s", got.status, got.body)
		}
		if a := try("ok"); a.Outcome != "taken" || a.Message == 0 || last()["key"][0] != "s3cret" || last()["login"][0] != "you" || last()["from"][0] != "SHOP" || last()["to"][0] != "+79190000000" {
			t.Errorf("taken: %+v, given %v", a, last())
		}
		other := g.description()
		other["title"] = "Elsewhere"
		refused(t, put("description", other, "values", map[string]string{"login": "you"}), 422, "values")
		refused(t, put("description", g.description(), "values", map[string]string{"login": "you", "key": ""}), 422, "values")
		refused(t, put("preset", "smsru"), 422, "values")
		if a := try("ok"); a.Outcome != "taken" || last()["key"][0] != "s3cret" {
			t.Errorf("after what was refused: %+v, given %v", a, last())
		}

		for text, want := range map[string]string{"refuse": "refused failed", "later": "later failed", "break": "unknown unknown"} {
			a := try(text)
			v := m.text(t, a.Message)
			if a.Outcome+" "+v.State != want || a.Reason == "" || v.Reason != "gate: "+a.Reason || v.Text != text || v.Provider != "gate" || strings.Contains(a.Reason, "9190000") {
				t.Errorf("%s: %+v, and the message %+v, want %s", text, a, v, want)
			}
		}
		refused(t, m.v1("POST", "/sms/providers/none/test", object("phone", "89190000000", "text", "x")), 404, "")
		refused(t, m.v1("POST", "/sms/providers/gate/test", object("phone", "nobody", "text", "x")), 422, "phone")
		refused(t, m.v1("POST", "/sms/providers/gate/test", object("phone", "89190000000", "text", "")), 422, "text")

		if got := m.want(t, 200, "PUT", "/sms/providers/smsru", object("kind", "http", "preset", "smsru", "values", map[string]string{"api_id": "s3cret"})).body; !strings.Contains(got, `"secrets":["api_id"]`) ||
			strings.Contains(got, "values") {
			t.Errorf("a preset: %s", got)
		}
		m.want(t, 200, "PUT", "/sms/providers/log", object("kind", "log"))
		all := m.list(t)
		if len(all) != 3 || all[0].Name != "gate" || all[1].Name != "log" || all[2].Name != "smsru" || all[1].Place != 0 || all[1].Receipts != "" || all[0].PerSecond != 2.5 || all[0].AtOnce != 3 {
			t.Errorf("all: %+v", all)
		}
		if text, err := json.Marshal(g.description()); err != nil || fmt.Sprint(decoded(t, string(text))) != fmt.Sprint(decoded(t, string(all[0].Description))) {
			t.Errorf("the description came back as %s", all[0].Description)
		}
		if got := m.v1("GET", "/sms/providers", "").body; strings.Contains(got, "s3cret") {
			t.Errorf("a secret is shown: %s", got)
		}
		m.want(t, 200, "DELETE", "/sms/providers/gate", "")
		refused(t, m.v1("DELETE", "/sms/providers/gate", ""), 404, "")
		if got := tells(t, "POST", m.url+all[0].Receipts, "id=1&state=ok"); got.status != 404 {
			t.Errorf("one that is forgotten is heard: %d", got.status)
		}
		m.stop()
		for _, secret := range []string{"s3cret", "9190000", all[0].Receipts[len(v1.Base+"/sms/receipts/gate/"):]} {
			if strings.Contains(log.String(), secret) {
				t.Errorf("the log tells of %s", secret)
			}
		}
	})
}

// decoded is a JSON text as values.
func decoded(t *testing.T, text string) (v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

// TestProviderRefusals: a provider that cannot work is refused, with the place of the fault, and is not there afterwards.
func TestProviderRefusals(t *testing.T) {
	m := newQuiet(t, storetest.SQLite(t))
	g := &textGate{url: "http://127.0.0.1:1"}
	send := func(change func(send map[string]any)) map[string]any {
		d := g.description()
		change(d["send"].(map[string]any))
		return d
	}
	values := map[string]string{"login": "me", "key": "s3cret"}
	for _, tt := range []struct {
		name, provider string
		body           map[string]any
		field, says    string
	}{
		{"no kind", "a", map[string]any{}, "body", ""},
		{"another kind", "a", map[string]any{"kind": "pigeon"}, "kind", ""},
		{"a name with a capital", "A", map[string]any{"kind": "log"}, "name", ""},
		{"neither preset nor description", "a", map[string]any{"kind": "http"}, "preset", ""},
		{"both", "a", map[string]any{"kind": "http", "preset": "smsc", "description": g.description()}, "preset", ""},
		{"an unknown preset", "a", map[string]any{"kind": "http", "preset": "smsd"}, "preset", "there is no preset"},
		{"a preset that is a path", "a", map[string]any{"kind": "http", "preset": "../smsc"}, "preset", ""},
		{"a description that is a text", "a", map[string]any{"kind": "http", "description": "{}"}, "description", ""},
		{"an empty description", "a", map[string]any{"kind": "http", "description": map[string]any{}}, "description", ""},
		{"a placeholder that is none", "a", map[string]any{"kind": "http", "values": values, "description": send(func(s map[string]any) { s["form"] = map[string]string{"to": "{numbr}", "text": "{text}"} })},
			"description", "send.form.to: unknown placeholder {numbr} at character 1"},
		{"a field that is none", "a", map[string]any{"kind": "http", "values": values, "description": send(func(s map[string]any) { s["urll"] = "x" })}, "description", "send.urll"},
		{"an address that is none", "a", map[string]any{"kind": "http", "values": values, "description": send(func(s map[string]any) { s["url"] = "ftp://x" })}, "description", "send.url"},
		{"no values", "a", map[string]any{"kind": "http", "description": g.description()}, "values", "login: "},
		{"another value", "a", map[string]any{"kind": "http", "description": g.description(), "values": map[string]string{"login": "x", "key": "s3cret", "more": "s3cret"}}, "values", "more: "},
		{"a value with a line break", "a", map[string]any{"kind": "http", "description": g.description(), "values": map[string]string{"login": "x", "key": "s3cret\n"}}, "values", "key: "},
		{"a log with a preset", "a", map[string]any{"kind": "log", "preset": "smsc"}, "preset", ""},
		{"less than no messages", "a", map[string]any{"kind": "log", "per_second": -1}, "per_second", ""},
		{"too many at once", "a", map[string]any{"kind": "log", "at_once": 1001}, "at_once", ""},
		{"what is none of its", "a", map[string]any{"kind": "log", "secret": "x"}, "secret", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, err := json.Marshal(tt.body)
			if err != nil {
				t.Fatal(err)
			}
			got := m.v1("PUT", "/sms/providers/"+tt.provider, string(text))
			refused(t, got, http.StatusUnprocessableEntity, tt.field)
			if !strings.Contains(got.body, tt.says) || strings.Contains(got.body, "s3cret") {
				t.Errorf("%s does not say %q, or says too much", got.body, tt.says)
			}
		})
	}
	if all := m.list(t); len(all) != 0 {
		t.Errorf("there are %+v", all)
	}
	presets := list[v1.Preset](t, m, "/sms/presets")
	if i := slices.IndexFunc(presets, func(p v1.Preset) bool { return p.Name == "smsru" }); len(presets) < 5 || i < 0 || presets[i].Title != "SMS.ru" || !presets[i].Receipts || presets[i].Read == "" ||
		len(presets[i].Description) == 0 || len(presets[i].Needs) == 0 || presets[i].Needs[0].Name != "api_id" || !presets[i].Needs[0].Secret {
		t.Errorf("the presets are %+v", presets)
	}
}

// TestProviderPreview: how a message would be put to a provider can be seen before it is set; no secret is.
func TestProviderPreview(t *testing.T) {
	m := newQuiet(t, storetest.SQLite(t))
	preset := list[v1.Preset](t, m, "/sms/presets")
	smsru := preset[slices.IndexFunc(preset, func(p v1.Preset) bool { return p.Name == "smsru" })]
	message := []any{"phone", "8 919 000-00-00", "text", "Код & 1", "originator", "SHOP"}
	const asked = `{"method":"POST","url":"https://sms.ru/sms/send?json=1","headers":[{"name":"Accept","value":"application/json"},{"name":"Content-Type","value":"application/x-www-form-urlencoded"},` +
		`{"name":"User-Agent","value":"callgate"}],"body":"api_id=...&from=SHOP&msg=%D0%9A%D0%BE%D0%B4+%26+1&to=79190000000&ttl=1439"}` + "\n"
	wrong := func(says string) string {
		return `{"method":"","url":"","headers":[],"body":"","wrong":"` + says + `"}` + "\n"
	}
	for _, tt := range []struct {
		name string
		of   []any
		want string // the whole answer, or the field that is wrong
	}{
		{"a preset", []any{"preset", "smsru"}, asked},
		{"its description, with a secret", []any{"description", smsru.Description, "values", map[string]string{"api_id": "s3cret"}}, asked},
		{"neither", nil, "preset"},
		{"what cannot be read", []any{"description", map[string]any{"title": "x", "urll": "y"}}, wrong("urll: unknown field")},
		{"a value too many", []any{"preset", "smsru", "values", map[string]string{"api": "s3cret"}}, wrong("api: the provider needs no such value")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := m.v1("POST", "/sms/preview", object(append(tt.of, message...)...))
			if strings.Contains(got.body, "s3cret") {
				t.Errorf("a secret is shown: %s", got.body)
			}
			if !strings.HasPrefix(tt.want, "{") {
				refused(t, got, 422, tt.want)
			} else if got.status != 200 || got.body != tt.want {
				t.Errorf("got %d %s\nwant %s", got.status, got.body, tt.want)
			}
		})
	}
}
