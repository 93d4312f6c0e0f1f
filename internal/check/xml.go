package check

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// element is a part of the switch's configuration.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Children []element  `xml:",any"`
}

func (e element) attr(name string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// all are the elements of a name below e, in their order.
func (e element) all(name string) (found []element) {
	for _, c := range e.Children {
		if c.XMLName.Local == name {
			found = append(found, c)
		}
		found = append(found, c.all(name)...)
	}
	return found
}

// params are settings in their order: a name may come again. Names of most modules are read in any case.
type params []struct{ name, value string }

func (e element) params() (all params) {
	for _, p := range e.all("param") {
		all = append(all, struct{ name, value string }{strings.ToLower(p.attr("name")), p.attr("value")})
	}
	return all
}

// get is the value that holds: the last one. Most modules pass over an empty one.
func (p params) get(name string) (value string) {
	for _, one := range p {
		if one.name == name && one.value != "" {
			value = one.value
		}
	}
	return value
}

// each are all values of a name.
func (p params) each(name string) (values []string) {
	for _, one := range p {
		if one.name == name && one.value != "" {
			values = append(values, one.value)
		}
	}
	return values
}

// number reads a number as C does: what begins with none is 0.
func (p params) number(name string) int {
	text := strings.TrimSpace(p.get(name))
	end := 0
	for end < len(text) && (text[end] >= '0' && text[end] <= '9' || end == 0 && text[end] == '-') {
		end++
	}
	n, _ := strconv.Atoi(text[:end])
	return n
}

// isTrue reads a boolean as FreeSWITCH does.
//
// Source: switch_utils.h switch_true.
func isTrue(text string) bool {
	switch strings.ToLower(text) {
	case "yes", "on", "true", "t", "enabled", "active", "allow":
		return true
	}
	return params{{"n", text}}.number("n") != 0
}

// errNothing is the answer of a switch that has no such configuration.
var errNothing = errors.New("not configured")

// parse reads what xml_locate printed.
func parse(text string) (element, error) {
	var e element
	if text == "can't find anything" {
		return e, errNothing
	}
	if err := xml.Unmarshal([]byte(text), &e); err != nil {
		return e, fmt.Errorf("not XML: %w", err)
	}
	return e, nil
}

// locate asks for configuration as the switch has it in memory, or gets it by mod_xml_curl; ok is false, and the reason found,
// when there is none.
//
// Source: mod_commands.c xml_locate_function; switch_xml.c switch_xml_locate, switch_xml_find_child (a section alone is
// given as a whole).
func (x *examination) locate(ctx context.Context, what ...string) (e element, ok bool) {
	text, ok := x.ask(ctx, "xml_locate", what...)
	if !ok {
		return e, false
	}
	e, err := parse(text)
	name := what[len(what)-1]
	switch {
	case errors.Is(err, errNothing):
		x.wrong("there is no "+name, "install it: callgate check --print, docs/install-freeswitch.md")
	case err != nil: // it may hold secrets: no part of it is shown
		x.unknown(name+" cannot be read", "")
	}
	return e, err == nil
}
