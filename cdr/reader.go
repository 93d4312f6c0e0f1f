package cdr

import "bytes"

// Limits of the reader. Beyond them it stops, and the rest of the document is as if it had been cut off. What
// FreeSWITCH writes is nine elements deep and some four hundred elements long.
const (
	maxDocument   = 1 << 28 // bytes; spans have 32 bits
	maxDepth      = 64
	maxElements   = 1 << 17 // and as many attributes; more of those are dropped
	maxAttributes = 64      // of one element; more are dropped
	maxName       = 256     // bytes of a name that no XML could have; another is taken for text
)

// reader reads a document in one pass. It never fails: it reads on after whatever is wrong.
//
// Its rules for ill-formed input follow the ways in which FreeSWITCH produces it. Element names are variable names
// used verbatim, so a name may hold any byte. Text is escaped only up to its first "<!": what follows is raw, and may
// look like markup. Control characters pass through. Nothing else FreeSWITCH writes is a comment, a CDATA section or a
// document type; those are skipped only where no text can be (see declaration).
type reader struct {
	tree
	pos  int     // everything before is read
	open []frame // the open elements, root first

	// Of the innermost element, while it has no child: its text, once there is more than one piece of it, and whether
	// the text is only layout. The pieces are joined once, because there may be millions.
	pieces []byte
	layout bool

	// lookahead is how many bytes may still be searched ahead without being consumed, over the whole document. It
	// keeps hostile input from making the reader quadratic; honest documents do not use it up.
	lookahead int
	absent    map[string]bool // ends of declarations that the rest of the document does not hold
}

// frame is an open element.
type frame struct {
	element int32
	last    int32 // its last child so far
}

// read reads raw as far as it can be read. The tree holds on to raw.
func read(raw []byte) tree {
	r := reader{lookahead: len(raw)}
	r.in = bytes.TrimPrefix(raw, []byte("\uFEFF"))
	if len(r.in) > maxDocument {
		r.in, r.damaged = r.in[:maxDocument], true
	}
	r.elements = make([]element, 1, min(32+len(raw)/54, maxElements)) // as many as FreeSWITCH's documents have
	r.attributes, r.open = make([]attribute, 0, 32), make([]frame, 0, 16)
	for r.pos < len(r.in) {
		at := layoutEnd(r.in, r.pos)
		if at == len(r.in) || r.in[at] != '<' || at > r.pos && !r.hasChild() {
			lt := bytes.IndexByte(r.in[at:], '<')
			if lt < 0 {
				lt = len(r.in) - at
			}
			at += lt
			r.text(r.pos, at)
		}
		r.pos = at
		r.markup()
	}
	r.fault(len(r.elements) == 1 || len(r.open) > 0)
	r.closeTo(0)
	return r.tree
}

// fault notes that the document is damaged if bad is true.
func (r *reader) fault(bad bool) { r.damaged = r.damaged || bad }

// hasChild reports whether the innermost element has a child.
func (r *reader) hasChild() bool { return len(r.open) > 0 && r.open[len(r.open)-1].last != 0 }

// innermost returns the innermost element.
func (r *reader) innermost() *element { return &r.elements[r.open[len(r.open)-1].element] }

// part returns a part of the document as a span.
func part(from, to int) span { return span{uint32(from), uint32(to)} }

// text adds escaped text to the innermost element.
func (r *reader) text(from, to int) {
	if len(r.open) == 0 {
		r.fault(!isBlank(r.in[from:to]))
		return
	}
	text, ok := r.decode(from, to)
	r.fault(!ok)
	r.add(text)
}

// add adds text to the innermost element. Text beside child elements is dropped.
func (r *reader) add(text span) {
	if len(r.open) == 0 || text.empty() {
		return
	}
	e := r.innermost()
	switch {
	case e.child != 0:
	case e.text.empty():
		e.text, r.layout = text, isLayout(r.bytes(text))
	default:
		if len(r.pieces) == 0 {
			r.pieces = append(r.pieces, r.bytes(e.text)...)
		}
		r.pieces, r.layout = append(r.pieces, r.bytes(text)...), r.layout && isBlank(r.bytes(text))
	}
}

// markup reads what begins with the "<" at r.pos, if the document does not end there.
func (r *reader) markup() {
	switch {
	case r.pos == len(r.in):
	case r.begins("</"):
		r.endTag()
	case r.leaf():
	case r.begins("<?"):
		r.skip(2, "?>")
	case r.begins("<!"):
		r.declaration()
	default:
		r.startTag()
	}
}

// begins reports whether the rest of the document begins with that.
func (r *reader) begins(with string) bool { return hasAt(r.in, r.pos, with) }

// literal takes the next n bytes, which look like markup and cannot be, as text.
func (r *reader) literal(n int) {
	r.damaged = true
	r.add(part(r.pos, r.pos+n))
	r.pos += n
}

// skip skips a declaration whose opening is n bytes long and which ends with end; one that does not end is text.
func (r *reader) skip(n int, end string) {
	at := -1
	if !r.absent[end] {
		at = bytes.Index(r.in[r.pos+n:], []byte(end))
	}
	if at < 0 {
		if r.absent == nil {
			r.absent = map[string]bool{}
		}
		r.absent[end] = true
		r.literal(n)
		return
	}
	r.pos += n + at + len(end)
}

// declaration reads what begins with "<!". In a text it is the point from which FreeSWITCH stopped escaping. It is a
// comment or the like only where FreeSWITCH has no text: outside, directly in the root, beside elements, on a new line.
func (r *reader) declaration() {
	switch {
	case len(r.open) > 1 && !r.layout && !r.hasChild():
		r.unescaped()
	case r.begins("<!--"):
		r.skip(4, "-->")
	case r.begins("<![CDATA["):
		r.skip(9, "]]>")
	default:
		r.skip(2, ">")
	}
}

// unescaped takes all up to the end tag of the innermost element as text. FreeSWITCH ends a line after every end tag,
// so that an end tag within a line is believed only if there is none at a line's end: a caller's name can hold
// "</caller_id_name><uuid>…", but no line feed.
func (r *reader) unescaped() {
	r.damaged = true
	tag := []byte("</" + string(r.bytes(r.innermost().name)) + ">")
	end := bytes.Index(r.in[r.pos:], tag)
	if end < 0 {
		r.add(part(r.pos, len(r.in)))
		r.pos = len(r.in)
		return
	}
	end += r.pos
	for at := end; at >= 0; {
		after := at + len(tag)
		if after == len(r.in) || r.in[after] == '\n' {
			end = at
			break
		}
		ahead := r.in[after:min(len(r.in), after+r.lookahead)]
		at = bytes.Index(ahead, tag)
		if at < 0 {
			r.lookahead -= len(ahead)
			break
		}
		r.lookahead -= at
		at += after
	}
	r.add(part(r.pos, end))
	r.pos = end
}
