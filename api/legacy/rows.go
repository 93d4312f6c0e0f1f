package legacy

import (
	"context"
	"io"
	"net/http"
	"unicode/utf8"
)

const rowsBuffer = 32 << 10 // bytes that are written at once

// rows writes an array row by row, in constant memory. After a failure to write every add fails.
type rows struct {
	to   io.Writer
	text []byte // what is not written yet
	some bool   // a row was added
}

// member is one member of a row: a text, or null.
type member struct {
	key, value string
	null       bool
}

func text(key, value string) member { return member{key: key, value: value} }

// inRows is the documented answer whose rows fill adds.
func inRows(fill func(ctx context.Context, out *rows) error) answer {
	return between(`{"result":"OK","data":[`, `]}`, fill)
}

// between is an answer of rows that fill adds, with what begins and ends it. Nothing is written before the first
// rowsBuffer bytes are there.
func between(begin, end string, fill func(ctx context.Context, out *rows) error) answer {
	return answer{write: func(w http.ResponseWriter, r *http.Request) error {
		w.Header()["Content-Type"] = []string{jsonType}
		out := &rows{to: patient{w}, text: append(make([]byte, 0, 2*rowsBuffer), begin...)}
		if err := fill(r.Context(), out); err != nil {
			return err
		}
		out.text = append(out.text, end...)
		return out.flush()
	}}
}

// add adds a row.
func (r *rows) add(members ...member) error {
	if r.some {
		r.text = append(r.text, ',')
	}
	r.some = true
	open := byte('{')
	for _, m := range members {
		r.text = append(appendQuoted(append(r.text, open), m.key), ':')
		if m.null {
			r.text = append(r.text, "null"...)
		} else {
			r.text = appendQuoted(r.text, m.value)
		}
		open = ','
	}
	r.text = append(r.text, '}')
	if len(r.text) < rowsBuffer {
		return nil
	}
	return r.flush()
}

func (r *rows) flush() error {
	_, err := r.to.Write(r.text)
	r.text = r.text[:0]
	return err
}

// patient gives the client the full time for every piece of a long answer.
type patient struct{ http.ResponseWriter }

func (w patient) Write(b []byte) (int, error) {
	extend(w.ResponseWriter)
	return w.ResponseWriter.Write(b)
}

// appendQuoted appends a text as marshal encodes it, byte for byte, without its detours.
func appendQuoted(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0 // text[from:i] needs no change
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		size := 1
		var char rune
		if c >= utf8.RuneSelf {
			char, size = utf8.DecodeRuneInString(text[i:])
			if (char != utf8.RuneError || size > 1) && char != '\u2028' && char != '\u2029' {
				i += size
				continue
			}
		}
		dst = append(dst, text[from:i]...)
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\b':
			dst = append(dst, `\b`...)
		case c == '\f':
			dst = append(dst, `\f`...)
		case c == '\n':
			dst = append(dst, `\n`...)
		case c == '\r':
			dst = append(dst, `\r`...)
		case c == '\t':
			dst = append(dst, `\t`...)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case size == 1:
			dst = append(dst, `\ufffd`...)
		default:
			dst = append(dst, '\\', 'u', '2', '0', '2', hex[char&15])
		}
		i += size
		from = i
	}
	return append(append(dst, text[from:]...), '"')
}
