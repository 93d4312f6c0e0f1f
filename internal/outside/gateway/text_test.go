package gateway_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"callgate/internal/outside/gateway"
)

// nasty are texts that would break a request which is put together in a careless way.
var nasty = map[string]string{
	"quotes":           `Он сказал: "да", 'нет' и \"`,
	"line breaks":      "one\ntwo\r\nthree\rfour\u2028five",
	"emoji":            "👩‍👩‍👧 🇷🇺 ☎️",
	"2,000 characters": strings.Repeat("Ёж ", 666) + "!!",
	"a query":          "a&text=b&to=+79990000000#x;y=%41%zz+ ?",
	"JSON":             `"},{"msisdn":"79990000000"}],"x":"\u0022`,
	"a header":         "x\r\nAuthorization: Bearer y\r\n\r\nGET / HTTP/1.1",
	"placeholders":     "{number} {{password}} {login|key} ${HOME} %s",
	"markup":           "<b>&amp;</b><!-- ]]>",
	"control":          "\x01\x1b[31m\x7f\u0085\u202e",
	"blanks":           "  \t ",
	"one":              "x",
}

// TestTextsArrive: whatever the text, each provider has it as it was written, and nothing else has changed.
func TestTextsArrive(t *testing.T) {
	p := newProvider(t, append(hosts, "gate.example")...)
	p.answers(200, `{}`)
	described := map[string]*gateway.Description{"query": described(t, over("https", getProvider)), "form": described(t, over("https", formProvider))}
	for _, preset := range gateway.Presets() {
		described[preset.Name] = preset.Description
	}
	number := "+79255070602"
	for _, provider := range slices.Sorted(maps.Keys(described)) {
		h := driver(t, described[provider], given[provider], p.options())
		for name, text := range nasty {
			t.Run(provider+" "+name, func(t *testing.T) {
				got := h.Send(t.Context(), gateway.Text{ID: 5, Number: number, From: `A "B" & С`, Text: text})
				s, n := p.last()
				if longest := h.Facts().Longest; longest > 0 && len([]rune(text)) > longest {
					if n != 0 || got.Outcome != gateway.Refused {
						t.Errorf("too long a text: %d requests, %+v", n, got)
					}
					return
				}
				digits := strings.TrimPrefix(number, "+")
				message := map[string]any{"content": map[string]any{"short_text": text}, "from": map[string]any{"sms_address": `A "B" & С`}, "to": []any{map[string]any{"msisdn": digits}}}
				want := map[string]any{
					"query": values("to", number, "text", text),
					"form":  values("to", number, "text", text),
					"smsc": values("login", "shop", "psw", "p&ss=w:rd", "phones", number, "mes", text, "sender", `A "B" & С`,
						"charset", "utf-8", "fmt", "3"),
					"smsru":          values("api_id", "API-ID-7f", "to", digits, "msg", text, "from", `A "B" & С`),
					"smsaero":        map[string]any{"number": digits, "sign": `A "B" & С`, "text": text},
					"mts-exolve":     map[string]any{"number": `A "B" & С`, "destination": digits, "text": text},
					"mts-marketolog": map[string]any{"messages": []any{message}},
				}[provider]
				has := s.json
				switch provider {
				case "query":
					has = s.query
				case "form", "smsc", "smsru":
					has = s.form
				}
				if w, g := asJSON(want), asJSON(has); n != 1 || w != g {
					t.Errorf("%d requests, %+v\nwant %.500s\ngot  %.500s", n, got, w, g)
				}
			})
		}
	}
}

func asJSON(value any) string {
	b, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// TestPlaces: placeholders in every place where they may stand, and what is left out.
func TestPlaces(t *testing.T) {
	d := described(t, `{"title":"x","number":"digits",
		"needs":[{"name":"account","title":"Account"},{"name":"key","title":"Key","secret":true},{"name":"zone","title":"Zone","optional":true},{"name":"from2","title":"Sender","default":"SHOP"}],
		"send":{"method":"PUT","url":"https://gate.example/a/{account}/to/{number}","auth":{"kind":"header","name":"x-api-key","value":"Key {key}"},
			"headers":{"X-Message":"m-{id}","X-Zone":"{zone}","X-From":"{from|from2}"},"query":{"z":"{zone}","v":"{{1}}"},
			"json":{"t":"{text}","ttl":"{minutes}","clock":"till {hh_mm}","zone":{"name":"{zone}","all":["{zone}"]},"empty":{},"list":["{zone}","{id}"],"n":9007199254740993,"yes":true,"no":null},
			"taken":[{"status":"204"}]}}`)
	p := newProvider(t, "gate.example")
	p.answers(204, "")
	h := driver(t, d, map[string]string{"account": "Мир/1", "key": "s&c"}, p.options())
	if got := h.Send(t.Context(), order()); got.Outcome != gateway.Taken {
		t.Errorf("%+v", got)
	}
	s, _ := p.last()
	got := fmt.Sprint(s.method, " ", s.address, " ", s.query, " ", s.header["X-Api-Key"], s.header["X-Message"], s.header["X-Zone"], s.header["X-From"], " ", asJSON(s.json))
	want := `PUT https://gate.example/a/%D0%9C%D0%B8%D1%80%2F1/to/79255070602 map[v:[{1}]] [Key s&c] [m-77] [] [FRONTLINE] ` +
		`{"clock":"till 01:30","empty":{},"list":["77"],"n":9007199254740993,"no":null,"t":"Код: «12»","ttl":90,"yes":true}`
	if got != strings.Replace(want, "9007199254740993", "9007199254740992", 1) { // as encoding/json reads it here
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, account := range []string{".", ".."} {
		if _, err := gateway.NewHTTP(d, map[string]string{"account": account, "key": "k"}, gateway.Options{}); err == nil {
			t.Errorf("account %q leads elsewhere", account)
		}
	}
}

// TestNeeds: what is given has to be what is needed, and no error tells a value.
func TestNeeds(t *testing.T) {
	for _, tt := range []struct {
		name, preset string
		needs        map[string]string
		want         string
	}{
		{"missing", "smsru", nil, "api_id: the provider needs one"},
		{"unknown", "smsru", map[string]string{"api_id": "hush", "login": "hush"}, "login: the provider needs no such value"},
		{"of two lines", "smsru", map[string]string{"api_id": "hush\r\nX: y"}, "api_id: want one line of text"},
		{"with NUL", "smsru", map[string]string{"api_id": "hush\x00"}, "api_id: want one line of text"},
		{"no UTF-8", "smsru", map[string]string{"api_id": "hush\xff"}, "api_id: want one line of text"},
		{"neither of two ways", "smsc", map[string]string{"login": "hush"}, "password: the provider needs one"},
		{"one of two ways", "smsc", map[string]string{"login": "hush", "password": "x"}, ""},
		{"the other one", "smsc", map[string]string{"key": "x"}, ""},
		{"a colon in a name", "smsaero", map[string]string{"email": "hush:x", "key": "x", "sign": "x"}, "auth.user: no colon can stand in it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := gateway.NewHTTP(gateway.FindPreset(tt.preset), tt.needs, gateway.Options{})
			if got := fmt.Sprint(err); got != tt.want && (tt.want != "" || err != nil) {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}
