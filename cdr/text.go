package cdr

import (
	"strings"
	"unicode/utf8"
)

// decode resolves entities and line ends in a text or an attribute's value. An entity that is none stays as it is. It
// reports false if the text could not stand so in well-formed XML; control characters and invalid UTF-8 are kept.
func decode(s string) (string, bool) {
	i := 0
	for i < len(s) && s[i] != '&' && s[i] != '\r' && (s[i] >= ' ' || isSpace(s[i])) && s[i] < utf8.RuneSelf {
		i++
	}
	if i == len(s) {
		return s, true
	}
	ok := utf8.ValidString(s)
	out := make([]byte, i, len(s))
	copy(out, s)
	for i < len(s) {
		switch c := s[i]; c {
		case '&':
			char, n := entity(s[i:])
			if n == 0 {
				ok = false
				out = append(out, c)
				i++
				continue
			}
			ok = ok && char != utf8.RuneError && (char >= ' ' || isSpace(byte(char)))
			out = utf8.AppendRune(out, char)
			i += n
		case '\r': // XML: every line end is one line feed
			if i+1 == len(s) || s[i+1] != '\n' {
				out = append(out, '\n')
			}
			i++
		default:
			ok = ok && (c >= ' ' || isSpace(c))
			out = append(out, c)
			i++
		}
	}
	return string(out), ok
}

// entity returns the character that the entity at the beginning of s stands for and the entity's length; length 0 if
// it is none. A number that is no character stands for U+FFFD.
func entity(s string) (char rune, n int) {
	if strings.HasPrefix(s, "&#") {
		return numericEntity(s)
	}
	for _, e := range [...]struct {
		text string
		char rune
	}{{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}} {
		if strings.HasPrefix(s, e.text) {
			return e.char, len(e.text)
		}
	}
	return 0, 0
}

// numericEntity is entity for "&#1234;" and "&#x4D2;".
func numericEntity(s string) (char rune, n int) {
	base, i := 10, 2
	if strings.HasPrefix(s, "&#x") {
		base, i = 16, 3
	}
	value, first := 0, i
	for ; i < len(s); i++ {
		digit := int(unhex(s[i]))
		if digit >= base {
			break
		}
		value = min(value*base+digit, utf8.MaxRune+1)
	}
	if i == first || i == len(s) || s[i] != ';' {
		return 0, 0
	}
	if !utf8.ValidRune(rune(value)) {
		return utf8.RuneError, i + 1
	}
	return rune(value), i + 1
}

// hasWord reports whether s is word followed by white space.
func hasWord(s, word string) bool {
	return len(s) > len(word) && strings.HasPrefix(s, word) && isSpace(s[len(word)])
}

// indexAny returns where the first a or b in s is, or len(s).
func indexAny(s string, a, b byte) int {
	for i := range len(s) {
		if s[i] == a || s[i] == b {
			return i
		}
	}
	return len(s)
}

// isSpace reports whether XML counts c as white space.
func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// isBlank reports whether s is white space only.
func isBlank(s string) bool { return strings.TrimLeft(s, " \t\r\n") == "" }

// isLayout reports whether s is what stands between tags, and no text: white space with a line feed in it.
func isLayout(s string) bool { return isBlank(s) && strings.IndexByte(s, '\n') >= 0 }

// isName reports whether s could be a name in well-formed XML. Beyond ASCII it does not look.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':' || c >= utf8.RuneSelf
		if !letter && (i == 0 || c != '-' && c != '.' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
