package v1

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
	"callgate/internal/report"
)

// Centre changes the contact centres; callcenter.Administrator is one.
type Centre interface {
	AddAgent(ctx context.Context, switchName, name, kind string, with callcenter.AgentChange) (callcenter.Done, error)
	ChangeAgent(ctx context.Context, switchName, name string, change callcenter.AgentChange, allow func(now *callcenter.AgentSetup) error) (callcenter.Done, error)
	DeleteAgent(ctx context.Context, switchName, name string, allow func(now *callcenter.AgentSetup) error) (callcenter.Done, error)
	AgentRegistered(ctx context.Context, switchName, name string) (callcenter.Registration, error)
	AgentHistory(ctx context.Context, switchName, name string, limit int) ([]callcenter.AgentStatus, error)
	AddTier(ctx context.Context, switchName, queue, agent string, at callcenter.TierChange) (callcenter.Done, error)
	ChangeTier(ctx context.Context, switchName, queue, agent string, to callcenter.TierChange, allow func(now *callcenter.Tier) error) (callcenter.Done, error)
	DeleteTier(ctx context.Context, switchName, queue, agent string, allow func(now *callcenter.Tier) error) (callcenter.Done, error)
	LoadQueue(ctx context.Context, switchName, name string, reload bool) (callcenter.Done, error)
	UnloadQueue(ctx context.Context, switchName, name string) (callcenter.Done, error)
	DefineQueue(ctx context.Context, d callcenter.QueueDefinition, allow func(old *callcenter.QueueDefinition) error) error
	RemoveQueue(ctx context.Context, hostname, name string, allow func(old *callcenter.QueueDefinition) error) error
	QueueDefinitions(ctx context.Context) ([]callcenter.QueueDefinition, error)
}

// The rights of this face, beside numbers/see.
const (
	agentsSee    right = "agents/see"
	agentsStatus right = "agents/status"
	agentsChange right = "agents/change"
	tiersSee     right = "tiers/see"
	tiersChange  right = "tiers/change"
	queuesSee    right = "queues/see"
	queuesChange right = "queues/change"
	// switchTexts is to change what FreeSWITCH executes.
	switchTexts right = "switch/texts"
)

// OnSwitch names the switch of a request.
type OnSwitch struct {
	Switch string `query:"switch" doc:"The switch; may be left out where only one can be meant."`
}

// ByName names an agent or queue. Names may hold any printable sign but |, so they are no part of a path.
type ByName struct {
	OnSwitch
	Name string `query:"name" required:"true"`
}

// Done is the answer to a command that FreeSWITCH has carried out.
type Done struct {
	Switch  string `json:"switch" doc:"The switch that carried it out."`
	Stale   bool   `json:"stale" doc:"It was carried out, but reading it back failed: what is shown may not contain it yet."`
	Warning string `json:"warning,omitempty"`
}

type doneAnswer struct{ Body Done }

func done(d callcenter.Done, err error) (*doneAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &doneAnswer{Body: Done(d)}, nil
}

// AgentChange is what to change of an agent.
type AgentChange struct {
	Status            *string `json:"status,omitempty" doc:"Logged Out, Available, Available (On Demand) or On Break, in any case."`
	Reason            string  `json:"reason,omitempty" doc:"Why, kept in the history beside the status."`
	Contact           *string `json:"contact,omitempty" doc:"What rings. Needs the right switch/texts as well."`
	WrapUpTime        *int    `json:"wrap_up_time,omitempty" minimum:"0" maximum:"86400"`
	MaxNoAnswer       *int    `json:"max_no_answer,omitempty" minimum:"0" maximum:"86400"`
	RejectDelayTime   *int    `json:"reject_delay_time,omitempty" minimum:"0" maximum:"86400"`
	BusyDelayTime     *int    `json:"busy_delay_time,omitempty" minimum:"0" maximum:"86400"`
	NoAnswerDelayTime *int    `json:"no_answer_delay_time,omitempty" minimum:"0" maximum:"86400"`
}

func (c AgentChange) change(kind *string, by string) callcenter.AgentChange {
	return callcenter.AgentChange{Status: c.Status, Reason: c.Reason, By: by, Contact: c.Contact, Type: kind, WrapUpTime: c.WrapUpTime,
		MaxNoAnswer: c.MaxNoAnswer, RejectDelayTime: c.RejectDelayTime, BusyDelayTime: c.BusyDelayTime, NoAnswerDelayTime: c.NoAnswerDelayTime}
}

// texts are what may hold numbers.
func (c AgentChange) texts() []string {
	if c.Contact == nil {
		return nil
	}
	return []string{*c.Contact}
}

// needs are the rights to what is changed.
func (c AgentChange) needs(kind *string) []right {
	var all []right
	if c.Status != nil || c.Reason != "" {
		all = append(all, agentsStatus)
	}
	if c.Contact != nil {
		all = append(all, agentsChange, switchTexts)
	}
	for _, n := range []*int{c.WrapUpTime, c.MaxNoAnswer, c.RejectDelayTime, c.BusyDelayTime, c.NoAnswerDelayTime} {
		if n != nil {
			return append(all, agentsChange)
		}
	}
	if kind != nil {
		all = append(all, agentsChange)
	}
	return all
}

// agents are the operations on agents.
func (f *Face) agents() {
	operation(f, huma.Operation{OperationID: "list-agents", Method: http.MethodGet, Path: "/agents", Summary: "Agents as they are now",
		Errors: []int{http.StatusNotFound}},
		agentsSee, f.listAgents)
	operation(f, huma.Operation{OperationID: "get-agent", Method: http.MethodGet, Path: "/agent", Summary: "An agent as he is now",
		Description: "The ETag is of what is set of him but for his status, which changes by itself.", Errors: []int{http.StatusNotFound}}, agentsSee, f.getAgent)
	operation(f, huma.Operation{OperationID: "add-agent", Method: http.MethodPost, Path: "/agents", Summary: "Add an agent",
		Description: "Only for who is not limited to projects. A status needs the right `agents/status` as well, a contact `switch/texts`. Every field is a command of its own: when one of " +
			"them fails, the agent is there with those before it.",
		Errors: []int{http.StatusNotFound, http.StatusConflict}}, agentsChange, f.addAgent)
	operation(f, huma.Operation{OperationID: "change-agent", Method: http.MethodPatch, Path: "/agents", Summary: "Change an agent",
		Description: "Who is limited to projects sets the status of agents who serve those, and changes the rest of those who serve no others. " +
			"Rights: `agents/status` for status and reason, `agents/change` for the rest, for the contact `switch/texts` as well. " +
			"Several fields are several commands: when one of them fails, those before it stay done. FreeSWITCH compares nothing: with If-Match what is set is read " +
			"right before the commands, and nothing of it is changed through this process between the two.",
		Errors: []int{http.StatusNotFound}}, "", f.changeAgent)
	operation(f, huma.Operation{OperationID: "delete-agent", Method: http.MethodDelete, Path: "/agents", Summary: "Delete an agent and its tiers",
		Description: "Who is limited to projects deletes agents who serve those and no others.", Errors: []int{http.StatusNotFound}}, agentsChange, f.deleteAgent)
	operation(f, huma.Operation{OperationID: "agent-registered", Method: http.MethodGet, Path: "/agents/registered",
		Summary: "Whether an agent's phone is registered", Errors: []int{http.StatusNotFound}}, agentsSee, f.agentRegistered)
	operation(f, huma.Operation{OperationID: "agent-history", Method: http.MethodGet, Path: "/agents/history",
		Summary: "Changes of an agent's status made here, the newest first", Errors: []int{http.StatusNotFound}}, agentsSee, f.agentHistory)
}

type agentList struct {
	Age  int `header:"Age" doc:"Seconds since the oldest reading in the answer."`
	Body []Agent
}

func (f *Face) listAgents(_ context.Context, who *asker, in *OnSwitch) (*agentList, error) {
	all, age, err := rows(f.o, in.Switch, func(l *callcenter.Live) []Agent {
		views, sees := make([]Agent, 0, len(l.Agents)), &sight{all: f.o.Projects, tiers: l.Tiers}
		for _, a := range l.Agents {
			if sees.agent(who.Projects, a.Name) {
				views = append(views, f.agent(who, l, sees, a))
			}
		}
		return views
	})
	return &agentList{Age: age, Body: all}, err
}

// agent shows an agent to who may see him, without a call that he may not see.
func (f *Face) agent(who *asker, l *callcenter.Live, sees *sight, a callcenter.LiveAgent) Agent {
	view := agentView(l.Switch, a, who.May("numbers", "see"))
	if view.Talk != nil && !sees.queue(who.Projects, view.Talk.Queue) {
		view.Talk = nil
	}
	return view
}

type oneAgent struct {
	Age  int    `header:"Age" doc:"Seconds since the reading."`
	ETag string `header:"ETag" doc:"For If-Match of a change."`
	Body Agent
}

func (f *Face) getAgent(_ context.Context, who *asker, in *ByName) (*oneAgent, error) {
	type found struct {
		view  Agent
		setup callcenter.AgentSetup
	}
	one, age, err := only(f.o, in.Switch, "Agent", func(l *callcenter.Live) []found {
		sees := &sight{all: f.o.Projects, tiers: l.Tiers}
		i := slices.IndexFunc(l.Agents, func(a callcenter.LiveAgent) bool { return a.Name == in.Name })
		if i < 0 || !sees.agent(who.Projects, in.Name) {
			return nil
		}
		return []found{{f.agent(who, l, sees, l.Agents[i]), l.Agents[i].Setup()}}
	})
	if err != nil {
		return nil, err
	}
	tag, err := f.etag(one.setup)
	return &oneAgent{age, tag, one.view}, err
}

func setupOf(now *callcenter.AgentSetup) callcenter.AgentSetup { return *now }

type newAgent struct {
	Body struct {
		Switch string `json:"switch,omitempty" doc:"Needed where there are several."`
		Name   string `json:"name"`
		Type   string `json:"type,omitempty" default:"callback" doc:"callback or uuid-standby."`
		AgentChange
	}
}

func (f *Face) addAgent(ctx context.Context, who *asker, in *newAgent) (*doneAnswer, error) {
	if err := allProjects(who, ""); err != nil {
		return nil, err
	}
	if err := f.may(ctx, who, in.Body.needs(nil)...); err != nil {
		return nil, err
	}
	if err := f.mayTell(ctx, who, in.Body.texts()...); err != nil {
		return nil, err
	}
	return done(f.o.Centre.AddAgent(ctx, in.Body.Switch, in.Body.Name, in.Body.Type, in.Body.change(nil, who.Login)))
}

// errNoChange is a change of nothing.
var errNoChange = &fault.Error{Kind: fault.EmptyField, Subject: "body", Err: errors.New("nothing to change")}

type changedAgent struct {
	ByName
	Known
	Body struct {
		Type *string `json:"type,omitempty" doc:"callback or uuid-standby."`
		AgentChange
	}
}

func (f *Face) changeAgent(ctx context.Context, who *asker, in *changedAgent) (*doneAnswer, error) {
	needs := in.Body.needs(in.Body.Type)
	if len(needs) == 0 {
		return nil, errNoChange
	}
	if err := f.may(ctx, who, needs...); err != nil {
		return nil, err
	}
	if err := f.seesAgent(who, in.Switch, in.Name, slices.Contains(needs, agentsChange)); err != nil {
		return nil, err
	}
	if err := f.mayTell(ctx, who, in.Body.texts()...); err != nil {
		return nil, err
	}
	return done(f.o.Centre.ChangeAgent(ctx, in.Switch, in.Name, in.Body.change(in.Body.Type, who.Login), ifAsked(f, &in.Known, "Agent", setupOf)))
}

func (f *Face) deleteAgent(ctx context.Context, who *asker, in *struct {
	ByName
	Known
}) (*doneAnswer, error) {
	if err := f.seesAgent(who, in.Switch, in.Name, true); err != nil {
		return nil, err
	}
	return done(f.o.Centre.DeleteAgent(ctx, in.Switch, in.Name, ifAsked(f, &in.Known, "Agent", setupOf)))
}

type registration struct {
	Body struct {
		Switch     string `json:"switch"`
		Registered string `json:"registered" enum:"yes,no,unknown" doc:"unknown where the contact is an address, a gateway or else what does not register."`
	}
}

func (f *Face) agentRegistered(ctx context.Context, who *asker, in *ByName) (*registration, error) {
	if err := f.seesAgent(who, in.Switch, in.Name, false); err != nil {
		return nil, err
	}
	r, err := f.o.Centre.AgentRegistered(ctx, in.Switch, in.Name)
	if err != nil {
		return nil, err
	}
	out := &registration{}
	out.Body.Switch, out.Body.Registered = r.Switch, r.Registered
	return out, nil
}

// AgentStatus is a change of an agent's status.
type AgentStatus struct {
	At     time.Time `json:"at"`
	Switch string    `json:"switch"`
	Status string    `json:"status"`
	Reason string    `json:"reason"`
	By     string    `json:"by" doc:"Login of who changed it."`
}

type agentHistory struct{ Body []AgentStatus }

func (f *Face) agentHistory(ctx context.Context, who *asker, in *struct {
	ByName
	Limit int `query:"limit" default:"100" minimum:"1" maximum:"1000"`
}) (*agentHistory, error) {
	if err := f.seesAgent(who, in.Switch, in.Name, false); err != nil {
		return nil, err
	}
	all, err := f.o.Centre.AgentHistory(ctx, in.Switch, in.Name, in.Limit)
	if err != nil {
		return nil, err
	}
	out, numbers := &agentHistory{Body: make([]AgentStatus, len(all))}, who.May("numbers", "see")
	for i, s := range all {
		out.Body[i] = AgentStatus{At: s.At, Switch: s.Switch, Status: s.Status, Reason: report.ShownText(s.Reason, numbers), By: s.By}
	}
	return out, nil
}
