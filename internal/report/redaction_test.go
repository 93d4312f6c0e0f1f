package report_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"callgate/internal/report"
)

func TestRedact(t *testing.T) {
	for _, tt := range []struct{ name, body, want string }{
		{"empty", ``, ``},
		{"nothing to hide", `{"sip" : "101",  "n":[1,{"a":null}]}`, `{"sip" : "101",  "n":[1,{"a":null}]}`},
		{"login", `{"login":"anna","password":"hunter22"}`, `{"login":"anna","password":"***"}`},
		{"white space", "{ \"password\"\n:\t\"hunter22\" , \"a\":1}", "{ \"password\"\n:\t\"***\" , \"a\":1}"},
		{"any case", `{"PassWord":"hunter22"}`, `{"PassWord":"***"}`},
		{"letters that fold", `{"pa\u017f\u017fword":"hunter22","to` + "\u212a" + `en":"x"}`, `{"pa\u017f\u017fword":"***","to` + "\u212a" + `en":"***"}`},
		{"escaped key", `{"p\u0061ssword":"hunter22"}`, `{"p\u0061ssword":"***"}`},
		{"escaped quote in the value", `{"password":"hun\"ter22","a":1}`, `{"password":"***","a":1}`},
		{"backslash ends the value", `{"password":"hunter22\\","a":"b"}`, `{"password":"***","a":"b"}`},
		{"quote in a key", `{"a\"b":1,"password":"x"}`, `{"a\"b":1,"password":"***"}`},
		{"tokens", `{"token":"t1","access_token":"t2","refresh_token":"t3"}`, `{"token":"***","access_token":"***","refresh_token":"***"}`},
		{"deep", `{"a":[{"b":{"password":"hunter22"}}]}`, `{"a":[{"b":{"password":"***"}}]}`},
		{"a number", `{"password":12345678}`, `{"password":"***"}`},
		{"a number in an object in a list", `[{"password":12345678}]`, `[{"password":"***"}]`},
		{"null", `{"password":null,"a":1}`, `{"password":"***","a":1}`},
		{"an object", `{"password":{"a":["}","x"],"b":{}},"c":1}`, `{"password":"***","c":1}`},
		{"a list", `{"password":["hunter22",["x"]],"c":1}`, `{"password":"***","c":1}`},
		{"twice", `{"password":"one","password":"two"}`, `{"password":"***","password":"***"}`},
		{"a value that is named so", `{"a":"password","b":"token:x"}`, `{"a":"password","b":"token:x"}`},
		{"a word in a list", `["password","hunter22"]`, `["password","hunter22"]`},
		{"Cyrillic stays", `{"имя":"Анна & <b>","password":"пароль"}`, `{"имя":"Анна & <b>","password":"***"}`},
		{"broken", `{"login":"anna","password":"hunter22"`, `{"login":"anna","password***`},
		{"broken before", `{"login":anna,"password":"hunter22"}`, `{"login":anna,"password***`},
		{"two documents", `{"a":1}{"password":"hunter22"}`, `{"a":1}{"password***`},
		{"mark in front", "\uFEFF" + `{"password":"hunter22"}`, "\uFEFF" + `{"password***`},
		{"single quotes", `{'PASSWORD':'hunter22'}`, `{'PASSWORD***`},
		{"form", `login=anna&password=hunter22`, `login=anna&password***`},
		{"form, escaped key", `login=anna&pass%77ord=hunter22`, `login=anna&pass%77***`},
		{"broken, escaped key", `{"p\u0061ssword":"hunter22"`, `{"p\u0061***`},
		{"no JSON, nothing to hide", `hello, "world`, `hello, "world`},
		{"no text", "a\x00b\xff\xfec", "a\uFFFDb\uFFFDc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := report.Redact(tt.body); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestRedactCuts(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		want       int
	}{
		{"at the limit", strings.Repeat("x", 4096), 4096},
		{"one over", strings.Repeat("x", 4097), 4096},
		{"between characters", strings.Repeat("x", 4095) + "ю", 4095},
		{"long JSON", `{"a":"` + strings.Repeat("ю", 100_000) + `","password":"hunter22"}`, 4096},
		{"no text at all", strings.Repeat("x\xff", 4096), 4096},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := report.Redact(tt.body)
			if len(got) != tt.want || !utf8.ValidString(got) {
				t.Errorf("got %d bytes, valid %v, want %d", len(got), utf8.ValidString(got), tt.want)
			}
		})
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("hunter22", "anna", 0, true)
	f.Add(`a"b\c}`, "\xff\x00", 10, false)
	f.Add("пароль\u2028", "token", 4090, true)
	f.Fuzz(func(t *testing.T, password, other string, pad int, whole bool) {
		quoted, err := json.Marshal(password)
		if err != nil {
			t.Fatal(err)
		}
		value, err := json.Marshal(other)
		if err != nil {
			t.Fatal(err)
		}
		secret := string(quoted[1 : len(quoted)-1])
		front := `{"other":` + string(value) + strings.Repeat(" ", max(pad, 0)%5000) + `,"password":`
		body := front + string(quoted) + `}`
		if !whole {
			body = body[:len(body)-1] // broken
		}
		got := report.Redact(body)
		if len(got) > 4096 || !utf8.ValidString(got) || strings.Contains(got, "\x00") {
			t.Errorf("%d bytes, valid %v", len(got), utf8.ValidString(got))
		}
		for _, s := range []string{secret, password} {
			if len(s) >= 4 && strings.Contains(got, s) && !strings.Contains(front+"}***", s) {
				t.Errorf("%q shows %q", got, s)
			}
		}
		report.Redact(other) // anything at all
		report.Redact(password)
	})
}
