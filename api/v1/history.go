package v1

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/history"
	"callgate/internal/report"
)

// History keeps the calls whose CDRs have come; the store does.
type History interface {
	// Calls returns a page of what a checked query asks for, the newest first.
	Calls(ctx context.Context, q history.Query) ([]history.Found, error)
	// Call returns the call that a leg belongs to, one of these projects', none being all; fault.NotFound "Call".
	Call(ctx context.Context, leg string, projects []string) (history.Found, error)
}

// CDRs are the documents that FreeSWITCH wrote of legs; fault.NotFound when there is none.
type CDRs interface {
	// CDRJSON is one as JSON, with phone numbers or without.
	CDRJSON(ctx context.Context, leg string, numbers bool) ([]byte, error)
	CDRXML(ctx context.Context, leg string) ([]byte, error)
}

const (
	callsSearch right = "calls/search"
	callsExport right = "calls/export"
	numbersSee  right = "numbers/see"
)

// history are the operations on calls whose CDRs have come.
func (f *Face) history() {
	operation(f, huma.Operation{OperationID: "search-calls", Method: http.MethodGet, Path: "/calls", Summary: "Calls whose CDRs have come, the newest first",
		Description: "One of from, to, number and id must be given. from and to are about when a call began."}, callsSearch, f.searchCalls)
	operation(f, huma.Operation{OperationID: "get-call", Method: http.MethodGet, Path: "/calls/{id}", Summary: "One call with its visits of queues and its legs",
		Errors: []int{http.StatusNotFound}}, callsSearch, f.getCall)
	operation(f, huma.Operation{OperationID: "get-call-cdr", Method: http.MethodGet, Path: "/calls/{id}/cdr", Summary: "What FreeSWITCH wrote of one leg",
		Description: "As JSON, in which numbers are hidden from users without the right `numbers/see`; or with format=xml, or a header Accept that names " +
			"XML, as it came, for which that right is needed as well: it may be ill-formed.",
		Errors: []int{http.StatusNotFound}, Responses: map[string]*huma.Response{"200": {Description: "The CDR.", Content: map[string]*huma.MediaType{
			"application/json": {Schema: &huma.Schema{Type: "object", AdditionalProperties: true}}, "application/xml": {Schema: &huma.Schema{Type: "string"}}}}}},
		callsSearch, f.getCallCDR)
	operation(f, exportOperation(), callsExport, f.exportCalls)
}

// Call is what is told of a call wherever several are. Spans are whole seconds.
type Call struct {
	UUID        string    `json:"uuid" doc:"Of the leg that began it."`
	Switch      string    `json:"switch" doc:"unknown when it is none that was configured when the CDR came."`
	Direction   string    `json:"direction" doc:"inbound: the caller rang us; outbound."`
	Started     time.Time `json:"started"`
	Answered    time.Time `json:"answered,omitzero" doc:"When the first two parties talked; absent when none did."`
	Ended       time.Time `json:"ended,omitzero" doc:"Absent when it is not known."`
	Caller      string    `json:"caller" doc:"Normalised. It, called, both as given, caller_name and number are hidden from users without the right numbers/see."`
	Called      string    `json:"called" doc:"Normalised."`
	CallerGiven string    `json:"caller_given" doc:"As the switch had it."`
	CalledGiven string    `json:"called_given" doc:"As the switch had it."`
	CallerName  string    `json:"caller_name"`
	User        string    `json:"user" doc:"Login of who ordered it."`
	Account     string    `json:"account" doc:"Of a call outside of queues: our side of it, by its account on the switch."`
	Project     string    `json:"project"`
	Number      string    `json:"number" doc:"The project's own number that it is about, normalised."`
	Queues      []string  `json:"queues" nullable:"false" doc:"Visited, each once."`
	Agents      []string  `json:"agents" nullable:"false" doc:"Who answered in them, each once."`
	Disposition string    `json:"disposition" doc:"answered, abandoned, no_answer, busy, rejected, failed or unconnected."`
	HungUpBy    string    `json:"hung_up_by" doc:"caller, agent, callee, switch, or empty when it is not known."`
	Cause       string    `json:"cause" doc:"FreeSWITCH's, of the first leg."`
	Wait        int64     `json:"wait" doc:"In queues, from the first join to the first answer."`
	Talk        int64     `json:"talk"`
	Hold        int64     `json:"hold"`
	WrapUp      int64     `json:"wrap_up"`
	Duration    int64     `json:"duration" doc:"From the start to the end."`
	Recorded    bool      `json:"recorded"`
	Legs        int       `json:"legs" doc:"How many there are."`
}

func callView(c *history.Call, numbers bool) Call {
	v := Call{UUID: c.UUID, Switch: cmp.Or(c.Switch, history.UnknownSwitch), Direction: c.Direction, Started: micro(c.Started), Answered: micro(c.Answered), Ended: micro(c.Ended),
		Caller: report.ShownNumber(c.Caller, numbers), Called: report.ShownNumber(c.Called, numbers), CallerGiven: report.ShownNumber(c.CallerGiven, numbers),
		CalledGiven: report.ShownNumber(c.CalledGiven, numbers), CallerName: report.ShownNumber(c.CallerName, numbers), User: c.User, Account: report.ShownText(c.Account, numbers), Project: c.Project,
		Number: report.ShownNumber(c.Number, numbers), Queues: append([]string{}, c.Queues()...), Agents: []string{}, Disposition: string(c.Disposition), HungUpBy: string(c.HungUp), Cause: c.Cause,
		Wait: c.Wait, Talk: c.Talk, Hold: c.Hold, WrapUp: c.Wrap, Duration: c.Duration, Recorded: len(c.Recordings) > 0, Legs: len(c.Legs)}
	for i := range c.Visits {
		if agent := c.Visits[i].Agent; agent != "" && !slices.Contains(v.Agents, agent) {
			v.Agents = append(v.Agents, agent)
		}
	}
	return v
}

type callPage struct {
	Body struct {
		Calls []Call `json:"calls" nullable:"false"`
		Next  string `json:"next,omitempty" doc:"What to give as cursor for those that follow; there are none without it."`
	}
}

func (f *Face) searchCalls(ctx context.Context, who *asker, in *struct {
	CallFilter
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"1000"`
	Cursor string `query:"cursor" maxLength:"64" doc:"next of the answer before. It is a place among all calls: what else is asked for ought to stay the same."`
}) (*callPage, error) {
	w, err := f.want(ctx, who, &in.CallFilter, in.Limit)
	if err == nil && in.Cursor != "" {
		w.query.After, err = readPlace(in.Cursor)
	}
	if err != nil {
		return nil, err
	}
	all, err := f.page(ctx, w)
	if err != nil {
		return nil, err
	}
	out := &callPage{}
	out.Body.Calls = make([]Call, len(all))
	for i := range all {
		out.Body.Calls[i] = callView(&all[i].Call, w.numbers)
	}
	if len(all) == in.Limit {
		out.Body.Next = place(all[len(all)-1].Place)
	}
	return out, nil
}

// page asks for one page, of the projects that may be told of.
func (f *Face) page(ctx context.Context, w *wanted) ([]history.Found, error) {
	if w.nothing {
		return nil, nil
	}
	return f.o.History.Calls(ctx, w.query)
}

// WholeCall is all that is known of a call.
type WholeCall struct {
	Call
	Visits     []Visit `json:"visits" nullable:"false" doc:"In the order of joining."`
	Legs       []Leg   `json:"legs" nullable:"false" doc:"In the order of their start."` // in the place of their number
	Recordings int     `json:"recordings" doc:"How many its CDRs name; /calls/{id}/recording tells of them."`
}

// Visit is one stay in a queue. Spans are whole seconds.
type Visit struct {
	Queue       string    `json:"queue"`
	Joined      time.Time `json:"joined"`
	Answered    time.Time `json:"answered,omitzero" doc:"Absent when it was not."`
	Left        time.Time `json:"left,omitzero"`
	Outcome     string    `json:"outcome" doc:"answered, abandoned, timeout, no_agents, key or moved."`
	Agent       string    `json:"agent" doc:"Who answered."`
	AgentLeg    string    `json:"agent_leg"`
	Wait        int64     `json:"wait"`
	Talk        int64     `json:"talk"`
	Hold        int64     `json:"hold"`
	WrapUp      int64     `json:"wrap_up"`
	WrapUpKnown bool      `json:"wrap_up_known" doc:"false: nobody knew the agent's wrap-up time, which is then 0."`
	Attempts    []Attempt `json:"attempts" nullable:"false" doc:"Every ring at an agent."`
}

// Attempt is one ring at an agent.
type Attempt struct {
	Agent    string    `json:"agent"`
	Leg      string    `json:"leg"`
	Started  time.Time `json:"started"`
	Answered bool      `json:"answered"`
	Cause    string    `json:"cause" doc:"FreeSWITCH's, of the agent's leg."`
}

// Leg is one leg of a call.
type Leg struct {
	UUID      string    `json:"uuid"`
	Switch    string    `json:"switch" doc:"As the call's."`
	Direction string    `json:"direction" doc:"As FreeSWITCH has it: inbound, the party rang the switch; outbound."`
	Side      string    `json:"side" doc:"member or agent, of a queue."`
	Agent     string    `json:"agent"`
	Caller    string    `json:"caller" doc:"Normalised."`
	Called    string    `json:"called" doc:"Normalised."`
	Started   time.Time `json:"started"`
	Answered  time.Time `json:"answered,omitzero"`
	Ended     time.Time `json:"ended,omitzero"`
	Cause     string    `json:"cause"`
	Peers     []string  `json:"peers" nullable:"false" doc:"The legs that it was bridged to."`
	CDR       string    `json:"cdr" doc:"Where its CDR is to be had."`
}

func wholeCallView(c *history.Call, numbers bool) WholeCall {
	v := WholeCall{Call: callView(c, numbers), Visits: make([]Visit, len(c.Visits)), Legs: make([]Leg, len(c.Legs)), Recordings: len(c.Recordings)}
	for i := range c.Visits {
		s := &c.Visits[i]
		visit := Visit{Queue: s.Queue, Joined: epoch(s.Joined), Answered: epoch(s.Answered), Left: epoch(s.Left), Outcome: string(s.Outcome), Agent: s.Agent,
			AgentLeg: s.AgentLeg, Wait: s.Wait, Talk: s.Talk, Hold: s.Hold, WrapUp: s.Wrap, WrapUpKnown: s.WrapKnown, Attempts: make([]Attempt, len(s.Attempts))}
		for j, a := range s.Attempts {
			visit.Attempts[j] = Attempt{Agent: a.Agent, Leg: a.Leg, Started: micro(a.Started), Answered: a.Answered, Cause: a.Cause}
		}
		v.Visits[i] = visit
	}
	for i, l := range c.Legs {
		v.Legs[i] = Leg{UUID: l.Leg, Switch: cmp.Or(l.Switch, history.UnknownSwitch), Direction: l.Direction, Side: l.Side, Agent: l.Agent, Caller: report.ShownNumber(l.CallerNormal, numbers),
			Called: report.ShownNumber(l.CalledNormal, numbers), Started: micro(l.Start), Answered: micro(l.Answer), Ended: micro(l.End), Cause: l.HangupCause,
			Peers: append([]string{}, l.Peers...), CDR: Base + "/calls/" + url.PathEscape(l.Leg) + "/cdr"}
	}
	return v
}

// ByLeg names a call.
type ByLeg struct {
	ID string `path:"id" maxLength:"256" doc:"UUID of any leg of the call."`
}

type wholeCall struct{ Body WholeCall }

func (f *Face) getCall(ctx context.Context, who *asker, in *ByLeg) (*wholeCall, error) {
	c, err := f.o.History.Call(ctx, in.ID, who.Projects)
	if err != nil {
		return nil, err
	}
	return &wholeCall{wholeCallView(&c.Call, who.May("numbers", "see"))}, nil
}

type document struct {
	ContentType string `header:"Content-Type"`
	// Sniff keeps browsers from taking what a switch wrote for a page.
	Sniff string `header:"X-Content-Type-Options"`
	Body  []byte
}

func (f *Face) getCallCDR(ctx context.Context, who *asker, in *struct {
	ByLeg
	Format string `query:"format" enum:"json,xml" doc:"JSON, unless Accept names XML."`
	Accept string `header:"Accept" hidden:"true"`
}) (*document, error) {
	asXML := in.Format == "xml" || in.Format == "" && strings.Contains(in.Accept, "/xml") && !strings.Contains(in.Accept, "json")
	if asXML {
		if err := f.may(ctx, who, numbersSee); err != nil {
			return nil, err
		}
	}
	if _, err := f.o.History.Call(ctx, in.ID, who.Projects); err != nil {
		return nil, err
	}
	out, err := &document{ContentType: "application/json", Sniff: "nosniff"}, error(nil)
	if asXML {
		out.ContentType = "application/xml"
		out.Body, err = f.o.CDRs.CDRXML(ctx, in.ID)
	} else {
		out.Body, err = f.o.CDRs.CDRJSON(ctx, in.ID, who.May("numbers", "see"))
	}
	return out, err
}

// micro is the time that lies so many microseconds after the beginning of 1970; 0 is never.
func micro(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// epoch is the same of seconds.
func epoch(seconds int64) time.Time { return micro(seconds * 1e6) }
