package cdr_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/cdr"
)

// everyByteEscaped is s with every byte percent-encoded.
func everyByteEscaped(s string) string {
	out := new(strings.Builder)
	for i := range len(s) {
		fmt.Fprintf(out, "%%%02x", s[i])
	}
	return out.String()
}

func TestParseEncodings(t *testing.T) {
	const xml = "<?xml version=\"1.0\"?>\n<cdr><a>+%41%2B &amp;ё~~~???</a></cdr>\n"
	inBase64 := base64.StdEncoding.EncodeToString([]byte(xml))
	if !strings.Contains(inBase64, "+") {
		t.Fatal("the base64 has no plus sign to trip over")
	}
	for _, test := range []struct {
		name, body, want string
	}{
		{"percent", "cdr=" + everyByteEscaped(xml), xml},
		{"percent, as little as possible", "cdr=" + strings.NewReplacer("%", "%25", "<", "%3C", "+", "+").Replace(xml), xml},
		{"percent, on disk", everyByteEscaped(xml), xml},
		{"percent, capitals", "cdr=" + strings.ToUpper(everyByteEscaped(xml)), xml},
		{"percent, cut off in an escape", "cdr=%3Ccdr%3E%3", "<cdr>%3"},
		{"percent, not an escape", "cdr=%3Ccdr%3E%zz%", "<cdr>%zz%"},
		{"raw", "cdr=" + xml, xml},
		{"raw, on disk", xml, xml},
		{"raw after white space", "\n " + xml, "\n " + xml},
		{"raw after a byte order mark", "\uFEFF" + xml, "\uFEFF" + xml},
		{"base64", "cdr=" + inBase64, xml},
		{"base64, on disk", inBase64 + "\n", xml},
		{"base64 without padding", "cdr=" + strings.TrimRight(inBase64, "="), xml},
		{"base64 in lines", "cdr=" + inBase64[:40] + "\r\n" + inBase64[40:], xml},
		{"base64, cut off", "cdr=" + inBase64[:41], xml[:30]},
		{"percent of no XML", "cdr=%41%42", "cdr=%41%42"},
		{"base64 of no XML", "cdr=QUJD", "cdr=QUJD"},
		{"neither", "cdr=hello world", "cdr=hello world"},
		{"only the field", "cdr=", "cdr="},
		{"another field", "xml=" + xml, "xml=" + xml},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, string(cdr.Parse("leg", []byte(test.body)).Raw)); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
		})
	}
}

// TestSameDocumentSameDigest sends one capture in every encoding.
func TestSameDocumentSameDigest(t *testing.T) {
	want := parsed(t, member)
	raw := string(want.Raw)
	for name, body := range map[string]string{
		"percent": "cdr=" + everyByteEscaped(raw),
		"plain":   "cdr=" + raw,
		"base64":  "cdr=" + base64.StdEncoding.EncodeToString(want.Raw),
		"textxml": raw,
		"on disk": everyByteEscaped(raw),
	} {
		if diff := cmp.Diff(want, cdr.Parse("a_"+want.Leg, []byte(body))); diff != "" {
			t.Errorf("%s: mismatch (-want, +got):\n%s", name, diff)
		}
	}
}
