// Package call originates calls. A call may ring a person and cost money, so nothing here is ever tried twice:
// the job is registered before FreeSWITCH hears of it, and when a link breaks in between the outcome is said to
// be unknown. The package knows what a call is and nothing of HTTP; it owns no goroutines, and a Controller may
// be used from any goroutine.
package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
	"callgate/internal/fault"
)

// Switch is the link to one FreeSWITCH.
type Switch interface {
	Name() string
	Ready() bool
	API(ctx context.Context, name string, args ...string) (string, error)
	BgAPI(ctx context.Context, id, name string, args ...string) (*esl.Job, error)
}

// Recordings says where a switch is to write a call's recording.
type Recordings interface {
	Path(switchName, id string) string
}

// Order is one call to make. The caller of this package has checked the form of its fields.
type Order struct {
	Account string // the SIP account that rings first
	Called  string // the number it is sent on to
	Caller  string // the number both sides see
}

// Plan is how calls are made.
type Plan struct {
	Dial, Then string        // templates with {sip} {called_number} {caller_number} {uuid}
	RingTime   time.Duration // how long the account rings, in whole seconds
}

// Options are a Controller's collaborators.
type Options struct {
	Switches   []Switch // in the order they are preferred
	Recordings Recordings
	Plan       func() Plan   // is asked once for every call
	NewID      func() string // default: random UUIDs
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Controller originates calls.
type Controller struct {
	o       Options
	results *prometheus.CounterVec
}

const (
	// answerSlack is how much longer than the ring time FreeSWITCH may take to report: its whole-second clock,
	// the dial plan of the account, a slow link.
	answerSlack = 10 * time.Second
	// lookTime bounds the question where an account is registered; without an answer the call is made anyway.
	lookTime = 2 * time.Second
	// cancelTime bounds the attempt to stop a phone ringing for a client that has gone.
	cancelTime = 5 * time.Second
)

// New makes a Controller.
func New(o Options) *Controller {
	if o.NewID == nil {
		o.NewID = uuid.NewString
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	c := &Controller{o: o, results: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "callgate_call_originates_total",
		Help: "Calls asked of FreeSWITCH, by outcome: answered, refused, unknown (the link broke), cancelled, down.",
	}, []string{"outcome"})}
	for _, outcome := range []string{"answered", "refused", "unknown", "cancelled", "down"} {
		c.results.WithLabelValues(outcome)
	}
	o.Registerer.MustRegister(c.results)
	return c
}

// Originate rings the account and, when it answers, sends it to the called number, recorded. It blocks until the
// account has answered or FreeSWITCH has refused, and returns FreeSWITCH's own reply: "+OK <uuid>\n" or
// "-ERR <CAUSE>\n"; "-ERR OUTCOME_UNKNOWN <uuid>\n" when the link broke after the call may have begun. When ctx
// ends first the ringing is stopped. Errors: fault.WrongField about called_number for a feature code,
// fault.SwitchDown when no switch took the order.
func (c *Controller) Originate(ctx context.Context, o Order) (string, error) {
	if strings.ContainsAny(o.Called, "*#") {
		// Feature codes act on the switch itself: forwarding, eavesdropping, voice mail.
		return "", fault.New(fault.WrongField, "called_number")
	}
	plan := c.o.Plan()
	sw, contacts := c.choose(ctx, plan, o.Account)
	if sw == nil {
		c.results.WithLabelValues("down").Inc()
		return "", fault.New(fault.SwitchDown, "")
	}
	id := c.o.NewID()
	line, err := c.line(sw, plan, o, id, contacts)
	if err != nil {
		return "", err
	}
	wait, stop := context.WithTimeout(ctx, plan.RingTime+answerSlack)
	defer stop()
	reply, err := perform(wait, sw, id, line)
	var refused *esl.ReplyError
	switch {
	case err == nil:
		c.results.WithLabelValues("answered").Inc()
		return reply, nil
	case errors.As(err, &refused):
		c.results.WithLabelValues("refused").Inc()
		return refused.Text + "\n", nil
	case ctx.Err() != nil:
		c.cancel(ctx, sw, id, contacts)
		c.results.WithLabelValues("cancelled").Inc()
		return "", fmt.Errorf("originate: %w", context.Cause(ctx))
	case errors.Is(err, esl.ErrOutcomeUnknown):
		c.results.WithLabelValues("unknown").Inc()
		c.o.Logger.WarnContext(ctx, "outcome of originate unknown", "switch", sw.Name(), "call", id, "error", err)
		return "-ERR OUTCOME_UNKNOWN " + id + "\n", nil
	case errors.Is(err, esl.ErrDown) || errors.Is(err, esl.ErrBusy):
		c.results.WithLabelValues("down").Inc()
		return "", fault.Wrap(fault.SwitchDown, err, "originate")
	default:
		return "", fmt.Errorf("originate: %w", err)
	}
}

// perform gives the order to the switch and waits for its result.
func perform(ctx context.Context, sw Switch, id, line string) (string, error) {
	job, err := sw.BgAPI(ctx, id, "originate", line)
	if err != nil {
		return "", err
	}
	return job.Wait(ctx)
}

// choose picks the switch where the account is registered, else the first that is ready, and says how many
// contacts the dial string will yield there.
func (c *Controller) choose(ctx context.Context, plan Plan, account string) (Switch, int) {
	var first Switch
	address, isUser := strings.CutPrefix(plan.Dial, "user/")
	for _, sw := range c.o.Switches {
		if !sw.Ready() {
			continue
		}
		if first == nil {
			first = sw
		}
		if !isUser {
			break // only accounts register
		}
		look, stop := context.WithTimeout(ctx, lookTime)
		// Source: mod_sofia sofia_contact_function; "*" looks in every profile, no domain means the default one.
		contacts, err := sw.API(look, "sofia_contact", "*/"+strings.ReplaceAll(address, "{sip}", account))
		stop()
		if err == nil && strings.HasPrefix(contacts, "sofia/") {
			return sw, strings.Count(contacts, ",") + 1
		}
	}
	return first, 1
}

// line writes the arguments of originate. With one contact the UUID is ours from the start; with several a
// shared origination_uuid would make all but the first fail, so there the legs only carry our call id.
//
// Source: mod_commands originate_function; switch_ivr_originate.c for the variables.
func (c *Controller) line(sw Switch, plan Plan, o Order, id string, contacts int) (string, error) {
	path := c.o.Recordings.Path(sw.Name(), id)
	vars := []esl.Var{
		{Name: "callgate_call", Value: id},
		{Name: "originate_timeout", Value: strconv.Itoa(int(plan.RingTime.Seconds()))},
		{Name: "ignore_early_media", Value: "true"}, // early media is no answer
		{Name: "origination_caller_id_number", Value: o.Caller, Allow: esl.NumberChars},
		{Name: "origination_caller_id_name", Value: o.Caller, Allow: esl.NumberChars},
		// Without these the called party would see the account.
		{Name: "effective_caller_id_number", Value: o.Caller, Allow: esl.NumberChars},
		{Name: "effective_caller_id_name", Value: o.Caller, Allow: esl.NumberChars},
		// FreeSWITCH keeps no variable with a recording's path; ours lets the CDR find it.
		{Name: "callgate_recording", Value: path},
		{Name: "execute_on_answer", Value: "record_session:" + path},
	}
	if contacts == 1 {
		vars = append(vars, esl.Var{Name: "origination_uuid", Value: id})
	}
	block, err := esl.Vars(vars...)
	if err != nil {
		return "", fmt.Errorf("write originate: %w", err)
	}
	fill := strings.NewReplacer("{sip}", o.Account, "{called_number}", o.Called, "{caller_number}", o.Caller, "{uuid}", id)
	return block + fill.Replace(plan.Dial) + " " + fill.Replace(plan.Then), nil
}

// cancelAfter are the pauses before each attempt to stop a call: the order may have been given so recently that
// FreeSWITCH has no channel yet.
var cancelAfter = [...]time.Duration{0, 200 * time.Millisecond, time.Second, 2 * time.Second}

// cancel stops the ringing of a call whose client has gone. Killing twice does no harm, unlike ringing twice.
func (c *Controller) cancel(ctx context.Context, sw Switch, id string, contacts int) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), cancelTime)
	defer stop()
	var err error
	for _, pause := range cancelAfter {
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		if contacts > 1 {
			// The legs' UUIDs are FreeSWITCH's own; they are known by the variable they carry. FreeSWITCH says
			// +OK whether or not it found one, so every attempt is made.
			_, err = sw.API(ctx, "hupall", "ORIGINATOR_CANCEL", "callgate_call", id)
		} else if _, err = sw.API(ctx, "uuid_kill", id, "ORIGINATOR_CANCEL"); err == nil {
			return
		}
	}
	if err != nil {
		c.o.Logger.WarnContext(ctx, "cancel originate", "switch", sw.Name(), "call", id, "error", err)
	}
}
