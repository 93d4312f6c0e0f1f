package esltest

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// maxReceived bounds what Received keeps.
const maxReceived = 4 << 20

type received struct {
	bytes    bytes.Buffer
	commands []string
	counts   map[string]int
}

// keep notes what a client sent.
func (r *received) keep(s *Switch, b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.bytes.Len() < maxReceived {
		r.bytes.Write(b)
	}
}

// Received returns the exact bytes that clients have sent so far, all
// connections in the order of arrival (the first 4 MiB).
func (s *Switch) Received() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.received.bytes.Bytes())
}

// Commands returns the api and bgapi commands executed so far, without the words
// api and bgapi (the latest 10,000).
func (s *Switch) Commands() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received.commands)
}

// Counts is how many api and bgapi commands have been executed since the switch
// was made, by name: "callcenter_config", "json", "originate".
func (s *Switch) Counts() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.received.counts)
}

func (r *received) command(text string) {
	if r.counts == nil {
		r.counts = map[string]int{}
	}
	name, _, _ := strings.Cut(text, " ")
	r.counts[name]++
	if len(r.commands) >= 10000 {
		r.commands = slices.Delete(r.commands, 0, 1000)
	}
	r.commands = append(r.commands, text)
}

// Connections is how many Event Socket clients are connected.
func (s *Switch) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}
