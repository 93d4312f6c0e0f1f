package v1

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"callgate/cdr"
	"callgate/internal/callcenter"
	"callgate/internal/fault"
	"callgate/internal/report"
)

// Board shows what is known of the contact centres right now.
type Board interface {
	Live() []*callcenter.Live
}

// Switch is one switch as its contact centre was read last.
type Switch struct {
	Name        string  `json:"name"`
	Known       bool    `json:"known" doc:"It was read lately. Of one that was not, nothing else is told here, and its rows are left out elsewhere."`
	Core        string  `json:"core_uuid" doc:"Which run of the switch: another value means that it was restarted."`
	Age         float64 `json:"age" doc:"Seconds since the last reading."`
	ClockOffset float64 `json:"clock_offset" doc:"Seconds that our clock is ahead of the switch's. Times in other answers are by our clock."`
}

// Agent is a live row of an agent. Times of day are epoch seconds by our clock, 0 for never; the others are seconds.
type Agent struct {
	Switch             string   `json:"switch"`
	Name               string   `json:"name"`
	Type               string   `json:"type"`
	Contact            string   `json:"contact" doc:"Long numbers in it are hidden from users without the right numbers/see."`
	Status             string   `json:"status"`
	State              string   `json:"state"`
	Misspelled         bool     `json:"misspelled" doc:"FreeSWITCH holds status or state in letters of another case, and never offers this agent a call. Set the status again."`
	Ready              bool     `json:"ready" doc:"A call can be offered now."`
	OutsideCall        bool     `json:"outside_call" doc:"On a call that is not a queue's."`
	WrapUpEnds         int64    `json:"wrap_up_ends" doc:"0 when there is no wrap-up."`
	Talk               *Talk    `json:"talk,omitempty" doc:"The queue call the agent is in."`
	Today              AgentDay `json:"today"`
	UUID               string   `json:"uuid" doc:"Channel of the agent's call, or of a uuid-standby agent."`
	MaxNoAnswer        int      `json:"max_no_answer"`
	WrapUpTime         int64    `json:"wrap_up_time"`
	RejectDelayTime    int64    `json:"reject_delay_time"`
	BusyDelayTime      int64    `json:"busy_delay_time"`
	NoAnswerDelayTime  int64    `json:"no_answer_delay_time"`
	LastBridgeStart    int64    `json:"last_bridge_start"`
	LastBridgeEnd      int64    `json:"last_bridge_end"`
	LastOfferedCall    int64    `json:"last_offered_call"`
	LastStatusChange   int64    `json:"last_status_change"`
	NoAnswerCount      int      `json:"no_answer_count"`
	CallsAnswered      int      `json:"calls_answered" doc:"Since the agent last became Available."`
	TalkTime           int64    `json:"talk_time" doc:"Since the agent last became Available."`
	ReadyTime          int64    `json:"ready_time"`
	ExternalCallsCount int      `json:"external_calls_count"`
}

// Talk is a call between an agent and a caller of a queue.
type Talk struct {
	Queue  string `json:"queue"`
	Caller string `json:"caller" doc:"The caller's number; hidden from users without the right numbers/see."`
	UUID   string `json:"uuid" doc:"The caller's channel."`
	Since  int64  `json:"since"`
}

// AgentDay is what today has brought an agent so far.
type AgentDay struct {
	Offered  int   `json:"offered"`
	Answered int   `json:"answered"`
	Missed   int   `json:"missed"`
	Talk     int64 `json:"talk" doc:"Seconds in calls that have ended."`
}

func agentView(switchName string, a callcenter.LiveAgent, numbers bool) Agent {
	v := Agent{
		Switch: switchName, Name: a.Name, Type: a.Type, Contact: report.ShownText(a.Contact, numbers), Status: string(a.Status), State: string(a.State),
		Misspelled: a.Misspelled, Ready: a.Ready, OutsideCall: a.Outside || a.ExternalCalls > 0, WrapUpEnds: unix(a.WrapUp),
		Today: AgentDay{Offered: a.Today.Offered, Answered: a.Today.Answered, Missed: a.Today.Missed, Talk: seconds(a.Today.Talk)},
		UUID:  a.UUID, MaxNoAnswer: a.MaxNoAnswer, WrapUpTime: seconds(a.Agent.WrapUp), RejectDelayTime: seconds(a.RejectDelay),
		BusyDelayTime: seconds(a.BusyDelay), NoAnswerDelayTime: seconds(a.NoAnswerDelay), LastBridgeStart: unix(a.BridgeStart),
		LastBridgeEnd: unix(a.BridgeEnd), LastOfferedCall: unix(a.Offered), LastStatusChange: unix(a.StatusAt),
		NoAnswerCount: a.NoAnswers, CallsAnswered: a.Answered, TalkTime: seconds(a.TalkTime), ReadyTime: unix(a.Rest),
		ExternalCallsCount: a.ExternalCalls,
	}
	if t := a.Talk; t != nil {
		v.Talk = &Talk{Queue: t.Queue, Caller: report.ShownNumber(t.Number, numbers), UUID: t.Session, Since: unix(t.Since)}
	}
	return v
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func seconds(d time.Duration) int64 { return int64(d / time.Second) }

// mayTell refuses texts in which somebody gives back what was hidden from him: in the place of a number it would be
// dialled, or kept.
func (f *Face) mayTell(ctx context.Context, who *asker, texts ...string) error {
	if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, cdr.Hidden) }) {
		return f.may(ctx, who, numbersSee)
	}
	return nil
}

// Tier is a live row of a tier.
type Tier struct {
	Switch   string `json:"switch"`
	Queue    string `json:"queue"`
	Agent    string `json:"agent"`
	State    string `json:"state"`
	Level    int64  `json:"level"`
	Position int64  `json:"position"`
}

func tierView(switchName string, t callcenter.Tier) Tier {
	return Tier{Switch: switchName, Queue: t.Queue, Agent: t.Agent, State: t.State, Level: whole(t.Level), Position: whole(t.Position)}
}

// Queue is a live row of a queue: the values FreeSWITCH prints, as text, and what goes on in it.
type Queue struct {
	Switch string `json:"switch"`
	callcenter.Queue
	Waiting     int      `json:"waiting"`
	Talking     int      `json:"talking"`
	LongestWait float64  `json:"longest_wait" doc:"Seconds that the first of those who wait has waited."`
	Today       QueueDay `json:"today"`
}

// QueueDay is what today has brought a queue so far. Waits are seconds.
type QueueDay struct {
	Offered       int   `json:"offered" doc:"Callers who joined today: answered, abandoned or still waiting."`
	Answered      int   `json:"answered"`
	Abandoned     int   `json:"abandoned" doc:"Left unanswered, for whatever reason."`
	AnsweredWait  int64 `json:"answered_wait" doc:"Sum over the answered whose events were seen."`
	AbandonedWait int64 `json:"abandoned_wait"`
	LongestWait   int64 `json:"longest_wait"`
	Unseen        int   `json:"unseen" doc:"Answered or abandoned callers of whom only FreeSWITCH's counters told: they are in no wait."`
}

func queueView(switchName string, q callcenter.LiveQueue) Queue {
	d := q.Today
	return Queue{Switch: switchName, Queue: q.Queue, Waiting: q.Waiting, Talking: q.Talking, LongestWait: q.Longest.Seconds(),
		Today: QueueDay{Offered: q.Offered, Answered: d.Answered, Abandoned: d.Abandoned, AnsweredWait: seconds(d.AnsweredWait),
			AbandonedWait: seconds(d.AbandonedWait), LongestWait: seconds(d.LongestWait), Unseen: d.Unseen}}
}

// Caller is somebody who waits in a queue.
type Caller struct {
	Switch string  `json:"switch"`
	Queue  string  `json:"queue"`
	Number string  `json:"number" doc:"Hidden from users without the right numbers/see."`
	UUID   string  `json:"uuid" doc:"The caller's channel."`
	Joined int64   `json:"joined"`
	Waited float64 `json:"waited" doc:"Seconds."`
}

// whole reads one of FreeSWITCH's numbers; what is none is 0.
func whole(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// rows collects the rows of the switch named, or of all, and the age in seconds of the oldest reading among them.
func rows[T any](o Options, switchName string, of func(*callcenter.Live) []T) (all []T, age int, err error) {
	if switchName != "" && !slices.Contains(o.Switches, switchName) {
		return nil, 0, fault.New(fault.NotFound, "Switch")
	}
	all, found := []T{}, false
	for _, l := range o.Board.Live() {
		if switchName == "" || l.Switch == switchName {
			found = true
			all = append(all, of(l)...)
			age = max(age, int(math.Ceil(time.Since(l.Taken).Seconds())))
		}
	}
	if !found {
		return nil, 0, fault.New(fault.SwitchDown, "")
	}
	return all, age, nil
}

// only is the one of rows; fault.NotFound when there is none, fault.EmptyField "switch" when several switches have it.
func only[T any](o Options, switchName, subject string, of func(*callcenter.Live) []T) (one T, age int, err error) {
	all, age, err := rows(o, switchName, of)
	switch {
	case err != nil:
		return one, 0, err
	case len(all) == 0:
		return one, 0, fault.New(fault.NotFound, subject)
	case len(all) > 1:
		return one, 0, &fault.Error{Kind: fault.EmptyField, Subject: "switch", Err: errors.New("it is on several switches")}
	}
	return all[0], age, nil
}
