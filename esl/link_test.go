package esl

import "testing"

// A connection may break while it is being prepared; then it must not come into service afterwards.
func TestRetiredConnectionIsNotEmployed(t *testing.T) {
	c := NewClient(Options{Name: "main", Addr: "switch:8021"})
	cn := &conn{}
	employ := func() {
		c.employ(cn, func() { c.events, c.pool = cn, append(c.pool, cn) })
	}
	employ()
	if !c.Ready() {
		t.Fatal("not ready with a fresh connection")
	}
	c.retire(cn)
	employ()
	if c.Ready() || c.eventConn() != nil || c.commandConn() != nil {
		t.Error("a retired connection is in service")
	}
}
