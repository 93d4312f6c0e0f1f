package dialplan_test

import (
	"context"
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"callgate/dialplan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// shelf keeps decisions in memory.
type shelf struct{ kept []dialplan.Decision }

func (s *shelf) SaveDecisions(_ context.Context, all []dialplan.Decision) error {
	s.kept = append(s.kept, all...)
	return nil
}

// TestBook: what is added is written in order, under ids that tell the order too.
func TestBook(t *testing.T) {
	s := &shelf{}
	b := dialplan.NewBook(s, dialplan.BookOptions{})
	for i := range 1200 {
		b.Add(dialplan.Decision{Detail: fmt.Sprint(i)})
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := b.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if len(s.kept) != 1200 {
		t.Errorf("%d kept", len(s.kept))
	}
	last := ""
	for i, d := range s.kept {
		if d.Detail != fmt.Sprint(i) || d.ID <= last {
			t.Fatalf("the %d. is %s, id %s after %s", i, d.Detail, d.ID, last)
		}
		last = d.ID
	}
}
