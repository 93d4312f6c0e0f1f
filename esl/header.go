package esl

import (
	"bytes"
	"strconv"
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

// text is a piece of an event as the wire has it.
type text struct {
	raw string
	enc encoding
}

// header is one header as it came: nothing decoded yet.
type header struct{ name, value text }

// headers finds those of one event. Of each it knows no more than where it begins and a fingerprint of its name, five
// bytes: an event of 200 headers stays small, and its values are not looked at before somebody asks.
type headers struct {
	source string
	plain  bool // in plain format, else JSON
	starts []uint32
	prints []byte
}

// at reads the i-th header.
func (hs *headers) at(i int) header {
	if hs.plain {
		h, _, _ := plainHeader(hs.source, int(hs.starts[i]))
		return h
	}
	s := newScanner(hs.source)
	s.pos = int(hs.starts[i])
	h, _ := s.member()
	return h
}

// find returns the first header of that name. Names differ by case only in channel variables, so an exact match wins;
// otherwise the case of ASCII letters does not matter, as in FreeSWITCH itself (switch_event_get_header_ptr). The search
// runs over the fingerprints, which the processor compares many at a time, and reads hardly any header but the one wanted.
func (hs *headers) find(name string) (h header, ok bool) {
	mark := fingerprint(name)
	for i := 0; ; i++ {
		next := bytes.IndexByte(hs.prints[i:], mark)
		if next < 0 {
			return h, ok
		}
		i += next
		this := hs.at(i)
		switch have := this.name.decode(); {
		case have == name:
			return this, true
		case !ok && equalFold(have, name):
			h, ok = this, true
		}
	}
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

// plainHeader reads the line at from: a header whose value is percent-encoded, if it is one. next is where the line
// after it begins.
func plainHeader(source string, from int) (h header, next int, ok bool) {
	end := strings.IndexByte(source[from:], '\n')
	if end < 0 {
		end = len(source) - from
	}
	name, value, ok := cutHeader(strings.TrimSuffix(source[from:from+end], "\r"))
	return header{text{name, literal}, text{value, percent}}, from + end + 1, ok
}

// scanPlain yields the headers of an event in plain format and where they begin, then what follows the blank line behind
// them as its body, until yield returns false.
func scanPlain(source string, yield func(start int, h header, isBody bool) bool) {
	length := uint64(len(source)) // of the body
	for from := 0; from < len(source); {
		h, next, ok := plainHeader(source, from)
		switch {
		case ok:
			if !yield(from, h, false) {
				return
			}
			if equalFold(h.name.raw, "Content-Length") {
				if n, err := strconv.ParseUint(h.value.raw, 10, 31); err == nil {
					length = n
				}
			}
		case next == from+1 && next <= len(source):
			body := source[next:]
			// The inner length is that of the rest; trust what came.
			yield(next, header{value: text{raw: body[:min(length, uint64(len(body)))]}}, true)
			return
		}
		from = next
	}
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
func (t text) decode() string {
	switch t.enc {
	case percent:
		// FreeSWITCH writes an empty value as _undef_ (switch_event_serialize).
		if t.raw == "_undef_" {
			return ""
		}
		return unescapePercent(t.raw)
	case escaped:
		return unescapeJSON(t.raw)
	case elements:
		return arrayPrefix + strings.Join(jsonElements(t.raw), arraySeparator)
	case nothing:
		return ""
	default:
		return t.raw
	}
}

// FreeSWITCH's notation of a header with several values (switch_event_base_add_header).
const (
	arrayPrefix    = "ARRAY::"
	arraySeparator = "|:"
)

// elements decodes a value into its elements: one, unless it is an array.
func (t text) elements() []string {
	if t.enc == elements {
		return jsonElements(t.raw)
	}
	value := t.decode()
	if list, ok := strings.CutPrefix(value, arrayPrefix); ok {
		return strings.Split(list, arraySeparator)
	}
	return []string{value}
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
