package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
)

// FuzzDescription: what is taken works with any message and any value, and is JSON that reads the same again.
func FuzzDescription(f *testing.F) {
	for _, p := range gateway.Presets() {
		raw, err := os.ReadFile("presets/" + p.Name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(whole))
	f.Add([]byte(over("https", jsonProvider)))
	f.Add([]byte(over("http", getProvider)))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := gateway.ParseDescription(data)
		if err != nil {
			if !utf8.ValidString(err.Error()) && utf8.Valid(data) {
				t.Errorf("the error is no text: %q", err)
			}
			return
		}
		stored, err := json.Marshal(d)
		if err != nil {
			t.Fatalf("it cannot be stored: %v", err)
		}
		if _, err := gateway.ParseDescription(stored); err != nil {
			t.Fatalf("it cannot be read again: %v", err)
		}
		needs := map[string]string{}
		for _, n := range d.Needs {
			needs[n.Name] = "s3cr3t"
		}
		h, err := gateway.NewHTTP(d, needs, gateway.Options{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody") }})
		if err != nil {
			t.Fatalf("it cannot be used: %v", err)
		}
		defer h.Close()
		for _, text := range nasty {
			got := h.Send(t.Context(), gateway.Text{ID: 1, Number: "+79255070602", From: "ЁЖ", Text: text})
			if tooLong := d.Limits.Longest > 0 && utf8.RuneCountInString(text) > d.Limits.Longest; got.Outcome != gateway.Later && !tooLong {
				t.Fatalf("with the text %q: %+v", text, got)
			}
		}
		if d.Status != nil {
			_, _ = h.States(t.Context(), []gateway.Asked{{ID: "x y", Number: "+7"}, {ID: "\xff"}})
		}
	})
}

// FuzzPath: a path that is taken leads somewhere or nowhere in any JSON.
func FuzzPath(f *testing.F) {
	for _, seed := range [][2]string{{"a.b[0]", `{"a":{"b":[1]}}`}, {"*.*[-1]", `{"a":{"b":[1]}}`}, {"[9999]", `[]`}, {"a", `{"a":1,"a":2}`}, {"x", "\ufeff{}"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, path, body string) {
		text, found, err := gateway.AtPath(path, body)
		if text != "" && (!found || err != nil) {
			t.Errorf("%q, %t, %v", text, found, err)
		}
	})
}

// FuzzAnswer: no answer is taken for more than it is, and no reason tells a secret.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{`{"id":33,"cnt":1}`, `{"error":"p&ss=w:rd","error_code":7}`, `{"status_code":200,"status_text":"API-ID-7f"}`, `{"status_code":100,"sms":{"7":{"status_code":100,"sms_id":"x"}}}`, `{"success":true,"data":[{"id":1}]}`,
		`{"messages":[{"internal_id":"c5"}]}`, "<html>", "", "\xff"} {
		f.Add(200, []byte(seed), "5")
	}
	drivers := map[string]*gateway.HTTP{}
	for _, p := range gateway.Presets() {
		drivers[p.Name] = driver(f, p.Description, given[p.Name], gateway.Options{})
	}
	f.Fuzz(func(t *testing.T, status int, body []byte, wait string) {
		for name, h := range drivers {
			got := h.Judged(hello, status, body, wait)
			switch {
			case got.Outcome == gateway.Taken && (status < 200 || status > 299):
				t.Errorf("%s: taken with status %d", name, status)
			case got.Outcome != gateway.Unknown && got.Outcome != gateway.Later && status >= 500:
				t.Errorf("%s: %+v with status %d", name, got, status)
			case got.Wait < 0 || got.Wait > 3600e9 || got.Wait > 0 && got.Outcome != gateway.Later:
				t.Errorf("%s: a wait of %v", name, got.Wait)
			}
			fit(t, name, got.Reason, secrets[name])
			if got.ID != "" && (len(got.ID) > 200 || !utf8.ValidString(got.ID)) {
				t.Errorf("%s: the id %q", name, got.ID)
			}
		}
	})
}

// FuzzReceipts: hostile calls are refused, or tell of messages what may be kept.
func FuzzReceipts(f *testing.F) {
	f.Add("POST", "", "application/x-www-form-urlencoded", []byte("data[0]=sms_status%0A000000-1%0A103%0A1&hash=x"))
	f.Add("GET", "id=33&status=20&err=API-ID-7f", "", []byte(nil))
	f.Add("POST", "", "application/json", []byte(`{"events":[{"id":7,"s":1},{"id":8,"s":"F","why":"79255070602"}]}`))
	f.Add("POST", "", "multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\nx\r\n--b--\r\n"))
	anyForm, err := gateway.ParseDescription([]byte(`{"title":"x","number":"plus","send":{"method":"POST","url":"https://x.example/","form":{"n":"{number}","t":"{text}"},"taken":[{"body":"OK"}]},
		"receipt":{"in":["json","form","query"],"each":["events","event"],"lines":true,"id":["id","[1]"],"state":["s","[2]"],"reason":"why","codes":{"delivered":["103",1],"failed":"F"}}}`))
	if err != nil {
		f.Fatal(err)
	}
	drivers := map[string]*gateway.HTTP{"any": driver(f, anyForm, nil, gateway.Options{}), "smsru": driver(f, gateway.FindPreset("smsru"), given["smsru"], gateway.Options{}),
		"smsc": driver(f, gateway.FindPreset("smsc"), map[string]string{"key": "API-ID-7f"}, gateway.Options{})}
	f.Fuzz(func(t *testing.T, method, query, contentType string, body []byte) {
		asked, _ := url.ParseQuery(query)
		for name, h := range drivers {
			got, answer, err := h.Receipts(method, asked, http.Header{"Content-Type": {contentType}}, body)
			failure, _ := fault.Of(err)
			if err != nil && (len(got) > 0 || answer != gateway.Answer{} || failure.Kind == fault.Internal) {
				t.Errorf("%s: %v, %+v, %v", name, got, answer, err)
			}
			if name == "smsru" && err == nil && len(got) > 0 {
				t.Errorf("somebody guessed the signature: %s %s", query, body)
			}
			for _, r := range got {
				if r.ID == "" || len(r.ID) > 200 || strings.ContainsAny(r.ID, "\r\n\x00") || r.Reason != "" && r.State != gateway.Failed {
					t.Errorf("%s: %+v", name, r)
				}
				fit(t, name, r.Reason, "API-ID-7f")
			}
		}
	})
}

var secrets = map[string]string{"smsc": "p&ss=w:rd", "smsru": "API-ID-7f", "smsaero": "aero+key", "mts-exolve": "ex.olve", "mts-marketolog": "etolog"}

// fit is what a reason has to be.
func fit(t *testing.T, name, reason, secret string) {
	t.Helper()
	if strings.Contains(reason, secret) {
		t.Errorf("%s: the reason %q tells a secret", name, reason)
	}
	if !utf8.ValidString(reason) || utf8.RuneCountInString(reason) > 200 || strings.ContainsAny(reason, "\r\n\x00") {
		t.Errorf("%s: the reason %q", name, reason)
	}
}
