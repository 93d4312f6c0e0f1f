package cdr

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// ErrNoDocument says that there is not one XML element in what should be a CDR.
var ErrNoDocument = errors.New("no XML document")

// AppendJSON appends to dst the JSON form of a CDR's XML (see [Record].Raw) and returns the extended slice. Ill-formed
// XML is shown as far as it can be read; without any element the error is [ErrNoDocument] and dst is returned unchanged.
//
// The root's content is the top object. Attributes come first, under "@attributes"; children follow in document order;
// those of one name become an array where the first of them stands. An element without anything is [], with text only
// a scalar, with text and attributes {"@attributes":{…},"0":text}; text beside children is dropped. Plain decimals are
// numbers in shortest form where no double loses anything. The values under "variables" keep FreeSWITCH's
// percent-encoding. There is no white space, and nothing is escaped that JSON does not ask for; invalid UTF-8 becomes
// U+FFFD. Safe for concurrent use.
func AppendJSON(dst, raw []byte) ([]byte, error) {
	t := read(string(raw))
	if len(t.elements) == 1 {
		return dst, fmt.Errorf("show CDR as JSON: %w", ErrNoDocument)
	}
	w := writer{tree: t, out: dst}
	w.group()
	w.element(1)
	return w.out, nil
}

// writer writes a tree as JSON.
type writer struct {
	*tree
	out []byte

	same     []int32 // per element: the next sibling of the same name, 0 for none
	repeated []bool  // per element: it has an earlier sibling of the same name
}

// group finds the siblings of one name.
func (w *writer) group() {
	w.same, w.repeated = make([]int32, len(w.elements)), make([]bool, len(w.elements))
	for i := range w.elements {
		w.siblings(w.elements[i].child)
	}
}

// siblings groups the elements from first on. A few are compared with each other, which is cheaper than a map.
func (w *writer) siblings(first int32) {
	n := 0
	for c := first; c != 0; c = w.elements[c].next {
		n++
	}
	if n > 8 {
		latest := make(map[string]int32, n)
		for c := first; c != 0; c = w.elements[c].next {
			name := w.elements[c].name
			w.join(latest[name], c)
			latest[name] = c
		}
		return
	}
	for c := first; c != 0; c = w.elements[c].next {
		for before := first; before != c; before = w.elements[before].next {
			if w.same[before] == 0 && w.elements[before].name == w.elements[c].name {
				w.join(before, c)
			}
		}
	}
}

// join notes that c is the next sibling of before's name; before may be 0.
func (w *writer) join(before, c int32) {
	if before != 0 {
		w.same[before], w.repeated[c] = c, true
	}
}

// element writes the value of element i. The reader's maxDepth bounds the recursion.
func (w *writer) element(i int32) {
	e := &w.elements[i]
	attributes := w.attributes[e.attrFrom:e.attrTo]
	if len(attributes) == 0 && e.child == 0 {
		if e.text == "" {
			w.out = append(w.out, "[]"...)
			return
		}
		w.scalar(e.text)
		return
	}
	w.out = append(w.out, '{')
	if len(attributes) > 0 {
		w.out = append(w.out, `"@attributes":{`...)
		for n, a := range attributes {
			w.key(a.name, n == 0)
			w.scalar(a.value)
		}
		w.out = append(w.out, '}')
	}
	if e.text != "" {
		w.key("0", false)
		w.scalar(e.text)
	}
	for c := e.child; c != 0; c = w.elements[c].next {
		if !w.repeated[c] {
			w.key(w.elements[c].name, c == e.child && len(attributes) == 0)
			w.family(c)
		}
	}
	w.out = append(w.out, '}')
}

// family writes element c, or the array of c and all later siblings of its name.
func (w *writer) family(c int32) {
	if w.same[c] == 0 {
		w.element(c)
		return
	}
	for open := byte('['); c != 0; c = w.same[c] {
		w.out = append(w.out, open)
		w.element(c)
		open = ','
	}
	w.out = append(w.out, ']')
}

// key writes a key of an object, with the comma before it.
func (w *writer) key(name string, first bool) {
	if !first {
		w.out = append(w.out, ',')
	}
	w.out = append(appendString(w.out, name), ':')
}

// scalar writes a text or an attribute's value.
func (w *writer) scalar(s string) {
	if n, ok := number(s); ok {
		w.out = append(w.out, n...)
		return
	}
	w.out = appendString(w.out, s)
}

// appendString appends s as a JSON string in which only what must be escaped is.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0 // s[from:i] needs no change
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var char rune
			if char, size = utf8.DecodeRuneInString(s[i:]); char != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, s[from:i]...)
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			if c < ' ' {
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			} else {
				dst = append(dst, "\uFFFD"...)
			}
		}
		i += size
		from = i
	}
	dst = append(dst, s[from:]...)
	return append(dst, '"')
}
