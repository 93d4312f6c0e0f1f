package v1

import (
	"math"
	"regexp"
	"strconv"
	"time"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// Board shows the contact centres as they were read last.
type Board interface {
	Snapshots() []*callcenter.Snapshot
}

// Agent is a live row of an agent. Times of day are epoch seconds, 0 for never; the others are seconds.
type Agent struct {
	Switch             string `json:"switch"`
	Name               string `json:"name"`
	Type               string `json:"type"`
	Contact            string `json:"contact" doc:"Long numbers in it are hidden from users without the right numbers/see."`
	Status             string `json:"status"`
	State              string `json:"state"`
	UUID               string `json:"uuid" doc:"Channel of the agent's call, or of a uuid-standby agent."`
	MaxNoAnswer        int64  `json:"max_no_answer"`
	WrapUpTime         int64  `json:"wrap_up_time"`
	RejectDelayTime    int64  `json:"reject_delay_time"`
	BusyDelayTime      int64  `json:"busy_delay_time"`
	NoAnswerDelayTime  int64  `json:"no_answer_delay_time"`
	LastBridgeStart    int64  `json:"last_bridge_start"`
	LastBridgeEnd      int64  `json:"last_bridge_end"`
	LastOfferedCall    int64  `json:"last_offered_call"`
	LastStatusChange   int64  `json:"last_status_change"`
	NoAnswerCount      int64  `json:"no_answer_count"`
	CallsAnswered      int64  `json:"calls_answered"`
	TalkTime           int64  `json:"talk_time"`
	ReadyTime          int64  `json:"ready_time"`
	ExternalCallsCount int64  `json:"external_calls_count"`
}

func agentView(switchName string, a callcenter.Agent, numbers bool) Agent {
	n := func(column string) int64 { return whole(a[column]) }
	v := Agent{
		Switch: switchName, Name: a["name"], Type: a["type"], Contact: a["contact"], Status: a["status"], State: a["state"],
		UUID: a["uuid"], MaxNoAnswer: n("max_no_answer"), WrapUpTime: n("wrap_up_time"), RejectDelayTime: n("reject_delay_time"),
		BusyDelayTime: n("busy_delay_time"), NoAnswerDelayTime: n("no_answer_delay_time"), LastBridgeStart: n("last_bridge_start"),
		LastBridgeEnd: n("last_bridge_end"), LastOfferedCall: n("last_offered_call"), LastStatusChange: n("last_status_change"),
		NoAnswerCount: n("no_answer_count"), CallsAnswered: n("calls_answered"), TalkTime: n("talk_time"),
		ReadyTime: n("ready_time"), ExternalCallsCount: n("external_calls_count"),
	}
	if !numbers {
		v.Contact = longNumber.ReplaceAllString(v.Contact, "*****")
	}
	return v
}

// longNumber is what reads as a telephone number rather than an extension.
var longNumber = regexp.MustCompile(`\+?[0-9]{6,}`)

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

// Queue is a live row of a queue: the values FreeSWITCH prints, as text.
type Queue struct {
	Switch string `json:"switch"`
	callcenter.Queue
}

// whole reads one of FreeSWITCH's numbers; what is none is 0.
func whole(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// rows collects the rows of the switch named, or of all, and the age in seconds of the oldest reading among them.
func rows[T any](b Board, switchName string, of func(*callcenter.Snapshot) []T) (all []T, age int, err error) {
	all, found := []T{}, false
	for _, s := range b.Snapshots() {
		if switchName == "" || s.Switch == switchName {
			found = true
			all = append(all, of(s)...)
			age = max(age, int(math.Ceil(time.Since(s.Taken).Seconds())))
		}
	}
	if !found {
		return nil, 0, fault.New(fault.SwitchDown, "")
	}
	return all, age, nil
}
