package esl

import (
	"fmt"
	"iter"
	"strconv"
	"sync"
	"time"
)

// Event is something the switch reports. It is immutable and may be shared between goroutines. What it holds is looked at
// when it is asked for: the first question finds where its headers are, each question decodes the one value it is about,
// and an event that nobody asks costs next to nothing.
//
// An event is a hint that says when to look; only a command says what is so. FreeSWITCH drops events under load.
type Event struct {
	name, subclass string
	headers        headers

	indexed   sync.Once // guards what follows, and the index of the headers
	body      text
	malformed error
}

// ParseEvent reads the body of a text/event-json or text/event-plain frame. Errors are ErrProtocol.
func ParseEvent(contentType, body string) (*Event, error) {
	e, err := newEvent(contentType, body)
	if err != nil {
		return nil, err
	}
	if e.index(); e.malformed != nil {
		return nil, e.malformed
	}
	return e, nil
}

// newEvent reads no more of an event than what it is about. Of an event that is malformed further on, what comes before
// can be had.
func newEvent(contentType, source string) (*Event, error) {
	switch {
	case contentType != typeJSON && contentType != typePlain:
		return nil, fmt.Errorf("%w: %.40q is no event", ErrProtocol, contentType)
	case len(source) > maxBody:
		return nil, fmt.Errorf("%w: event over %d bytes", ErrProtocol, maxBody)
	}
	e := &Event{headers: headers{source: source, plain: contentType == typePlain}}
	if _, err := e.headers.scan(func(start int, name text) bool {
		for _, want := range [...]struct {
			name string
			into *string
		}{{"Event-Name", &e.name}, {"Event-Subclass", &e.subclass}} {
			if len(name.raw) >= len(want.name) && *want.into == "" && equalFold(name.decode(), want.name) {
				_, value := e.headers.at(start)
				*want.into = value.decode()
			}
		}
		return e.name == "" || e.name == custom && e.subclass == ""
	}); err != nil {
		return nil, err
	}
	if e.name == "" {
		return nil, fmt.Errorf("%w: event without a name", ErrProtocol)
	}
	return e, nil
}

// index finds where everything is, once.
func (e *Event) index() *headers {
	e.indexed.Do(func() {
		e.body, e.malformed = e.headers.index()
	})
	return &e.headers
}

// Name is the kind of the event, such as CHANNEL_ANSWER or CUSTOM.
func (e *Event) Name() string { return e.name }

// Subclass is what a CUSTOM event is about, such as callcenter::info; empty for the others.
func (e *Event) Subclass() string { return e.subclass }

// Body is the payload, for BACKGROUND_JOB the output of the command; most events have none.
func (e *Event) Body() string {
	e.index()
	return e.body.decode()
}

// Get returns the decoded value of a header, "" when there is none. A name in the exact case is preferred, then the case
// of ASCII letters does not matter. Of several headers of a name it is the first. A header with several values is
// returned in FreeSWITCH's own notation, ARRAY::a|:b; use Values for those.
func (e *Event) Get(name string) string {
	value, _ := e.Lookup(name)
	return value
}

// Lookup is Get that also says whether the header is there.
func (e *Event) Lookup(name string) (value string, ok bool) {
	found, ok := e.index().find(name)
	return found.decode(), ok
}

// Values returns every value of every header of that name, the case of ASCII letters not regarded, in the order in
// which they came.
func (e *Event) Values(name string) []string {
	var values []string
	for have, value := range e.all() {
		if equalFold(have.decode(), name) {
			values = append(values, value.elements()...)
		}
	}
	return values
}

// All yields every header, name in its original case and value decoded, in the order in which they came.
func (e *Event) All() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for name, value := range e.all() {
			if !yield(name.decode(), value.decode()) {
				return
			}
		}
	}
}

func (e *Event) all() iter.Seq2[text, text] {
	return func(yield func(name, value text) bool) {
		hs := e.index()
		for _, start := range hs.starts {
			if !yield(hs.at(int(start))) {
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
