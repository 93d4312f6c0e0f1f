package webhook

import "net/http"

// Through has everything sent by another transport.
func (s *Service) Through(t http.RoundTripper) { s.sender.client.Transport = t }

// Backlogged has a service believe that so many deliveries wait.
func (s *Service) Backlogged(endpoint string, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backlogs = map[string]Backlog{endpoint: {Count: n}}
}

// Idle closes connections of a service that did not run.
func (s *Service) Idle() { s.sender.close() }
