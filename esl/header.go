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

// headers finds those of one event. Of each it knows no more than where it begins and a fingerprint of its name, five
// bytes: an event of 200 headers stays small, and its values are not looked at before somebody asks.
type headers struct {
	source string
	plain  bool // in plain format, else JSON
	starts []uint32
	prints []byte
}

// scan yields where each header begins and its name, until yield returns false. If it never does, scan returns the body.
func (hs *headers) scan(yield func(start int, name text) bool) (body text, err error) {
	if hs.plain {
		return scanPlain(hs.source, yield), nil
	}
	s := jsonScanner{source: hs.source, ahead: true, slash: -1}
	return s.scan(yield)
}

// index finds every header, and returns the body.
func (hs *headers) index() (body text, err error) {
	const usual = 36 // bytes to a header, in events with many
	expected := len(hs.source)/usual + 4
	hs.starts, hs.prints = make([]uint32, 0, expected), make([]byte, 0, expected)
	return hs.scan(func(start int, name text) bool {
		have := name.raw
		if name.enc != literal {
			have = name.decode()
		}
		hs.starts = append(hs.starts, uint32(start))
		hs.prints = append(hs.prints, fingerprint(have))
		return true
	})
}

// at reads the header that begins there.
func (hs *headers) at(start int) (name, value text) {
	if hs.plain {
		return plainHeader(hs.source[start:])
	}
	s := jsonScanner{source: hs.source, pos: start, slash: -1}
	name, value, ok := s.compact()
	if !ok {
		name, value, _ = s.member()
	}
	return name, value
}

// find returns the value of the first header of that name. Names differ by case only in channel variables, so an exact
// match wins; otherwise the case of ASCII letters does not matter, as in FreeSWITCH itself (switch_event_get_header_ptr).
// The search runs over the fingerprints, which the processor compares many at a time, and reads hardly any header but the
// one wanted.
func (hs *headers) find(name string) (value text, ok bool) {
	mark := fingerprint(name)
	for i := 0; ; i++ {
		next := bytes.IndexByte(hs.prints[i:], mark)
		if next < 0 {
			return value, ok
		}
		i += next
		have, this := hs.at(int(hs.starts[i]))
		switch have := have.decode(); {
		case have == name:
			return this, true
		case !ok && equalFold(have, name):
			value, ok = this, true
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

// scanPlain yields the headers of an event in plain format, then returns what follows the blank line behind them.
func scanPlain(source string, yield func(start int, name text) bool) (body text) {
	length := len(source) // of the body
	for from := 0; from < len(source); {
		size := strings.IndexByte(source[from:], '\n')
		if size < 0 {
			size = len(source) - from
		}
		line := source[from : from+size]
		if line == "" || line == "\r" {
			// The inner length is that of the rest; trust what came.
			rest := source[min(from+size+1, len(source)):]
			return text{raw: rest[:min(length, len(rest))]}
		}
		if end := nameEnd(line); end >= 0 {
			name := line[:end]
			if !yield(from, text{raw: name}) {
				return text{}
			}
			if end == len("Content-Length") && equalFold(name, "Content-Length") {
				_, value := plainHeader(line)
				if n, err := strconv.ParseUint(value.raw, 10, 31); err == nil {
					length = int(n)
				}
			}
		}
		from += size + 1
	}
	return text{}
}

// plainHeader reads the line at the beginning of source: a header whose value is percent-encoded.
func plainHeader(source string) (name, value text) {
	if end := strings.IndexByte(source, '\n'); end >= 0 {
		source = source[:end]
	}
	n, v, _ := cutHeader(strings.TrimSuffix(source, "\r"))
	return text{n, literal}, text{v, percent}
}

// nameEnd is where the name in a line ends: at its first ": ", for FreeSWITCH writes names verbatim (blanks, slashes,
// colons and all) and always a blank after the colon (switch_event_serialize). A line without one is cut at its first
// colon, and one without a colon is no header: -1.
func nameEnd(line string) int {
	first := strings.IndexByte(line, ':')
	for at := first; at >= 0; {
		if at+1 < len(line) && line[at+1] == ' ' {
			return at
		}
		next := strings.IndexByte(line[at+1:], ':')
		if next < 0 {
			break
		}
		at += 1 + next
	}
	return first
}

// cutHeader splits a line into name and value.
func cutHeader(line string) (name, value string, ok bool) {
	end := nameEnd(line)
	if end < 0 {
		return "", "", false
	}
	return line[:end], strings.TrimPrefix(line[end+1:], " "), true
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
