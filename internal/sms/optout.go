package sms

import (
	"context"
	"fmt"
	"time"
)

// OptOut is somebody who does not want messages.
type OptOut struct {
	Number  string // as a Message has it
	Project string // whose messages he does not want; "" is any's
	At      time.Time
	By      string // who says so
}

// OptOutQuery asks for opt-outs.
type OptOutQuery struct {
	Projects []string // of one of these; none is all of them, and those of any project
	Number   string   // "" is any
	After    OptOut   // the last of the page before; only its Number and Project count
	Limit    int
}

// OptOutStore keeps opt-outs. A database that is down is fault.StorageDown.
type OptOutStore interface {
	// AddOptOut keeps an opt-out and lets those messages fail as OptedOut that are Accepted and meant by it, both or none. It
	// returns what is kept, which is that of before where there is one, and how many messages failed.
	AddOptOut(ctx context.Context, o OptOut) (kept OptOut, stopped int, err error)
	// RemoveOptOut forgets an opt-out, or is fault.NotFound "Opt-out".
	RemoveOptOut(ctx context.Context, number, project string) error
	// OptOuts returns a page by number and project.
	OptOuts(ctx context.Context, q OptOutQuery) ([]OptOut, error)
}

// Number is a phone number, which has that form, as messages for a project have it.
func (s *Service) Number(project, phone string) string { return dialled(s.o.Normal(project, phone)) }

// AddOptOut takes care that somebody gets no messages any more, of a project, or of any where project is "", and returns
// how many were to be sent to him. What is in the hand of a process at that moment may still be sent.
func (s *Service) AddOptOut(ctx context.Context, project, phone, by string) (kept OptOut, stopped int, err error) {
	kept, stopped, err = s.o.Store.AddOptOut(ctx, OptOut{Number: s.Number(project, phone), Project: project, At: s.o.Now(), By: by})
	if err != nil {
		return OptOut{}, 0, fmt.Errorf("add an opt-out: %w", err)
	}
	s.metrics.messages.WithLabelValues("", string(Failed)).Add(float64(stopped))
	return kept, stopped, nil
}

// RemoveOptOut lets somebody get messages again, or is fault.NotFound "Opt-out". What has failed stays as it is.
func (s *Service) RemoveOptOut(ctx context.Context, project, phone string) error {
	if err := s.o.Store.RemoveOptOut(ctx, s.Number(project, phone), project); err != nil {
		return fmt.Errorf("remove an opt-out: %w", err)
	}
	return nil
}
