package outside

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/singleflight"
)

// session is the dealings with one server under one log-in.
type session struct {
	url   string
	logIn LogIn

	breaker   *gobreaker.CircuitBreaker[answer]
	openUntil atomic.Int64 // when a breaker that opened tries again, in microseconds since 1970
	failing   atomic.Bool  // what the log has been told
	flight    singleflight.Group

	barredUntil atomic.Int64 // when a log-in that was refused is tried again, likewise

	signing  sync.Mutex // held while signing in, at most for the timeout
	with     credential // guarded by it, as is what follows
	proven   bool       // it has opened something
	refusals int        // in a row

	mu     sync.Mutex
	memory map[question]answer
}

// remembered bounds the memory: what is asked for is anybody's choice.
const remembered = 1000

func newSession(server Server) *session {
	s := &session{url: server.URL, logIn: server.LogIn, memory: map[question]answer{}}
	s.breaker = gobreaker.NewCircuitBreaker[answer](gobreaker.Settings{
		MaxRequests: 1, Timeout: pause,
		ReadyToTrip: func(n gobreaker.Counts) bool { return n.ConsecutiveFailures >= failures },
		// Who sends too much is up; a caller who wants too much shall not take it from the others.
		IsSuccessful: func(err error) bool { return err == nil || errors.Is(err, errTooLarge) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				s.openUntil.Store(time.Now().Add(pause).UnixMicro())
			}
		},
	})
	return s
}

// recall finds an answer received less than cache ago.
func (s *session) recall(q question, cache time.Duration) (answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.memory[q]
	return a, ok && time.Since(a.received) < cache
}

func (s *session) remember(q question, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.memory) >= remembered {
		clear(s.memory) // so many are seldom asked for twice
	}
	s.memory[q] = a
}
