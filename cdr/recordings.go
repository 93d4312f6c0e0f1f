package cdr

import (
	"bytes"
	"slices"
	"strings"
)

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
		if len(paths) < maxRecordings && !unknown && path != "" && clean([]byte(path), maxPath) == path && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	for _, v := range []int32{d.recording, d.queueRecording} {
		for name := string(d.name(v)); v != 0; v = d.following(v, name) {
			add(string(d.value(v)))
		}
	}
	for i := range d.elements {
		e := int32(i)
		if string(d.name(e)) == "application" && string(d.attribute(e, "app_name")) == "record_session" {
			add(firstArgument(string(d.attribute(e, "app_data"))))
		}
	}
	for v := d.execute; v != 0; v = d.elements[v].next {
		if !bytes.HasPrefix(d.name(v), []byte(executes)) {
			continue
		}
		// "record_session /path", or a colon between the two, or two of them [switch_channel_execute_on_value].
		if rest, ok := strings.CutPrefix(string(d.value(v)), "record_session"); ok && rest != "" && strings.IndexByte(" :", rest[0]) >= 0 {
			add(firstArgument(strings.TrimLeft(rest, " :")))
		}
	}
	return paths
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
