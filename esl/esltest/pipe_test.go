package esltest_test

import (
	"net"
	"testing"

	"callgate/esl/esltest"
)

// connect reaches a switch, on whatever network it serves.
func connect(t *testing.T, s *esltest.Switch, through *esltest.Pipes) net.Conn {
	t.Helper()
	var nc net.Conn
	var err error
	if through != nil {
		nc, err = through.Dial(t.Context(), "", "")
	} else {
		nc, err = net.Dial("tcp", s.Addr())
	}
	if err != nil {
		t.Fatal(err)
	}
	return nc
}
