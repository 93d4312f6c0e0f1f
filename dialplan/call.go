package dialplan

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/google/uuid"

	"callgate/esl"
	"callgate/internal/project"
)

const (
	// applicationTime bounds applications that are over in no time. One that FreeSWITCH does not start, for want of media,
	// reports nothing at all.
	applicationTime = 10 * time.Second
	// announceTime bounds an announcement.
	announceTime = 5 * time.Minute
	// maxSteps is how many steps a call goes through; one more, and it is given back. Routes may lead in circles.
	maxSteps = 8
)

// call is one call that was handed over.
type call struct {
	h     *Handler
	s     *esl.Session
	match project.Match
	known Decision // what all its decisions have in common
	doing string   // what is being done, for the decision when it fails or the caller hangs up

	answered, recorded, prepared bool
	stale                        bool   // the channel has the cause of an earlier queue
	away                         bool   // the call was led elsewhere
	keys                         string // that leave a queue, as the channel has them
}

// errAway is what becomes of a call that somebody leads elsewhere while we do something with it.
var errAway = errors.New("taken out")

// note puts a decision into the book.
func (c *call) note(step Step, detail string) {
	d := c.known
	d.At, d.Step, d.Detail = c.h.o.Now(), step, plain(detail)
	c.h.o.Note(d)
}

// run takes the call through its route. The error is esl.ErrHungUp when the caller hung up before anybody answered.
func (c *call) run(ctx context.Context) (outcome string, err error) {
	c.note(Arrived, "")
	open, announcement, step := c.match.Plan.Start(c.h.o.Now())
	c.note(Routed, map[bool]string{true: "open", false: "closed"}[open])
	if err := c.mark(ctx); err != nil {
		return "", err
	}
	if announcement != "" {
		if err := c.record(ctx, step); err != nil {
			return "", err
		}
		if err := c.announce(ctx, announcement); err != nil {
			return "", err
		}
	}
	for range maxSteps {
		if outcome, step, err = c.take(ctx, step); outcome != "" || err != nil {
			return outcome, err
		}
	}
	c.note(Continued, fmt.Sprintf("more than %d steps", maxSteps))
	return givenBack, nil
}

// take does one step. Without an outcome another one follows.
func (c *call) take(ctx context.Context, step project.Step) (outcome string, next project.Step, err error) {
	if err := c.record(ctx, step); err != nil {
		return "", next, err
	}
	switch step.Verb {
	case project.Queue:
		return c.queue(ctx, step.Target)
	case project.Bridge:
		return c.bridge(ctx, step.Target)
	case project.Transfer:
		return c.transfer(ctx, step)
	case project.Hangup:
		return c.hangup(ctx, step.Target)
	}
	c.note(Continued, "")
	return givenBack, next, nil
}

// dialledForm is a dialled number that may be put into a variable; what else callers may send is not.
var dialledForm = regexp.MustCompile(`^\+?[0-9*#]{1,32}$`)

// mark tells the CDR what we know. A variable that an earlier visit of the call has left is put right.
func (c *call) mark(ctx context.Context) error {
	c.doing = "variables"
	number := c.match.Number
	if number == "" && dialledForm.MatchString(c.known.Number) {
		number = c.known.Number
	}
	var all [][2]string
	for _, v := range [][2]string{{"callgate_project", esl.Escape(c.match.Project)}, {"callgate_number", number}, {"callgate_route", c.match.Route}} {
		if c.s.Data().Get("variable_"+v[0]) != v[1] {
			all = append(all, v)
		}
	}
	// FreeSWITCH makes line breaks of %0d%0a in a caller's name and writes them into the INVITE to an agent's phone, which
	// never rings then. Source: mod_sofia.h check_decode, mod_callcenter.c outbound_agent_thread_run.
	if strings.ContainsFunc(c.s.Data().Get("Caller-Caller-ID-Name"), unicode.IsControl) {
		all = append(all, [2]string{"effective_caller_id_name", "unknown"})
	}
	return c.unless(c.set(ctx, all...))
}

// set sets variables, all at once: FreeSWITCH looks every 20 ms whether something has been executed.
func (c *call) set(ctx context.Context, all ...[2]string) error {
	ctx, cancel := context.WithTimeout(ctx, applicationTime)
	defer cancel()
	failed := make([]error, len(all)+1)
	var wg sync.WaitGroup
	for i, v := range all {
		wg.Go(func() { failed[i] = c.s.Set(ctx, v[0], v[1]) })
	}
	wg.Wait()
	failed[len(all)] = c.up()
	return errors.Join(failed...)
}

// execute runs an application that ends by itself within some time.
func (c *call) execute(ctx context.Context, within time.Duration, application, argument string) (*esl.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	e, err := c.s.Execute(ctx, application, argument)
	if err != nil {
		return nil, err
	}
	if c.left(e); c.away {
		return e, errAway
	}
	return e, c.up()
}

// left notes whether the call was on its way elsewhere when an application ended: transferred, parked or bridged by
// somebody. Source: switch_channel.c switch_channel_event_set_basic_data, switch_types.h switch_channel_state_t.
func (c *call) left(e *esl.Event) {
	switch e.Get("Channel-State-Number") {
	case "2", "3", "5", "6", "7", "8": // routing, soft execute, exchange media, park, consume media, hibernate
		c.away = c.up() == nil
	}
}

// follow keeps our connection until a call that was led elsewhere is over. FreeSWITCH's thread for it would end with it,
// and then it lets the call go on with its dialplan wherever the call is: parked, or handed over to us once more, whom it
// takes out of there, or leaves in the air. Source: mod_event_socket.c listener_run.
func (c *call) follow(ctx context.Context) {
	if !c.away || !c.s.Async() { // without async the call goes on when we go
		return
	}
	select {
	case <-c.s.HungUp():
	case <-ctx.Done():
	}
}

// up is esl.ErrHungUp once the call is over.
func (c *call) up() error {
	select {
	case <-c.s.HungUp():
		return esl.ErrHungUp
	default:
		return nil
	}
}

// answer answers, once. What is only hung up, transferred, bridged or given back is not: the cause, or the ringing, is
// to reach the caller's network.
func (c *call) answer(ctx context.Context) error {
	if c.answered {
		return nil
	}
	c.doing = "answer"
	c.answered = true
	_, err := c.execute(ctx, applicationTime, "answer", "")
	return err
}

// plainID is a channel's id that may name a file. Where a profile has inbound-use-callid-as-uuid the caller chooses it.
var plainID = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$`)

// record starts to record a call of which something will be left to hear, once, and not one that is hung up or given
// back. A recording that cannot be made is no reason to lose the call.
func (c *call) record(ctx context.Context, step project.Step) error {
	wanted := step.Verb == project.Queue || step.Verb == project.Bridge || step.Verb == project.Transfer
	if !c.match.Record || c.recorded || !wanted {
		return nil
	}
	c.recorded = true
	if err := c.answer(ctx); err != nil { // without media there is nothing to record
		return err
	}
	id := c.s.UUID()
	if !plainID.MatchString(id) {
		id = uuid.NewString()
	}
	path := c.h.o.Recordings.Path(c.known.Switch, id)
	c.doing = "record"
	c.note(Recorded, "")
	// FreeSWITCH keeps no variable with a recording's path; by ours the recording is found.
	set := [][2]string{{"callgate_recording", path}}
	if c.s.Data().Get("variable_callgate_recording") == path {
		// An earlier visit's recording goes on, or was stopped, and its file is not to be written anew.
		set = append(set, [2]string{"RECORD_APPEND", "true"})
	}
	err := c.set(ctx, set...)
	if err == nil {
		_, err = c.execute(ctx, applicationTime, "record_session", path)
	}
	return c.unless(err)
}

// unless makes of a failure that the call can do without a note.
func (c *call) unless(err error) error {
	var refused *esl.ReplyError
	switch {
	case errors.Is(err, errAway) || errors.Is(err, esl.ErrHungUp) || errors.Is(err, esl.ErrDown) || errors.Is(err, esl.ErrOutcomeUnknown):
		return err
	case errors.Is(err, esl.ErrArgument) || errors.As(err, &refused):
		c.note(Failed, c.doing+": "+err.Error())
		return nil
	}
	return err
}

func (c *call) announce(ctx context.Context, sound string) error {
	if err := c.answer(ctx); err != nil {
		return err
	}
	c.doing = "announcement"
	e, err := c.execute(ctx, announceTime, "playback", sound)
	if err != nil {
		return c.unless(err)
	}
	// Source: mod_dptools.c playback_function.
	if response := e.Get("Application-Response"); response != "FILE PLAYED" {
		c.note(Announced, response)
	} else {
		c.note(Announced, "")
	}
	return nil
}
