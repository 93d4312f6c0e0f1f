package sms

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/fault"
)

// Options of a Service. All but Registerer and Logger are needed.
type Options struct {
	Store    Store
	Carriers *Carriers
	// Normal writes a number as E.164 does, by the plan of a project's country, where it is one.
	Normal func(project, number string) string
	// Quiet is until when messages of a project are not to be sent, if it is so at a time; the zero time if it is not.
	Quiet      func(project string, at time.Time) time.Time
	Owner      string               // names this process among those that share the Store
	AnswerTime func() time.Duration // how long who asks waits for a provider's answer
	RetryAfter func() time.Duration // how long a message that nobody took waits at first; twice as long each time
	Now        func() time.Time
	Registerer prometheus.Registerer
	Logger     *slog.Logger
}

// Service takes messages and sends them. It may be used from any goroutine; it sends while Run runs.
type Service struct {
	o       Options
	adding  *group[Message, Message]
	saving  *group[Message, bool]
	wake    chan struct{} // capacity 1: there may be something to send
	metrics *metrics

	// Run's own: when it was looked after messages that nobody has in hand, and how often some were taken in hand.
	returned time.Time
	hands    int

	mu      sync.Mutex
	unsaved []Message // of which it is not kept yet what has become of them
}

// New makes a Service.
func New(o Options) *Service {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Service{o: o, adding: newGroup(o.Store.AddMessages), saving: newGroup(o.Store.SaveMessages), wake: make(chan struct{}, 1), metrics: newMetrics(o.Registerer)}
}

var errOtherKey = errors.New("another message has it")

// prepare completes a message whose fields its caller has checked.
func (s *Service) prepare(m Message) Message {
	m.At, m.Number = s.o.Now(), s.Number(m.Project, m.Phone)
	m.Encoding, m.Parts = Count(m.Text)
	if m.Valid > 0 {
		m.Until = m.At.Add(m.Valid)
	}
	return m
}

// coming prepares a message to be sent as soon as may be.
func (s *Service) coming(m Message) Message {
	m = s.prepare(m)
	m.State, m.Waits, m.Due = Accepted, false, m.At
	return m
}

// another tells whether what is kept under the key of a message says something else; fault.Conflict "key" then.
func (m *Message) another(kept *Message) error {
	if kept.Phone == m.Phone && kept.Originator == m.Originator && kept.Text == m.Text && kept.Project == m.Project && kept.Session == m.Session &&
		(m.Valid == 0 || m.Valid == kept.Until.Sub(kept.At)) {
		return nil
	}
	return &fault.Error{Kind: fault.Conflict, Subject: "key", Err: errOtherKey}
}

// rouse lets Run look whether something is due.
func (s *Service) rouse() {
	select {
	case s.wake <- struct{}{}:
	default: // it is to look already
	}
}

// Accept keeps a message, whose fields its caller has checked, to be sent as soon as may be, and returns it as it is kept.
// One with a key that the user has given before is the one of before, as it is by now; if that says something else it is
// fault.Conflict "key". Where Accept fails for another reason nobody knows whether it is kept: with the same key it can be
// asked again.
func (s *Service) Accept(ctx context.Context, m Message) (Message, error) {
	m = s.coming(m)
	kept, err := s.adding.do(ctx, m)
	if err != nil {
		return Message{}, fmt.Errorf("keep a message: %w", err)
	}
	if err := m.another(&kept); err != nil {
		return Message{}, err
	}
	s.rouse()
	return kept, nil
}

// AcceptAll is Accept of several messages in one transaction. It returns each as it is kept, or in its place in faults the
// fault.Conflict about its key. Where it fails nobody knows whether they are kept: all are, or none.
func (s *Service) AcceptAll(ctx context.Context, all []Message) (kept []Message, faults []error, err error) {
	if len(all) == 0 {
		return nil, nil, nil
	}
	some := make([]Message, len(all))
	for i, m := range all {
		some[i] = s.coming(m)
	}
	if kept, err = s.o.Store.AddMessages(ctx, some); err != nil {
		return nil, nil, fmt.Errorf("keep messages: %w", err)
	}
	faults = make([]error, len(all))
	for i := range some {
		faults[i] = some[i].another(&kept[i])
	}
	s.rouse()
	return kept, faults, nil
}

// Send sends a message, whose fields its caller has checked, at once or never, and tells in Result what became of it: OK
// when a provider took it, Error when none did in time, or nobody knows. When it cannot be recorded Send fails, and nothing
// was sent.
func (s *Service) Send(ctx context.Context, m Message) (Message, error) {
	m = s.prepare(m)
	m.Waits = true
	lines, err := s.o.Carriers.lines()
	switch {
	case err != nil:
		m.Reason = err.Error()
	case !s.o.Quiet(m.Project, m.At).IsZero():
		m.Reason = "it is quiet hours"
	}
	if m.Reason != "" {
		m.State, m.Result, m.Ended = Failed, Error, m.At
	} else {
		m.State, m.Owner, m.Lease = Queued, s.o.Owner, m.At.Add(claimTime)
	}
	if m, err = s.adding.do(ctx, m); err != nil {
		return Message{}, fmt.Errorf("record a message: %w", err)
	}
	if m.State != Queued {
		s.metrics.messages.WithLabelValues("", string(m.State)).Inc()
		return m, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.o.AnswerTime()) // who hangs up wants to find it in the report
	defer cancel()
	return s.ask(ctx, m, lines), nil
}

// dialled leaves out what only lays a number out.
func dialled(number string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" ()-", r) {
			return -1
		}
		return r
	}, number)
}
