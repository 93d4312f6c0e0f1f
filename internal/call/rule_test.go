package call_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"callgate/internal/call"
	"callgate/internal/fault"
	"callgate/internal/project"
)

// TestRules: which rules apply to a call, and what each makes of a number.
func TestRules(t *testing.T) {
	sw, client := link(t, "one")
	all, anna := call.Scope{Kind: call.ForAll}, call.Scope{Kind: call.ForUser, Of: "anna"}
	p1, p2 := call.Scope{Kind: call.ForProject, Of: "p1"}, call.Scope{Kind: call.ForProject, Of: "p2"}
	order := func(called, caller string, projects ...string) call.Order {
		return call.Order{Account: "1", Called: called, Caller: caller, Login: "anna", Projects: projects}
	}
	named := order("7123", "1")
	named.Project = "p2"
	stranger := order("7123", "1", "p1")
	stranger.Project = "p2"
	nowhere := order("7123", "1")
	nowhere.Project = "p9"
	for _, tt := range []struct {
		name  string
		rule  call.Rule
		order call.Order
		want  string // of the reason, "" when it is allowed
	}{
		{"no prefixes", call.Rule{Scope: all}, order("7123", "1"), ""},
		{"allowed", call.Rule{Scope: all, Allow: []string{"8", "7"}}, order("7123", "1"), ""},
		{"allowed, with a plus", call.Rule{Scope: all, Allow: []string{"7"}}, order("+7123", "1"), ""},
		{"not allowed", call.Rule{Scope: all, Allow: []string{"8", "71234"}}, order("7123", "1"), "not among those allowed"},
		{"denied", call.Rule{Scope: all, Deny: []string{"71"}}, order("7123", "1"), "is denied"},
		{"denied, with a plus", call.Rule{Scope: all, Deny: []string{"71"}}, order("+7123", "1"), "is denied"},
		{"the longer allows", call.Rule{Scope: all, Allow: []string{"712"}, Deny: []string{"71", "72"}}, order("7123", "1"), ""},
		{"the longer denies", call.Rule{Scope: all, Allow: []string{"7", "71"}, Deny: []string{"712"}}, order("7123", "1"), "is denied"},
		{"between equals", call.Rule{Scope: all, Allow: []string{"71"}, Deny: []string{"71"}}, order("7123", "1"), "is denied"},
		{"just long enough", call.Rule{Scope: all, MinLength: 4, MaxLength: 4}, order("+7123", "1"), ""},
		{"too short", call.Rule{Scope: all, MinLength: 5}, order("+7123", "1"), "too short"},
		{"too long", call.Rule{Scope: all, MaxLength: 3}, order("7123", "1"), "too long"},
		{"code", call.Rule{Scope: all}, order("*72", "1"), "feature codes"},
		{"code allowed", call.Rule{Scope: anna, Codes: true}, order("*72", "1"), ""},
		{"code allowed, and denied", call.Rule{Scope: anna, Codes: true, Deny: []string{"*"}}, order("*72", "1"), "is denied"},
		{"of the user", call.Rule{Scope: anna, Deny: []string{"7"}}, order("7123", "1"), "user:anna"},
		{"of another user", call.Rule{Scope: call.Scope{Kind: call.ForUser, Of: "boris"}, Deny: []string{"7"}}, order("7123", "1"), ""},
		{"of the project named", call.Rule{Scope: p2, Deny: []string{"7"}}, named, "project:p2"},
		{"not of the project of the number", call.Rule{Scope: p1, Deny: []string{"7"}}, named, ""},
		{"of the project of the caller's number", call.Rule{Scope: p1, Deny: []string{"7"}}, order("7123", "+1"), "project:p1"},
		{"of it among the user's", call.Rule{Scope: p1, Deny: []string{"7"}}, order("7123", "1", "p1", "p2"), "project:p1"},
		{"of another's number", call.Rule{Scope: p1, Deny: []string{"7"}}, order("7123", "1", "p2", "p3"), ""},
		{"of the user's only one", call.Rule{Scope: p2, Deny: []string{"7"}}, order("7123", "1", "p2"), "project:p2"},
		{"of the first of the user's", call.Rule{Scope: p2, Deny: []string{"7"}}, order("7123", "9", "p2", "p3"), "project:p2"},
		{"of none", call.Rule{Scope: p2, Deny: []string{"7"}}, order("7123", "9"), ""},
		{"a project that is not the user's", call.Rule{Scope: all}, stranger, "none of the user's"},
		{"a project that is none", call.Rule{Scope: all}, nowhere, "none of the user's"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			kept := call.NewRules(&rules{[]call.Rule{tt.rule}}, call.RulesOptions{})
			if err := kept.Follow(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			o := options(client)
			o.Rules, o.NewID = kept, nil
			o.Projects = known(t, project.Project{ID: "p1", Numbers: []string{"+1"}}, project.Project{ID: "p2", Numbers: []string{"2"}}, project.Project{ID: "p3"})
			o.Plan = plan("null/{sip}", "&park()")
			before := sw.Counts()["originate"]
			reply, err := call.New(o).Originate(t.Context(), tt.order)
			sent := sw.Counts()["originate"] - before
			if tt.want == "" {
				if err != nil || !strings.HasPrefix(reply, "+OK") || sent != 1 {
					t.Errorf("got %q %v, sent %d", reply, err, sent)
				}
				return
			}
			if !errors.Is(err, fault.New(fault.WrongField, "")) || !strings.Contains(err.Error(), tt.want) || sent != 0 {
				t.Errorf("got %q %v, sent %d", reply, err, sent)
			}
			if n := strings.TrimPrefix(tt.order.Called, "+"); strings.Contains(err.Error(), n) {
				t.Errorf("the reason holds the number: %v", err)
			}
		})
	}
}

// TestOwned: a call carries who ordered it and for whom, whatever signs these consist of, and it is read back as it was.
func TestOwned(t *testing.T) {
	for i, login := range []string{"anna", "Анна Б", "a,b}c'd\"e", "${system(id)}", "100%41", "a+b&c;d@e", "[x]<y>|^\\"} {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			d := newDesk(t)
			o := call.Order{Account: "boss", Called: "89100000000", Caller: "1001", Login: login, Project: "p1"}
			reply, err := d.Originate(t.Context(), o)
			if err != nil || !strings.HasPrefix(reply, "+OK ") {
				t.Fatalf("%q %v", reply, err)
			}
			id := call.ParseReply(reply).UUID
			d.until("call", func() bool { _, ok := d.Get(id); return ok })
			if c, _ := d.Get(id); c.User != login || c.Project != "p1" || c.Order != id {
				t.Errorf("got %+v", c)
			}
		})
	}
}

func TestParseScope(t *testing.T) {
	for _, tt := range []struct {
		text string
		want call.Scope
		ok   bool
	}{
		{"all", call.Scope{Kind: "all"}, true}, {"user:a b", call.Scope{Kind: "user", Of: "a b"}, true}, {"project:p:1", call.Scope{Kind: "project", Of: "p:1"}, true},
		{"", call.Scope{}, false}, {"all:x", call.Scope{}, false}, {"user:", call.Scope{}, false}, {"user: a", call.Scope{}, false}, {"user:a\nb", call.Scope{}, false},
		{"queue:q", call.Scope{}, false},
	} {
		got, err := call.ParseScope(tt.text)
		if (err == nil) != tt.ok || tt.ok && (got != tt.want || got.String() != tt.text) {
			t.Errorf("%q: got %+v %v", tt.text, got, err)
		}
	}
}

// TestLimits: what is over, or came to nothing, takes no place.
func TestLimits(t *testing.T) {
	onStage(t, 1, func(s *stage) {
		limits := call.Limits{Concurrent: 2}
		phone := ""
		o := options(s.links[0])
		o.Live, o.NewID = s.Live, nil
		o.Plan = func() call.Plan {
			return call.Plan{Dial: "sofia/internal/{sip}@" + phone, Then: "&park()", RingTime: 10 * time.Second, Limits: limits}
		}
		c := call.New(o)
		tooMany := fault.New(fault.TooMany, "")
		ask := func(at, want string, fails error) {
			s.t.Helper()
			phone = at
			reply, err := c.Originate(s.t.Context(), call.Order{Account: "x", Called: "89100000000", Caller: "1001"})
			if !strings.HasPrefix(reply, want) || !errors.Is(err, fails) || (err == nil) != (fails == nil) {
				s.t.Errorf("got %q %v, want %q %v", reply, err, want, fails)
			}
		}
		const answers, busy = "127.0.0.1:5071", "127.0.0.1:5073"
		for range 4 {
			ask(busy, "-ERR USER_BUSY", nil)
		}
		ask(answers, "+OK", nil)
		ask(answers, "+OK", nil)
		ask(answers, "", tooMany)
		pass(time.Minute)
		ask(answers, "", tooMany)
		s.api(0, "hupall NORMAL_CLEARING")
		pass(time.Second)
		ask(answers, "+OK", nil)
		limits = call.Limits{PerSecond: 3}
		pass(time.Second)
		for range 3 {
			ask(busy, "-ERR USER_BUSY", nil)
		}
		ask(busy, "", tooMany)
		pass(900 * time.Millisecond)
		ask(busy, "", tooMany)
		pass(100 * time.Millisecond)
		ask(busy, "-ERR USER_BUSY", nil)
	})
}
