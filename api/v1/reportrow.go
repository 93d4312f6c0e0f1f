package v1

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"callgate/internal/report"
)

// ReportSpan is the time of a row.
type ReportSpan struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to" doc:"Not in it."`
}

func (q *reportQuery) span(s report.Span) ReportSpan {
	zone := q.From.Location()
	return ReportSpan{time.UnixMicro(s.From).In(zone), time.UnixMicro(s.To).In(zone)}
}

// ServiceFigures are those of who entered a queue. Times are seconds. What has nothing to be divided by is null.
type ServiceFigures struct {
	Offered         int64    `json:"offered" doc:"Entered a queue: answered and abandoned."`
	Answered        int64    `json:"answered" doc:"By an agent."`
	Abandoned       int64    `json:"abandoned" doc:"Left unanswered, for whatever reason."`
	ShortAbandons   *int64   `json:"short_abandons" doc:"Of these, who waited less than short. Null where calls that would have to be counted have been deleted, as are the next three."`
	AnsweredInTime  *int64   `json:"answered_in_time" doc:"Who waited less than threshold."`
	AbandonedInTime *int64   `json:"abandoned_in_time"`
	ServiceLevel    *float64 `json:"service_level" doc:"Per cent."`
	AbandonRate     *float64 `json:"abandon_rate" doc:"abandoned / offered, per cent."`
	ASA             *float64 `json:"asa" doc:"Average speed of answer: the mean wait of those answered."`
	AverageWait     *float64 `json:"average_wait" doc:"The mean wait of those offered."`
	LongestWait     int64    `json:"longest_wait" doc:"Of those offered."`
	Talk            int64    `json:"talk" doc:"Sum, hold included."`
	Hold            int64    `json:"hold" doc:"Sum."`
	WrapUp          int64    `json:"wrap_up" doc:"Sum."`
	WrapUpUnknown   int64    `json:"wrap_up_unknown" doc:"How many were answered by agents whose wrap-up time nobody knew, and counts as 0."`
	AHT             *float64 `json:"aht" doc:"Average handling time: (talk + wrap_up) / answered."`
}

func serviceFigures(r *report.Row, sl report.ServiceLevel) ServiceFigures {
	v := ServiceFigures{Offered: r.Queued, Answered: r.Answered, Abandoned: r.Lost, ServiceLevel: r.Level(sl), AbandonRate: report.Percent(r.Lost, r.Queued),
		ASA: report.Ratio(r.AnsweredWait, r.Answered, 2), AverageWait: report.Ratio(r.AnsweredWait+r.LostWait, r.Queued, 2),
		LongestWait: max(r.AnsweredLongest, r.LostLongest), Talk: r.Talk, Hold: r.Hold, WrapUp: r.Wrap, WrapUpUnknown: r.WrapUnknown,
		AHT: report.Ratio(r.Talk+r.Wrap, r.Answered, 2)}
	if r.Known {
		v.AnsweredInTime, v.AbandonedInTime = &r.InTime, &r.LostInTime
	}
	if r.ShortKnown {
		v.ShortAbandons = &r.Short
	}
	return v
}

// QueueRow are the visits of a queue.
type QueueRow struct {
	ReportSpan
	Queue string `json:"queue" doc:"Empty in the total."`
	ServiceFigures
}

// NumberRow are the calls on a number.
type NumberRow struct {
	ReportSpan
	Project  string `json:"project" doc:"Empty for calls to no project's number, and in the total."`
	Number   string `json:"number" doc:"Normalised. Hidden from users without the right numbers/see."`
	Inbound  int64  `json:"inbound" doc:"Calls that came in."`
	Outbound int64  `json:"outbound" doc:"Calls that were made."`
	Unqueued int64  `json:"unqueued" doc:"Came in and never entered a queue."`
	Talked   int64  `json:"talked" doc:"Saw no queue, and somebody talked."`
	ServiceFigures
}

// AgentRow is what an agent did. Times are seconds.
type AgentRow struct {
	ReportSpan
	Agent         string   `json:"agent" doc:"Empty in the total. Long numbers in it, and in reasons of pauses, are hidden from users without the right numbers/see."`
	LoggedIn      int64    `json:"logged_in" doc:"ready, ringing, busy, not_ready and paused."`
	Ready         int64    `json:"ready" doc:"Could be offered a call."`
	Ringing       int64    `json:"ringing"`
	Busy          int64    `json:"busy" doc:"In calls of queues and others, and in wrap-up."`
	NotReady      int64    `json:"not_ready" doc:"Neither of these nor paused: resting after a call not taken."`
	Paused        int64    `json:"paused"`
	Pauses        Pauses   `json:"pauses" nullable:"false" doc:"By reason, the longest first."`
	Unknown       int64    `json:"unknown" doc:"Nobody watched what the agent did; in none of the others."`
	Occupancy     *float64 `json:"occupancy" doc:"busy / (ready + ringing + busy + not_ready), per cent. Null without any."`
	Offered       int64    `json:"offered" doc:"Rings of queues' calls."`
	Answered      int64    `json:"answered" doc:"Of these."`
	Missed        int64    `json:"missed" doc:"The others, those that were called off too."`
	Inbound       int64    `json:"inbound" doc:"Calls outside of queues that came in for the agent's account."`
	Outbound      int64    `json:"outbound" doc:"Calls that were made for it."`
	Talked        int64    `json:"talked" doc:"Of both, in which somebody talked."`
	Talk          int64    `json:"talk" doc:"Of queues' and other calls, hold included."`
	Hold          int64    `json:"hold"`
	WrapUp        int64    `json:"wrap_up"`
	WrapUpUnknown int64    `json:"wrap_up_unknown" doc:"How many were answered while nobody knew the agent's wrap-up time, which counts as 0."`
	AHT           *float64 `json:"aht" doc:"Average handling time: (talk + wrap_up) / (answered + talked). Null without any."`
}

// Pause is how long an agent paused for one reason, in seconds.
type Pause struct {
	Reason  string `json:"reason" doc:"Empty where none was given."`
	Seconds int64  `json:"seconds"`
}

// Pauses are shown in one cell of a table.
type Pauses []Pause

// String is REASON SECONDS, …
func (p Pauses) String() string {
	var all []string
	for _, one := range p {
		all = append(all, strings.TrimSpace(one.Reason+" "+strconv.FormatInt(one.Seconds, 10)))
	}
	return strings.Join(all, ", ")
}

func (q *reportQuery) agentRow(r *report.AgentRow) AgentRow {
	whole := func(d time.Duration) int64 { return report.Mean(d.Microseconds(), 1e6) }
	t := &r.Times
	v := AgentRow{ReportSpan: q.span(r.Time), Agent: report.ShownText(r.Agent, q.numbers), Ready: whole(t.Ready), Ringing: whole(t.Ringing), Busy: whole(t.Busy), NotReady: whole(t.NotReady),
		Pauses: Pauses{}, Unknown: whole(t.Unknown), Occupancy: t.Occupancy(), Offered: r.Offered, Answered: r.Answered, Missed: r.Missed, Inbound: r.Inbound,
		Outbound: r.Outbound, Talked: r.Talked, Talk: r.Talk, Hold: r.Hold, WrapUp: r.Wrap, WrapUpUnknown: r.WrapUnknown,
		AHT: report.Ratio(r.Talk+r.Wrap, r.Answered+r.Talked, 2)}
	for reason, d := range t.Pauses {
		v.Pauses = append(v.Pauses, Pause{report.ShownText(reason, q.numbers), whole(d)})
		v.Paused += whole(d)
	}
	slices.SortFunc(v.Pauses, func(a, b Pause) int {
		return cmp.Or(cmp.Compare(b.Seconds, a.Seconds), cmp.Compare(a.Reason, b.Reason))
	})
	v.LoggedIn = v.Ready + v.Ringing + v.Busy + v.NotReady + v.Paused
	return v
}

// HeatRow is an hour of a weekday.
type HeatRow struct {
	Weekday int   `json:"weekday" doc:"1 is Monday, 7 Sunday; 0 in the total."`
	Hour    int   `json:"hour" doc:"As clocks show it, 0 to 23."`
	Times   int   `json:"times" doc:"How often it came."`
	Inbound int64 `json:"inbound" doc:"Calls that came in; 0 where queues are asked for."`
	ServiceFigures
}

// CauseRow are calls that ended in one way.
type CauseRow struct {
	ReportSpan
	Cause       string   `json:"cause" doc:"FreeSWITCH's, of the leg that began the call."`
	Disposition string   `json:"disposition"`
	HungUpBy    string   `json:"hung_up_by" doc:"caller, agent, callee, switch, or empty when it is not known."`
	Direction   string   `json:"direction"`
	Calls       int64    `json:"calls"`
	Share       *float64 `json:"share" doc:"Of all calls of the row's time, per cent."`
}

// CentreRow is a row of the contact-centre report. Times are seconds. What has nothing to be divided by is null.
type CentreRow struct {
	Part          string   `json:"part" enum:"number,project,total" doc:"A number on a day, all numbers of a project on a day, or all of the report."`
	Date          string   `json:"date" doc:"By the project's clock; empty in the total."`
	Weekday       int      `json:"weekday" doc:"1 is Monday, 7 Sunday; 0 in the total."`
	Project       string   `json:"project" doc:"Empty in the total."`
	Number        string   `json:"number" doc:"As the project has it, of the part number only. Hidden from users without the right numbers/see."`
	Calls         int64    `json:"calls" doc:"That arrived on the number."`
	Unqueued      int64    `json:"unqueued" doc:"Of these, never entered a queue."`
	Queued        int64    `json:"queued" doc:"Entered one."`
	AverageWait   *float64 `json:"average_wait" doc:"Of queued, divided by calls."`
	Abandoned     int64    `json:"abandoned"`
	Answered      int64    `json:"answered"`
	ServiceLevel  *float64 `json:"service_level" doc:"Answered with a wait less than the project's threshold / answered, per cent."`
	AbandonRate   *float64 `json:"abandon_rate" doc:"abandoned / queued, per cent."`
	AHT           *float64 `json:"aht"`
	ASA           *float64 `json:"asa"`
	AnsweredIn20  int64    `json:"answered_in_20" doc:"With a wait less than 20 seconds, whatever the threshold."`
	AbandonedIn20 int64    `json:"abandoned_in_20"`
	LongestWait   int64    `json:"longest_wait" doc:"Of those answered."`
	AverageTalk   *float64 `json:"average_talk"`
	AverageHold   *float64 `json:"average_hold" doc:"Of calls that were held."`
	AverageWrapUp *float64 `json:"average_wrap_up"`
	Minutes       int64    `json:"minutes" doc:"Sum of (talk + wrap-up) of each call, rounded up to minutes."`
}

func centreRow(r *report.CentreRow, numbers bool) CentreRow {
	parts := [...]string{report.OfNumber: "number", report.OfProject: "project", report.OfEveryone: "total"}
	in, _ := r.Within(20)
	lost, _ := r.LostWithin(20)
	v := CentreRow{Part: parts[r.Part], Project: r.Project, Number: report.ShownNumber(r.Number, numbers), Calls: r.Inbound, Unqueued: r.Unqueued, Queued: r.Queued,
		AverageWait: report.Ratio(r.AnsweredWait+r.LostWait, r.Inbound, 4), Abandoned: r.Lost, Answered: r.Answered,
		ServiceLevel: report.Percent(r.InTime, r.Answered), AbandonRate: report.Percent(r.Lost, r.Queued), AHT: report.Ratio(r.Talk+r.Wrap, r.Answered, 0),
		ASA: report.Ratio(r.AnsweredWait, r.Answered, 2), AnsweredIn20: in, AbandonedIn20: lost, LongestWait: r.AnsweredLongest,
		AverageTalk: report.Ratio(r.Talk, r.Answered, 0), AverageHold: report.Ratio(r.Hold, r.Held, 0), AverageWrapUp: report.Ratio(r.Wrap, r.Answered, 0),
		Minutes: r.Minutes}
	if r.Part != report.OfEveryone {
		v.Date, v.Weekday = r.Day.String(), report.ISOWeekday(r.Day.Weekday())
	}
	return v
}
