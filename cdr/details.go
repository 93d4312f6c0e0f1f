package cdr

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// details is a tree whose root is a <cdr>, with the places at hand that a Record is read from.
type details struct {
	*tree
	variables int32
	newest    int32 // the first callflow: FreeSWITCH puts the latest first
}

// newDetails returns t's details, or nil if t is not a <cdr> with something in it.
func newDetails(t *tree) *details {
	if len(t.elements) == 1 || t.elements[1].name != "cdr" || t.elements[1].child == 0 {
		return nil
	}
	d := &details{tree: t}
	d.variables, d.newest = d.find(1, "variables"), d.find(1, "callflow")
	return d
}

// fill sets what the document says, r.Leg apart.
func (d *details) fill(r *Record) {
	r.CoreUUID = clean(d.attribute(1, "core-uuid"), maxID)
	r.SwitchName = clean(d.attribute(1, "switchname"), maxWord)
	r.Call = clean(d.call(), maxID)
	if way := first(d.text(1, "channel_data", "direction"), d.variable("direction")); way == "inbound" || way == "outbound" {
		r.Direction = way
	}
	r.Start = d.moment("start", "created_time")
	r.Answer = d.moment("answer", "answered_time")
	r.End = d.moment("end", "hangup_time")
	r.HangupCause = clean(d.variable("hangup_cause"), maxWord)
	r.Recordings = d.recordings(r.Leg)
	r.Peers = d.peers(r.Leg)
}

// peers returns the other legs that a leg was bridged to, each once: the last one is in variables
// [switch_ivr_multi_threaded_bridge], those it dialled are in the callflows.
func (d *details) peers(leg string) []string {
	var legs []string
	add := func(uuid string) {
		if uuid = clean(uuid, maxID); uuid != "" && uuid != leg && len(legs) < maxPeers && !slices.Contains(legs, uuid) {
			legs = append(legs, uuid)
		}
	}
	add(d.variable("bridge_uuid"))
	add(d.variable("last_bridge_to"))
	for flow := d.newest; flow != 0; flow = d.following(flow) {
		list := d.find(d.find(flow, "caller_profile"), "originatee")
		for e := d.find(list, "originatee_caller_profile"); e != 0; e = d.following(e) {
			add(d.text(e, "uuid"))
		}
	}
	return legs
}

// call returns the uuid of the leg that began the call by the rule that [Parse] documents; empty if only the leg
// itself can be it.
func (d *details) call() string {
	other := first(d.variable("callgate_call"), d.variable("cc_member_session_uuid"),
		d.variable("originating_leg_uuid"), d.variable("originator"))
	if other != "" {
		return other
	}
	for flow := d.newest; flow != 0; flow = d.elements[flow].next { // the last one found is the oldest
		if uuid := d.text(flow, "caller_profile", "originator", "originator_caller_profile", "uuid"); uuid != "" {
			other = uuid
		}
	}
	if other == "" && d.variable("loopback_leg") == "B" {
		other = first(d.variable("other_loopback_from_uuid"), d.variable("other_loopback_leg_uuid"))
	}
	return first(other, d.variable("call_uuid"))
}

// moment returns a time in microseconds: from the variables, else from the newest callflow's times, else from the
// variable in whole seconds. The stamps are of no use, they have no zone.
func (d *details) moment(variable, time string) int64 {
	for _, s := range []string{d.variable(variable + "_uepoch"), d.text(d.newest, "times", time), d.variable(variable+"_epoch") + "000000"} {
		if us, err := strconv.ParseInt(s, 10, 64); err == nil && us > 0 && us <= maxTime {
			return us
		}
	}
	return 0
}

// recordings returns the paths that the document names, each once: the variables callgate_recording and
// cc_record_filename (mod_callcenter), then record_session wherever it stands: among the applications that ran, among
// those the dialplan listed, in a variable that runs an application on an event.
func (d *details) recordings(leg string) []string {
	var paths []string
	add := func(path string) {
		if len(path) > maxPath {
			return
		}
		path = strings.ReplaceAll(path, "${uuid}", leg)
		unknown := strings.Contains(path, "${") // not expanded, so no path; the applications that ran have it expanded
		if len(paths) < maxRecordings && !unknown && path != "" && clean(path, maxPath) == path && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	for _, name := range []string{"callgate_recording", "cc_record_filename"} {
		for v := d.find(d.variables, name); v != 0; v = d.following(v) {
			add(unescape(d.elements[v].text))
		}
	}
	for i := range d.elements {
		e := int32(i)
		if d.elements[e].name == "application" && d.attribute(e, "app_name") == "record_session" {
			add(firstArgument(d.attribute(e, "app_data")))
		}
	}
	for v := d.elements[d.variables].child; v != 0; v = d.elements[v].next {
		if !strings.HasPrefix(d.elements[v].name, "execute_on_") {
			continue
		}
		// "record_session /path", or a colon between the two, or two of them [switch_channel_execute_on_value].
		if rest, ok := strings.CutPrefix(unescape(d.elements[v].text), "record_session"); ok && rest != "" && strings.IndexByte(" :", rest[0]) >= 0 {
			add(firstArgument(strings.TrimLeft(rest, " :")))
		}
	}
	return paths
}

// find returns parent's first child of that name, 0 if there is none or parent is 0.
func (d *details) find(parent int32, name string) int32 {
	for c := d.elements[parent].child; c != 0; c = d.elements[c].next {
		if d.elements[c].name == name {
			return c
		}
	}
	return 0
}

// following returns the next sibling of i that has its name, or 0.
func (d *details) following(i int32) int32 {
	for c := d.elements[i].next; c != 0; c = d.elements[c].next {
		if d.elements[c].name == d.elements[i].name {
			return c
		}
	}
	return 0
}

// text returns the text of the element that the path of first children leads to from an element.
func (d *details) text(from int32, path ...string) string {
	for _, name := range path {
		from = d.find(from, name)
	}
	return d.elements[from].text
}

// variable returns the value of a channel variable.
func (d *details) variable(name string) string { return unescape(d.text(d.variables, name)) }

// attribute returns an attribute's value.
func (d *details) attribute(i int32, name string) string {
	for _, a := range d.attributes[d.elements[i].attrFrom:d.elements[i].attrTo] {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// firstArgument returns the first of an application's arguments, which are separated by spaces and may stand in single
// quotes.
func firstArgument(s string) string {
	s = strings.TrimLeft(s, " ")
	if quoted, ok := strings.CutPrefix(s, "'"); ok {
		s, _, _ = strings.Cut(quoted, "'")
		return s
	}
	s, _, _ = strings.Cut(s, " ")
	return s
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// clean returns s with U+FFFD for control characters and invalid UTF-8, cut to at most limit bytes. NUL would make
// PostgreSQL refuse a record.
func clean(s string, limit int) string {
	return cut(strings.Map(func(char rune) rune {
		if char < ' ' || char == 0x7f {
			return utf8.RuneError
		}
		return char
	}, cut(s, limit)), limit)
}

// cut returns at most limit bytes of s, no character halved.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
