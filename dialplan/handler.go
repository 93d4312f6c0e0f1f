// Package dialplan decides what becomes of the calls that FreeSWITCH's dialplan hands over with its application socket:
// the number dialled gives the project, its route the steps: a recording, an announcement, a queue, a bridge, a transfer,
// a hang-up, and what comes after a queue. Every step is noted in a Book. A call that cannot be decided, or with which
// something goes wrong, is given back, and the next action of its dialplan runs: whoever calls is never left in the air
// because of us.
//
// What callers choose, their names and numbers, is never part of an argument that FreeSWITCH executes. The package owns no
// goroutines: esl.Server calls Handle in those of its own, which waits for what it starts, and Book.Run is the caller's.
package dialplan

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"callgate/esl"
	"callgate/internal/project"
)

// Routes knows what is to be done with a call to a number. Lookup must not block.
type Routes interface {
	Lookup(dialled string) project.Match
}

// Recordings says where a switch is to write a call's recording.
type Recordings interface {
	Path(switchName, id string) string
}

// Switch is a switch that callgate is linked to.
type Switch interface {
	Name() string
	CoreUUID() string
}

// Options are a Handler's collaborators; those without a default are needed.
type Options struct {
	Routes     Routes
	Recordings Recordings
	Switches   []Switch
	Note       func(Decision)   // must not block
	Now        func() time.Time // time.Now
	Logger     *slog.Logger     // discards
	Registerer prometheus.Registerer
}

// Handler takes calls over. It may be used from any goroutine.
type Handler struct {
	o     Options
	calls *prometheus.CounterVec
}

// The outcomes of calls, as the metric names them.
const (
	answered    = "answered"    // by an agent of a queue
	abandoned   = "abandoned"   // the caller hung up before anybody answered
	bridged     = "bridged"     // a bridge was answered
	transferred = "transferred" // to another extension
	hungUp      = "hung_up"     // by us
	givenBack   = "given_back"  // the dialplan goes on
	failed      = "failed"      // given back because something did not work
)

// New makes a Handler.
func New(o Options) *Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	h := &Handler{o: o, calls: promauto.With(o.Registerer).NewCounterVec(prometheus.CounterOpts{
		Name: "callgate_dialplan_calls_total",
		Help: "Calls that the dialplan handed over, by outcome: answered (in a queue), abandoned, bridged, transferred, hung_up (by a route), given_back, failed.",
	}, []string{"outcome"})}
	for _, outcome := range []string{answered, abandoned, bridged, transferred, hungUp, givenBack, failed} {
		h.calls.WithLabelValues(outcome)
	}
	return h
}

// Handle takes one call from its arrival until an agent has it, it is over, or it is given back; one that was led elsewhere
// it keeps until it is over. It is what esl.ServerOptions.Handler wants. An error says why the call was given back.
func (h *Handler) Handle(ctx context.Context, s *esl.Session) error {
	c := h.take(s)
	outcome, err := c.run(ctx)
	switch {
	case errors.Is(err, esl.ErrHungUp):
		outcome, err = abandoned, nil
		c.note(Ended, c.doing)
	case errors.Is(err, errAway):
		outcome, err = givenBack, nil
		c.note(Continued, "taken out of: "+c.doing)
	case errors.Is(err, context.Canceled):
		// We stop. Whatever runs ends in its own time, and then the next action of the dialplan runs.
		outcome, err = givenBack, nil
		c.note(Continued, "callgate stopped during: "+c.doing)
	case err != nil:
		outcome = failed
		c.note(Failed, c.doing+": "+err.Error())
	}
	h.calls.WithLabelValues(outcome).Inc()
	h.o.Logger.InfoContext(ctx, "inbound call", "call", s.UUID(), "switch", c.known.Switch, "project", c.match.Project,
		"route", c.match.Route, "outcome", outcome)
	c.follow(ctx)
	return err
}

// take finds out what is known of a call.
func (h *Handler) take(s *esl.Session) *call {
	data := s.Data()
	dialled := data.Get("variable_callgate_dialled")
	if dialled == "" {
		dialled = data.Get("Caller-Destination-Number")
	}
	match := h.o.Routes.Lookup(dialled)
	number := match.Number
	if number == "" {
		number = plain(dialled)
	}
	return &call{h: h, s: s, match: match, stale: data.Get("variable_cc_cause") != "", keys: data.Get("variable_cc_exit_keys"), doing: "arrival",
		known: Decision{Switch: h.switchName(s.CoreUUID()), Core: s.CoreUUID(), Call: plain(s.UUID()), Number: number,
			Project: match.Project, Route: match.Route}}
}

// switchName is the name of the switch of that run, "" when we are linked to none such.
func (h *Handler) switchName(core string) string {
	for _, s := range h.o.Switches {
		if core != "" && s.CoreUUID() == core {
			return s.Name()
		}
	}
	return ""
}
