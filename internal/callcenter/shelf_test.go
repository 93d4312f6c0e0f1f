package callcenter_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// shelf keeps the states of one switch's agents in memory, as a store must.
type shelf struct {
	mu      sync.Mutex
	writer  string
	watched int64
	spans   map[string][]callcenter.AgentSpan // by agent, in their order
	notes   []callcenter.AgentStatus
	fails   error
	saves   int
}

func newShelf() *shelf { return &shelf{spans: map[string][]callcenter.AgentSpan{}} }

func (s *shelf) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = err
}

func (s *shelf) saved() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saves
}

func (s *shelf) note(n callcenter.AgentStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notes = append(s.notes, n)
}

func (s *shelf) BeginAgentStates(_ context.Context, _, writer string) (kept callcenter.StatesKept, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		return kept, s.fails
	}
	s.writer, kept.Watched = writer, s.watched
	for _, all := range s.spans {
		kept.Last = append(kept.Last, all[len(all)-1])
	}
	return kept, nil
}

func (s *shelf) SaveAgentStates(_ context.Context, _, writer string, spans []callcenter.AgentSpan, watched int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails != nil {
		return s.fails
	}
	if s.writer != writer {
		return fault.New(fault.Conflict, "")
	}
	s.saves++
	s.watched = max(s.watched, watched)
	for _, span := range spans {
		all := s.spans[span.Agent]
		i, found := slices.BinarySearchFunc(all, span.Started, func(a callcenter.AgentSpan, started int64) int { return int(a.Started - started) })
		if found {
			all[i] = span
		} else {
			s.spans[span.Agent] = slices.Insert(all, i, span)
		}
	}
	return nil
}

func (s *shelf) AgentStatusesSince(_ context.Context, _ string, since time.Time) (all []callcenter.AgentStatus, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.notes {
		if !n.At.Before(since) {
			all = append(all, n)
		}
	}
	return all, s.fails
}

// at is the span of an agent at a moment. What goes on is known until it was watched.
func (s *shelf) at(agent string, at time.Time) (is callcenter.Activity, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	us := at.UnixMicro()
	for _, span := range s.spans[agent] {
		if span.Started <= us && (us < span.Ended || span.Ended == 0 && us < s.watched) {
			return span.Activity, span.Reason
		}
	}
	return callcenter.ActivityUnknown, ""
}

// whole says that spans neither overlap nor leave a hole, that each carries what those before it come to, and that the last goes on.
func (s *shelf) whole(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for agent, all := range s.spans {
		before := all[0].Before
		for i, span := range all {
			last := i == len(all)-1
			if span.Before != before || last != (span.Ended == 0) || !last && (span.Ended <= span.Started || span.Ended != all[i+1].Started) {
				t.Fatalf("agent %s: the %d. of %d spans is %+v, want %v before it; the next %+v", agent, i+1, len(all), span, before, all[min(i+1, len(all)-1)])
			}
			if !last && span.Activity == all[i+1].Activity && span.Reason == all[i+1].Reason {
				t.Errorf("agent %s: two spans of the same, %+v and %+v", agent, span, all[i+1])
			}
			before.Add(span.Activity, span.Ended-span.Started)
		}
	}
}

// told writes an agent's spans with their lengths in seconds: "ready 5, pause lunch 7, ready".
func (s *shelf) told(agent string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []string
	for _, span := range s.spans[agent] {
		text := string(span.Activity)
		if span.Reason != "" {
			text += " " + span.Reason
		}
		if span.Ended != 0 {
			text += fmt.Sprintf(" %.0f", float64(span.Ended-span.Started)/1e6)
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}
