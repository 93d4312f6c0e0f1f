package store_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/account"
	"callgate/internal/audit"
	"callgate/internal/call"
	"callgate/internal/callcenter"
	"callgate/internal/project"
	"callgate/internal/report"
	"callgate/internal/sms"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestAudit: a change is kept with who made it, before and after; one that changes nothing is not, and what is kept can
// neither be changed nor deleted.
func TestAudit(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		anna := audit.Actor{UserID: 7, Login: "anna", Address: "192.0.2.7", Request: "f00d"}
		ctx := audit.By(t.Context(), anna)
		must(t, s.SetModule(ctx, account.Module{Name: "contact", Action: "add", On: false, At: time.Now()}))
		must(t, s.SetModule(ctx, account.Module{Name: "contact", Action: "add", On: false, At: time.Now()}))
		must(t, s.SetModule(t.Context(), account.Module{Name: "contact", Action: "add", On: true, At: time.Now()}))
		must(t, s.SetModule(ctx, account.Module{Name: "sms", Action: "*", On: false, At: time.Now()}))

		got, err := s.AuditLog(ctx, audit.Query{Kind: "module", Name: "contact/add", Limit: 10})
		must(t, err)
		for i := range got {
			if since := time.Since(got[i].At); since < 0 || since > time.Minute {
				t.Errorf("entry %d is of %v", got[i].ID, got[i].At)
			}
			got[i].At = time.Time{}
		}
		want := []audit.Entry{
			{ID: 2, Kind: "module", Name: "contact/add", Before: []byte(`{"on":false}`), After: []byte(`{"on":true}`)},
			{ID: 1, Actor: anna, Kind: "module", Name: "contact/add", Before: []byte{}, After: []byte(`{"on":false}`)},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("mismatch (-want, +got):\n%s", diff)
		}
		now := time.Now()
		for _, tt := range []struct {
			name string
			q    audit.Query
			want []int64
		}{
			{"all", audit.Query{Limit: 10}, []int64{3, 2, 1}},
			{"a page", audit.Query{Before: 3, Limit: 1}, []int64{2}},
			{"kind", audit.Query{Kind: "user", Limit: 10}, nil},
			{"name", audit.Query{Name: "sms/*", Limit: 10}, []int64{3}},
			{"login", audit.Query{Login: "anna", Limit: 10}, []int64{3, 1}},
			{"time", audit.Query{From: now.Add(-time.Minute), To: now.Add(time.Minute), Limit: 10}, []int64{3, 2, 1}},
			{"before it", audit.Query{To: now.Add(-time.Minute), Limit: 10}, nil},
			{"after it", audit.Query{From: now.Add(time.Minute), Limit: 10}, nil},
		} {
			var ids []int64
			all, err := s.AuditLog(ctx, tt.q)
			for _, e := range all {
				ids = append(ids, e.ID)
			}
			if err != nil || !slices.Equal(ids, tt.want) {
				t.Errorf("%s: %v, %v; want %v", tt.name, ids, err, tt.want)
			}
		}
		for name, statement := range map[string]string{"changed": `UPDATE audit SET login = 'boris'`, "deleted": `DELETE FROM audit`} {
			if err := s.Exec(t.Context(), statement); err == nil {
				t.Errorf("an entry is %s", name)
			}
		}
	})
}

// differences are the columns in which two objects differ, as "column before > after".
func differences(t *testing.T, e audit.Entry) string {
	t.Helper()
	read := func(text json.RawMessage) map[string]any {
		columns := map[string]any{}
		if len(text) > 0 {
			must(t, json.Unmarshal(text, &columns))
		}
		return columns
	}
	before, after := read(e.Before), read(e.After)
	switch {
	case len(before) == 0:
		return fmt.Sprintf("%s %s: made with %d", e.Kind, e.Name, len(after))
	case len(after) == 0:
		return fmt.Sprintf("%s %s: removed", e.Kind, e.Name)
	}
	var all []string
	for _, column := range slices.Sorted(maps.Keys(before)) {
		if before[column] != after[column] {
			all = append(all, fmt.Sprintf("%s %v > %v", column, before[column], after[column]))
		}
	}
	return fmt.Sprintf("%s %s: %s", e.Kind, e.Name, strings.ReplaceAll(strings.Join(all, ", "), "\n", "|"))
}

// TestEveryChangeIsKept: what an administrator adds, changes and removes is in the audit log, and nothing of what failed.
func TestEveryChangeIsKept(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		anyway := func([]project.Project) error { return nil }
		zone := func(zone string) func(*project.Project, []project.Project) error {
			return func(p *project.Project, _ []project.Project) error {
				p.Zone, p.Numbers, p.Record = zone, append(p.Numbers, zone), true
				return nil
			}
		}
		routed := func(open string) func(*project.Route) (project.Route, error) {
			return func(*project.Route) (project.Route, error) {
				return project.Route{Name: "main", Project: "a", Open: open, Keys: map[string]string{"1": "hangup"}}, nil
			}
		}
		rule, limited := call.Scope{Kind: call.ForUser, Of: "anna"}, func(daily int) func(*call.Rule) error {
			return func(r *call.Rule) error {
				r.Daily, r.Allow, r.At, r.By = daily, []string{"7"}, at(daily), "x"
				return nil
			}
		}
		queue := func(strategy string) func() error {
			return func() error {
				return s.SetQueue(ctx, callcenter.QueueDefinition{Hostname: "fs1", Name: "q", Params: callcenter.QueueParams{Strategy: strategy}, At: at(1)}, always)
			}
		}
		free := func(*sms.Template) error { return nil }
		carrier := func(set int, secret string) sms.Provider {
			return sms.Provider{Name: "mts", Kind: sms.SMPP, Description: []byte("{}"), Values: map[string]string{"password": secret}, ChangedAt: time.UnixMicro(int64(set) * 1_000_000)}
		}
		n := schedule(t, s)
		for _, tt := range []struct {
			name string
			do   func() error
			want string // "": nothing is kept
		}{
			{"project", func() error {
				return s.AddProject(ctx, project.Project{ID: "a", Name: "n", Numbers: []string{"1"}}, anyway)
			}, "project a: made with 11"},
			{"project there", func() error { return s.AddProject(ctx, project.Project{ID: "a"}, anyway) }, ""},
			{"project changed", func() error { return s.ChangeProject(ctx, "a", zone("UTC")) }, "project a: numbers 1 > 1|UTC, record false > true, zone  > UTC"},
			{"nobody's changed", func() error { return s.ChangeProject(ctx, "b", zone("UTC")) }, ""},
			{"route", func() error { return s.KeepRoute(ctx, "main", routed("hangup")) }, "route main: made with 12"},
			{"route again", func() error { return s.KeepRoute(ctx, "main", routed("hangup")) }, ""},
			{"route changed", func() error { return s.KeepRoute(ctx, "main", routed("queue:q")) }, "route main: step_open hangup > queue:q"},
			{"route removed", func() error { return s.RemoveRoute(ctx, "main", always) }, "route main: removed"},
			{"project removed", func() error { return s.RemoveProject(ctx, "a", always) }, "project a: removed"},
			{"rule", func() error { return s.SetRule(ctx, rule, limited(1)) }, "destination user:anna: made with 7"},
			{"rule changed", func() error { return s.SetRule(ctx, rule, limited(2)) }, "destination user:anna: daily 1 > 2"},
			{"rule removed", func() error { return s.RemoveRule(ctx, rule, always) }, "destination user:anna: removed"},
			{"queue", queue("round-robin"), "queue q: made with 2"},
			{"queue changed", queue("top-down"), `queue q: params {"strategy":"round-robin"} > {"strategy":"top-down"}`},
			{"queue removed", func() error { return s.RemoveQueue(ctx, "fs1", "q", always) }, "queue q: removed"},
			{"queue removed again", func() error { return s.RemoveQueue(ctx, "fs1", "q", always) }, ""},
			{"template", func() error { return s.KeepTemplate(ctx, sms.Template{Name: "code", Text: "a"}, free) }, "sms template code: made with 2"},
			{"template changed", func() error { return s.KeepTemplate(ctx, sms.Template{Name: "code", Text: "b"}, free) }, "sms template code: text a > b"},
			{"template removed", func() error { return s.RemoveTemplate(ctx, "code", free) }, "sms template code: removed"},
			{"template removed in vain", func() error { return s.RemoveTemplate(ctx, "code", free) }, ""},
			{"provider", func() error { return s.SetProvider(ctx, carrier(1, "s3cret"), time.Time{}) }, "sms provider mts: made with 6"},
			{"provider changed", func() error { return s.SetProvider(ctx, carrier(2, "s4cret"), time.Unix(1, 0)) }, "sms provider mts: values_set 1e+06 > 2e+06"},
			{"provider removed", func() error { return s.RemoveProvider(ctx, "mts", time.Unix(2, 0)) }, "sms provider mts: removed"},
			{"opt-out", func() error { _, _, err := s.AddOptOut(ctx, sms.OptOut{Number: "+7919", Project: "a"}); return err }, "sms opt-out +7919 a: made with 2"},
			{"opt-out again", func() error { _, _, err := s.AddOptOut(ctx, sms.OptOut{Number: "+7919", Project: "a"}); return err }, ""},
			{"opt-out removed", func() error { return s.RemoveOptOut(ctx, "+7919", "a") }, "sms opt-out +7919 a: removed"},
			{"schedule", func() error { return s.AddSchedule(ctx, n) }, "schedule s1: made with 13"},
			{"schedule planned", func() error { return s.PlanRuns(ctx, n, at(200), nil) }, ""},
			{"schedule changed", func() error {
				return s.ChangeSchedule(ctx, "s1", func(n *report.Schedule) error { n.To = n.To[:1]; return nil })
			}, "schedule s1: recipients a@example.com|b@example.com > a@example.com"},
			{"schedule removed", func() error { return s.RemoveSchedule(ctx, "s1", always) }, "schedule s1: removed"},
		} {
			last := func() audit.Entry {
				all, err := s.AuditLog(ctx, audit.Query{Limit: 1})
				must(t, err)
				return append(all, audit.Entry{})[0]
			}
			before := last()
			_ = tt.do() // some fail
			got := ""
			if e := last(); e.ID != before.ID {
				got = differences(t, e)
			}
			if got != tt.want {
				t.Errorf("%s: kept %q, want %q", tt.name, got, tt.want)
			}
		}
	})
}
