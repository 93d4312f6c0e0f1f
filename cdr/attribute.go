package cdr

import "bytes"

// attributeList reads attributes from at up to the end of the tag. It returns where the tag ends and whether it ends in
// "/>"; false if these are no attributes.
func (r *reader) attributeList(at int) (after int, slash, ok bool) {
	for first := len(r.attributes); ; {
		at = spaceEnd(r.in, at)
		switch {
		case hasAt(r.in, at, ">"):
			return at + 1, false, true
		case hasAt(r.in, at, "/>"):
			return at + 2, true, true
		}
		a, after, ok := r.readAttribute(at)
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
func (r *reader) hasAttribute(first int, name span) bool {
	for _, a := range r.attributes[first:] {
		if bytes.Equal(r.bytes(a.name), r.bytes(name)) {
			return true
		}
	}
	return false
}

// readAttribute reads one attribute, and returns where it ends.
func (r *reader) readAttribute(from int) (a attribute, after int, ok bool) {
	to := from + attributeName(r.in[from:])
	if to == from {
		return a, 0, false
	}
	at := spaceEnd(r.in, to)
	if !hasAt(r.in, at, "=") {
		return a, 0, false
	}
	at = spaceEnd(r.in, at+1)
	if !hasAt(r.in, at, `"`) && !hasAt(r.in, at, "'") {
		return a, 0, false
	}
	quote := r.in[at]
	at++
	end := at
	if quote == '"' {
		end = plainEnd(r.in, at)
	}
	end += indexAny(r.in[end:], '<', quote)
	if end == len(r.in) {
		return a, 0, false
	}
	// FreeSWITCH stops escaping at "<!" in an attribute too, quotes included.
	stop := end
	if r.in[end] == '<' {
		if quote != '"' || !hasAt(r.in, end, "<!") {
			return a, 0, false
		}
		if stop = r.unescapedValue(end); stop < 0 {
			return a, 0, false
		}
		r.damaged = true
	}
	value, fine := r.decode(at, end)
	if stop > end {
		value = r.keep(append(bytes.Clone(r.bytes(value)), r.in[end:stop]...))
	}
	r.fault(!fine || !isName(r.in[from:to]))
	return attribute{part(from, to), value}, stop + 1, true
}

// unescapedValue returns where the attribute value ends that stopped being escaped at from: at the first quote which
// the end of the tag or another attribute follows. It returns -1 if there is none near enough.
func (r *reader) unescapedValue(from int) int {
	ahead := r.in[from:min(len(r.in), from+r.lookahead)]
	for at := 0; ; at++ {
		quote := bytes.IndexByte(ahead[at:], '"')
		if quote < 0 {
			r.lookahead -= len(ahead)
			return -1
		}
		at += quote
		rest := bytes.TrimLeft(ahead[at+1:], " \t")
		name := attributeName(rest)
		if hasAt(rest, 0, ">") || hasAt(rest, 0, "/>") || name > 0 && hasAt(rest, name, `="`) {
			r.lookahead -= at
			return from + at
		}
	}
}

// attributeName returns the length of the attribute name at the beginning of s, at most 256 bytes of it; 0 if there is
// none.
func attributeName(s []byte) int {
	s = s[:min(len(s), 256)]
	for i := nameEnd(s, 0); i < len(s); i++ {
		if isSpace(s[i]) || bytes.IndexByte([]byte(`=<>/"'`), s[i]) >= 0 {
			return i
		}
	}
	return 0
}
