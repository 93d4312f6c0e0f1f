package esl

import "strings"

// encoding says how the value of a header is written on the wire.
type encoding uint8

const (
	literal  encoding = iota // as it is
	percent                  // percent-encoded: event in plain format
	escaped                  // inside of a JSON string that holds a backslash
	elements                 // a JSON array, brackets included
)

// header is one header as it came: name in its original case, value not yet decoded.
type header struct {
	name, value string
	enc         encoding
}

// parseHeaders splits a block into its lines. A line is cut at its first ": ", for FreeSWITCH writes names verbatim
// (blanks, slashes, colons and all) and always a blank after the colon (switch_event_serialize); a line without one
// is cut at its first colon, and one without a colon is no header and is left out.
func parseHeaders(block string, enc encoding) []header {
	headers := make([]header, 0, strings.Count(block, "\n")+1)
	for line := range strings.SplitSeq(block, "\n") {
		line = strings.TrimSuffix(line, "\r")
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			if name, value, ok = strings.Cut(line, ":"); !ok {
				continue
			}
		}
		headers = append(headers, header{name: name, value: value, enc: enc})
	}
	return headers
}

// find returns the first header of that name, or nil. Names differ by case only in channel variables, so an exact
// match wins; otherwise case does not matter, as in FreeSWITCH itself (switch_event_get_header_ptr).
func find(headers []header, name string) *header {
	var folded *header
	for i := range headers {
		h := &headers[i]
		if h.name == name {
			return h
		}
		if folded == nil && len(h.name) == len(name) && strings.EqualFold(h.name, name) {
			folded = h
		}
	}
	return folded
}

// text decodes the value. Nothing is ever lost: what cannot be decoded is returned as it came.
func (h *header) text() string {
	switch h.enc {
	case percent:
		// FreeSWITCH writes an empty value as _undef_ (switch_event_serialize).
		if h.value == "_undef_" {
			return ""
		}
		return unescapePercent(h.value)
	case escaped:
		return unescapeJSON(h.value)
	case elements:
		return arrayPrefix + strings.Join(jsonElements(h.value), arraySeparator)
	default:
		return h.value
	}
}

// FreeSWITCH's notation of a header with several values (switch_event_base_add_header).
const (
	arrayPrefix    = "ARRAY::"
	arraySeparator = "|:"
)

// texts decodes the value into its elements: one, unless it is an array.
func (h *header) texts() []string {
	if h.enc == elements {
		return jsonElements(h.value)
	}
	text := h.text()
	if list, ok := strings.CutPrefix(text, arrayPrefix); ok {
		return strings.Split(list, arraySeparator)
	}
	return []string{text}
}

// unescapePercent decodes %XY by the rules of a URL path (a plus is a plus) and leaves every other percent sign alone.
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
