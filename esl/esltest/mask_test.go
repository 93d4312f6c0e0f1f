package esltest_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// What differs from run to run, by kind. Everything else is compared exactly.
var (
	uuidPattern = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

	// Times: microseconds and seconds since 1970, stamps, dates, wherever they stand.
	timePatterns = []*regexp.Regexp{
		regexp.MustCompile(`\b[12]\d{15}\b`),
		regexp.MustCompile(`\b[12]\d{9}\b`),
		regexp.MustCompile(`\b20\d\d-\d\d-\d\d \d\d:\d\d:\d\d\b`),
		regexp.MustCompile(`\b\w{3}, \d\d \w{3} 20\d\d \d\d:\d\d:\d\d GMT\b`),
		regexp.MustCompile(`\d+ years?, \d+ days?, \d+ hours?, \d+ minutes?, \d+ seconds?, \d+ milliseconds?, \d+ microseconds?`),
	}

	// Durations, and what is measured by time: packets, samples, processor load.
	durationNames = regexp.MustCompile(`^(variable_)?((m|u)?duration|(flow_)?(bill|progress|answer|wait|progress_media)(sec|msec|usec)|` +
		`hold_accum_(seconds|usec|ms)|record_(samples|seconds|ms|file_size)|playback_(last_offset_pos|seconds|ms|samples)|` +
		`rtp_audio_(in|out)_(raw_bytes|media_bytes|(media_|skip_|flush_)?packet_count|jitter_(min|max)_variance|mean_interval)|` +
		`Caller-Channel-Hold-Accum|Idle-CPU|Uptime-msec|mean_interval|raw_bytes|media_bytes|packet_count|media_packet_count|` +
		`skip_packet_count|flush_packet_count|jitter_min_variance|jitter_max_variance|hold_accum_time)$`)

	// Ids that are no UUIDs: tags, branches, numbers drawn or counted.
	idNames    = regexp.MustCompile(`^(Event-Sequence|(variable_)?(Event-Sequence|session_id|sip_cseq|sip_call_id|rtp_use_ssrc|sip_(to|from)_tag))$`)
	idPatterns = []*regexp.Regexp{
		regexp.MustCompile(`tag=[^;>]+`),
		regexp.MustCompile(`branch=z9hG4bK\w+`),
		regexp.MustCompile(`(?m)^o=\S+ \d+ \d+`),
	}

	// Ports of media.
	portNames    = regexp.MustCompile(`^(variable_)?(local|remote)_media_port$`)
	portPatterns = []*regexp.Regexp{regexp.MustCompile(`m=audio \d+`)}
)

// exceptions are headers that cannot be computed from what a recording shows.
var exceptions = map[string]string{
	"Session-Per-Sec-Last":    "counts calls made before the recording began",
	"Session-Per-Sec-Max":     "counts calls made before the recording began",
	"Session-Per-Sec-FiveMin": "counts calls made before the recording began",
	"Session-Since-Startup":   "counts calls made before the recording began",
	"Session-Peak-Max":        "counts calls made before the recording began",
	"Session-Peak-FiveMin":    "counts calls made before the recording began",
}

// mask replaces what differs from run to run. UUIDs stay: see pairing.
func mask(name, value string) string {
	if kind := kindOf(name); kind != "" {
		return kind
	}
	return maskText(value)
}

var kinds sync.Map // of header names, because patterns are slow

func kindOf(name string) string {
	if kind, ok := kinds.Load(name); ok {
		return kind.(string)
	}
	kind := ""
	switch {
	case exceptions[name] != "":
		kind = "*"
	case durationNames.MatchString(name):
		kind = "<duration>"
	case idNames.MatchString(name):
		kind = "<id>"
	case portNames.MatchString(name):
		kind = "<port>"
	case name == "Content-Length":
		kind = "<length>" // the reader of frames has checked it
	}
	kinds.Store(name, kind)
	return kind
}

func maskText(value string) string {
	if !strings.ContainsAny(value, "0123456789=") {
		return value
	}
	for _, p := range idPatterns {
		value = p.ReplaceAllStringFunc(value, func(s string) string {
			if user, _, ok := strings.Cut(s, " "); ok { // o=user stays
				return user + " <id>"
			}
			kind, _, _ := strings.Cut(s, "=")
			return kind + "=<id>"
		})
	}
	for _, p := range timePatterns {
		value = p.ReplaceAllString(value, "<time>")
	}
	for _, p := range portPatterns {
		value = p.ReplaceAllString(value, "m=audio <port>")
	}
	return value
}

// pairing holds which UUID of the run stands for which of the recording; the
// same one must always stand for the same.
type pairing struct{ there, back map[string]string }

func newPairing() *pairing { return &pairing{map[string]string{}, map[string]string{}} }

// same compares two values, UUIDs by pairing.
func (p *pairing) same(want, got string) bool {
	if len(want) < 36 && len(got) < 36 {
		return want == got
	}
	if uuidPattern.ReplaceAllString(want, "<uuid>") != uuidPattern.ReplaceAllString(got, "<uuid>") {
		return false
	}
	a, b := uuidPattern.FindAllString(want, -1), uuidPattern.FindAllString(got, -1)
	for i := range a {
		if x, ok := p.there[a[i]]; ok && x != b[i] {
			return false
		}
		if x, ok := p.back[b[i]]; ok && x != a[i] {
			return false
		}
		p.there[a[i]], p.back[b[i]] = b[i], a[i]
	}
	return true
}

// diff compares two lists of headers, in order.
func (p *pairing) diff(want, got []field) []string {
	var out []string
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && want[i].name == got[j].name:
			w, g := mask(want[i].name, want[i].value), mask(got[j].name, got[j].value)
			if !p.same(w, g) {
				out = append(out, fmt.Sprintf("%s: want %q, got %q", want[i].name, want[i].value, got[j].value))
			}
			i, j = i+1, j+1
		case i < len(want) && !slices.ContainsFunc(got[j:], func(f field) bool { return f.name == want[i].name }):
			out = append(out, "missing "+want[i].name+": "+want[i].value)
			i++
		case j < len(got):
			out = append(out, "unexpected here "+got[j].name+": "+got[j].value)
			j++
		default:
			out = append(out, "missing here "+want[i].name+": "+want[i].value)
			i++
		}
	}
	return out
}

// acknowledged are the variables that the SIP stack's own thread writes when the
// ACK to our answer comes: their place among the others is an accident.
var acknowledged = []string{"sip_to_tag", "sip_from_tag", "sip_cseq", "sip_call_id", "sip_full_via", "sip_from_display",
	"sip_full_from", "sip_full_to"}

// settle puts the variables of the ACK behind all others on both sides. In an
// event within 300 ms of the answer, there or here, they are left out: the ACK may
// not have come yet.
func settle(want, got *frame) {
	if lookup(want.event, "Call-Direction") != "inbound" {
		return
	}
	early := false
	for _, f := range []*frame{want, got} {
		answered, now := lookup(f.event, "Caller-Channel-Answered-Time"), lookup(f.event, "Event-Date-Timestamp")
		early = early || answered == "0" || micros(now)-micros(answered) < 300_000
	}
	for _, f := range []*frame{want, got} {
		var rest, late []field
		for _, x := range f.event {
			if name, ok := strings.CutPrefix(x.name, "variable_"); ok && slices.Contains(acknowledged, name) {
				late = append(late, x)
			} else {
				rest = append(rest, x)
			}
		}
		if early {
			late = nil
		}
		f.event = append(rest, late...)
	}
}

func micros(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// What the commands status and uptime measure: processor load and uptime, which
// maskStatus hides.
var (
	idle   = regexp.MustCompile(`(min idle cpu 0.00/)[\d.]+`)
	uptime = regexp.MustCompile(`^\d+\n$`)
)

func maskStatus(body string) string {
	return uptime.ReplaceAllString(idle.ReplaceAllString(body, "$1<load>"), "<number>\n")
}

// rows sorts the lines of a table when they follow the order of writing, which
// the variant turns around.
func rows(v variant, body string) string {
	if !v.reverse || !strings.HasPrefix(body, "name|instance_id") && !strings.HasPrefix(body, "queue|agent") {
		return body
	}
	lines := strings.Split(body, "\n")
	slices.Sort(lines[1:])
	return strings.Join(lines, "\n")
}
