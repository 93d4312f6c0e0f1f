package cdr

import (
	"bytes"
	"errors"
	"fmt"
	"hash/maphash"
	"math/bits"
	"slices"
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
	t := read(raw)
	if len(t.elements) == 1 {
		return dst, fmt.Errorf("show CDR as JSON: %w", ErrNoDocument)
	}
	return t.appendJSON(dst), nil
}

// appendJSON appends a tree that has a root.
func (t *tree) appendJSON(dst []byte) []byte {
	w := writer{tree: t, out: slices.Grow(dst, len(t.in)), same: make([]int32, len(t.elements)), seed: maphash.MakeSeed()}
	w.element(1)
	return w.out
}

// writer writes a tree as JSON.
type writer struct {
	*tree
	out []byte

	same   []int32 // per element: the next sibling of the same name, 0 for none
	latest []int32 // a hash table for siblings
	seed   maphash.Seed
}

// group finds the siblings of one name, from first on, of which there are n. A few are compared with each other, which
// is cheaper than hashing.
func (w *writer) group(first int32, n int) {
	if n > 8 {
		w.groupMany(first, n)
		return
	}
	for c := first; c != 0; c = w.elements[c].next {
		for before := first; before != c; before = w.elements[before].next {
			if w.same[before] == 0 && bytes.Equal(w.name(before), w.name(c)) {
				w.join(before, c)
			}
		}
	}
}

// groupMany is group by an open hash table of the latest sibling of each name, at most half full. Names come from
// outside, therefore the seed.
func (w *writer) groupMany(first int32, n int) {
	size := 1 << bits.Len(uint(2*n))
	if len(w.latest) < size {
		w.latest = make([]int32, size)
	}
	latest, mask := w.latest[:size], uint64(size-1)
	clear(latest)
	for c := first; c != 0; c = w.elements[c].next {
		name := w.name(c)
		at := maphash.Bytes(w.seed, name) & mask
		for latest[at] != 0 && !bytes.Equal(w.name(latest[at]), name) {
			at = (at + 1) & mask
		}
		if before := latest[at]; before != 0 {
			w.join(before, c)
		}
		latest[at] = c
	}
}

// join notes that c is the next sibling of before's name.
func (w *writer) join(before, c int32) {
	w.same[before], w.elements[c].repeated = c, true
}

// element writes the value of element i. The reader's maxDepth bounds the recursion.
func (w *writer) element(i int32) {
	e := &w.elements[i]
	attributes := w.attributesOf(i)
	if len(attributes) == 0 && e.child == 0 {
		switch {
		case e.text.empty():
			w.out = append(w.out, "[]"...)
		case e.plain:
			w.plain(w.bytes(e.text))
		default:
			w.scalar(w.bytes(e.text))
		}
		return
	}
	w.out = append(w.out, '{')
	if len(attributes) > 0 {
		w.out = append(w.out, `"@attributes":{`...)
		for n, a := range attributes {
			w.key(w.bytes(a.name), n == 0)
			w.scalar(w.bytes(a.value))
		}
		w.out = append(w.out, '}')
	}
	if !e.text.empty() {
		w.out = append(w.out, `,"0":`...)
		w.scalar(w.bytes(e.text))
	}
	if e.child != 0 {
		w.children(e.child, len(attributes) == 0)
	}
	w.out = append(w.out, '}')
}

// children writes first and its siblings as members of an object, with a comma before each but what is the object's
// first.
func (w *writer) children(first int32, begins bool) {
	n := 0
	for c := first; c != 0; c = w.elements[c].next {
		n++
	}
	w.group(first, n)
	for c := first; c != 0; c = w.elements[c].next {
		e := &w.elements[c]
		switch {
		case e.repeated:
			continue
		case e.plain && !begins:
			w.out = append(w.out, ',', '"')
			w.out = append(w.out, w.bytes(e.name)...)
			w.out = append(w.out, '"', ':')
		default:
			w.key(w.bytes(e.name), begins)
		}
		begins = false
		if w.same[c] == 0 {
			w.element(c)
		} else {
			w.family(c)
		}
	}
}

// family writes the array of c and all later siblings of its name.
func (w *writer) family(c int32) {
	for open := byte('['); c != 0; c = w.same[c] {
		w.out = append(w.out, open)
		w.element(c)
		open = ','
	}
	w.out = append(w.out, ']')
}

// key writes a key of an object, with the comma before it.
func (w *writer) key(name []byte, first bool) {
	if !first {
		w.out = append(w.out, ',')
	}
	w.out = append(appendString(w.out, name), ':')
}

// scalar writes a text or an attribute's value.
func (w *writer) scalar(s []byte) {
	if n, ok := number(s); ok {
		w.out = append(w.out, n...)
		return
	}
	w.out = appendString(w.out, s)
}

// plain is scalar for plain text.
func (w *writer) plain(s []byte) {
	if n, ok := number(s); ok {
		w.out = append(w.out, n...)
		return
	}
	w.out = append(w.out, '"')
	w.out = append(w.out, s...)
	w.out = append(w.out, '"')
}

// appendString appends s as a JSON string in which only what must be escaped is.
func appendString(dst, s []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	from := 0 // s[from:i] needs no change
	for i := plainEnd(s, 0); i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		size := 1
		if c >= utf8.RuneSelf {
			var char rune
			if char, size = utf8.DecodeRune(s[i:]); char != utf8.RuneError || size > 1 {
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
