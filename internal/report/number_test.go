package report_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"callgate/internal/report"
)

func TestHideNumbers(t *testing.T) {
	const uuid = "87e64143-7582-4123-8990-123456789012"
	for _, tt := range []struct{ name, body, want string }{
		{"empty", ``, ``},
		{"an order", `{"called_number":"89100000000", "caller_number":"1001","sip":"1234"}`, `{"called_number":"*****", "caller_number":"*****","sip":"1234"}`},
		{"a message", `{"phone":"8 (910) 000-00-00","message":"call +79100000000 or 5-12"}`, `{"phone":"*****","message":"call ***** or 5-12"}`},
		{"a number as a number", `{"called_number":89100000000,"n":89100000001,"m":-1234567.5,"k":123456}`, `{"called_number":"*****","n":"*****","m":"*****","k":123456}`},
		{"lists and objects", `{"phone":["1",{"a":"2"}],"a":[{"phone":{"b":1}},"1234567"]}`, `{"phone":"*****","a":[{"phone":"*****"},"*****"]}`},
		{"any case", `{"Phone":"12","CALLED_NUMBER":"13"}`, `{"Phone":"*****","CALLED_NUMBER":"*****"}`},
		{"escaped key and value", `{"ph\u006fne":"12","a":"\u0038910\u0030000000"}`, `{"ph\u006fne":"*****","a":"*****"}`},
		{"ids", `{"id":"12345678","project_id":12345678,"session_id":"1234567890"}`, `{"id":"12345678","project_id":12345678,"session_id":"1234567890"}`},
		{"what an id is not", `{"id":{"a":"12345678"},"project_id":["12345678"],"ID":"12345678"}`, `{"id":{"a":"*****"},"project_id":["*****"],"ID":"*****"}`},
		{"UUID", `{"call":"` + uuid + `","call2":"x` + uuid + `"}`, `{"call":"` + uuid + `","call2":"x87e64143-7582-4123-8990-*****"}`},
		{"UUID in a text", `{"message":"call ` + uuid + ` of 89100000000"}`, `{"message":"call ` + uuid + ` of *****"}`},
		{"as people write it", `{"message":"8 (910) 000-00-00, before 2026-11-27 10:00"}`, `{"message":"*****, before 2026-11-27 10:00"}`},
		{"percent-encoded", `{"message":"%2B79100000000"}`, `{"message":"*****"}`},
		{"dates", `{"start_date":"2026-11-01 00:00:00","stop_date":"2026-11-30"}`, `{"start_date":"2026-11-01 00:00:00","stop_date":"2026-11-30"}`},
		{"in a key", `{"89100000000":1}`, `{"*****":1}`},
		{"six digits", `{"a":"123456 654321"}`, `{"a":"123456 654321"}`},
		{"Cyrillic", `{"message":"Иван <8910000000> & Ко"}`, `{"message":"Иван <*****> & Ко"}`},
		{"a text alone", `"89100000000"`, `"*****"`},
		{"a word", `{"phone":null,"a":true}`, `{"phone":"*****","a":true}`},
		{"cut", `{"phone":"8910`, `{"phone":"8910`},
		{"no JSON", `phone=12345&b=1234 +79100000000`, `phone=*****&b=1234 *****`},
		{"no JSON, escaped", `phone=%2B%37910%300000 {"a":"\u00379\u0031\u003000`, `phone=***** {"a":"*****`},
		{"two documents", `{"phone":"12"}{"phone":"123456"}`, `{"phone":"12"}{"phone":"*****"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := report.HideNumbers(tt.body); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestShown(t *testing.T) {
	for _, tt := range []struct{ name, text, number, inText string }{
		{"none", "", "", ""},
		{"a number", "+79100000000", "*****", "*****"},
		{"an inner one", "1001", "*****", "1001"},
		{"a text", "sip:89100000000@h", "*****", "sip:*****@h"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := report.ShownNumber(tt.text, false); got != tt.number {
				t.Errorf("as a number: %q, want %q", got, tt.number)
			}
			if got := report.ShownText(tt.text, false); got != tt.inText {
				t.Errorf("as a text: %q, want %q", got, tt.inText)
			}
			if report.ShownNumber(tt.text, true) != tt.text || report.ShownText(tt.text, true) != tt.text {
				t.Error("hidden from who may see it")
			}
		})
	}
}

// identified is a UUID, or a step of a transfer history.
var identified = regexp.MustCompile(`([0-9]{10}(:|%3A))?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}`)

var long = regexp.MustCompile(`[0-9]{7,}`)

// FuzzHideNumbers: what is JSON stays JSON, and no long run of digits is left where none may be.
func FuzzHideNumbers(f *testing.F) {
	f.Add(`{"called_number":"89100000000","a":["+79100000000",1234567,{"phone":[1]}]}`)
	f.Add(`{"a":"87e64143-7582-4123-8990-123456789012"}`)
	f.Add(`phone=79100000000`)
	f.Fuzz(func(t *testing.T, body string) {
		got := report.HideNumbers(body)
		var before, after any
		if json.Unmarshal([]byte(body), &before) != nil {
			if regexp.MustCompile(`[0-9]{5,}`).MatchString(got) && !json.Valid([]byte(body)) {
				t.Errorf("%q shows %q", body, got)
			}
			return
		}
		if err := json.Unmarshal([]byte(got), &after); err != nil {
			t.Fatalf("%q became %q: %v", body, got, err)
		}
		look(t, body, after, "")
		if twice := report.HideNumbers(got); twice != got {
			t.Errorf("%q, a second time %q", got, twice)
		}
	})
}

func look(t *testing.T, body string, value any, under string) {
	exempt := under == "id" || under == "project_id" || under == "session_id"
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			if strings.ToLower(key) == "phone" && inner != "*****" {
				t.Errorf("%q: %v under phone", body, inner)
			}
			look(t, body, inner, key)
		}
	case []any:
		for _, inner := range v {
			look(t, body, inner, "")
		}
	case string:
		if !exempt && long.MatchString(identified.ReplaceAllString(v, " ")) {
			t.Errorf("%q shows %q", body, v)
		}
	}
}
