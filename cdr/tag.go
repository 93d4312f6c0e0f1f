package cdr

import "bytes"

// space is what XML counts as white space.
const space = " \t\r\n"

// leaf reads what begins with the "<" at r.pos if it is an element of plain text, as nearly all are, and reports
// whether it was. It spares them the way through startTag, text and endTag, which would do the same.
func (r *reader) leaf() bool {
	from := r.pos + 1
	to := nameEnd(r.in, from)
	if to == len(r.in) || r.in[to] != '>' || !beginsName(r.in[from]) ||
		len(r.open) == 0 || len(r.open) == maxDepth || len(r.elements) == maxElements {
		return false
	}
	end := plainEnd(r.in, to+1)
	after := end + len("</") + to - from
	if after >= len(r.in) || r.in[after] != '>' || r.in[end] != '<' || r.in[end+1] != '/' ||
		string(r.in[end+2:after]) != string(r.in[from:to]) {
		return false
	}
	e := r.append()
	e.name, e.text, e.plain = part(from, to), part(to+1, end), true
	r.pos = after + 1
	return true
}

// endTag reads an end tag.
func (r *reader) endTag() {
	from := r.pos + 2
	if top := len(r.open) - 1; top >= 0 {
		name := r.bytes(r.innermost().name)
		if to := from + len(name); to < len(r.in) && r.in[to] == '>' && string(r.in[from:to]) == string(name) {
			r.pos = to + 1
			r.closeTo(top)
			return
		}
	}
	to := from + indexAny(r.in[from:], '<', '>')
	r.fault(to == len(r.in) || r.in[to] == '<')
	r.pos = min(to+1, len(r.in))
	if to < len(r.in) && r.in[to] == '<' {
		r.pos = to
	}
	r.end(bytes.TrimRight(r.in[from:to], space))
}

// end closes the innermost open element of that name and all within it. If none is open, the tag is taken for the end
// of the element that it stands right behind the text of, if any, and else ignored.
func (r *reader) end(name []byte) {
	for i := len(r.open) - 1; i >= 0; i-- {
		open := r.name(r.open[i].element)
		if same := bytes.Equal(open, name); same || hasWord(name, open) {
			r.fault(i < len(r.open)-1 || !same)
			r.closeTo(i)
			return
		}
	}
	r.damaged = true
	if top := len(r.open) - 1; top > 0 && !r.hasChild() && !r.layout {
		r.closeTo(top)
	}
}

// closeTo closes open elements until n are left. White space with a line feed in it is layout, not text.
func (r *reader) closeTo(n int) {
	if len(r.open) > n {
		switch e := r.innermost(); {
		case e.child != 0:
		case r.layout:
			e.text = span{}
		case len(r.pieces) > 0:
			e.text = r.keep(r.pieces)
		}
	}
	r.open = r.open[:n]
	r.pieces, r.layout = r.pieces[:0], false
}

// startTag reads a start tag, or an empty element.
func (r *reader) startTag() {
	from := r.pos + 1
	to := nameEnd(r.in, from)
	for to < len(r.in) && !isSpace(r.in[to]) && r.in[to] != '<' && r.in[to] != '>' {
		to++
	}
	if to == len(r.in) {
		r.damaged, r.pos = true, to
		return
	}
	name, empty, attrFrom := r.in[from:to], false, len(r.attributes)
	after, slash, ok := r.attributeList(to)
	switch {
	case len(name) > 0 && r.in[to] == '>':
		to++
		if slashed, cut := bytes.CutSuffix(name, []byte("/")); cut && len(slashed) > 0 && !r.closedAs(name, to) {
			name, empty = slashed, true
		}
	case len(name) > 0 && ok:
		to, empty = after, slash
	default: // not attributes: a variable's name with white space or "<" in it, or garbage
		r.damaged, r.attributes = true, r.attributes[:attrFrom]
		if whole := r.verbatim(from); len(whole) > 0 {
			name, to = whole, from+len(whole)+1
			break
		}
		if len(name) > 0 {
			to += indexAny(r.in[to:], '<', '>')
		}
		if len(name) == 0 || to == len(r.in) || r.in[to] == '<' {
			r.literal(to - r.pos)
			return
		}
		to++
	}
	r.pos = to
	r.fault(!isName(name))
	r.start(part(from, from+len(name)), attrFrom, empty)
}

// start adds an element.
func (r *reader) start(name span, attrFrom int, empty bool) {
	if len(r.open) == maxDepth || len(r.elements) == maxElements || len(r.open) == 0 && len(r.elements) > 1 {
		r.damaged, r.pos = true, len(r.in)
		return
	}
	e := r.append()
	e.name, e.attrFrom, e.attributes = name, int32(attrFrom), uint8(len(r.attributes)-attrFrom)
	if !empty {
		r.open = append(r.open, frame{element: int32(len(r.elements) - 1)})
	}
}

// append adds an element to the innermost one and returns it, to be filled in where it stands.
func (r *reader) append() *element {
	i := int32(len(r.elements))
	r.elements = append(r.elements, element{})
	if top := len(r.open) - 1; top >= 0 {
		if in := &r.open[top]; in.last != 0 {
			r.elements[in.last].next, in.last = i, i
		} else {
			parent := &r.elements[in.element]
			parent.child, parent.text, in.last = i, span{}, i
		}
	}
	r.pieces, r.layout = r.pieces[:0], false
	return &r.elements[i]
}

// closedAs reports whether the next tag from at is the end tag of an element of that name, to the letter. It tells the
// variable "a/", written as "<a/>value</a/>", from an empty element.
func (r *reader) closedAs(name []byte, at int) bool {
	lt := bytes.IndexByte(r.in[at:], '<')
	if lt < 0 {
		return false
	}
	rest, ok := bytes.CutPrefix(r.in[at+lt:], []byte("</"))
	rest, same := bytes.CutPrefix(rest, name)
	return ok && same && hasAt(rest, 0, ">")
}

// verbatim returns the name at from up to the next ">", whatever it holds, if an end tag bears it out; else nil.
func (r *reader) verbatim(from int) []byte {
	ahead := r.in[from:min(len(r.in), from+maxName)]
	if gt := bytes.IndexByte(ahead, '>'); gt > 0 && r.closedAs(ahead[:gt], from+gt+1) {
		return ahead[:gt]
	}
	return nil
}
