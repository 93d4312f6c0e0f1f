package store_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/sms"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func messages(t *testing.T, s *store.Store, from, to time.Time) []sms.Message {
	t.Helper()
	var all []sms.Message
	for m, err := range s.Messages(t.Context(), from, to) {
		must(t, err)
		all = append(all, m)
	}
	return all
}

func addOne(ctx context.Context, s *store.Store, m sms.Message) (id int64, err error) {
	kept, err := s.AddMessages(ctx, []sms.Message{m})
	return kept[0].ID, err
}

// TestMessages: messages come back whole, in the order of their ids, whatever the clock did and however many there are.
func TestMessages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		if got := messages(t, s, at(0), at(100)); len(got) != 0 {
			t.Errorf("an empty table holds %v", got)
		}
		var want []sms.Message
		for i := range 600 { // more than a page
			m := sms.Message{At: at(1000 - i%250).Add(time.Microsecond), Phone: "8 (919) 000-00-00", Number: "+79190000000", Originator: "FRONTLINE",
				Text: fmt.Sprintf("Текст \"%d\"\n😀", i), Project: "1111", Session: "s", UserID: int64(i), Result: sms.Error, Reason: "why"}
			if i%2 == 1 {
				m.Result = sms.OK
			}
			var err error
			m.ID, err = addOne(ctx, s, m)
			must(t, err)
			if m.ID != int64(i+1) {
				t.Fatalf("message %d got id %d", i+1, m.ID)
			}
			want = append(want, m)
		}
		for _, tt := range []struct {
			name     string
			from, to time.Time
		}{
			{"all", at(0), at(2000)},
			{"start included, stop not", want[150].At, want[100].At},
			{"none", at(1001), at(2000)},
			{"stop before start", at(900), at(800)},
			{"centuries", time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)},
		} {
			t.Run(tt.name, func(t *testing.T) {
				var some []sms.Message
				for _, m := range want {
					if within(m.At, tt.from, tt.to) {
						some = append(some, m)
					}
				}
				if diff := gocmp.Diff(some, messages(t, s, tt.from, tt.to)); diff != "" {
					t.Errorf("mismatch (-want, +got):\n%s", diff)
				}
			})
		}
		// What no column takes is kept with marks in its place; a long text is whole.
		long := strings.Repeat("ю", 39015)
		for _, m := range []sms.Message{{Text: "a\x00b\xff", Originator: "\x00", Session: "\xff", Phone: "\x00"}, {Text: long}} {
			m.At, m.Result = at(3000), sms.Error
			_, err := addOne(ctx, s, m)
			must(t, err)
		}
		got := messages(t, s, at(3000), at(3001))
		if len(got) != 2 || got[0].Text != "a\uFFFDb\uFFFD" || got[0].Originator != "\uFFFD" || got[1].Text != long {
			t.Errorf("got %d messages, %.200v", len(got), got)
		}
		// An id is not given a second time.
		must(t, s.Exec(ctx, `DELETE FROM sms`))
		if id, err := addOne(ctx, s, sms.Message{}); id != 603 || err != nil {
			t.Errorf("the next id is %d, %v", id, err)
		}
		must(t, s.Close())
		_, err := addOne(ctx, s, sms.Message{})
		wantKind(t, "closed", err, fault.StorageDown)
		for _, err := range s.Messages(ctx, at(0), at(1)) {
			wantKind(t, "closed", err, fault.StorageDown)
		}
	})
}

// TestReadersOfMessages: who takes his time holds no connection, and who leaves or whose context ends gets no more.
func TestReadersOfMessages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		const count = 300
		for i := range count {
			_, err := addOne(t.Context(), s, sms.Message{At: at(i), Text: strings.Repeat("x", 2000), Result: sms.Error}) // more than a page of texts
			must(t, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		seen, failed := 0, 0
		for _, err := range s.Messages(ctx, at(0), at(count)) {
			if err != nil {
				failed++
				continue
			}
			seen++
			if n := s.InUse(); n != 0 {
				t.Fatalf("%d connections are held while a message is looked at", n)
			}
			cancel()
		}
		if seen == 0 || seen > 100 || failed != 1 {
			t.Errorf("%d messages and %d failures after the end of the context", seen, failed)
		}
		seen = 0
		for range s.Messages(t.Context(), at(0), at(count)) {
			if seen++; seen == 3 {
				break
			}
		}
		if all := messages(t, s, at(0), at(count)); len(all) != count {
			t.Errorf("%d messages, want %d", len(all), count)
		}
	})
}

// TestManyMessages: more than one statement takes, many of one time, the clock going backwards.
func TestManyMessages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		const count = 30_000
		must(t, s.Exec(t.Context(), fmt.Sprintf(`WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			INSERT INTO sms (at, phone, number, originator, message, project, session, user_id, result, reason)
			SELECT %d + CASE WHEN i < 12000 THEN 500000 ELSE %d - i END, '', '', '', '', '', '', i, 'OK', '' FROM n`, count-1, at(0).UnixMicro(), count)))
		for _, tt := range []struct {
			name     string
			from, to time.Time
			want     int
		}{
			{"all", at(0), at(1), count},
			{"of one time", at(0).Add(500 * time.Millisecond), at(1), 12_000},
			{"the others", at(0), at(0).Add(500 * time.Millisecond), 18_000},
			{"some of the others", at(0).Add(2 * time.Millisecond), at(0).Add(16 * time.Millisecond), 14_000},
			{"the last", at(0), at(0).Add(2 * time.Microsecond), 1},
		} {
			t.Run(tt.name, func(t *testing.T) {
				seen, last := 0, int64(0)
				for m, err := range s.Messages(t.Context(), tt.from, tt.to) {
					must(t, err)
					if m.ID <= last || !within(m.At, tt.from, tt.to) {
						t.Fatalf("message %d of %v after %d", m.ID, m.At, last)
					}
					seen, last = seen+1, m.ID
				}
				if seen != tt.want {
					t.Errorf("%d messages, want %d", seen, tt.want)
				}
			})
		}
	})
}

// TestFindMessages: pages hold what is asked for and may be seen, the newest first, each message once.
func TestFindMessages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		states := sms.States()
		var all []sms.Message
		for i := range 60 {
			m := accepted(0)
			m.At, m.UserID, m.State, m.Project = at(100-i%7), int64(i%3), states[i%len(states)], fmt.Sprint(i%4)
			m.Number, m.Provider = fmt.Sprint("+7", i%5), []string{"", "a", "b"}[i%3]
			all = append(all, addMessages(t, s, m)...)
		}
		slices.SortFunc(all, func(a, b sms.Message) int { return cmp.Or(b.At.Compare(a.At), int(b.ID-a.ID)) })
		in := slices.Contains[[]string]
		for _, tt := range []struct {
			name string
			q    sms.Query
			want func(m sms.Message) bool
		}{
			{"all", sms.Query{}, func(sms.Message) bool { return true }},
			{"a time", sms.Query{From: at(95), To: at(99)}, func(m sms.Message) bool { return within(m.At, at(95), at(99)) }},
			{"states", sms.Query{States: []sms.State{sms.Failed, sms.Sent}}, func(m sms.Message) bool { return m.State == sms.Failed || m.State == sms.Sent }},
			{"projects", sms.Query{Projects: []string{"1", "2", "x"}}, func(m sms.Message) bool { return in([]string{"1", "2"}, m.Project) }},
			{"a number", sms.Query{Number: "+73"}, func(m sms.Message) bool { return m.Number == "+73" }},
			{"a provider", sms.Query{Provider: "b"}, func(m sms.Message) bool { return m.Provider == "b" }},
			{"seen", sms.Query{Seen: []string{"0", "3"}, UserID: 1}, func(m sms.Message) bool { return in([]string{"0", "3"}, m.Project) || m.UserID == 1 }},
			{"everything of it", sms.Query{Seen: []string{"0"}, UserID: 2, Projects: []string{"0", "1"}, States: states[:5], Provider: "b", Number: "+72", From: at(94), To: at(101)},
				func(m sms.Message) bool {
					return (m.Project == "0" || m.UserID == 2) && in([]string{"0", "1"}, m.Project) && slices.Contains(states[:5], m.State) && m.Provider == "b" && m.Number == "+72"
				}},
			{"nothing", sms.Query{Number: "+79"}, func(sms.Message) bool { return false }},
		} {
			t.Run(tt.name, func(t *testing.T) {
				want := slices.DeleteFunc(slices.Clone(all), func(m sms.Message) bool { return !tt.want(m) })
				got := []sms.Message{}
				for tt.q.Limit = 4; ; {
					page, err := s.FindMessages(ctx, tt.q)
					must(t, err)
					if got = append(got, page...); len(page) < tt.q.Limit {
						break
					}
					last := page[len(page)-1]
					tt.q.After = sms.Place{At: last.At, ID: last.ID}
				}
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Errorf("mismatch (-want, +got):\n%s", diff)
				}
			})
		}
		one, err := s.Message(ctx, all[3].ID)
		if diff := gocmp.Diff(all[3], one); diff != "" || err != nil {
			t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
		}
		_, err = s.Message(ctx, 61)
		wantKind(t, "one that is none", err, fault.NotFound)
		must(t, s.Close())
		_, err = s.FindMessages(ctx, sms.Query{Limit: 1})
		wantKind(t, "closed", err, fault.StorageDown)
	})
}

func within(at, from, to time.Time) bool { return !at.Before(from) && at.Before(to) }
