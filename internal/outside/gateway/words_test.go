package gateway_test

import (
	"math/rand/v2"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"callgate/internal/outside/gateway"
)

// TestReasons: what is kept of a provider's words.
func TestReasons(t *testing.T) {
	for _, tt := range []struct{ name, said, text, want string }{
		{"as they are", "no money", "hello", "no money"},
		{"one line", "no\nmoney\x00\x1b[31m\u202e!", "hello", "no money  [31m !"},
		{"cut", strings.Repeat("ы", 300), "hello", strings.Repeat("ы", 187) + "…"},
		{"no UTF-8", "no\xffmoney", "hello", "no�money"},
		{"a number", "wrong 79255070602, +79255070602 or 8 (925) 507-06-02", "hello", "wrong …, … or …"},
		{"another's number", "wrong ٠١٢٣٤٥", "hello", "wrong …"},
		{"codes stay", "207: 4711", "hello", "207: 4711"},
		{"a secret", "key aero+key, aero%2Bkey, Basic bWVAZXhhbXBsZS5jb206YWVybytrZXk=", "hello", "key …, …, Basic …"},
		{"the text", "bad text: Ваш код 1234", "Ваш код 1234", "bad text: …"},
		{"some of the text", "bad text: ...код 1234. Нико...", "Ваш код 1234. Никому его не говорите", "bad text: ...…..."},
		{"the text as it stands in a form", "bad: text=" + url.QueryEscape("Ваш код 1234") + "&to=x", "Ваш код 1234", "bad: text=…&to=x"},
		{"the text as it stands in a path", "bad: " + url.PathEscape("My code is 12") + "/x", "My code is 12", "bad: …/x"},
		{"the text as it may stand in JSON", `bad: {"text":` + strconv.QuoteToASCII("Ваш код\n1234") + "}", "Ваш код\n1234", `bad: {"text":"…"}`},
		{"a text that is a word", "wrong text", "text", "wrong …"},
		{"a text of two lines", "wrong: one two three", "one\ntwo\nthree", "wrong: …"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t, hosts...)
			p.answers(400, asJSON(map[string]any{"success": false, "message": tt.said}))
			h := driver(t, gateway.FindPreset("smsaero"), given["smsaero"], p.options())
			got := h.Send(t.Context(), gateway.Text{Number: "+79255070602", Text: tt.text})
			if got.Outcome != gateway.Refused || got.Reason != "status 400: "+tt.want {
				t.Errorf("%d %q, want %q", got.Outcome, got.Reason, tt.want)
			}
		})
	}
}

// TestNothingIsTold: random answers made of the text, the number and secrets tell none of them.
func TestNothingIsTold(t *testing.T) {
	p := newProvider(t, hosts...)
	random := rand.New(rand.NewPCG(8, 27))
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	letters := []string{"а", "b", "1", "2", " ", "…", "\n", "\"", "%", "+", "й", "\x01", "=", "5", "0"}
	word := func(n int) (s string) {
		for range n {
			s += pick(letters)
		}
		return s
	}
	var h *gateway.HTTP
	key := ""
	for i := range 3000 {
		fresh := strings.Map(func(r rune) rune {
			if unicode.IsControl(r) {
				return 'k'
			}
			return r
		}, word(1+random.IntN(12)))
		if i%30 == 0 {
			key, h = fresh, driver(t, gateway.FindPreset("smsru"), map[string]string{"api_id": fresh}, p.options())
		}
		text := gateway.Text{Number: "+7" + strings.Repeat("9", random.IntN(10)) + "25", Text: word(random.IntN(40))}
		said := ""
		for range random.IntN(12) {
			runes := []rune(text.Text)
			from := random.IntN(len(runes) + 1)
			said += pick([]string{key, text.Number, text.Text, string(runes[from:]), string(runes[:from]), word(3), "…", "x"})
		}
		p.answers(200, asJSON(map[string]any{"status_code": 200, "status_text": said}))
		got := h.Send(t.Context(), text)
		if got.Outcome != gateway.Refused || len([]rune(got.Reason)) > 200 || strings.ContainsFunc(got.Reason, unicode.IsControl) {
			t.Fatalf("%+v", got)
		}
		for what, hidden := range map[string]string{"key": key, "number": text.Number, "text": text.Text} {
			if hidden != "" && strings.Contains(got.Reason, hidden) {
				t.Fatalf("of %q the reason %q tells the %s %q", said, got.Reason, what, hidden)
			}
		}
		run := 0
		for _, r := range got.Reason {
			if run++; !unicode.IsDigit(r) {
				run = 0
			}
			if run >= 5 {
				t.Fatalf("the reason %q of %q has a number", got.Reason, said)
			}
		}
	}
}
