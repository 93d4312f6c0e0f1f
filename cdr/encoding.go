package cdr

import (
	"bytes"
	"encoding/base64"
)

// document returns the XML inside body, which is what mod_xml_cdr posts or leaves in its folders: with or without the
// leading "cdr=", percent-encoded, base64 or plain. The bytes alone decide, because FreeSWITCH loses its Content-Type
// with disable-100-continue=true. A body in which no XML can be found is returned as it came, so that nothing is lost.
func document(body []byte) []byte {
	payload := bytes.TrimPrefix(body, []byte("cdr="))
	switch start := bytes.TrimSpace(payload); {
	case beginsXML(payload):
		return payload
	case bytes.HasPrefix(start, []byte("%")):
		if plain := unpercent(payload); beginsXML(plain) {
			return plain
		}
	default:
		if plain := unbase64(start); beginsXML(plain) {
			return plain
		}
	}
	return body
}

// beginsXML reports whether the first thing in b, white space apart, is markup.
func beginsXML(b []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(b), []byte("<")) }

// unescape is unpercent for a string.
func unescape(s string) string { return string(unpercent([]byte(s))) }

// unpercent undoes FreeSWITCH's percent-encoding, in which a plus sign is a plus sign. An incomplete escape stays as it
// is: FreeSWITCH does not escape a percent sign that two hexadecimal digits happen to follow. Where there is nothing to
// undo, s is returned.
func unpercent(s []byte) []byte {
	escapes := bytes.Count(s, []byte("%"))
	if escapes == 0 {
		return s
	}
	out := make([]byte, 0, max(0, len(s)-2*escapes))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if hi < 16 && lo < 16 {
				out = append(out, hi<<4|lo)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

// unhex returns the value of one hexadecimal digit, or 16.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}

// unbase64 decodes b, which begins and ends without white space, as far as it is base64; a cut-off tail is dropped.
func unbase64(b []byte) []byte {
	b = bytes.TrimRight(b, "=")
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(b)))
	n, _ := base64.RawStdEncoding.Decode(out, b) // on an error n tells what came before it
	return out[:n]
}
