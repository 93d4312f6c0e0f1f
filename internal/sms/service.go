package sms

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Store keeps messages.
type Store interface {
	// AddMessage keeps a message, durably, and returns the id that it gave to it.
	AddMessage(ctx context.Context, m Message) (id int64, err error)
}

// Options of a Service.
type Options struct {
	// Normal writes a number as E.164 does, by the plan of a project's country, where it is one.
	Normal func(project, number string) string
	Now    func() time.Time // time.Now
}

// Service sends messages. It may be used from any goroutine.
type Service struct {
	store Store
	o     Options
}

// New makes a Service on a Store.
func New(store Store, o Options) *Service {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Service{store: store, o: o}
}

// Send records a message, whose fields its caller has checked, and tells in Result what became of it. As no provider is
// set nothing is sent, and the result is Error. When it cannot be recorded Send fails, and nothing was sent either.
func (s *Service) Send(ctx context.Context, m Message) (Message, error) {
	m.At, m.Number = s.o.Now(), dialled(s.o.Normal(m.Project, m.Phone))
	m.Result, m.Reason = Error, "no provider is set"
	var err error
	if m.ID, err = s.store.AddMessage(ctx, m); err != nil {
		return Message{}, fmt.Errorf("record a message: %w", err)
	}
	return m, nil
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
