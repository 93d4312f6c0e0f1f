package call

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"callgate/esl"
	"callgate/internal/fault"
)

// Asker is who steers a call.
type Asker struct {
	Login    string
	Projects []string // those that this user is limited to; empty means all
}

// Done says where a command was carried out.
type Done struct {
	Switch string
	Path   string // of the recording that was begun
}

// OutcomeUnknown is the subject of a fault.SwitchDown after which nobody knows whether a command was carried out.
const OutcomeUnknown = "outcome unknown"

const (
	commandTime = 10 * time.Second // for one command and what is read before and after it
	lookPause   = 100 * time.Millisecond
	looks       = 10 // at what a command is to change, until it has
)

// The commands, by which they are counted.
const (
	hangup   = "hangup"
	transfer = "transfer"
	hold     = "hold"
	mute     = "mute"
	dtmf     = "dtmf"
	record   = "record"
	listen   = "listen"
	bridge   = "bridge"
	park     = "park"
)

// The methods below steer a call that is up. Each finds the call's switch in the list of live calls and asks that switch
// before it believes it. A command is sent once, whatever becomes of it, and also when the client has gone meanwhile. They
// answer fault.NotFound "Call" for a call that is not up, or none of the user's projects; fault.WrongField about what
// cannot be, "state" where the call is not so far or FreeSWITCH did not do what it said; fault.SwitchDown without a
// usable link, and with the subject OutcomeUnknown when it may have been carried out.

// steer finds a call and runs a command on it.
func (c *Controller) steer(ctx context.Context, action string, who Asker, uuid string, do func(ctx context.Context, sw Switch, call Call) error) (Done, error) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), commandTime)
	defer stop()
	sw, call, err := c.find(ctx, who, uuid)
	if err == nil {
		err = verdict(do(ctx, sw, call))
	}
	result := "ok"
	switch {
	case errors.Is(err, fault.New(fault.SwitchDown, OutcomeUnknown)):
		result = "unknown"
	case err != nil:
		result = "failed"
	}
	c.controls.WithLabelValues(action, result).Inc()
	if err != nil {
		return Done{}, fmt.Errorf("%s: %w", action, err)
	}
	c.o.Logger.InfoContext(ctx, "call steered", "action", action, "switch", sw.Name(), "call", uuid, "by", who.Login)
	return Done{Switch: sw.Name()}, nil
}

// find finds a call that the user may steer, and the switch that it is on.
func (c *Controller) find(ctx context.Context, who Asker, uuid string) (Switch, Call, error) {
	missing := fault.New(fault.NotFound, "Call")
	if !uuidForm.MatchString(uuid) {
		return nil, Call{}, missing
	}
	call, ok := c.o.Live.Get(uuid)
	if !ok && c.o.Live.blind() {
		return nil, Call{}, fault.New(fault.SwitchDown, "")
	}
	if !ok || !c.Belongs(call, who.Projects) {
		return nil, Call{}, missing
	}
	i := slices.IndexFunc(c.o.Switches, func(sw Switch) bool { return sw.Name() == call.Switch })
	if i < 0 {
		return nil, Call{}, missing
	}
	sw := c.o.Switches[i]
	up, err := exists(ctx, sw, uuid)
	if err != nil { // a question: nothing was changed
		return nil, Call{}, fault.Wrap(fault.SwitchDown, err, "find the call")
	}
	if !up {
		return nil, Call{}, missing
	}
	return sw, call, nil
}

// Belongs tells whether a call is one of these projects', none being all: by its project, else by its number or its
// queue, else by the leg that it is bridged with.
func (c *Controller) Belongs(call Call, projects []string) bool {
	if len(projects) == 0 || c.belongs(call, projects) {
		return true
	}
	other, ok := c.o.Live.Get(call.With)
	return ok && call.Project == "" && c.belongs(other, projects)
}

func (c *Controller) belongs(call Call, projects []string) bool {
	if call.Project != "" {
		return slices.Contains(projects, call.Project)
	}
	numbers := []string{c.o.Projects.Lookup(call.Callee).Project}
	if !call.Inbound { // who rings us shows the number that he likes
		numbers = append(numbers, c.o.Projects.Lookup(call.Caller).Project)
	}
	for _, p := range numbers {
		if p != "" {
			return slices.Contains(projects, p)
		}
	}
	return call.Queue != "" && c.serves(projects, call.Queue)
}

// serves tells whether a queue serves one of the projects.
func (c *Controller) serves(projects []string, queue string) bool {
	return slices.ContainsFunc(projects, func(id string) bool {
		p, err := c.o.Projects.Get(id)
		return err == nil && slices.Contains(p.Queues, queue)
	})
}

// verdict gives the failure of a command its kind.
func verdict(err error) error {
	var refused *esl.ReplyError
	switch _, known := fault.Of(err); {
	case err == nil || known:
		return err
	case errors.As(err, &refused):
		if strings.Contains(refused.Text, "No such channel") || strings.Contains(refused.Text, "Cannot locate session") {
			return &fault.Error{Kind: fault.NotFound, Subject: "Call", Err: err}
		}
		return refuse("state", errors.New("FreeSWITCH answers "+refused.Text))
	case errors.Is(err, esl.ErrOutcomeUnknown):
		return &fault.Error{Kind: fault.SwitchDown, Subject: OutcomeUnknown, Err: err}
	case errors.Is(err, esl.ErrDown), errors.Is(err, esl.ErrBusy):
		return fault.Wrap(fault.SwitchDown, err, "command")
	}
	return err
}

// run runs a command that answers +OK.
func run(ctx context.Context, sw Switch, name string, args ...string) error {
	text, err := sw.API(ctx, name, args...)
	if err == nil && !strings.HasPrefix(text, "+OK") {
		return fmt.Errorf("%s on %s answers %.60q", name, sw.Name(), text)
	}
	return err
}

// confirm looks until what a command was to do is seen. FreeSWITCH has said +OK; that it cannot be looked at does not
// take it back.
func (c *Controller) confirm(ctx context.Context, seen func() (bool, error)) error {
	for range looks {
		ok, err := seen()
		if ok {
			return nil
		}
		if err != nil {
			return unseen(err, OutcomeUnknown)
		}
		select {
		case <-ctx.Done():
			return &fault.Error{Kind: fault.SwitchDown, Subject: OutcomeUnknown, Err: ctx.Err()}
		case <-time.After(lookPause):
		}
	}
	return refuse("state", errors.New("FreeSWITCH said +OK and did not do it"))
}

// unseen is the failure of a look at a call that was up: what FreeSWITCH answers nothing about has ended meanwhile.
func unseen(err error, subject string) error {
	if _, refused := errors.AsType[*esl.ReplyError](err); refused {
		return &fault.Error{Kind: fault.NotFound, Subject: "Call", Err: err}
	}
	return &fault.Error{Kind: fault.SwitchDown, Subject: subject, Err: err}
}

// answered refuses a call that nobody has answered yet. Some commands would take it half up (uuid_audio gives it early
// media), others are accepted and come to nothing.
func answered(call Call) error {
	if call.State == Ringing || call.State == Early {
		return refuse("state", errors.New("the call has not been answered"))
	}
	return nil
}

// causes are what a call may be ended with. FreeSWITCH takes any other text for NORMAL_CLEARING.
var causes = [...]string{"NORMAL_CLEARING", "USER_BUSY", "NO_ANSWER", "CALL_REJECTED", "NO_USER_RESPONSE", "SUBSCRIBER_ABSENT", "UNALLOCATED_NUMBER", "DESTINATION_OUT_OF_ORDER", "NORMAL_TEMPORARY_FAILURE", "SERVICE_UNAVAILABLE", "ORIGINATOR_CANCEL", "MANAGER_REQUEST"}

// Hangup ends a leg with a cause, NORMAL_CLEARING when it is empty. The leg it is bridged with goes on only where its
// dialplan says so.
func (c *Controller) Hangup(ctx context.Context, who Asker, uuid, cause string) (Done, error) {
	if cause == "" {
		cause = causes[0]
	}
	if !slices.Contains(causes[:], cause) {
		return Done{}, refuse("cause", errors.New("want one of "+strings.Join(causes[:], ", ")))
	}
	return c.steer(ctx, hangup, who, uuid, func(ctx context.Context, sw Switch, _ Call) error {
		return run(ctx, sw, "uuid_kill", uuid, cause)
	})
}

// Hold puts a leg's phone on hold ("on"), takes it off ("off"), or does what it is not ("toggle"). Whom it talks with
// hears FreeSWITCH's music.
//
// Source: mod_commands.c uuid_hold_function says +OK of calls that are not there and of those that ring.
func (c *Controller) Hold(ctx context.Context, who Asker, uuid, mode string) (Done, error) {
	if !slices.Contains([]string{"on", "off", "toggle"}, mode) {
		return Done{}, refuse("mode", errors.New("want on, off or toggle"))
	}
	return c.steer(ctx, hold, who, uuid, func(ctx context.Context, sw Switch, call Call) error {
		if err := answered(call); err != nil {
			return err
		}
		before, err := channelHeader(ctx, sw, uuid, "Channel-Call-State")
		if err != nil {
			return unseen(err, "")
		}
		wanted := mode == "on" || mode == "toggle" && before != "HELD"
		if wanted == (before == "HELD") {
			return nil // it is so
		}
		args := []string{uuid}
		if !wanted {
			args = []string{"off", uuid}
		}
		if err := run(ctx, sw, "uuid_hold", args...); err != nil {
			return err
		}
		return c.confirm(ctx, func() (bool, error) {
			now, err := channelHeader(ctx, sw, uuid, "Channel-Call-State")
			return (now == "HELD") == wanted && err == nil, err
		})
	})
}

// channelHeader reads one header of a channel.
func channelHeader(ctx context.Context, sw Switch, uuid, name string) (string, error) {
	text, err := sw.API(ctx, "uuid_dump", uuid, "json")
	if err != nil {
		return "", err
	}
	headers, err := readDump(text)
	value, _ := headers[name].(string)
	return value, err
}

// Mute makes a leg's party unheard by the others, or heard again.
//
// Source: mod_commands.c session_audio_function says +OK whatever came of it; the media bug shows.
func (c *Controller) Mute(ctx context.Context, who Asker, uuid string, on bool) (Done, error) {
	return c.steer(ctx, mute, who, uuid, func(ctx context.Context, sw Switch, call Call) error {
		if err := answered(call); err != nil {
			return err
		}
		args := []string{uuid, "stop"}
		if on {
			args = []string{uuid, "start", "read", "mute", "1"}
		}
		if err := run(ctx, sw, "uuid_audio", args...); err != nil {
			return err
		}
		return c.confirm(ctx, func() (bool, error) {
			bugs, err := readBugs(ctx, sw, uuid)
			return slices.ContainsFunc(bugs, func(b bug) bool { return b.function == "audio" }) == on && err == nil, err
		})
	})
}

var digitsForm = regexp.MustCompile(`^[0-9A-Da-d*#wW]{1,64}$`)

// DTMF sends digits to a leg's party; w waits half a second, W a whole one.
func (c *Controller) DTMF(ctx context.Context, who Asker, uuid, digits string) (Done, error) {
	if !digitsForm.MatchString(digits) {
		return Done{}, refuse("digits", errors.New("want 1 to 64 of 0-9, A-D, *, # and w"))
	}
	return c.steer(ctx, dtmf, who, uuid, func(ctx context.Context, sw Switch, _ Call) error {
		return run(ctx, sw, "uuid_send_dtmf", uuid, digits)
	})
}

// Bridge lets two legs of one switch talk with each other. What they were bridged with before goes on only where its
// dialplan says so.
//
// Source: switch_ivr_bridge.c switch_ivr_uuid_bridge, which also says +OK to a leg that is to be bridged with itself.
func (c *Controller) Bridge(ctx context.Context, who Asker, uuid, with string) (Done, error) {
	return c.steer(ctx, bridge, who, uuid, func(ctx context.Context, sw Switch, call Call) error {
		other, second, err := c.find(ctx, who, with)
		switch {
		case errors.Is(err, fault.New(fault.NotFound, "")):
			return refuse("with", errors.New("no such call"))
		case err != nil:
			return err
		case with == uuid:
			return refuse("with", errors.New("it is the same leg"))
		case other.Name() != sw.Name():
			return refuse("with", errors.New("it is on another switch"))
		}
		if err := errors.Join(answered(call), answered(second)); err != nil {
			return err
		}
		return run(ctx, sw, "uuid_bridge", uuid, with)
	})
}

// Park takes a leg out of what it is in and lets it wait for another command. Whom it talked with goes on only where its
// dialplan says so.
func (c *Controller) Park(ctx context.Context, who Asker, uuid string) (Done, error) {
	return c.steer(ctx, park, who, uuid, func(ctx context.Context, sw Switch, call Call) error {
		if err := answered(call); err != nil {
			return err
		}
		if err := run(ctx, sw, "uuid_park", uuid); err != nil {
			return err
		}
		return c.confirm(ctx, func() (bool, error) {
			state, err := channelHeader(ctx, sw, uuid, "Channel-State")
			return state == "CS_PARK", err
		})
	})
}
