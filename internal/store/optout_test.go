package store_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/sms"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestAddOptOut: who does not want messages gets none of those that wait either, also where one is in hand at that moment and
// comes back; others get theirs.
func TestAddOptOut(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		to := func(number, project string) sms.Message {
			m := accepted(1)
			m.Number, m.Project = number, project
			return m
		}
		sent := to("+71", "1111")
		sent.State, sent.Result = sms.Sent, sms.OK
		addMessages(t, s, to("+71", "1111"), to("+71", "2222"), to("+71", ""), to("+72", "1111"), sent)
		wants := func(what, want string) {
			t.Helper()
			rows, err := s.Dump(ctx, fmt.Sprintf(`SELECT id, state, CASE WHEN reason = '%s' AND result = 'error' AND ended > 0 THEN 'unwanted' ELSE result END FROM sms`, sms.OptedOut))
			if must(t, err); fmt.Sprint(rows) != want {
				t.Errorf("%s: %v, want %s", what, rows, want)
			}
		}
		of := sms.OptOut{Number: "+71", Project: "1111", At: at(5), By: "анна"}
		kept, stopped, err := s.AddOptOut(ctx, of)
		must(t, err)
		if diff := cmp.Diff(of, kept); diff != "" || stopped != 1 {
			t.Errorf("%d stopped, mismatch (-want, +got):\n%s", stopped, diff)
		}
		wants("of a project", "[1 failed unwanted 2 accepted  3 accepted  4 accepted  5 sent OK]")
		again, stopped, err := s.AddOptOut(ctx, sms.OptOut{Number: "+71", Project: "1111", At: at(6), By: "boris"})
		must(t, err)
		if diff := cmp.Diff(of, again); diff != "" || stopped != 0 {
			t.Errorf("again: %d stopped, mismatch (-want, +got):\n%s", stopped, diff)
		}

		claimed, err := s.ClaimMessages(ctx, "we", at(7), at(60), 10)
		if must(t, err); len(claimed) != 3 {
			t.Fatalf("claimed %+v", claimed)
		}
		if _, stopped, err := s.AddOptOut(ctx, sms.OptOut{Number: "+71", At: at(8)}); stopped != 0 || err != nil {
			t.Errorf("in hand: %d stopped, %v", stopped, err)
		}
		for i := range claimed {
			claimed[i].State, claimed[i].Due = sms.Accepted, at(9)
		}
		_, err = s.SaveMessages(ctx, claimed)
		must(t, err)
		claimed, err = s.ClaimMessages(ctx, "we", at(10), at(60), 10)
		must(t, err)
		for _, m := range claimed {
			if (m.State == sms.Queued) != (m.ID == 4) || m.State != sms.Queued && (m.State != sms.Failed || m.Reason != sms.OptedOut) {
				t.Errorf("claimed %+v", m)
			}
		}
		if len(claimed) != 3 {
			t.Errorf("claimed %d", len(claimed))
		}
		wants("of any", "[1 failed unwanted 2 failed unwanted 3 failed unwanted 4 queued  5 sent OK]")

		must(t, s.RemoveOptOut(ctx, "+71", ""))
		wantKind(t, "removed twice", s.RemoveOptOut(ctx, "+71", ""), fault.NotFound)
		if m := addMessages(t, s, to("+71", "2222"), to("+71", "1111")); m[0].State != sms.Accepted || m[1].State != sms.Failed {
			t.Errorf("afterwards: %+v", m)
		}
	})
}

// TestOptOutPages: pages hold all that is asked for, each once.
func TestOptOutPages(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		var all []sms.OptOut
		for i := range 7 {
			for _, project := range []string{"", "1111", "2222"} {
				o := sms.OptOut{Number: fmt.Sprint("+7", i), Project: project, At: at(i), By: "x"}
				all = append(all, o)
				_, _, err := s.AddOptOut(ctx, o)
				must(t, err)
			}
		}
		for _, tt := range []struct {
			name string
			q    sms.OptOutQuery
			want func(sms.OptOut) bool
		}{
			{"all", sms.OptOutQuery{}, func(sms.OptOut) bool { return true }},
			{"of projects", sms.OptOutQuery{Projects: []string{"1111", "3333"}}, func(o sms.OptOut) bool { return o.Project == "1111" }},
			{"of a number", sms.OptOutQuery{Number: "+73"}, func(o sms.OptOut) bool { return o.Number == "+73" }},
			{"of none", sms.OptOutQuery{Number: "+79"}, func(sms.OptOut) bool { return false }},
		} {
			t.Run(tt.name, func(t *testing.T) {
				var want, got []sms.OptOut
				for _, o := range all {
					if tt.want(o) {
						want = append(want, o)
					}
				}
				tt.q.Limit = 2
				for {
					page, err := s.OptOuts(ctx, tt.q)
					must(t, err)
					got = append(got, page...)
					if len(page) < tt.q.Limit {
						break
					}
					tt.q.After = page[len(page)-1]
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("mismatch (-want, +got):\n%s", diff)
				}
			})
		}
	})
}
