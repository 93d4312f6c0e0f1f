package esltest

import (
	"strconv"
	"strings"
)

const (
	hexDigits = "0123456789ABCDEF"
	// urlUnsafe are the printable characters that FreeSWITCH percent-encodes
	// (SWITCH_URL_UNSAFE); comma, slash, apostrophe and parentheses stay.
	urlUnsafe = "\r\n \"#%&+:;<=>?@[\\]^`{|}"
)

// urlEncode percent-encodes as switch_url_encode does: what already looks like
// %XY with upper-case digits is left alone, so decoding is ambiguous.
func urlEncode(s string) string { return percent(s, true) }

// percent encodes; keep leaves alone what looks encoded already.
func percent(s string, keep bool) string {
	var b strings.Builder
	b.Grow(len(s) + 16)
	writePercent(&b, s, keep)
	return b.String()
}

func writePercent(b *strings.Builder, s string, keep bool) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		encoded := keep && c == '%' && i+2 < len(s) &&
			strings.IndexByte(hexDigits, s[i+1]) >= 0 && strings.IndexByte(hexDigits, s[i+2]) >= 0
		if !encoded && (c < ' ' || c > '~' || strings.IndexByte(urlUnsafe, c) >= 0) {
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
			continue
		}
		b.WriteByte(c)
	}
}

// jsonString appends s quoted as cJSON does: no escaping of slashes or of bytes
// above 0x7f, so invalid UTF-8 goes out as it came.
func jsonString(b *strings.Builder, s string) {
	b.WriteByte('"')
	plain := 0 // where what needs no escape begins
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b.WriteString(s[plain:i])
		plain = i + 1
		b.WriteByte('\\')
		switch c {
		case '"', '\\':
			b.WriteByte(c)
		case '\b':
			b.WriteByte('b')
		case '\f':
			b.WriteByte('f')
		case '\n':
			b.WriteByte('n')
		case '\r':
			b.WriteByte('r')
		case '\t':
			b.WriteByte('t')
		default:
			b.WriteString("u00")
			b.WriteByte(hexDigits[c>>4] | 0x20)
			b.WriteByte(hexDigits[c&15] | 0x20)
		}
	}
	b.WriteString(s[plain:])
	b.WriteByte('"')
}

// xmlText escapes as switch_xml_ampencode does: ASCII out, everything above as
// a numeric entity, broken UTF-8 dropped, and from a "<!" on no escaping.
func xmlText(b *strings.Builder, s string, attribute bool) {
	for i, r := range s {
		switch {
		case r == '<' && strings.HasPrefix(s[i:], "<!"):
			b.WriteString(s[i:])
			return
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"' && attribute:
			b.WriteString("&quot;")
		case r == '\n' && attribute:
			b.WriteString("&#xA;")
		case r == '\t' && attribute:
			b.WriteString("&#x9;")
		case r == '\r':
			b.WriteString("&#xD;")
		case r == '\uFFFD':
		case r > '~':
			b.WriteString("&#x" + strings.ToUpper(strconv.FormatInt(int64(r), 16)) + ";")
		default:
			b.WriteRune(r)
		}
	}
}
