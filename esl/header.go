package esl

import (
	"bytes"
	"strings"
)

// encoding says how a text is written on the wire.
type encoding uint8

const (
	literal  encoding = iota // as it is
	percent                  // percent-encoded: event in plain format
	escaped                  // inside of a JSON string that holds a backslash
	elements                 // a JSON array, brackets included
	nothing                  // JSON's null
)

// span is a piece of a text.
type span struct{ from, to uint32 }

func (s span) of(text string) string { return text[s.from:s.to] }

// header is where one header stands in the text of its event. Positions instead of strings keep an event of 200
// headers small and free of pointers, and most values are never looked at.
type header struct {
	name, value       span
	nameEnc, valueEnc encoding
}

// headers are those of one event, in the order in which they came.
type headers struct {
	text string
	list []header
	// prints has a fingerprint of each name. A search runs over these bytes, which the processor compares many at a
	// time, and looks at hardly any name but the one wanted.
	prints []byte
}

func newHeaders(text string, expected int) headers {
	return headers{text: text, list: make([]header, 0, expected), prints: make([]byte, 0, expected)}
}

func (hs *headers) add(h header) {
	hs.list = append(hs.list, h)
	hs.prints = append(hs.prints, fingerprint(hs.name(h)))
}

// fingerprint is the same for names that differ in the case of ASCII letters only.
func fingerprint(name string) byte {
	n := len(name)
	if n < 2 {
		return byte(n)
	}
	const lower = 'a' - 'A'
	return byte(n)*7 + (name[n-1]|lower)*31 + (name[n-2]|lower)*17 + (name[n/2]|lower)*5 + (name[0]|lower)*3
}

func (hs *headers) name(h header) string  { return decode(h.name.of(hs.text), h.nameEnc) }
func (hs *headers) value(h header) string { return decode(h.value.of(hs.text), h.valueEnc) }

// find returns the place of the first header of that name, or -1. Names differ by case only in channel variables, so an
// exact match wins; otherwise the case of ASCII letters does not matter, as in FreeSWITCH itself
// (switch_event_get_header_ptr).
func (hs *headers) find(name string) int {
	mark, folded := fingerprint(name), -1
	for at := 0; ; at++ {
		next := bytes.IndexByte(hs.prints[at:], mark)
		if next < 0 {
			return folded
		}
		at += next
		have := hs.name(hs.list[at])
		if have == name {
			return at
		}
		if folded < 0 && equalFold(have, name) {
			folded = at
		}
	}
}

// equalFold is strcasecmp: only ASCII letters have a case.
func equalFold[T string | []byte](a T, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if x == y {
			continue
		}
		if x|0x20 != y|0x20 || x|0x20 < 'a' || x|0x20 > 'z' {
			return false
		}
	}
	return true
}

// parsePlain lists the lines of a block whose values are percent-encoded.
func parsePlain(text, block string) headers {
	hs := newHeaders(text, strings.Count(block, "\n")+1)
	for from := 0; from < len(block); {
		end := strings.IndexByte(block[from:], '\n')
		if end < 0 {
			end = len(block) - from
		}
		line := strings.TrimSuffix(block[from:from+end], "\r")
		if name, value, ok := cutHeader(line); ok {
			start, stop := uint32(from), uint32(from+len(line))
			hs.add(header{
				name:  span{start, start + uint32(len(name))},
				value: span{stop - uint32(len(value)), stop}, valueEnc: percent,
			})
		}
		from += end + 1
	}
	return hs
}

// cutHeader splits a line at its first ": ", for FreeSWITCH writes names verbatim (blanks, slashes, colons and all) and
// always a blank after the colon (switch_event_serialize). A line without one is cut at its first colon, and one without
// a colon is no header.
func cutHeader(line string) (name, value string, ok bool) {
	first := strings.IndexByte(line, ':')
	if first < 0 {
		return "", "", false
	}
	for at := first; ; {
		if at+1 < len(line) && line[at+1] == ' ' {
			return line[:at], line[at+2:], true
		}
		next := strings.IndexByte(line[at+1:], ':')
		if next < 0 {
			return line[:first], line[first+1:], true
		}
		at += 1 + next
	}
}

// decode returns a text as it was meant. Nothing is ever lost: what cannot be decoded is returned as it came.
func decode(text string, enc encoding) string {
	switch enc {
	case percent:
		// FreeSWITCH writes an empty value as _undef_ (switch_event_serialize).
		if text == "_undef_" {
			return ""
		}
		return unescapePercent(text)
	case escaped:
		return unescapeJSON(text)
	case elements:
		return arrayPrefix + strings.Join(jsonElements(text), arraySeparator)
	case nothing:
		return ""
	default:
		return text
	}
}

// FreeSWITCH's notation of a header with several values (switch_event_base_add_header).
const (
	arrayPrefix    = "ARRAY::"
	arraySeparator = "|:"
)

// values decodes a value into its elements: one, unless it is an array.
func (hs *headers) values(h header) []string {
	if h.valueEnc == elements {
		return jsonElements(h.value.of(hs.text))
	}
	text := hs.value(h)
	if list, ok := strings.CutPrefix(text, arrayPrefix); ok {
		return strings.Split(list, arraySeparator)
	}
	return []string{text}
}

// unescapePercent decodes %XY by the rules of a URL path (a plus is a plus) and leaves every other percent sign alone.
// FreeSWITCH writes its own escapes in capitals and leaves a %XY that stood in the value as it is (switch_url_encode_opt),
// so a literal %41 cannot be told from an A: the one loss that is the format's own. A literal %2f comes as %252f.
func unescapePercent(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:i])
	for ; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if high, low := unhex(s[i+1]), unhex(s[i+2]); high < 16 && low < 16 {
				b.WriteByte(high<<4 | low)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// unhex returns the value of a hexadecimal digit, or 255.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
