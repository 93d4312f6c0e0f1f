package callcenter_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
	"callgate/internal/outside"
	"callgate/internal/project"
)

// sources are everything that online statistics come from. A queue's name is as long as it has agents, all ready.
type sources struct {
	proxied  bool
	projects []project.Project
	err      error
	asked    []string // of the proxy
}

func (s *sources) Online(queues []string) (callcenter.Stat, time.Duration, error) {
	n := len(strings.Join(queues, ""))
	return callcenter.Stat{LoggedIn: n, Ready: n}, time.Duration(n) * time.Second, s.err
}

func (s *sources) List() []project.Project { return s.projects }

func (s *sources) project(id string) int {
	return slices.IndexFunc(s.projects, func(p project.Project) bool { return p.ID == id })
}

// proxy is the outside system; its agents talk.
type proxy struct{ *sources }

func (p proxy) Get(_ context.Context, id string) (outside.Stat, time.Duration, error) {
	p.asked = append(p.asked, id)
	return outside.Stat{LoggedIn: 7, Talking: 7}, time.Minute, p.err
}

func (p proxy) All(context.Context) ([]outside.ProjectStat, time.Duration, error) {
	if p.err != nil {
		return nil, 0, p.err
	}
	return []outside.ProjectStat{{Project: "2", Stat: outside.Stat{LoggedIn: 1, NotReady: 1}}, {Project: "9"}, {Project: "1"}}, time.Minute, nil
}

// known are the projects as the Service has them.
type known struct{ *sources }

func (k known) Get(id string) (project.Project, error) {
	if i := k.project(id); i >= 0 {
		return k.projects[i], nil
	}
	return project.Project{}, fault.New(fault.NotFound, "Project")
}

func onlineStat(s *sources) *callcenter.OnlineStat {
	return callcenter.NewOnlineStat(callcenter.OnlineStatOptions{Proxied: func() bool { return s.proxied }, Online: s,
		Projects: known{s}, Proxy: proxy{s}})
}

func TestOnlineStatGet(t *testing.T) {
	switchDown, outsideDown := fault.New(fault.SwitchDown, ""), fault.New(fault.OutsideDown, "")
	notFound := fault.New(fault.NotFound, "Project")
	for _, tt := range []struct {
		name    string
		id      string
		proxied bool
		err     error
		want    callcenter.Stat
		age     time.Duration
		fails   error
		asked   []string
	}{
		{"counted here", "1", false, nil, callcenter.Stat{LoggedIn: 5, Ready: 5}, 5 * time.Second, nil, nil},
		{"no such project here", "9", false, nil, callcenter.Stat{}, 0, notFound, nil},
		{"no switch", "1", false, switchDown, callcenter.Stat{LoggedIn: 5, Ready: 5}, 5 * time.Second, switchDown, nil},
		{"outside, known there only", "9", true, nil, callcenter.Stat{LoggedIn: 7, Talking: 7}, time.Minute, nil, []string{"9"}},
		{"outside is down", "1", true, outsideDown, callcenter.Stat{LoggedIn: 7, Talking: 7}, time.Minute, outsideDown, []string{"1"}},
		{"no project could be called that", "a b", true, nil, callcenter.Stat{}, 0, notFound, nil},
		{"nor that", strings.Repeat("x", 65), true, nil, callcenter.Stat{}, 0, notFound, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &sources{proxied: tt.proxied, err: tt.err, projects: []project.Project{{ID: "1", Queues: []string{"ab", "abc"}}}}
			got, age, err := onlineStat(s).Get(t.Context(), tt.id)
			if got != tt.want || age != tt.age || !errors.Is(err, tt.fails) || (err == nil) != (tt.fails == nil) {
				t.Errorf("got %+v, %v, %v; want %+v, %v, %v", got, age, err, tt.want, tt.age, tt.fails)
			}
			if diff := cmp.Diff(tt.asked, s.asked); diff != "" {
				t.Errorf("asked outside, mismatch (-want, +got):\n%s", diff)
			}
		})
	}
}

func TestOnlineStatAll(t *testing.T) {
	everything := func(string) bool { return true }
	projects := []project.Project{{ID: "2", Queues: []string{"abc"}}, {ID: "1", Queues: []string{"a"}}, {ID: "3"}}
	ready := func(id string, n int) callcenter.ProjectStat {
		return callcenter.ProjectStat{Project: id, Stat: callcenter.Stat{LoggedIn: n, Ready: n}}
	}
	down := fault.New(fault.SwitchDown, "")
	for _, tt := range []struct {
		name     string
		projects []project.Project
		proxied  bool
		err      error
		sees     func(string) bool
		want     []callcenter.ProjectStat
		age      time.Duration
		fails    error
	}{
		{"in the order made, as old as the oldest", projects, false, nil, everything,
			[]callcenter.ProjectStat{ready("2", 3), ready("1", 1), ready("3", 0)}, 3 * time.Second, nil},
		{"only what may be seen", projects, false, nil, func(id string) bool { return id == "1" }, []callcenter.ProjectStat{ready("1", 1)}, time.Second, nil},
		{"none, whatever the switch", nil, false, down, everything, nil, 0, nil},
		{"no switch", projects, false, down, everything, nil, 0, down},
		{"outside, in its order", projects, true, nil, everything, []callcenter.ProjectStat{
			{Project: "2", Stat: callcenter.Stat{LoggedIn: 1, NotReady: 1}}, {Project: "9"}, {Project: "1"}}, time.Minute, nil},
		{"outside, only what may be seen", projects, true, nil, func(id string) bool { return id == "9" },
			[]callcenter.ProjectStat{{Project: "9"}}, time.Minute, nil},
		{"outside is down", projects, true, fault.New(fault.OutsideDown, ""), everything, nil, 0, fault.New(fault.OutsideDown, "")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, age, err := onlineStat(&sources{proxied: tt.proxied, err: tt.err, projects: tt.projects}).All(t.Context(), tt.sees)
			if diff := cmp.Diff(tt.want, got); diff != "" || age != tt.age || !errors.Is(err, tt.fails) || (err == nil) != (tt.fails == nil) {
				t.Errorf("age %v, %v; want %v, %v; mismatch (-want, +got):\n%s", age, err, tt.age, tt.fails, diff)
			}
		})
	}
}
