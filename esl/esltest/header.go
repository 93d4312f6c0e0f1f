package esltest

import "strings"

// header is one name and its value; an array value keeps its parts too.
type header struct {
	name  string
	value string
	array []string
}

// headers is FreeSWITCH's ordered list, used both for events and for channel
// variables. The order is part of what clients see, so it is a slice.
type headers []header

// add appends. An empty value is not kept, as in FreeSWITCH.
func (h *headers) add(name, value string) {
	if value == "" {
		return
	}
	*h = append(*h, newHeader(name, value))
}

// set replaces: the old value goes and the new one stands at the end, which is
// why the order of a channel's variables tells when each was last written.
func (h *headers) set(name, value string) {
	h.del(name)
	h.add(name, value)
}

// push appends value to the array of that name, or starts it with a scalar.
func (h *headers) push(name, value string) {
	for i := range *h {
		if same((*h)[i].name, name) {
			old := &(*h)[i]
			if old.array == nil {
				old.array = []string{old.value}
			}
			old.array = append(old.array, value)
			old.value = joinArray(old.array)
			return
		}
	}
	h.add(name, value)
}

func (h *headers) del(name string) {
	for i := range *h {
		if same((*h)[i].name, name) {
			*h = append((*h)[:i], (*h)[i+1:]...)
			return
		}
	}
}

// get finds a value by name, whatever the case of its letters.
func (h headers) get(name string) string {
	v, _ := h.lookup(name)
	return v
}

func (h headers) lookup(name string) (string, bool) {
	for i := range h {
		if same(h[i].name, name) {
			return h[i].value, true
		}
	}
	return "", false
}

func (h headers) clone() headers {
	return append(make(headers, 0, len(h)+8), h...)
}

const arrayPrefix = "ARRAY::"

func newHeader(name, value string) header {
	if rest, ok := strings.CutPrefix(value, arrayPrefix); ok {
		return header{name: name, value: value, array: strings.Split(rest, "|:")}
	}
	return header{name: name, value: value}
}

func joinArray(parts []string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	return arrayPrefix + strings.Join(parts, "|:")
}

// same compares names, which are ASCII, whatever the case of their letters.
func same(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }
