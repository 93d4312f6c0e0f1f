package sms_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/fault"
	"callgate/internal/sms"
)

func (b *book) AddOptOut(_ context.Context, o sms.OptOut) (kept sms.OptOut, stopped int, err error) {
	if err := b.open("opt out"); err != nil {
		return kept, 0, err
	}
	defer b.mu.Unlock()
	for id, m := range b.kept {
		if m.State == sms.Accepted && m.Number == o.Number && (o.Project == "" || m.Project == o.Project) {
			m.State, m.Result, m.Reason = sms.Failed, sms.Error, sms.OptedOut
			b.kept[id] = m
			stopped++
		}
	}
	return o, stopped, nil
}

func (b *book) RemoveOptOut(_ context.Context, number, project string) error {
	if number != "+79190000000" || project != "1111" {
		return fault.New(fault.NotFound, "Opt-out")
	}
	return nil
}

func (b *book) OptOuts(context.Context, sms.OptOutQuery) ([]sms.OptOut, error) { return nil, nil }

// TestOptOut: an opt-out is of the number that messages have, however it is written, and those that wait are not sent.
func TestOptOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, numbers := newBook(), answers(taken), prometheus.NewRegistry()
		o := options(b, map[string]sms.Carrier{"a": c})
		o.Registerer = numbers
		o.Normal = func(project, number string) string {
			if project == "1111" {
				return strings.Replace(number, "8", "+7", 1)
			}
			return number
		}
		o.Quiet = func(string, time.Time) time.Time { return time.Now().Add(time.Hour) }
		s := start(t, o)
		m := asked
		m.Phone = "8 (919) 000-00-00"
		for _, project := range []string{"1111", "1111", ""} {
			m.Project = project
			if _, err := s.Accept(t.Context(), m); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute) // they wait until quiet hours are over
		kept, stopped, err := s.AddOptOut(t.Context(), "1111", "8-919-000-00-00", "анна")
		want := sms.OptOut{Number: "+79190000000", Project: "1111", At: time.Now(), By: "анна"}
		if diff := cmp.Diff(want, kept); diff != "" || stopped != 2 || err != nil {
			t.Errorf("%d stopped, %v, mismatch (-want, +got):\n%s", stopped, err, diff)
		}
		if n := counted(t, numbers, "callgate_sms_messages_total", "", "failed"); n != 2 {
			t.Errorf("%v are counted", n)
		}
		if err := s.RemoveOptOut(t.Context(), "1111", "+7 919 000 00 00"); err != nil {
			t.Error(err)
		}
		if err := s.RemoveOptOut(t.Context(), "", "8 919 000 00 00"); !isGone(err) {
			t.Errorf("of any project: %v", err)
		}
		time.Sleep(3 * time.Hour)
		if c.times() != 0 || b.of(3).State != sms.Accepted {
			t.Errorf("sent %d times; the one of no project is %+v", c.times(), b.of(3))
		}
	})
}

func isGone(err error) bool {
	failure, _ := fault.Of(err)
	return failure.Kind == fault.NotFound && failure.Subject == "Opt-out"
}

// counted is a counter by the values of its labels.
func counted(t *testing.T, numbers prometheus.Gatherer, name string, labels ...string) float64 {
	t.Helper()
	families, err := numbers.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var values []string
			for _, l := range m.GetLabel() {
				values = append(values, l.GetValue())
			}
			if f.GetName() == name && slices.Equal(values, labels) {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

// unwanted is a book in which nobody wants messages by the time that they are due.
type unwanted struct{ *book }

func (u unwanted) ClaimMessages(ctx context.Context, owner string, now, lease time.Time, limit int) ([]sms.Message, error) {
	all, err := u.book.ClaimMessages(ctx, owner, now, lease, limit)
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range all {
		all[i].State, all[i].Result = sms.Failed, sms.Error
		u.kept[all[i].ID] = all[i]
	}
	return all, err
}

// TestNotSentCounted: what is not sent since it is not wanted by now, or may not be, is counted as well.
func TestNotSentCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, numbers := newBook(), answers(taken), prometheus.NewRegistry()
		o := options(b, map[string]sms.Carrier{"a": c})
		o.Store, o.Registerer = unwanted{b}, numbers
		s := start(t, o)
		for range 2 {
			if _, err := s.Accept(t.Context(), asked); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		if n := counted(t, numbers, "callgate_sms_messages_total", "", "failed"); n != 2 || c.times() != 0 {
			t.Errorf("%v are counted, %d sent", n, c.times())
		}
		o, numbers = options(b, nil), prometheus.NewRegistry()
		o.Registerer = numbers
		if _, err := start(t, o).Send(t.Context(), asked); err != nil {
			t.Fatal(err)
		}
		if n := counted(t, numbers, "callgate_sms_messages_total", "", "failed"); n != 1 {
			t.Errorf("without a provider: %v are counted", n)
		}
	})
}
