package cdr_test

import (
	"regexp"
	"testing"

	"callgate/cdr"
)

func TestAppendHidden(t *testing.T) {
	const uuid = "12345678-1234-4123-8990-123456789012"
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", ""},
		{"a number", "89190000001", "*****"},
		{"with a plus", "call +79190000001 now", "call ***** now"},
		{"seven digits", "1234567", "*****"},
		{"six digits", "123456", "123456"},
		{"in letters", "x1234567y", "x*****y"},
		{"two", "89190000001,89190000002", "*****,*****"},
		{"a URI", "sip:89190000001@127.0.0.1:5060;user=phone", "sip:*****@127.0.0.1:5060;user=phone"},
		{"a URI, encoded", "%3Csip%3A%2B79190000001%40127.0.0.1%3A5060%3E", "%3Csip%3A*****%40127.0.0.1%3A5060%3E"},
		{"encoded digits", "%389%31%3900000%30%31", "*****"},
		{"encoded twice", "sip%253A89190000001%2540h", "sip%253A*****%2540h"},
		{"an escape that is none", "%zz89190000001%", "%zz*****%"},
		{"a path", "/rec/20261127-89190000001.wav", "/rec/*****.wav"},
		{"as people write it", "8 (919) 000-00-01", "*****"},
		{"with a plus and blanks", "to +7 919 000 00 01.", "to *****."},
		{"encoded blanks", "%2B7%20919%20000%2000%2001", "*****"},
		{"a code in brackets", "(919) 000-00-01", "(*****"},
		{"eight and hyphens", "8-919-000-00-01", "*****"},
		{"several that people wrote", "8 919 000-00-01 8 919 000-00-02, 8 (919) 000-00-03 8 (919) 000-00-04", "*****, *****"},
		{"blanks before and after", "at 8 919 000 00 01 in 10 minutes", "at ***** in 10 minutes"},
		{"a number in figures", "from 7 to 8 of 100 200 300", "from 7 to 8 of 100 200 300"},
		{"a day", "2026-11-27 03:30:00", "2026-11-27 03:30:00"},
		{"an encoded day", "2026-11-23%2006%3A02%3A50", "2026-11-23%2006%3A02%3A50"},
		{"an address", "192.168.100.200:50600", "192.168.100.200:50600"},
		{"few digits with a plus", "+7 919", "+7 919"},
		{"a UUID", uuid, uuid},
		{"UUIDs in a path", "/rec/" + uuid + "-" + uuid + ".wav", "/rec/" + uuid + "-" + uuid + ".wav"},
		{"an encoded UUID", "a%3A" + uuid + "%3Ab", "a%3A" + uuid + "%3Ab"},
		{"too long for a UUID", uuid + "3", "*****-1234-4123-8990-*****"},
		{"a UUID in a word", "x" + uuid, "x*****-1234-4123-8990-*****"},
		{"a number behind a UUID", uuid + "_89190000001", uuid + "_*****"},
		{"a step of a transfer", "1795413817:" + uuid + ":bl_xfer:89190000001/default/XML", "1795413817:" + uuid + ":bl_xfer:*****/default/XML"},
		{"the same, encoded", "1795413817%3A" + uuid + "%3Abl_xfer%3A31001/default", "1795413817%3A" + uuid + "%3Abl_xfer%3A31001/default"},
		{"a time before something else", "1795413817:89190000001", "*****:*****"},
		{"other signs stay", "Ромашка\xff\x00\"89190000001\"", "Ромашка\xff\x00\"*****\""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := string(cdr.AppendHidden([]byte("before "), []byte(test.text))); got != "before "+test.want {
				t.Errorf("got  %q\nwant %q", got, "before "+test.want)
			}
		})
	}
}

var longRun = regexp.MustCompile(`[0-9]{7,}`)

func FuzzAppendHidden(f *testing.F) {
	f.Add("sip:+79190000001@h 8 (919) 000-00-01")
	f.Add("1795413817%3A12345678-1234-4123-8990-123456789012%3A%31%32%33%34%35%36%37")
	f.Fuzz(func(t *testing.T, text string) {
		got := string(cdr.AppendHidden(nil, []byte(text)))
		if len(longRun.FindString(got)) > 12 { // more than stands together in a UUID
			t.Errorf("%q shows %q", text, got)
		}
		if !longRun.MatchString(text) && longRun.MatchString(got) {
			t.Errorf("%q became %q", text, got)
		}
	})
}
