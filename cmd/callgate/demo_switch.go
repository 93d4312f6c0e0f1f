package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/project"
)

const (
	demoPhones   = "127.0.0.1:5070" // pretend SIP phones; nothing listens there
	demoNetwork  = "127.0.0.1:5080" // the pretend public network
	demoPartners = "127.0.0.1:5081" // whom agents ring: they have more to say
)

// demoLines are the numbers that customers ring.
var demoLines = []struct {
	number, queue string
	share         int // of the callers
}{
	{"78002000001", "support@default", 6},
	{"78002000002", "support2@default", 2},
	{"78002000003", "sales@default", 5},
	{"78002000004", "delivery@default", 8},
}

// demoPickup is a number that keeps hours; nobody rings it.
const demoPickup = "78002000005"

// demoProjects are those of the user's manual, in its order.
func demoProjects() []project.Project {
	all := []project.Project{
		{ID: "9876", Name: "Горячая линия", Queues: []string{"support@default", "support2@default"}, Record: true},
		{ID: "1111", Name: "Интернет-магазин", Queues: []string{"sales@default"}},
		{ID: "5566", Name: "Доставка заказов", Queues: []string{"delivery@default"}},
	}
	for i := range all {
		p := &all[i]
		p.Zone, p.SLSeconds = "Europe/Moscow", project.DefaultSLSeconds
		for _, queue := range p.Queues {
			for _, l := range demoLines {
				if l.queue == queue {
					p.Numbers = append(p.Numbers, l.number)
				}
			}
		}
	}
	all[2].Numbers = append(all[2].Numbers, demoPickup)
	return all
}

// demoRoutes lead each line to its queue; who has waited too long is let go.
func demoRoutes() (all []project.Route) {
	for _, p := range demoProjects() {
		for _, l := range demoLines {
			if slices.Contains(p.Numbers, l.number) {
				name, _, _ := strings.Cut(l.queue, "@")
				all = append(all, project.Route{Name: name, Project: p.ID, Numbers: []string{l.number}, Open: "queue:" + l.queue,
					Timeout: "hangup", NoAgents: "hangup"})
			}
		}
	}
	return append(all, project.Route{Name: "pickup", Project: "5566", Numbers: []string{demoPickup}, Open: "queue:delivery@default", Closed: "hangup:USER_BUSY",
		Hours:   fmt.Sprintf("Mon-Fri 09:00-20:00; Sat,Sun 10:00-18:00; %[1]d-01-01 closed; %[1]d-01-07 11:00-16:00", time.Now().Year()+1),
		Timeout: "queue:support@default", Failed: "hangup:NORMAL_TEMPORARY_FAILURE", Keys: map[string]string{"0": "transfer:1008@default"}})
}

type demoAgent struct {
	account string
	queues  []string
	status  string        // to begin with
	talks   time.Duration // how long a call takes him
}

// demoAgents are the agents with their queues. The manual's own two come first, with its three tiers.
var demoAgents = []demoAgent{
	{"1000", []string{"support2@default"}, "Available", 20 * time.Second},
	{"1001", []string{"sales@default", "support@default"}, "Available", 27 * time.Second},
	{"1002", []string{"sales@default"}, "Available", 32 * time.Second},
	{"1003", []string{"sales@default"}, "Logged Out", 25 * time.Second},
	{"1004", []string{"sales@default"}, "Available", 38 * time.Second},
	{"1005", []string{"support@default"}, "Available", 22 * time.Second},
	{"1006", []string{"support@default"}, "On Break", 35 * time.Second},
	{"1007", []string{"support@default"}, "Available", 29 * time.Second},
	{"1008", []string{"support@default", "delivery@default"}, "Available", 30 * time.Second},
	{"1009", []string{"delivery@default"}, "Available", 36 * time.Second},
	{"1010", []string{"delivery@default"}, "Logged Out", 34 * time.Second},
	{"1011", []string{"delivery@default"}, "On Break", 31 * time.Second},
}

// demoSwitch is the contact centre of the user's manual, with its queues and tiers, and some more.
func demoSwitch(c app.Config) esltest.Config {
	queue := func(name, strategy, score string, discard, wait int, noWait bool) esltest.Queue {
		return esltest.Queue{Name: name, Strategy: strategy, MOH: "local_stream://moh", TimeBaseScore: score,
			TierRuleWaitSecond: 300, TierRuleWaitMultiply: true, TierRuleNoAgentNoWait: noWait,
			DiscardAbandonedAfter: discard, MaxWaitNoAgent: wait}
	}
	delivery := queue("delivery@default", "round-robin", "queue", 60, 120, false)
	delivery.MaxWaitTime = 20
	o := esltest.Config{
		Password: demoSecret, Hostname: "demo", RecordingsDir: c.RecordingsDir,
		CDR: esltest.CDRConfig{URL: "http://" + c.HTTPAddr + "/cdr", User: c.CDRUser, Password: c.CDRPassword, Retries: 2},
		Queues: []esltest.Queue{
			queue("support2@default", "longest-idle-agent", "system", 60, 120, false),
			queue("sales@default", "agent-with-least-talk-time", "queue", 14400, 120, false),
			queue("support@default", "longest-idle-agent", "system", 60, 0, true),
			delivery,
		},
		Phones: []esltest.Phone{
			{Addr: demoPhones, AnswerAfter: 1500 * time.Millisecond},
			{Addr: demoNetwork, AnswerAfter: time.Second, HangupAfter: 5 * time.Second},
			{Addr: demoPartners, AnswerAfter: 2 * time.Second, HangupAfter: time.Minute},
		},
		Users: []esltest.User{demoUser("1234")},
		Gateways: []esltest.Gateway{{Name: "partner", Addr: demoPartners}, {Name: "public", Addr: demoNetwork},
			{Name: "spare", Addr: demoNetwork, Down: true}},
	}
	for _, l := range demoLines {
		// The queue alone, when callgate is not there.
		o.Extensions = append(o.Extensions, esltest.Extension{Name: l.queue, Match: `^\+?` + l.number + "$", Apps: []esltest.App{
			{Name: "set", Data: "socket_resume=true"}, {Name: "socket", Data: c.OutboundAddr + " async full"}, {Name: "answer"}, {Name: "callcenter", Data: l.queue}}})
	}
	o.Extensions = append(o.Extensions, demoTrunk("partner", `^(8495\d{7})$`, "partner"), demoTrunk("public number", `^(\+?\d{5,})$`, "public"))
	for _, a := range demoAgents {
		o.Agents = append(o.Agents, esltest.Agent{Name: a.account + "@default", Contact: "user/" + a.account, Status: a.status,
			MaxNoAnswer: 3, WrapUp: 8})
		for _, q := range a.queues {
			o.Tiers = append(o.Tiers, esltest.Tier{Queue: q, Agent: a.account + "@default"})
		}
		o.Users = append(o.Users, demoUser(a.account))
		o.Phones = append(o.Phones, esltest.Phone{Addr: demoPhones, User: a.account, AnswerAfter: 1500 * time.Millisecond, HangupAfter: a.talks})
	}
	return o
}

func demoUser(account string) esltest.User {
	return esltest.User{ID: account, DialString: "sofia/internal/${dialed_user}@" + demoPhones}
}

// demoTrunk is a way out of the switch.
func demoTrunk(name, match, gateway string) esltest.Extension {
	return esltest.Extension{Name: name, Match: match, Apps: []esltest.App{
		{Name: "set", Data: "hangup_after_bridge=true"}, {Name: "bridge", Data: "sofia/gateway/" + gateway + "/$1"}}}
}
