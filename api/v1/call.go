package v1

import (
	"context"
	"math"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/call"
	"callgate/internal/fault"
	"callgate/internal/report"
)

// Calls makes calls and steers them; call.Controller does.
type Calls interface {
	Originate(ctx context.Context, o call.Order) (reply string, err error)
	Listen(ctx context.Context, who call.Asker, uuid, account, mode string) (reply string, err error)
	Hangup(ctx context.Context, who call.Asker, uuid, cause string) (call.Done, error)
	Transfer(ctx context.Context, who call.Asker, uuid string, to call.Transfer) (call.Done, error)
	Hold(ctx context.Context, who call.Asker, uuid, mode string) (call.Done, error)
	Mute(ctx context.Context, who call.Asker, uuid string, on bool) (call.Done, error)
	DTMF(ctx context.Context, who call.Asker, uuid, digits string) (call.Done, error)
	Record(ctx context.Context, who call.Asker, uuid, verb string) (call.Done, error)
	Bridge(ctx context.Context, who call.Asker, uuid, with string) (call.Done, error)
	Park(ctx context.Context, who call.Asker, uuid string) (call.Done, error)
	// Belongs tells whether a call is one of these projects', none being all.
	Belongs(c call.Call, projects []string) bool
}

// LiveCalls shows the calls that are up.
type LiveCalls interface {
	List() []call.Listing
	Get(uuid string) (call.Call, bool)
}

const (
	callsSee      right = "calls/see"
	callsMake     right = "calls/make"
	callsHangup   right = "calls/hangup"
	callsTransfer right = "calls/transfer"
	callsHold     right = "calls/hold"
	callsMute     right = "calls/mute"
	callsDTMF     right = "calls/dtmf"
	callsRecord   right = "calls/record"
	callsListen   right = "calls/listen"
	callsBridge   right = "calls/bridge"
	callsPark     right = "calls/park"
)

// calls are the operations on calls.
func (f *Face) calls() {
	operation(f, huma.Operation{OperationID: "list-live-calls", Method: http.MethodGet, Path: "/calls/live", Summary: "Calls that are up, one row for each leg",
		Errors: []int{http.StatusNotFound}}, callsSee, f.listLiveCalls)
	operation(f, huma.Operation{OperationID: "make-call", Method: http.MethodPost, Path: "/calls", Summary: "Ring an account and send it on to a number",
		Description: "Answers when the account has answered or FreeSWITCH has refused. Where the link broke meanwhile the outcome is `unknown`: look before " +
			"you order it again. A client that goes away stops the ringing."}, callsMake, f.makeCall)
	operation(f, huma.Operation{OperationID: "get-live-call", Method: http.MethodGet, Path: "/calls/live/{id}", Summary: "One call that is up",
		Errors: []int{http.StatusNotFound}}, callsSee, f.getLiveCall)
	one := func(name, summary, description string) huma.Operation {
		return huma.Operation{OperationID: name + "-call", Method: http.MethodPost, Path: "/calls/{id}/" + name, Summary: summary, Description: description,
			Errors: []int{http.StatusNotFound}}
	}
	operation(f, one("hangup", "End a leg", ""), callsHangup, f.hangupCall)
	operation(f, one("transfer", "Send a leg to a number or a queue", "A number obeys the destination rules as a call to it would."), callsTransfer, f.transferCall)
	operation(f, one("hold", "Put a leg's phone on hold, or take it off", ""), callsHold, f.holdCall)
	operation(f, one("mute", "Let the others not hear a leg's party", ""), callsMute, f.muteCall)
	operation(f, one("dtmf", "Send digits to a leg's party", ""), callsDTMF, f.dtmfCall)
	operation(f, one("record", "Record a leg", "stop, pause and resume are about every recording of the leg and of the one it is bridged with. What is "+
		"said during a pause is silence in the file."), callsRecord, f.recordCall)
	operation(f, one("listen", "Let an account hear a call", "Rings the account. whisper is heard by the leg's own party only, barge by both sides."),
		callsListen, f.listenCall)
	operation(f, one("bridge", "Let two legs talk with each other", ""), callsBridge, f.bridgeCall)
	operation(f, one("park", "Let a leg wait", "Whom it talks with goes on only where its dialplan says so."), callsPark, f.parkCall)
}

// LiveCall is one leg that is up. Times are epoch seconds, 0 for never.
type LiveCall struct {
	UUID      string `json:"uuid"`
	Switch    string `json:"switch"`
	Direction string `json:"direction" enum:"inbound,outbound" doc:"inbound: the party rang us."`
	State     string `json:"state" enum:"ringing,early,active,held"`
	Caller    string `json:"caller" doc:"Hidden, as is callee, from users without the right numbers/see."`
	Callee    string `json:"callee"`
	Since     int64  `json:"since"`
	Answered  int64  `json:"answered"`
	With      string `json:"with" doc:"The leg it is bridged with."`
	Order     string `json:"order" doc:"Id of the order that made it, when it was made here."`
	User      string `json:"user" doc:"Login of who ordered it."`
	Project   string `json:"project"`
	Queue     string `json:"queue"`
	Agent     string `json:"agent"`
	Recorded  bool   `json:"recorded"`
}

func liveCallView(c call.Call, numbers bool) LiveCall {
	direction := "outbound"
	if c.Inbound {
		direction = "inbound"
	}
	return LiveCall{UUID: c.UUID, Switch: c.Switch, Direction: direction, State: string(c.State), Caller: report.ShownNumber(c.Caller, numbers), Callee: report.ShownNumber(c.Callee, numbers),
		Since: unix(c.Since), Answered: unix(c.Answered), With: c.With, Order: c.Order, User: c.User, Project: c.Project, Queue: c.Queue, Agent: c.Agent,
		Recorded: len(c.Recordings) > 0}
}

type liveCallList struct {
	Age  int `header:"Age" doc:"Seconds since the switch last told anything; 0 while its events come. The oldest where there are several."`
	Body []LiveCall
}

func (f *Face) listLiveCalls(_ context.Context, who *asker, in *OnSwitch) (*liveCallList, error) {
	if in.Switch != "" && !slices.Contains(f.o.Switches, in.Switch) {
		return nil, fault.New(fault.NotFound, "Switch")
	}
	out, known, numbers := &liveCallList{Body: []LiveCall{}}, false, who.May("numbers", "see")
	for _, l := range f.o.Live.List() {
		if !l.Known || in.Switch != "" && l.Switch != in.Switch {
			continue
		}
		known = true
		out.Age = max(out.Age, int(math.Ceil(l.Age.Seconds())))
		for _, c := range l.Calls {
			if f.o.Calls.Belongs(c, who.Projects) {
				out.Body = append(out.Body, liveCallView(c, numbers))
			}
		}
	}
	if !known {
		return nil, fault.New(fault.SwitchDown, "")
	}
	return out, nil
}

// ByCall names a leg.
type ByCall struct {
	ID string `path:"id" maxLength:"128" doc:"UUID of the leg."`
}

type oneLiveCall struct{ Body LiveCall }

func (f *Face) getLiveCall(_ context.Context, who *asker, in *ByCall) (*oneLiveCall, error) {
	c, ok := f.o.Live.Get(in.ID)
	if !ok || !f.o.Calls.Belongs(c, who.Projects) {
		return nil, fault.New(fault.NotFound, "Call")
	}
	return &oneLiveCall{liveCallView(c, who.May("numbers", "see"))}, nil
}

// Outcome is what came of ringing an account.
type Outcome struct {
	Outcome string `json:"outcome" enum:"answered,refused,unknown" doc:"unknown: the link to the switch broke, and the call may be up."`
	UUID    string `json:"uuid" doc:"Of the account's leg; empty when it was refused."`
	Cause   string `json:"cause" doc:"Why it was refused, as FreeSWITCH has it."`
}

type outcomeAnswer struct{ Body Outcome }

func outcome(reply string, err error) (*outcomeAnswer, error) {
	if err != nil {
		return nil, err
	}
	o := call.ParseReply(reply)
	return &outcomeAnswer{Outcome{Outcome: o.Kind, UUID: o.UUID, Cause: o.Cause}}, nil
}

type newCall struct {
	Key  string `header:"Idempotency-Key" doc:"Up to 128 printable ASCII characters. Who orders the same under the same key within 24 hours is told what came of it the first time, and nothing rings twice."`
	Body struct {
		SIP     string `json:"sip" pattern:"^[A-Za-z0-9._-]{1,64}$" doc:"The account that rings first."`
		Called  string `json:"called_number" pattern:"^\\+?[0-9*#]{1,32}$" doc:"Where it is sent on to."`
		Caller  string `json:"caller_number" pattern:"^\\+?[0-9*#]{1,32}$" doc:"What both sides see."`
		Project string `json:"project,omitempty" doc:"Without it the owner of caller_number, else the user's only one, or his first."`
	}
}

func (f *Face) makeCall(ctx context.Context, who *asker, in *newCall) (*outcomeAnswer, error) {
	return outcome(f.o.Calls.Originate(ctx, call.Order{Account: in.Body.SIP, Called: in.Body.Called, Caller: in.Body.Caller, Project: in.Body.Project,
		Login: who.Login, Projects: who.Projects, IdempotencyKey: in.Key}))
}

// Steered is the answer to a command that FreeSWITCH has carried out.
type Steered struct {
	Switch string `json:"switch" doc:"The switch that carried it out."`
	Path   string `json:"path,omitempty" doc:"The recording that was begun, by the switch's own file system."`
}

type steeredAnswer struct{ Body Steered }

func (who *asker) steered(d call.Done, err error) (*steeredAnswer, error) {
	if err != nil {
		return nil, err
	}
	d.Path = report.ShownText(d.Path, who.May("numbers", "see")) // of a leg that is named after a number
	return &steeredAnswer{Steered(d)}, nil
}

// steers is who asks, to those who steer calls.
func (a *asker) steers() call.Asker { return call.Asker{Login: a.Login, Projects: a.Projects} }

func (f *Face) hangupCall(ctx context.Context, who *asker, in *struct {
	ByCall
	Body struct {
		Cause string `json:"cause,omitempty" doc:"NORMAL_CLEARING unless another is named."`
	}
}) (*steeredAnswer, error) {
	return who.steered(f.o.Calls.Hangup(ctx, who.steers(), in.ID, in.Body.Cause))
}

func (f *Face) transferCall(ctx context.Context, who *asker, in *struct {
	ByCall
	Body struct {
		Number string `json:"number,omitempty"`
		Queue  string `json:"queue,omitempty"`
		Leg    string `json:"leg,omitempty" doc:"aleg, the one named, bleg, the one it is bridged with, or both; aleg without it."`
	}
}) (*steeredAnswer, error) {
	return who.steered(f.o.Calls.Transfer(ctx, who.steers(), in.ID, call.Transfer(in.Body)))
}

func (f *Face) holdCall(ctx context.Context, who *asker, in *struct {
	ByCall
	Body struct {
		Mode string `json:"mode" doc:"on, off or toggle."`
	}
}) (*steeredAnswer, error) {
	return who.steered(f.o.Calls.Hold(ctx, who.steers(), in.ID, in.Body.Mode))
}

func (f *Face) muteCall(ctx context.Context, who *asker, in *struct {
	ByCall
	Body struct {
		On bool `json:"on"`
	}
}) (*steeredAnswer, error) {
	return who.steered(f.o.Calls.Mute(ctx, who.steers(), in.ID, in.Body.On))
}

func (f *Face) dtmfCall(ctx context.Context, who *asker, in *struct {
	ByCall
	Body struct {
		Digits string `json:"digits" doc:"0-9, A-D, * and #; w waits half a second, W a whole one."`
	}
}) (*steeredAnswer, error) {
	return who.steered(f.o.Calls.DTMF(ctx, who.steers(), in.ID, in.Body.Digits))
}

func (f *Face) recordCall(ctx context.Context, who *asker, in *struct {
	ByCall
	Body struct {
		Verb string `json:"verb" doc:"start, stop, pause or resume."`
	}
}) (*steeredAnswer, error) {
	return who.steered(f.o.Calls.Record(ctx, who.steers(), in.ID, in.Body.Verb))
}

func (f *Face) listenCall(ctx context.Context, who *asker, in *struct {
	ByCall
	Body struct {
		SIP  string `json:"sip" doc:"The account that is to hear it."`
		Mode string `json:"mode" doc:"listen, whisper or barge."`
	}
}) (*outcomeAnswer, error) {
	return outcome(f.o.Calls.Listen(ctx, who.steers(), in.ID, in.Body.SIP, in.Body.Mode))
}

func (f *Face) bridgeCall(ctx context.Context, who *asker, in *struct {
	ByCall
	Body struct {
		With string `json:"with" doc:"UUID of the other leg."`
	}
}) (*steeredAnswer, error) {
	return who.steered(f.o.Calls.Bridge(ctx, who.steers(), in.ID, in.Body.With))
}

func (f *Face) parkCall(ctx context.Context, who *asker, in *ByCall) (*steeredAnswer, error) {
	return who.steered(f.o.Calls.Park(ctx, who.steers(), in.ID))
}
