package cdr

import (
	"bytes"
	"unicode/utf8"
)

// decode resolves entities and line ends in a text or an attribute's value. An entity that is none stays as it is. It
// reports false if the text could not stand so in well-formed XML; control characters and invalid UTF-8 are kept.
func (t *tree) decode(from, to int) (span, bool) {
	s := t.in[from:to]
	i := plainEnd(s, 0)
	for i < len(s) && s[i] != '&' && s[i] != '\r' && (s[i] >= ' ' || isSpace(s[i])) && s[i] < utf8.RuneSelf {
		i++
	}
	if i == len(s) {
		return part(from, to), true
	}
	ok := utf8.Valid(s)
	at := len(t.decoded)
	out := append(t.decoded, s[:i]...)
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
	t.decoded = out
	return part(len(t.in)+at, len(t.in)+len(out)), ok
}

// entity returns the character that the entity at the beginning of s stands for and the entity's length; length 0 if
// it is none. A number that is no character stands for U+FFFD.
func entity(s []byte) (char rune, n int) {
	if hasAt(s, 0, "&#") {
		return numericEntity(s)
	}
	for _, e := range [...]struct {
		text string
		char rune
	}{{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}} {
		if hasAt(s, 0, e.text) {
			return e.char, len(e.text)
		}
	}
	return 0, 0
}

// numericEntity is entity for "&#1234;" and "&#x4D2;".
func numericEntity(s []byte) (char rune, n int) {
	base, i := 10, 2
	if hasAt(s, 0, "&#x") {
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
func hasWord(s, word []byte) bool {
	return len(s) > len(word) && bytes.HasPrefix(s, word) && isSpace(s[len(word)])
}

// hasAt reports whether s holds that from i on.
func hasAt(s []byte, i int, that string) bool {
	return len(s)-i >= len(that) && string(s[i:i+len(that)]) == that
}

// spaceEnd returns where the white space ends that s holds from i on.
func spaceEnd(s []byte, i int) int {
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	return i
}

// indexAny returns where the first a or b in s is, or len(s).
func indexAny(s []byte, a, b byte) int {
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
func isBlank(s []byte) bool { return spaceEnd(s, 0) == len(s) }

// isLayout reports whether s is what stands between tags, and no text: white space with a line feed in it.
func isLayout(s []byte) bool { return isBlank(s) && bytes.IndexByte(s, '\n') >= 0 }

// isName reports whether s could be a name in well-formed XML. Beyond ASCII it does not look.
func isName(s []byte) bool {
	if len(s) == 0 || !beginsName(s[0]) {
		return false
	}
	for i := nameEnd(s, 0); i < len(s); i++ {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return true
}

// beginsName reports whether a name may begin with c.
func beginsName(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':' || c >= utf8.RuneSelf
}

// isNameByte reports whether c may stand in a name.
func isNameByte(c byte) bool { return beginsName(c) || c == '-' || c == '.' || c >= '0' && c <= '9' }
