package esl

import (
	"fmt"
	"iter"
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
	headers        headers
	body           header
}

// ParseEvent reads the body of a text/event-json or text/event-plain frame. Errors are ErrProtocol.
func ParseEvent(contentType, body string) (*Event, error) {
	e := &Event{}
	if len(body) > maxBody {
		return nil, fmt.Errorf("%w: event over %d bytes", ErrProtocol, maxBody)
	}
	switch contentType {
	case typeJSON:
		if err := e.parseJSON(body); err != nil {
			return nil, err
		}
	case typePlain:
		e.parsePlain(body)
	default:
		return nil, fmt.Errorf("%w: %.40q is no event", ErrProtocol, contentType)
	}
	if e.name = e.Get("Event-Name"); e.name == "" {
		return nil, fmt.Errorf("%w: event without a name", ErrProtocol)
	}
	e.subclass = e.Get("Event-Subclass")
	return e, nil
}

// parsePlain reads a block of headers, a blank line and a body.
func (e *Event) parsePlain(text string) {
	head := len(text)
	if blank := strings.Index(text, "\n\n"); blank >= 0 {
		head = blank
		e.body.value = span{uint32(blank + 2), uint32(len(text))}
	}
	e.headers = parsePlain(text, text[:head])
	// The inner length is that of the rest; trust what came.
	rest := e.body.value.to - e.body.value.from
	if n, err := strconv.ParseUint(e.Get("Content-Length"), 10, 31); err == nil && uint32(n) < rest {
		e.body.value.to = e.body.value.from + uint32(n)
	}
}

// Name is the kind of the event, such as CHANNEL_ANSWER or CUSTOM.
func (e *Event) Name() string { return e.name }

// Subclass is what a CUSTOM event is about, such as callcenter::info; empty for the others.
func (e *Event) Subclass() string { return e.subclass }

// Body is the payload, for BACKGROUND_JOB the output of the command; most events have none.
func (e *Event) Body() string { return e.headers.value(e.body) }

// Get returns the decoded value of a header, "" when there is none. A name in the exact case is preferred, then the case
// of ASCII letters does not matter. Of several headers of a name it is the first. A header with several values is
// returned in FreeSWITCH's own notation, ARRAY::a|:b; use Values for those.
func (e *Event) Get(name string) string {
	value, _ := e.Lookup(name)
	return value
}

// Lookup is Get that also says whether the header is there.
func (e *Event) Lookup(name string) (value string, ok bool) {
	at := e.headers.find(name)
	if at < 0 {
		return "", false
	}
	return e.headers.value(e.headers.list[at]), true
}

// Values returns every value of every header of that name, the case of ASCII letters not regarded, in the order in
// which they came.
func (e *Event) Values(name string) []string {
	var values []string
	for _, h := range e.headers.list {
		if equalFold(e.headers.name(h), name) {
			values = append(values, e.headers.values(h)...)
		}
	}
	return values
}

// All yields every header, name in its original case and value decoded, in the order in which they came.
func (e *Event) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, h := range e.headers.list {
			if !yield(e.headers.name(h), e.headers.value(h)) {
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
