package cdr

import "strings"

// endTag reads an end tag.
func (r *reader) endTag() {
	from := r.pos + 2
	if top := len(r.open) - 1; top >= 0 {
		name := r.elements[r.open[top]].name
		if strings.HasPrefix(r.in[from:], name) && strings.HasPrefix(r.in[from+len(name):], ">") {
			r.pos = from + len(name) + 1
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
	r.end(strings.TrimRight(r.in[from:to], " \t\r\n"))
}

// end closes the innermost open element of that name and all within it. If none is open, the tag is taken for the end
// of the element that it stands right behind the text of, if any, and else ignored.
func (r *reader) end(name string) {
	for i := len(r.open) - 1; i >= 0; i-- {
		if open := r.elements[r.open[i]].name; open == name || hasWord(name, open) {
			r.fault(i < len(r.open)-1 || open != name)
			r.closeTo(i)
			return
		}
	}
	r.damaged = true
	if top := len(r.open) - 1; top > 0 {
		if r.elements[r.open[top]].child == 0 && !r.layout {
			r.closeTo(top)
		}
	}
}

// closeTo closes open elements until n are left. White space with a line feed in it is layout, not text.
func (r *reader) closeTo(n int) {
	if len(r.open) > n {
		switch e := &r.elements[r.open[len(r.open)-1]]; {
		case e.child != 0:
		case r.layout:
			e.text = ""
		case len(r.pieces) > 0:
			e.text = string(r.pieces)
		}
	}
	r.open, r.pieces, r.layout = r.open[:n], r.pieces[:0], false
}

// startTag reads a start tag, or an empty element.
func (r *reader) startTag() {
	from := r.pos + 1
	to := from
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
	case name != "" && r.in[to] == '>':
		to++
		if slashed, cut := strings.CutSuffix(name, "/"); cut && slashed != "" && !r.closedAs(name, to) {
			name, empty = slashed, true
		}
	case name != "" && ok:
		to, empty = after, slash
	default: // not attributes: a variable's name with white space or "<" in it, or garbage
		r.damaged, r.attributes = true, r.attributes[:attrFrom]
		if whole := r.verbatim(from); whole != "" {
			name, to = whole, from+len(whole)+1
			break
		}
		if name != "" {
			to += indexAny(r.in[to:], '<', '>')
		}
		if name == "" || to == len(r.in) || r.in[to] == '<' {
			r.literal(to - r.pos)
			return
		}
		to++
	}
	r.pos = to
	r.fault(!isName(name))
	r.start(name, attrFrom, empty)
}

// start adds an element.
func (r *reader) start(name string, attrFrom int, empty bool) {
	if len(r.open) == maxDepth || len(r.elements) == maxElements || len(r.open) == 0 && len(r.elements) > 1 {
		r.damaged, r.pos = true, len(r.in)
		return
	}
	i := int32(len(r.elements))
	r.elements = append(r.elements, element{name: name, attrFrom: int32(attrFrom), attrTo: int32(len(r.attributes))})
	if len(r.open) > 0 {
		parent := &r.elements[r.open[len(r.open)-1]]
		if parent.child == 0 {
			parent.child, parent.text = i, ""
		} else {
			r.elements[parent.last].next = i
		}
		parent.last = i
	}
	r.pieces, r.layout = r.pieces[:0], false
	if !empty {
		r.open = append(r.open, i)
	}
}

// closedAs reports whether the next tag from at is the end tag of an element of that name, to the letter. It tells the
// variable "a/", written as "<a/>value</a/>", from an empty element.
func (r *reader) closedAs(name string, at int) bool {
	lt := strings.IndexByte(r.in[at:], '<')
	if lt < 0 {
		return false
	}
	rest, ok := strings.CutPrefix(r.in[at+lt:], "</"+name)
	return ok && strings.HasPrefix(rest, ">")
}

// verbatim returns the name at from up to the next ">", whatever it holds, if an end tag bears it out; else "".
func (r *reader) verbatim(from int) string {
	ahead := r.in[from:min(len(r.in), from+maxName)]
	if gt := strings.IndexByte(ahead, '>'); gt > 0 && r.closedAs(ahead[:gt], from+gt+1) {
		return ahead[:gt]
	}
	return ""
}

// attributeList reads attributes from at up to the end of the tag. It returns where the tag ends and whether it ends in
// "/>"; false if these are no attributes.
func (r *reader) attributeList(at int) (after int, slash, ok bool) {
	for first := len(r.attributes); ; {
		at += len(r.in[at:]) - len(strings.TrimLeft(r.in[at:], " \t\r\n"))
		switch rest := r.in[at:]; {
		case strings.HasPrefix(rest, ">"):
			return at + 1, false, true
		case strings.HasPrefix(rest, "/>"):
			return at + 2, true, true
		}
		a, after, ok := r.attribute(at)
		if !ok {
			return 0, false, false
		}
		at = after
		if len(r.attributes)-first == maxAttributes || len(r.attributes) == maxElements || r.hasAttribute(first, a.name) {
			r.damaged = true
			continue
		}
		r.attributes = append(r.attributes, a)
	}
}

// hasAttribute reports whether an attribute of that name was read since first.
func (r *reader) hasAttribute(first int, name string) bool {
	for _, a := range r.attributes[first:] {
		if a.name == name {
			return true
		}
	}
	return false
}

// attribute reads one attribute, and returns where it ends.
func (r *reader) attribute(at int) (a attribute, after int, ok bool) {
	name := attributeName(r.in[at:])
	if name == "" {
		return a, 0, false
	}
	at += len(name)
	value := strings.TrimLeft(r.in[at:], " \t\r\n")
	value, ok = strings.CutPrefix(value, "=")
	value = strings.TrimLeft(value, " \t\r\n")
	if !ok || value == "" || value[0] != '"' && value[0] != '\'' {
		return a, 0, false
	}
	at = len(r.in) - len(value) + 1
	end := indexAny(r.in[at:], '<', value[0]) + at
	if end == len(r.in) {
		return a, 0, false
	}
	escaped, raw := r.in[at:end], ""
	if r.in[end] == '<' {
		// FreeSWITCH stops escaping at "<!" in an attribute too, quotes included.
		if value[0] != '"' || !strings.HasPrefix(r.in[end:], "<!") {
			return a, 0, false
		}
		stop := r.unescapedValue(end)
		if stop < 0 {
			return a, 0, false
		}
		raw, end = r.in[end:stop], stop
		r.damaged = true
	}
	plain, fine := decode(escaped)
	r.fault(!fine || !isName(name))
	return attribute{name, plain + raw}, end + 1, true
}

// unescapedValue returns where the attribute value ends that stopped being escaped at from: at the first quote which
// the end of the tag or another attribute follows. It returns -1 if there is none near enough.
func (r *reader) unescapedValue(from int) int {
	ahead := r.in[from:min(len(r.in), from+r.lookahead)]
	for at := 0; ; at++ {
		quote := strings.IndexByte(ahead[at:], '"')
		if quote < 0 {
			r.lookahead -= len(ahead)
			return -1
		}
		at += quote
		rest := strings.TrimLeft(ahead[at+1:], " \t")
		name := attributeName(rest)
		if strings.HasPrefix(rest, ">") || strings.HasPrefix(rest, "/>") || name != "" && strings.HasPrefix(rest[len(name):], `="`) {
			r.lookahead -= at
			return from + at
		}
	}
}

// attributeName returns the attribute name at the beginning of s, at most 256 bytes of it.
func attributeName(s string) string {
	for i := range min(len(s), 256) {
		if isSpace(s[i]) || strings.IndexByte(`=<>/"'`, s[i]) >= 0 {
			return s[:i]
		}
	}
	return ""
}
