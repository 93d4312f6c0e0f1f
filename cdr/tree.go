package cdr

// tree is an XML document as far as it could be read. Element 0 is none; element 1 is the root, if there is one. It
// holds no pointers but to its parts, because the garbage collector would follow them in every document taken in.
type tree struct {
	in         []byte // the document
	decoded    []byte // what of it does not stand there as it is meant
	elements   []element
	attributes []attribute
	damaged    bool // the document was not well-formed XML, or went over a limit
}

// element is one element; its relatives are indexes into tree.elements, 0 for none.
type element struct {
	name       span
	text       span  // only of an element without children
	child      int32 // first child
	next       int32 // next sibling
	attrFrom   int32 // in tree.attributes
	attributes uint8 // how many
	plain      bool  // name and text are known to be the same in JSON
	repeated   bool  // for the writer: it has an earlier sibling of the same name
}

// attribute is one attribute.
type attribute struct{ name, value span }

// span is a piece of tree.in, or, counted on from that one's end, of tree.decoded.
type span struct{ from, to uint32 }

// empty reports whether s is no text.
func (s span) empty() bool { return s.from == s.to }

// bytes returns the text of a span.
func (t *tree) bytes(s span) []byte {
	if end := uint32(len(t.in)); s.from >= end {
		return t.decoded[s.from-end : s.to-end]
	}
	return t.in[s.from:s.to]
}

// keep returns the span of a text that it adds to what is decoded.
func (t *tree) keep(text []byte) span {
	from := len(t.in) + len(t.decoded)
	t.decoded = append(t.decoded, text...)
	return part(from, from+len(text))
}

// name returns the name of an element.
func (t *tree) name(i int32) []byte { return t.bytes(t.elements[i].name) }

// attributesOf returns the attributes of an element.
func (t *tree) attributesOf(i int32) []attribute {
	e := &t.elements[i]
	return t.attributes[e.attrFrom : e.attrFrom+int32(e.attributes)]
}

// attribute returns an attribute's value.
func (t *tree) attribute(i int32, name string) []byte {
	for _, a := range t.attributesOf(i) {
		if string(t.bytes(a.name)) == name {
			return t.bytes(a.value)
		}
	}
	return nil
}

// find returns parent's first child of that name, 0 if there is none or parent is 0.
func (t *tree) find(parent int32, name string) int32 {
	return t.findFrom(t.elements[parent].child, name)
}

// following returns the next sibling of i that has the name, which is its own, or 0.
func (t *tree) following(i int32, name string) int32 { return t.findFrom(t.elements[i].next, name) }

// findFrom returns the first of i and its later siblings that has the name, or 0.
func (t *tree) findFrom(i int32, name string) int32 {
	for i != 0 && string(t.name(i)) != name {
		i = t.elements[i].next
	}
	return i
}

// at returns the element that the path of first children leads to from an element, or 0.
func (t *tree) at(from int32, path ...string) int32 {
	for _, name := range path {
		from = t.find(from, name)
	}
	return from
}

// text returns the text of the element that the path of first children leads to from an element.
func (t *tree) text(from int32, path ...string) []byte {
	return t.bytes(t.elements[t.at(from, path...)].text)
}
