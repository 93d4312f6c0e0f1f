package smpp_test

import (
	"strings"
	"testing"

	"callgate/internal/outside/smpp"
)

func TestParseSettings(t *testing.T) {
	for _, tt := range []struct{ name, description, want string }{
		{"as little as there may be", `{"addr":"smsc.example:2775","system_id":"callgate"}`, ""},
		{"all", `{"addr":"[::1]:2775","tls":true,"system_id":"callgate","system_type":"VMA","bind":"transmitter_receiver","source":"FRONTLINE","source_ton":5,"source_npi":0,
			"dest_ton":1,"dest_npi":1,"window":100,"enquire_link":60,"answer":20,"throttle":5,"long":"payload","encoding":"ucs2","gsm7_coding":241,"ucs2_coding":8,
			"receipts":false,"validity":"absolute","ids":"hex_dec"}`, ""},
		{"nothing", ``, "no JSON: EOF"},
		{"no object", `[]`, "want an object of JSON"},
		{"null", `null`, "addr: want host:port"},
		{"two", `{"addr":"smsc.example:2775","system_id":"callgate"}{}`, "no JSON: something follows it"},
		{"cut", `{"addr":"smsc.example:2775"`, "no JSON: unexpected EOF"},
		{"a setting that there is none of", `{"addr":"smsc.example:2775","system_id":"callgate","windows":1}`, "windows: there is no such setting"},
		{"a password in it", `{"addr":"smsc.example:2775","system_id":"callgate","password":"x"}`, "password: there is no such setting"},
		{"a number in words", `{"addr":"smsc.example:2775","system_id":"callgate","window":"ten"}`, "window: a string cannot stand here"},
		{"a fraction", `{"addr":"smsc.example:2775","system_id":"callgate","window":1.5}`, "window: a number 1.5 cannot stand here"},
		{"no address", `{"system_id":"callgate"}`, "addr: want host:port"},
		{"no port", `{"addr":"smsc.example","system_id":"callgate"}`, "addr: want host:port"},
		{"no host", `{"addr":":2775","system_id":"callgate"}`, "addr: want host:port"},
		{"a port in words", `{"addr":"smsc.example:smpp","system_id":"callgate"}`, "addr: want host:port"},
		{"port 0", `{"addr":"smsc.example:0","system_id":"callgate"}`, "addr: want host:port"},
		{"no system_id", `{"addr":"smsc.example:2775"}`, "system_id: want 1 to 15 printable ASCII characters"},
		{"too long a system_id", `{"addr":"smsc.example:2775","system_id":"1234567890123456"}`, "system_id: want 1 to 15 printable ASCII characters"},
		{"a system_id with a NUL", `{"addr":"smsc.example:2775","system_id":"a\u0000b"}`, "system_id: want 1 to 15 printable ASCII characters"},
		{"too long a system_type", `{"addr":"smsc.example:2775","system_id":"callgate","system_type":"1234567890123"}`, "system_type: want 0 to 12 printable ASCII characters"},
		{"a bind of another kind", `{"addr":"smsc.example:2775","system_id":"callgate","bind":"receiver"}`, "bind: want one of transceiver, transmitter_receiver, transmitter"},
		{"no bind", `{"addr":"smsc.example:2775","system_id":"callgate","bind":""}`, "bind: want one of transceiver, transmitter_receiver, transmitter"},
		{"a source that is none", `{"addr":"smsc.example:2775","system_id":"callgate","source":"Линия"}`, "source: want up to 11 printable ASCII characters, or up to 20 digits"},
		{"a TON that there is none of", `{"addr":"smsc.example:2775","system_id":"callgate","source_ton":8}`, "source_ton: want 0 to 7"},
		{"an NPI that there is none of", `{"addr":"smsc.example:2775","system_id":"callgate","dest_npi":-1}`, "dest_npi: want 0 to 18"},
		{"no window", `{"addr":"smsc.example:2775","system_id":"callgate","window":0}`, "window: want 1 to 1000"},
		{"no patience", `{"addr":"smsc.example:2775","system_id":"callgate","answer":0}`, "answer: want 1 to 60"},
		{"a data_coding of two octets", `{"addr":"smsc.example:2775","system_id":"callgate","ucs2_coding":256}`, "ucs2_coding: want 0 to 255"},
		{"long in another way", `{"addr":"smsc.example:2775","system_id":"callgate","long":"sar"}`, "long: want one of udh, udh16, payload"},
		{"ids of another kind", `{"addr":"smsc.example:2775","system_id":"callgate","ids":"hex"}`, "ids: want one of as_is, hex_dec, dec_hex"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := smpp.ParseSettings([]byte(tt.description), map[string]string{"password": password})
			if got := errorText(err); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	enough := []byte(`{"addr":"smsc.example:2775","system_id":"callgate"}`)
	for name, values := range map[string]map[string]string{
		"login: an SMSC needs no such value":                    {"login": "x"},
		"password: want 0 to 64 printable ASCII characters":     {"password": strings.Repeat("x", 65)},
		"password: want 0 to 64 printable ASCII characters\x00": {"password": "a\x00b"},
		"": nil,
	} {
		if _, err := smpp.ParseSettings(enough, values); errorText(err) != strings.TrimRight(name, "\x00") {
			t.Errorf("%v: %v", values, err)
		}
	}
	if _, err := smpp.New(smpp.Settings{}, nil, smpp.Options{}); errorText(err) != "addr: want host:port" {
		t.Errorf("a client of no settings: %v", err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func FuzzParseSettings(f *testing.F) {
	f.Add(`{"addr":"smsc.example:2775","system_id":"callgate","window":1}`, "password")
	f.Fuzz(func(t *testing.T, description, value string) {
		s, err := smpp.ParseSettings([]byte(description), map[string]string{"password": value})
		if err != nil {
			return
		}
		if _, err := smpp.New(s, nil, smpp.Options{}); err != nil {
			t.Errorf("what was read is refused: %v", err)
		}
	})
}
