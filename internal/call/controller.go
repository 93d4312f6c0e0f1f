// Package call makes calls, steers them and knows which are up. A call may ring a person and cost money, so nothing
// here is ever tried twice: what is ordered is registered before FreeSWITCH hears of it, and when a link breaks in
// between the outcome is said to be unknown. Rules say where calls may go. The package knows what a call is and nothing
// of HTTP or SQL; goroutines live as long as Live.Run, or as the call of a method. All types may be used from any
// goroutine.
package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
	"callgate/internal/fault"
	"callgate/internal/project"
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

	Login    string   // who orders it
	Projects []string // those that this user is limited to; empty means all
	Project  string   // the one that the call is for; "" is found by Caller
	// IdempotencyKey makes repeating the order harmless: who gives it again under the same key gets what came of it the
	// first time. "" is none.
	IdempotencyKey string
}

var (
	numberForm  = regexp.MustCompile(`^\+?[0-9*#]{1,32}$`)
	accountForm = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)
)

// IsNumber tells whether a text has the form of a number that may be called or shown; rules say whether it may be called.
func IsNumber(text string) bool { return numberForm.MatchString(text) }

// IsAccount tells whether a text has the form of a SIP account's name.
func IsAccount(text string) bool { return accountForm.MatchString(text) }

// Plan is how calls are made.
type Plan struct {
	Dial, Then string        // templates with {sip} {called_number} {caller_number} {uuid}
	RingTime   time.Duration // how long the account rings, in whole seconds
	Limits     Limits
	Context    string // of the dialplan, that transferred calls go to
}

// Projects knows the projects and whose a number is.
type Projects interface {
	Get(id string) (project.Project, error)
	Lookup(number string) project.Match
}

// Options are a Controller's collaborators.
type Options struct {
	Switches   []Switch // in the order they are preferred
	Recordings Recordings
	Plan       func() Plan // is asked once for every call
	Keys       KeyStore    // needed for orders with a key
	Rules      *Rules      // nil has none
	Live       *Live       // nil knows no call
	Projects   Projects    // nil has none
	// Queue tells whether a switch has a queue; nil has none.
	Queue      func(switchName, name string) bool
	NewID      func() string // default: random UUIDs
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Controller makes calls and steers them.
type Controller struct {
	o        Options
	results  *prometheus.CounterVec
	controls *prometheus.CounterVec
	flying   flying

	mu     sync.Mutex
	purged time.Time // when keys were purged last
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
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rules == nil {
		o.Rules = NewRules(nil, RulesOptions{})
	}
	if o.Projects == nil {
		o.Projects = project.New(nil, project.Options{})
	}
	if o.Live == nil {
		o.Live = NewLive(LiveOptions{})
	}
	c := &Controller{o: o, flying: flying{byCall: map[string]made{}}, results: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "callgate_call_originates_total",
		Help: "Calls asked of FreeSWITCH, by outcome: answered, refused, unknown (the link broke), cancelled, down, denied (by a rule), limited.",
	}, []string{"outcome"})}
	for _, outcome := range []string{"answered", "refused", "unknown", "cancelled", "down", "denied", "limited"} {
		c.results.WithLabelValues(outcome)
	}
	c.controls = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "callgate_call_controls_total",
		Help: "Commands to calls that are up, by what was asked and what came of it: ok, failed, unknown (the link broke).",
	}, []string{"action", "result"})
	for _, action := range []string{hangup, transfer, hold, mute, dtmf, record, listen, bridge, park} {
		for _, result := range []string{"ok", "failed", "unknown"} {
			c.controls.WithLabelValues(action, result)
		}
	}
	o.Registerer.MustRegister(c.results, c.controls)
	return c
}

// errCancelled is the failure of an order whose client has gone.
var errCancelled = errors.New("the client has gone")

// Originate rings the account and, when it answers, sends it to the called number, recorded. It blocks until the
// account has answered or FreeSWITCH has refused, and returns FreeSWITCH's own reply: "+OK <uuid>\n" or
// "-ERR <CAUSE>\n"; "-ERR OUTCOME_UNKNOWN <uuid>\n" when the link broke after the call may have begun. When ctx
// ends first the ringing is stopped. Errors: fault.WrongField about called_number where rules do not let it be called,
// about project for one that is not the user's, about Idempotency-Key for one that stands for another order;
// fault.TooMany over a limit; fault.SwitchDown when no switch took the order; fault.StorageDown when what has to be kept
// first cannot be.
func (c *Controller) Originate(ctx context.Context, o Order) (string, error) {
	if o.IdempotencyKey != "" {
		return c.once(ctx, o)
	}
	return c.make(ctx, o, c.o.NewID())
}

// make makes a call under that id.
func (c *Controller) make(ctx context.Context, o Order, id string) (string, error) {
	owner, err := c.projectOf(&o)
	if err != nil {
		return "", err
	}
	rules, err := c.o.Rules.check("called_number", o.Called, o.Login, owner)
	if err != nil {
		c.results.WithLabelValues("denied").Inc()
		return "", err
	}
	plan := c.o.Plan()
	sw, contacts := c.choose(ctx, plan, o.Account)
	if sw == nil {
		c.results.WithLabelValues("down").Inc()
		return "", fault.New(fault.SwitchDown, "")
	}
	line, err := c.line(sw, plan, o, id, owner, contacts)
	if err != nil {
		return "", err
	}
	err = c.flying.begin(id, made{login: o.Login, project: owner}, plan.Limits, rules, c.o.Live, c.o.Now())
	if err == nil {
		answered := false
		defer func() { c.flying.end(id, answered, c.o.Now()) }()
		if err = c.o.Rules.count(ctx, rules); err == nil {
			var reply string
			reply, err = c.ring(ctx, plan, sw, order{id: id, line: line, contacts: contacts, variable: callVariable})
			answered = strings.HasPrefix(reply, "+OK") || strings.HasPrefix(reply, outcomeUnknown(id))
			return reply, err
		}
	}
	if errors.Is(err, fault.New(fault.TooMany, "")) {
		c.results.WithLabelValues("limited").Inc()
	}
	return "", err
}

// order is one originate command.
type order struct {
	id       string // of the job, and of the channel where it can be
	line     string
	contacts int    // how many phones may ring
	variable string // that has the id on every leg
}

// ring gives the order to the switch, once, and waits for what comes of it.
func (c *Controller) ring(ctx context.Context, plan Plan, sw Switch, o order) (string, error) {
	wait, stop := context.WithTimeout(ctx, plan.RingTime+answerSlack)
	defer stop()
	reply, err := perform(wait, sw, o.id, o.line)
	var refused *esl.ReplyError
	switch {
	case err == nil:
		c.results.WithLabelValues("answered").Inc()
		return reply, nil
	case errors.As(err, &refused):
		c.results.WithLabelValues("refused").Inc()
		return refused.Text + "\n", nil
	case ctx.Err() != nil:
		// What was not sent rings nowhere.
		if errors.Is(err, esl.ErrOutcomeUnknown) && !c.cancel(ctx, sw, o) {
			c.results.WithLabelValues("unknown").Inc()
			return outcomeUnknown(o.id), nil // for who comes back with the key
		}
		c.results.WithLabelValues("cancelled").Inc()
		return "", fmt.Errorf("originate: %w: %w", errCancelled, context.Cause(ctx))
	case errors.Is(err, esl.ErrOutcomeUnknown):
		c.results.WithLabelValues("unknown").Inc()
		c.o.Logger.WarnContext(ctx, "outcome of originate unknown", "switch", sw.Name(), "call", o.id, "error", err)
		return outcomeUnknown(o.id), nil
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
	for _, sw := range c.o.Switches {
		if !sw.Ready() {
			continue
		}
		if first == nil {
			first = sw
		}
		if !strings.HasPrefix(plan.Dial, "user/") {
			break // only accounts register
		}
		if n, registered := c.contacts(ctx, sw, plan, account); registered {
			return sw, n
		}
	}
	return first, 1
}

// contacts asks a switch how many contacts an account has there; 1 when that cannot be told.
func (c *Controller) contacts(ctx context.Context, sw Switch, plan Plan, account string) (n int, registered bool) {
	address, isUser := strings.CutPrefix(plan.Dial, "user/")
	if !isUser {
		return 1, false
	}
	look, stop := context.WithTimeout(ctx, lookTime)
	defer stop()
	// Source: mod_sofia sofia_contact_function; "*" looks in every profile, no domain means the default one.
	found, err := sw.API(look, "sofia_contact", "*/"+strings.ReplaceAll(address, "{sip}", account))
	if err != nil || !strings.HasPrefix(found, "sofia/") {
		return 1, false
	}
	return strings.Count(found, ",") + 1, true
}

// dial writes the dial string that rings an account. With one contact the UUID is ours from the start; with several a
// shared origination_uuid would make all but the first fail, so there the legs only carry our id, in the first of vars.
func (p *Plan) dial(fill *strings.Replacer, id string, contacts int, vars ...esl.Var) (string, error) {
	all := []esl.Var{
		vars[0],
		{Name: "originate_timeout", Value: strconv.Itoa(int(p.RingTime.Seconds()))},
		{Name: "ignore_early_media", Value: "true"}, // early media is no answer
	}
	all = append(all, vars[1:]...)
	if contacts == 1 {
		all = append(all, esl.Var{Name: "origination_uuid", Value: id})
	}
	block, err := esl.Vars(all...)
	if err != nil {
		return "", fmt.Errorf("write originate: %w", err)
	}
	return block + fill.Replace(p.Dial), nil
}

// line writes the arguments of originate.
//
// Source: mod_commands originate_function; switch_ivr_originate.c for the variables.
func (c *Controller) line(sw Switch, plan Plan, o Order, id, owner string, contacts int) (string, error) {
	path := c.o.Recordings.Path(sw.Name(), id)
	vars := []esl.Var{
		{Name: callVariable, Value: id},
		{Name: "origination_caller_id_number", Value: o.Caller, Allow: esl.NumberChars},
		{Name: "origination_caller_id_name", Value: o.Caller, Allow: esl.NumberChars},
		// Without these the called party would see the account.
		{Name: "effective_caller_id_number", Value: o.Caller, Allow: esl.NumberChars},
		{Name: "effective_caller_id_name", Value: o.Caller, Allow: esl.NumberChars},
		// FreeSWITCH keeps no variable with a recording's path; ours lets the CDR find it.
		{Name: recordingVariable, Value: path},
		{Name: "execute_on_answer", Value: "record_session:" + path},
	}
	fill := strings.NewReplacer("{sip}", o.Account, "{called_number}", o.Called, "{caller_number}", o.Caller, "{uuid}", id)
	dial, err := plan.dial(fill, id, contacts, append(vars, owned(o.Login, owner)...)...)
	return dial + " " + fill.Replace(plan.Then), err
}

var uuidForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)

// cancelAfter are the pauses before each attempt to stop a call: the order may have been given so recently that
// FreeSWITCH has no channel yet.
var cancelAfter = [...]time.Duration{0, 200 * time.Millisecond, time.Second, 2 * time.Second}

// cancel stops the ringing of a call whose client has gone, and tells whether the switch has heard of it. Killing twice does
// no harm, unlike ringing twice.
func (c *Controller) cancel(ctx context.Context, sw Switch, o order) (heard bool) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), cancelTime)
	defer stop()
	var err error
	for _, pause := range cancelAfter {
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		if o.contacts > 1 {
			// The legs' UUIDs are FreeSWITCH's own; they are known by the variable they carry. FreeSWITCH says
			// +OK whether or not it found one, so every attempt is made.
			_, err = sw.API(ctx, "hupall", "ORIGINATOR_CANCEL", o.variable, o.id)
		} else if _, err = sw.API(ctx, "uuid_kill", o.id, "ORIGINATOR_CANCEL"); err == nil {
			return true
		}
	}
	if err != nil {
		c.o.Logger.WarnContext(ctx, "cancel originate", "switch", sw.Name(), "call", o.id, "error", err)
	}
	_, refused := errors.AsType[*esl.ReplyError](err) // it has no such call any more
	return err == nil || refused
}
