package cdr

import "strings"

// Limits of the reader. Beyond them it stops, and the rest of the document is as if it had been cut off. What
// FreeSWITCH writes is nine elements deep and some four hundred elements long.
const (
	maxDepth      = 64
	maxElements   = 1 << 17 // and as many attributes; more of those are dropped
	maxAttributes = 64      // of one element; more are dropped
	maxName       = 256     // bytes of a name that no XML could have; another is taken for text
)

// tree is an XML document as far as it could be read. Element 0 is none; element 1 is the root, if there is one.
type tree struct {
	elements   []element
	attributes []attribute
	damaged    bool // the document was not well-formed XML, or went over a limit
}

// element is one element; its relatives are indexes into tree.elements, 0 for none.
type element struct {
	name             string
	text             string // decoded; only of an element without children
	child, last      int32  // first and last child
	next             int32  // next sibling
	attrFrom, attrTo int32  // in tree.attributes
}

// attribute is one attribute, its value decoded.
type attribute struct{ name, value string }

// reader reads a document in one pass. It never fails: it reads on after whatever is wrong.
//
// Its rules for ill-formed input follow the ways in which FreeSWITCH produces it. Element names are variable names
// used verbatim, so a name may hold any byte. Text is escaped only up to its first "<!": what follows is raw, and may
// look like markup. Control characters pass through. Nothing else FreeSWITCH writes is a comment, a CDATA section or a
// document type; those are skipped only where no text can be (see declaration).
type reader struct {
	tree
	in   string
	pos  int     // everything before is read
	open []int32 // the open elements, root first

	// Of the innermost element, while it has no child: its text, once there is more than one piece of it, and whether
	// the text is only layout. The pieces are joined once, because there may be millions.
	pieces []byte
	layout bool

	// lookahead is how many bytes may still be searched ahead without being consumed, over the whole document. It
	// keeps hostile input from making the reader quadratic; honest documents do not use it up.
	lookahead int
	absent    map[string]bool // ends of declarations that the rest of the document does not hold
}

// read reads raw as far as it can be read.
func read(raw string) *tree {
	r := reader{in: strings.TrimPrefix(raw, "\uFEFF"), lookahead: len(raw), absent: map[string]bool{}}
	r.elements = make([]element, 1, min(2+len(raw)/40, maxElements))
	for r.pos < len(r.in) {
		lt := strings.IndexByte(r.in[r.pos:], '<')
		if lt < 0 {
			lt = len(r.in) - r.pos
		}
		r.text(r.in[r.pos : r.pos+lt])
		r.pos += lt
		r.markup()
	}
	r.fault(len(r.elements) == 1 || len(r.open) > 0)
	r.closeTo(0)
	return &r.tree
}

// fault notes that the document is damaged if bad is true.
func (r *reader) fault(bad bool) { r.damaged = r.damaged || bad }

// text adds escaped text to the innermost element.
func (r *reader) text(escaped string) {
	if len(r.open) == 0 {
		r.fault(!isBlank(escaped))
		return
	}
	text, ok := decode(escaped)
	r.fault(!ok)
	r.add(text)
}

// add adds text to the innermost element. Text beside child elements is dropped.
func (r *reader) add(text string) {
	if len(r.open) == 0 || text == "" {
		return
	}
	e := &r.elements[r.open[len(r.open)-1]]
	switch {
	case e.child != 0:
	case e.text == "":
		e.text, r.layout = text, isLayout(text)
	default:
		if len(r.pieces) == 0 {
			r.pieces = append(r.pieces, e.text...)
		}
		r.pieces, r.layout = append(r.pieces, text...), r.layout && isBlank(text)
	}
}

// markup reads what begins with the "<" at r.pos, if the document does not end there.
func (r *reader) markup() {
	switch rest := r.in[r.pos:]; {
	case rest == "":
	case strings.HasPrefix(rest, "</"):
		r.endTag()
	case strings.HasPrefix(rest, "<?"):
		r.skip(2, "?>")
	case strings.HasPrefix(rest, "<!"):
		r.declaration()
	default:
		r.startTag()
	}
}

// literal takes the next n bytes, which look like markup and cannot be, as text.
func (r *reader) literal(n int) {
	r.damaged = true
	r.add(r.in[r.pos : r.pos+n])
	r.pos += n
}

// skip skips a declaration whose opening is n bytes long and which ends with end; one that does not end is text.
func (r *reader) skip(n int, end string) {
	at := -1
	if !r.absent[end] {
		at = strings.Index(r.in[r.pos+n:], end)
	}
	if at < 0 {
		r.absent[end] = true
		r.literal(n)
		return
	}
	r.pos += n + at + len(end)
}

// declaration reads what begins with "<!". In a text it is the point from which FreeSWITCH stopped escaping. It is a
// comment or the like only where FreeSWITCH has no text: outside, directly in the root, beside elements, on a new line.
func (r *reader) declaration() {
	switch rest := r.in[r.pos:]; {
	case len(r.open) > 1 && !r.layout && r.elements[r.open[len(r.open)-1]].child == 0:
		r.unescaped()
	case strings.HasPrefix(rest, "<!--"):
		r.skip(4, "-->")
	case strings.HasPrefix(rest, "<![CDATA["):
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
	tag := "</" + r.elements[r.open[len(r.open)-1]].name + ">"
	end := strings.Index(r.in[r.pos:], tag)
	if end < 0 {
		r.add(r.in[r.pos:])
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
		at = strings.Index(ahead, tag)
		if at < 0 {
			r.lookahead -= len(ahead)
			break
		}
		r.lookahead -= at
		at += after
	}
	r.add(r.in[r.pos:end])
	r.pos = end
}
