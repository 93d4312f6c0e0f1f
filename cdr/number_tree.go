package cdr

import "fmt"

// AppendJSONWithoutNumbers is [AppendJSON] for those who may not see phone numbers. [Hidden] stands in the place of
//
//   - what is in fields that hold a number, or a name or address that may show one;
//   - whatever else reads as a phone number (see [AppendHidden]), but in fields that are known to hold none;
//   - the numbers of seven digits and more that were in the former, wherever they are, in whatever spelling.
//
// All else is what AppendJSON makes of it. Numbers of fewer digits stay where they are part of a text: they are inner
// ones or accounts'.
func AppendJSONWithoutNumbers(dst, raw []byte) ([]byte, error) {
	t := read(raw)
	if len(t.elements) == 1 {
		return dst, fmt.Errorf("show CDR as JSON: %w", ErrNoDocument)
	}
	t.hideNumbers()
	return t.appendJSON(dst), nil
}

// hideNumbers hides the phone numbers in a tree.
func (t *tree) hideNumbers() {
	held := make([]holding, len(t.elements))
	h := hider{}
	for i := 1; i < len(held); i++ {
		e := &t.elements[i]
		if held[i] = holds(t.bytes(e.name)); held[i] == whole {
			h.add(t.bytes(e.text))
		}
	}
	for i := range t.attributes {
		if a := &t.attributes[i]; attributeFields[string(t.bytes(a.name))] == whole {
			h.add(t.bytes(a.value))
		}
	}
	instead := t.keep([]byte(Hidden))
	hide := func(s *span, in holding) {
		switch value := t.bytes(*s); {
		case s.empty():
		case in == whole:
			*s = instead
		default:
			if shown := h.text(value, in != never); len(shown) != len(value) || &shown[0] != &value[0] {
				*s = t.keep(shown)
			}
		}
	}
	for i := 1; i < len(held); i++ {
		e := &t.elements[i]
		hide(&e.text, held[i])
		if held[i] == anything {
			hide(&e.name, mixed)
		}
	}
	for i := range t.attributes {
		a := &t.attributes[i]
		in := attributeFields[string(t.bytes(a.name))]
		hide(&a.value, in)
		if in == anything {
			hide(&a.name, mixed)
		}
	}
}
