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
	text string
	pos  int
}

// parseJSON lists the members of an object in the order in which they came, repeated keys included. The body of an
// event is one more member (switch_event_serialize_json_obj); the first of the name counts.
func (e *Event) parseJSON(text string) error {
	s, bodies := jsonScanner{text: text}, 0
	if !s.take('{') {
		return s.wrong("no object")
	}
	e.headers = newHeaders(text, strings.Count(text, `"`)/4+1) // most members are two strings
	for !s.take('}') {
		if len(e.headers.list)+bodies > 0 && !s.take(',') {
			return s.wrong("no comma")
		}
		name, nameEnc, ok := s.str()
		if !ok || !s.take(':') {
			return s.wrong("no name")
		}
		value, valueEnc, ok := s.value()
		if !ok {
			return s.wrong("no value")
		}
		h := header{name: name, nameEnc: nameEnc, value: value, valueEnc: valueEnc}
		switch {
		case e.headers.name(h) != "_body":
			e.headers.add(h)
		case bodies == 0:
			e.body = h
			fallthrough
		default:
			bodies++
		}
	}
	if s.skip(); s.pos < len(s.text) {
		return s.wrong("text after the object")
	}
	return nil
}

func (s *jsonScanner) wrong(what string) error {
	return fmt.Errorf("%w: JSON event: %s at byte %d", ErrProtocol, what, s.pos)
}

func (s *jsonScanner) skip() {
	for s.pos < len(s.text) && strings.IndexByte(" \t\r\n", s.text[s.pos]) >= 0 {
		s.pos++
	}
}

// take steps over c, blanks before it included, if it comes next.
func (s *jsonScanner) take(c byte) bool {
	s.skip()
	if s.pos < len(s.text) && s.text[s.pos] == c {
		s.pos++
		return true
	}
	return false
}

// str steps over a string and returns what is between its quotes.
func (s *jsonScanner) str() (raw span, enc encoding, ok bool) {
	if !s.take('"') {
		return span{}, literal, false
	}
	start, quote := s.pos, -1
	for {
		if quote < s.pos { // search again only past a quote that turned out to be escaped: the whole stays linear
			i := strings.IndexByte(s.text[s.pos:], '"')
			if i < 0 {
				s.pos = len(s.text)
				return span{}, literal, false
			}
			quote = s.pos + i
		}
		i := strings.IndexByte(s.text[s.pos:quote], '\\')
		if i < 0 {
			s.pos = quote + 1
			return span{uint32(start), uint32(quote)}, enc, true
		}
		enc = escaped
		s.pos = min(s.pos+i+2, len(s.text))
	}
}

// value steps over any value. Objects are kept as text: FreeSWITCH does not write any.
func (s *jsonScanner) value() (raw span, enc encoding, ok bool) {
	s.skip()
	if s.pos == len(s.text) {
		return span{}, literal, false
	}
	start := s.pos
	switch s.text[start] {
	case '"':
		return s.str()
	case '[', '{':
		if s.text[start] == '[' {
			enc = elements
		}
		ok = s.nested()
		return span{uint32(start), uint32(s.pos)}, enc, ok
	}
	for s.pos < len(s.text) && strings.IndexByte(",:]}[{\" \t\r\n", s.text[s.pos]) < 0 {
		s.pos++
	}
	raw = span{uint32(start), uint32(s.pos)}
	if raw.of(s.text) == "null" {
		enc = nothing
	}
	return raw, enc, s.pos > start
}

// nested steps over an array or object by counting brackets, so that its depth costs no stack.
func (s *jsonScanner) nested() bool {
	for depth := 0; s.pos < len(s.text); {
		switch s.text[s.pos] {
		case '"':
			if _, _, ok := s.str(); !ok {
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
	s := jsonScanner{text: array}
	list := []string{}
	s.take('[')
	for !s.take(']') {
		if len(list) > 0 && !s.take(',') {
			return []string{array}
		}
		raw, enc, ok := s.value()
		if !ok {
			return []string{array}
		}
		if enc == elements { // an array in an array stays text
			enc = literal
		}
		list = append(list, decode(raw.of(array), enc))
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
