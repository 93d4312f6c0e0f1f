package account_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestModuleForProject: who sees all is refused for the project that he names; who is limited to projects sees those that are left.
func TestModuleForProject(t *testing.T) {
	b, ctx := newBench(t), t.Context()
	must(t, b.Switch(ctx, account.Module{Name: "sms", Action: "send", Project: "1111", By: "anna"}))
	must(t, b.Switch(ctx, account.Module{Name: "sms", Project: "2222", By: "anna"}))
	must(t, b.Switch(ctx, account.Module{Name: "sms", Action: "list", By: "bert"}))
	must(t, b.Switch(ctx, account.Module{Name: "contact", Action: "add", Project: "1111", By: "anna"}))
	all := []account.Right{{Module: account.Any, Action: account.Any}}
	const since = " since 2022-11-24 12:00:00 UTC by "
	for _, tt := range []struct {
		name     string
		projects []string // that the user is limited to
		action   string
		named    []string
		want     string // the projects that are left, or the refusal
		why      fault.Why
	}{
		{"no project", nil, "send", nil, "", ""},
		{"none is named", nil, "send", []string{""}, "", ""},
		{"another project", nil, "send", []string{"3333"}, "", ""},
		{"its project", nil, "send", []string{"1111"}, "denied sms/send is switched off for project 1111: for project 1111" + since + "anna", fault.ProjectOff},
		{"its project among others", nil, "send", []string{"3333", "2222"}, "denied sms is switched off for project 2222: for project 2222" + since + "anna", fault.ProjectOff},
		{"another action of it", nil, "templates", []string{"1111"}, "", ""},
		{"off for all", nil, "list", []string{"3333"}, "denied sms/list is switched off: for all" + since + "bert", fault.SwitchedOff},
		{"limited to it", []string{"1111"}, "send", nil, "denied sms/send is switched off for project 1111: for project 1111" + since + "anna", fault.ProjectOff},
		{"limited to both", []string{"1111", "2222"}, "send", nil, "denied sms/send is switched off for project 1111: for project 1111" + since + "anna", fault.ProjectOff},
		{"limited to it and another", []string{"1111", "3333", "4444"}, "send", nil, "3333 4444", ""},
		{"limited, names it", []string{"1111", "3333"}, "send", []string{"1111"}, "denied sms/send is switched off for project 1111: for project 1111" + since + "anna", fault.ProjectOff},
		{"limited to others", []string{"3333"}, "send", nil, "3333", ""},
	} {
		id := &account.Identity{Login: "x", Rights: all, Projects: tt.projects}
		as, err := b.Authorize(ctx, id, "sms", tt.action, tt.named...)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			got = strings.Join(as.Projects, " ")
		}
		if got != tt.want || fault.WhyOf(err) != tt.why || !slices.Equal(id.Projects, tt.projects) {
			t.Errorf("%s: got %q, %q, want %q, %q", tt.name, got, fault.WhyOf(err), tt.want, tt.why)
		}
	}
	_, err := b.Authorize(ctx, &account.Identity{}, "sms", "send", "1111")
	if fault.WhyOf(err) != fault.NoRight {
		t.Errorf("without the right: %v", err)
	}
	must(t, b.Switch(ctx, account.Module{Name: "sms", Action: "send", Project: "1111", On: true}))
	if _, err := b.Authorize(ctx, &account.Identity{Rights: all}, "sms", "send", "1111"); err != nil {
		t.Errorf("on again: %v", err)
	}
	if err := b.Available(ctx, "sms", "list"); fault.WhyOf(err) != fault.SwitchedOff {
		t.Errorf("available: %v", err)
	}
	if err := b.Available(ctx, "sms", "send"); err != nil {
		t.Errorf("not available: %v", err)
	}
}

// TestModuleFromATime: what is to come comes without anybody writing it down, in a process that has it in memory as well.
func TestModuleFromATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		b, other := benchOn(open()), benchOn(open())
		ctx, start := t.Context(), b.clock()
		on := func() bool {
			t.Helper()
			for _, one := range []*bench{b, other} {
				one.follow(t)
			}
			err := b.Available(ctx, "sms", "send")
			if err2 := other.Available(ctx, "sms", "send"); (err == nil) != (err2 == nil) {
				t.Errorf("one has %v, the other %v", err, err2)
			}
			return err == nil
		}
		pass := func(d time.Duration) { b.pass(d); other.pass(d) }
		state := func() account.Module {
			t.Helper()
			all, err := b.Modules(ctx)
			must(t, err)
			if len(all) != 1 {
				t.Fatalf("got %+v", all)
			}
			return all[0]
		}
		wantKind(t, "nothing to come", b.Keep(ctx, "sms", "send", "", "anna"), fault.NotFound, "Switch")

		must(t, b.Switch(ctx, account.Module{Name: "sms", Action: "send", Since: start.Add(time.Hour), By: "anna"}))
		if m := state(); !on() || !m.On || m.Next == nil || m.Next.On || !m.Next.From.Equal(start.Add(time.Hour)) || m.Next.By != "anna" || !m.Next.At.Equal(start) {
			t.Errorf("to come: %+v, %+v", m, m.Next)
		}
		must(t, b.Switch(ctx, account.Module{Name: "sms", Action: "send", Since: start.Add(2 * time.Hour), By: "bert"})) // in its place
		pass(2*time.Hour - time.Microsecond)
		if !on() {
			t.Error("off too early")
		}
		pass(time.Microsecond)
		if m := state(); on() || m.On || m.Next != nil || m.By != "bert" || !m.Since.Equal(start.Add(2*time.Hour)) || !m.At.Equal(start) {
			t.Errorf("come: %+v", m)
		}

		must(t, b.Switch(ctx, account.Module{Name: "sms", Action: "send", On: true, Since: b.clock().Add(time.Hour), By: "anna"}))
		if m := state(); on() || m.By != "bert" || m.Next == nil {
			t.Errorf("what has come is not kept beside what is to come: %+v", m)
		}
		must(t, b.Keep(ctx, "sms", "send", "", "anna"))
		pass(2 * time.Hour)
		if m := state(); on() || m.Next != nil || m.By != "bert" {
			t.Errorf("kept: %+v", m)
		}

		must(t, b.Switch(ctx, account.Module{Name: "sms", Action: "send", On: true, Since: b.clock().Add(time.Hour), By: "anna"}))
		must(t, b.Switch(ctx, account.Module{Name: "sms", Action: "send", Since: start, By: "carl"})) // long ago is now
		pass(2 * time.Hour)
		if m := state(); on() || m.Next != nil || m.By != "carl" || m.Since.Equal(start) {
			t.Errorf("at once forgets what was to come: %+v", m)
		}
		wantKind(t, "too far ahead", b.Switch(ctx, account.Module{Name: "sms", Since: b.clock().Add(367 * 24 * time.Hour)}), fault.WrongField, "from")
		wantKind(t, "no project", b.Switch(ctx, account.Module{Name: "sms", Project: "a b"}), fault.WrongField, "project")
	})
}

func BenchmarkAuthorize(b *testing.B) {
	s, ctx := newBench(b), b.Context()
	for _, project := range []string{"1", "2", "3"} {
		must(b, s.Switch(ctx, account.Module{Name: "sms", Project: project}))
	}
	must(b, s.Follow(ctx, 1))
	id := &account.Identity{Rights: []account.Right{{Module: account.Any, Action: account.Any}}, Projects: []string{"4", "5"}}
	for b.Loop() {
		if _, err := s.Authorize(ctx, id, "sms", "send", "4"); err != nil {
			b.Fatal(err)
		}
	}
}
