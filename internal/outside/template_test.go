package outside_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"callgate/internal/outside"
)

func TestCheckTemplate(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"JSON", `{"a":{"from":"{start} 00:00:00"},"b":["{stop}"],"c":1}`, ""},
		{"query", "?from={start}&to={stop}&kind=centre", ""},
		{"form", "from={start}&to={stop}", ""},
		{"encoded by hand", "?from={start}%2000:00:00&to={stop}%2023:59:59", ""},
		{"empty", "", "want {start} in it"},
		{"one is missing", "?from={start}", "want {stop} in it"},
		{"one too many", "?from={start}&to={stop}&who={login}", "unknown placeholder {login}"},
		{"JSON cut short", `{"from":"{start}","to":"{stop}"`, "want valid JSON"},
		{"JSON outside of a string", `{"from":{start},"to":"{stop}"}`, "want valid JSON"},
		{"two JSONs", `{"from":"{start}"}{"to":"{stop}"}`, "want valid JSON"},
		{"query with a space", "?from={start} 00:00&to={stop}", "percent-encoded"},
		{"query with a fragment", "?from={start}&to={stop}#x", "percent-encoded"},
		{"query with a broken escape", "?from={start}&to={stop}&x=%zz", "percent-encoded"},
		{"query in Cyrillic", "?с={start}&по={stop}", "percent-encoded"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := outside.CheckTemplate(tt.text, "{start}", "{stop}")
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCheckFields(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"none", "", ""},
		{"some", `{"Номер":"number","Среднее время разговора \"АТТ\", сек":"att"}`, ""},
		{"no JSON", "Номер=number", "want a JSON object"},
		{"an array", `["Номер"]`, "want a JSON object"},
		{"twice", `{"Номер":"a","Номер":"b"}`, "twice"},
		{"no name", `{"Номер":""}`, "want the name of a field"},
		{"a number", `{"Номер":1}`, "want the name of a field"},
		{"no key of ours", `{"number":"Номер"}`, `the report has no key "number"`},
		{"letters that look alike", `{"Среднее время разговора \"ATT\", сек":"att"}`, "look alike"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := outside.CheckFields(tt.text)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCheckPath(t *testing.T) {
	for path, fine := range map[string]bool{"": true, "rows": true, "data.rows": true, "данные.строки": true, ".": false, "data.": false, ".rows": false, "a..b": false,
		strings.Repeat("a.", 20) + "a": false} {
		if err := outside.CheckPath(path); (err == nil) != fine {
			t.Errorf("%q: %v", path, err)
		}
	}
}

// FuzzTemplate: whatever log-in and password are, in each form of request they arrive as they are and change nothing else.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"", "a", `"`, `\`, `","admin":"`, "&x=y", "a+b c%20", "{password}", "{login}", "Пароль", "\x00\n\u2028", "</script>"} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, login, password string) {
		login, password = strings.ToValidUTF8(login, ""), strings.ToValidUTF8(password, "")
		pairs := []string{"{login}", login, "{password}", password}
		_, body := outside.Fill(`{"l":"{login}","x":{"p":"{password}!"}}`, pairs...)
		var got struct {
			L string
			X struct{ P string }
		}
		dec := json.NewDecoder(strings.NewReader(body))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&got); err != nil || got.L != login || got.X.P != password+"!" || dec.More() {
			t.Errorf("%q: %v", body, err)
		}
		query, _ := outside.Fill("?l={login}&x=1&p={password}", pairs...)
		_, form := outside.Fill("l={login}&x=1&p={password}", pairs...)
		for _, text := range []string{query, form} {
			values, err := url.ParseQuery(text)
			if want := (url.Values{"l": {login}, "x": {"1"}, "p": {password}}); err != nil || values.Encode() != want.Encode() {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}
