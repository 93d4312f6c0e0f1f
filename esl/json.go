package esl

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// encoding/json would not do here: events repeat keys, hold bytes that are not UTF-8 (which it replaces), and most of
// their values are never looked at.

// jsonScanner walks over the text of one event. Values are found, not decoded.
type jsonScanner struct {
	source string
	pos    int
	ahead  bool // all of source will be walked over, so that looking for a backslash beyond the next string is worth while
	slash  int  // no backslash is between pos and here; before pos it means nothing
}

// scan yields the members of an object, repeated ones included, until yield returns false. If it never does, scan returns
// the member _body, which is the body of the event (switch_event_serialize_json_obj).
func (s *jsonScanner) scan(yield func(start int, name text) bool) (body text, err error) {
	if !s.take('{') {
		return text{}, s.wrong("no object")
	}
	for first := true; ; first = false {
		switch {
		case !first && s.take(','):
			s.skip()
		case s.take('}'):
			s.skip()
			if s.pos < len(s.source) {
				return body, s.wrong("text after the object")
			}
			return body, nil
		case !first:
			return text{}, s.wrong("no comma")
		}
		start := s.pos
		name, value, ok := s.compact()
		if !ok {
			name, value, ok = s.member()
		}
		switch {
		case !ok:
			return text{}, s.wrong("no name and value")
		case name.raw == "_body":
			body = value
		case !yield(start, name):
			return text{}, nil
		}
	}
}

// compact is member for the form in which FreeSWITCH writes nearly all of them, "name":"value" without a blank or a
// backslash. It does not move over any other.
func (s *jsonScanner) compact() (name, value text, ok bool) {
	rest := s.source[s.pos:]
	if rest == "" || rest[0] != '"' {
		return name, value, false
	}
	end := strings.IndexByte(rest[1:], '"') + 1
	if end < 1 || len(rest) < end+3 || rest[end+1] != ':' || rest[end+2] != '"' {
		return name, value, false
	}
	from := end + 3
	size := strings.IndexByte(rest[from:], '"')
	if size < 0 || s.backslash(s.pos+from+size) >= 0 {
		return name, value, false
	}
	s.pos += from + size + 1
	return text{raw: rest[1:end]}, text{raw: rest[from : from+size]}, true
}

// member steps over a name and its value.
func (s *jsonScanner) member() (name, value text, ok bool) {
	if name, ok = s.str(); !ok || !s.take(':') {
		return name, value, false
	}
	value, ok = s.value()
	return name, value, ok
}

func (s *jsonScanner) wrong(what string) error {
	return fmt.Errorf("%w: JSON event: %s at byte %d", ErrProtocol, what, s.pos)
}

func (s *jsonScanner) skip() {
	for s.pos < len(s.source) {
		switch s.source[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// take steps over c, blanks before it included, if it comes next.
func (s *jsonScanner) take(c byte) bool {
	if s.pos < len(s.source) && s.source[s.pos] <= ' ' { // FreeSWITCH writes no blanks
		s.skip()
	}
	if s.pos < len(s.source) && s.source[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

// str steps over a string and returns what is between its quotes.
func (s *jsonScanner) str() (t text, ok bool) {
	if !s.take('"') {
		return t, false
	}
	start, quote := s.pos, -1
	for {
		if quote < s.pos { // search again only past a quote that turned out to be escaped: the whole stays linear
			i := strings.IndexByte(s.source[s.pos:], '"')
			if i < 0 {
				s.pos = len(s.source)
				return t, false
			}
			quote = s.pos + i
		}
		slash := s.backslash(quote)
		if slash < 0 {
			s.pos = quote + 1
			t.raw = s.source[start:quote]
			return t, true
		}
		t.enc = escaped
		s.pos = min(slash+2, len(s.source))
	}
}

// backslash is where the first one stands from pos up to before end, or -1.
func (s *jsonScanner) backslash(end int) int {
	if s.slash < s.pos {
		within := s.source[s.pos:]
		if !s.ahead {
			within = s.source[s.pos:end]
		}
		if i := strings.IndexByte(within, '\\'); i >= 0 {
			s.slash = s.pos + i
		} else {
			s.slash = s.pos + len(within)
		}
	}
	if s.slash < end {
		return s.slash
	}
	return -1
}

// value steps over any value. Objects are kept as text: FreeSWITCH does not write any.
func (s *jsonScanner) value() (t text, ok bool) {
	s.skip()
	if s.pos == len(s.source) {
		return t, false
	}
	start := s.pos
	switch s.source[start] {
	case '"':
		return s.str()
	case '[', '{':
		if s.source[start] == '[' {
			t.enc = elements
		}
		ok = s.nested()
		t.raw = s.source[start:s.pos]
		return t, ok
	}
	for s.pos < len(s.source) && strings.IndexByte(",:]}[{\" \t\r\n", s.source[s.pos]) < 0 {
		s.pos++
	}
	if t.raw = s.source[start:s.pos]; t.raw == "null" {
		t.enc = nothing
	}
	return t, t.raw != ""
}

// nested steps over an array or object by counting brackets, so that its depth costs no stack.
func (s *jsonScanner) nested() bool {
	for depth := 0; s.pos < len(s.source); {
		switch s.source[s.pos] {
		case '"':
			if _, ok := s.str(); !ok {
				return false
			}
			continue
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if s.pos++; depth == 0 {
			return true
		}
	}
	return false
}

// jsonElements decodes the elements of an array. If it is no well-formed array its text is the only element.
func jsonElements(array string) []string {
	s := jsonScanner{source: array, slash: -1}
	list := []string{}
	s.take('[')
	for !s.take(']') {
		if len(list) > 0 && !s.take(',') {
			return []string{array}
		}
		t, ok := s.value()
		if !ok {
			return []string{array}
		}
		if t.enc == elements { // an array in an array stays text
			t.enc = literal
		}
		list = append(list, t.decode())
	}
	return list
}

// unescapeJSON decodes the inside of a JSON string. Unknown and cut escapes stay as they are.
func unescapeJSON(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 == len(s) {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		size := 2
		switch c := s[i+1]; c {
		case '"', '\\', '/':
			b.WriteByte(c)
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'u':
			r, n := unescapeRune(s[i:])
			if size = n; n == 0 {
				b.WriteByte('\\')
				size = 1
				break
			}
			b.WriteRune(r)
		default:
			b.WriteByte('\\')
			size = 1
		}
		s = s[i+size:]
	}
}

// unescapeRune decodes \uXXXX, or a pair of them, at the start of s and returns how many bytes they take; none when
// it is no escape. Half a pair becomes the replacement character.
func unescapeRune(s string) (rune, int) {
	first, ok := unit(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(first) {
		return first, 6
	}
	if second, ok := unit(s[6:]); ok {
		if r := utf16.DecodeRune(first, second); r != utf8.RuneError {
			return r, 12
		}
	}
	return utf8.RuneError, 6
}

func unit(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	v, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(v), err == nil
}
