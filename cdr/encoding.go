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
	out := make([]byte, 0, max(0, len(s)-2*escapes)+8)
	for len(s) > 8 {
		// Escapes stand close together: eight bytes are copied in any case, and what was too much of them is overwritten.
		marks := word(s, 0) ^ '%'*ones
		n := 8
		if marks = (marks - ones) &^ marks & highs; marks != 0 {
			n = lowest(marks)
		}
		out = append(out, s[:8]...)
		out, s = out[:len(out)-8+n], s[n:]
		for len(s) > 2 && s[0] == '%' {
			c, n := unhexPair(s)
			out, s = append(out, c), s[n:]
		}
	}
	for len(s) > 0 {
		c, n := s[0], 1
		if c == '%' && len(s) > 2 {
			c, n = unhexPair(s)
		}
		out, s = append(out, c), s[n:]
	}
	return out
}

// unhexPair returns the byte that the escape at the beginning of s stands for and the escape's length; if it is none,
// the percent sign.
func unhexPair(s []byte) (c byte, n int) {
	if hi, lo := unhex(s[1]), unhex(s[2]); hi|lo < 16 {
		return hi<<4 | lo, 3
	}
	return '%', 1
}

// hexDigits holds for each hexadecimal digit its value and one.
var hexDigits = [256]byte{'0': 1, '1': 2, '2': 3, '3': 4, '4': 5, '5': 6, '6': 7, '7': 8, '8': 9, '9': 10,
	'a': 11, 'b': 12, 'c': 13, 'd': 14, 'e': 15, 'f': 16, 'A': 11, 'B': 12, 'C': 13, 'D': 14, 'E': 15, 'F': 16}

// unhex returns the value of one hexadecimal digit, or more than 15.
func unhex(c byte) byte { return hexDigits[c] - 1 }

// unbase64 decodes b, which begins and ends without white space, as far as it is base64; a cut-off tail is dropped.
func unbase64(b []byte) []byte {
	b = bytes.TrimRight(b, "=")
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(b)))
	n, _ := base64.RawStdEncoding.Decode(out, b) // on an error n tells what came before it
	return out[:n]
}
