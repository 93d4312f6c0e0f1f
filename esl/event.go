package esl

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Event is something the switch reports. It is immutable and may be shared between goroutines: header values are
// decoded when they are asked for, not before, and nothing is cached.
//
// An event is a hint that says when to look; only a command says what is so. FreeSWITCH drops events under load.
type Event struct {
	name, subclass string
	headers        []header
	body           header
}

// ParseEvent reads the body of a text/event-json or text/event-plain frame. Errors are ErrProtocol.
func ParseEvent(contentType, body string) (*Event, error) {
	e := &Event{}
	switch contentType {
	case typeJSON:
		headers, err := parseJSON(body)
		if err != nil {
			return nil, err
		}
		// The body of an event is one more member of the object (switch_event_serialize_json_obj).
		if i := slices.IndexFunc(headers, func(h header) bool { return h.name == "_body" }); i >= 0 {
			e.body = headers[i]
			headers = slices.Delete(headers, i, i+1)
		}
		e.headers = headers
	case typePlain:
		head, rest, _ := strings.Cut(body, "\n\n")
		e.headers = parseHeaders(head, percent)
		// The inner length is that of the rest; trust what came.
		if n, err := strconv.ParseUint(e.Get("Content-Length"), 10, 31); err == nil && int(n) < len(rest) {
			rest = rest[:n]
		}
		e.body.value = rest
	default:
		return nil, fmt.Errorf("%w: %.40q is no event", ErrProtocol, contentType)
	}
	if e.name = e.Get("Event-Name"); e.name == "" {
		return nil, fmt.Errorf("%w: event without a name", ErrProtocol)
	}
	e.subclass = e.Get("Event-Subclass")
	return e, nil
}

// Name is the kind of the event, such as CHANNEL_ANSWER or CUSTOM.
func (e *Event) Name() string { return e.name }

// Subclass is what a CUSTOM event is about, such as callcenter::info; empty for the others.
func (e *Event) Subclass() string { return e.subclass }

// Body is the payload, for BACKGROUND_JOB the output of the command; most events have none.
func (e *Event) Body() string { return e.body.text() }

// Get returns the decoded value of a header, "" when there is none. A name in the exact case is preferred, then case
// does not matter. Of several headers of a name it is the first. A header with several values is returned in
// FreeSWITCH's own notation, ARRAY::a|:b; use Values for those.
func (e *Event) Get(name string) string {
	value, _ := e.Lookup(name)
	return value
}

// Lookup is Get that also says whether the header is there.
func (e *Event) Lookup(name string) (value string, ok bool) {
	h := find(e.headers, name)
	if h == nil {
		return "", false
	}
	return h.text(), true
}

// Values returns every value of every header of that name, case not regarded, in the order in which they came.
func (e *Event) Values(name string) []string {
	var values []string
	for i := range e.headers {
		if h := &e.headers[i]; strings.EqualFold(h.name, name) {
			values = append(values, h.texts()...)
		}
	}
	return values
}

// All yields every header, name in its original case and value decoded, in the order in which they came.
func (e *Event) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for i := range e.headers {
			if h := &e.headers[i]; !yield(h.name, h.text()) {
				return
			}
		}
	}
}

// Sequence is the switch's running number of the event, 0 when it has none. It orders events of one switch start;
// gaps are normal, as it counts events nobody asked for, too.
func (e *Event) Sequence() uint64 {
	n, err := strconv.ParseUint(e.Get("Event-Sequence"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Time is when the switch made the event, by the switch's clock; the zero time when it does not say.
func (e *Event) Time() time.Time {
	us, err := strconv.ParseInt(e.Get("Event-Date-Timestamp"), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMicro(us)
}
