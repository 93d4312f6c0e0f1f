package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/backlog"
	"callgate/internal/fault"
	"callgate/internal/outside"
)

// Store keeps endpoints, events and deliveries. A database that is down is fault.StorageDown; an endpoint that is not there is
// fault.NotFound "Webhook".
type Store interface {
	// Webhooks lists the endpoints by name.
	Webhooks(ctx context.Context) ([]Endpoint, error)
	// AddWebhook keeps a new one, unless there are that many: fault.TooMany.
	AddWebhook(ctx context.Context, e Endpoint, most int) error
	// ChangeWebhook keeps what change makes of an endpoint, unless change has an objection, and returns it. Between the two
	// nobody else changes it. Failures and Failing change by themselves, and begin anew when it is switched on.
	ChangeWebhook(ctx context.Context, id string, change func(e *Endpoint) error) (Endpoint, error)
	RemoveWebhook(ctx context.Context, id string) error

	// TellEvents says of which kinds events are to be kept from now on, by this process, when the facts are kept that they
	// tell of.
	TellEvents(kinds map[Kind]bool)
	// AddEvents keeps events that are not known yet.
	AddEvents(ctx context.Context, all []Event) error
	// SettledEvents tells whether there are events that have settled and of which no deliveries were made.
	SettledEvents(ctx context.Context, now time.Time) (bool, error)
	// SpreadEvents makes deliveries of some of them, to the endpoints that to names, to be tried until a time. It returns of how
	// many events of each kind; of several processes one does it for each.
	SpreadEvents(ctx context.Context, now, until time.Time, limit int, to func(e *Event) (endpoints []string)) (map[Kind]int, error)

	// DueWebhooks are the active endpoints to which something is to be sent by now.
	DueWebhooks(ctx context.Context, now time.Time) ([]string, error)
	// ClaimDeliveries puts what is due to an endpoint into a hand until lease, the longest due first: so many that the
	// endpoint has at most so many in all hands.
	ClaimDeliveries(ctx context.Context, endpoint, hand string, now, lease time.Time, most int) ([]Delivery, error)
	// SaveDelivery keeps what has become of a delivery that is in a hand, and counts, when it was attempted, how often the
	// endpoint failed in a row: saved is false when the delivery is in that hand no more. It returns the endpoint's count.
	SaveDelivery(ctx context.Context, d Delivery, attempted bool, now time.Time) (saved bool, failures int, failing time.Time, err error)
	// ReturnDeliveries makes Waiting what no hand holds any more, and Failed what has waited beyond its time.
	ReturnDeliveries(ctx context.Context, now time.Time) (failed int, err error)
	// Deliveries are those to an endpoint, the newest first, in one of the states, all where none is named, behind a place.
	Deliveries(ctx context.Context, endpoint string, states []State, after Place, limit int) ([]Delivery, error)
	// ReplayDeliveries has deliveries tried again at once, until another time: the one of an event, whatever became of it, or
	// where no event is named all that failed of those made since a time, and of what waits to be tried again. It returns
	// how many.
	ReplayDeliveries(ctx context.Context, endpoint, event string, since, now, until time.Time) (int, error)
	// AddDelivery adds an event with its only delivery.
	AddDelivery(ctx context.Context, d Delivery) error
	// Backlogs tells what is not over yet, by endpoint.
	Backlogs(ctx context.Context) (map[string]Backlog, error)
}

// Place is a place in a list of deliveries, the newest first; the zero Place is before the first.
type Place struct {
	Made  time.Time
	Event string
}

// Backlog is what an endpoint has not got yet.
type Backlog struct {
	Count  int
	Oldest time.Time // when it was made
}

// Owner is what the owner of an endpoint may see now.
type Owner struct {
	Login   string
	Numbers bool
	May     func(k Kind) bool                 // hear of a kind at all
	Sees    func(k Kind, project string) bool // hear of what is of a project; "" is of none
}

// Options are a Service's surroundings. All but Look, Registerer and Logger are needed.
type Options struct {
	Store Store
	// Owner is what a user may see now. The error is Gone when he may have no endpoint until somebody changes that, and
	// fault.Denied while webhooks are switched off.
	Owner func(ctx context.Context, id int64) (Owner, error)
	// AgentProjects are the projects in whose queues an agent is.
	AgentProjects func(switchName, agent string) []string
	Numbering     Numbering
	Reach         func() string // which addresses beside the public ones may be called, as outside.ParseReach reads it
	Look          time.Duration // between two looks whether there is something to do; half a second
	Hand          string        // names this process among those that share the Store
	NewID         func() string
	NewSecret     func() string
	Now           func() time.Time
	Registerer    prometheus.Registerer
	Logger        *slog.Logger
}

// Service takes events and sends them. It may be used from any goroutine; it sends while Run runs.
type Service struct {
	o       Options
	current atomic.Pointer[endpoints]
	heard   *backlog.Backlog[Event]
	sender  *sender
	owners  memo
	wake    chan struct{} // capacity 1: there may be something to do
	metrics *metrics

	hands int // of Run: how often something was taken in hand

	mu       sync.Mutex
	inHand   map[string]int     // by endpoint
	backlogs map[string]Backlog // as they were counted last
}

// endpoints are all there are, as they were read.
type endpoints struct {
	revision int64
	all      []Endpoint
	wanted   map[Kind]bool // by those that are active
}

func (e *endpoints) find(id string) *Endpoint {
	if i := slices.IndexFunc(e.all, func(e Endpoint) bool { return e.ID == id }); i >= 0 {
		return &e.all[i]
	}
	return nil
}

// New makes a Service that knows no endpoint before Follow.
func New(o Options) *Service {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	if o.Look == 0 {
		o.Look = lookTime
	}
	s := &Service{o: o, wake: make(chan struct{}, 1), inHand: map[string]int{}, sender: newSender()}
	s.current.Store(&endpoints{revision: -1})
	s.owners = memo{ask: o.Owner, now: o.Now}
	s.heard = backlog.New(heardRoom, heardCompany, func(ctx context.Context, all []Event) error {
		if err := o.Store.AddEvents(ctx, all); err != nil {
			return err
		}
		s.rouse()
		return nil
	}, backlog.Options{Facts: "events for webhooks", Metric: "callgate_webhook_heard_event", Registerer: o.Registerer, Logger: o.Logger})
	s.metrics = newMetrics(o.Registerer, s)
	return s
}

// Follow reads the endpoints when their revision has changed.
func (s *Service) Follow(ctx context.Context, revision int64) error {
	if s.current.Load().revision == revision {
		return nil
	}
	return s.load(ctx, revision)
}

func (s *Service) load(ctx context.Context, revision int64) error {
	all, err := s.o.Store.Webhooks(ctx)
	if err != nil {
		return err
	}
	now := &endpoints{revision: revision, all: all, wanted: map[Kind]bool{}}
	for _, e := range all {
		for _, k := range e.Events {
			now.wanted[k] = now.wanted[k] || e.Active
		}
	}
	s.o.Store.TellEvents(now.wanted)
	s.current.Store(now)
	s.rouse()
	return nil
}

// reload takes up what this process has changed itself.
func (s *Service) reload(ctx context.Context) error { return s.load(ctx, s.current.Load().revision) }

// List lists the endpoints by name.
func (s *Service) List(ctx context.Context) ([]Endpoint, error) { return s.o.Store.Webhooks(ctx) }

// Get finds one.
func (s *Service) Get(ctx context.Context, id string) (Endpoint, error) {
	all, err := s.List(ctx)
	if err != nil {
		return Endpoint{}, err
	}
	if e := (&endpoints{all: all}).find(id); e != nil {
		return *e, nil
	}
	return Endpoint{}, errEndpoint
}

// Add adds an active endpoint and returns it, with its secret, which nobody is shown again. What its owner may not see is
// fault.Denied.
func (s *Service) Add(ctx context.Context, e Endpoint) (Endpoint, error) {
	if err := s.allow(ctx, &e); err != nil {
		return Endpoint{}, err
	}
	now := s.o.Now()
	e.ID, e.Active, e.Reason, e.Secret, e.SecretAt, e.ChangedAt, e.Version = s.o.NewID(), true, "", s.o.NewSecret(), now, now, 1
	if err := s.o.Store.AddWebhook(ctx, e, maxEndpoints); err != nil {
		return Endpoint{}, err
	}
	return e, s.reload(ctx)
}

// allow checks an endpoint, and that its owner may see what it asks for.
func (s *Service) allow(ctx context.Context, e *Endpoint) error {
	if err := e.check(); err != nil {
		return err
	}
	owner, err := s.o.Owner(ctx, e.Owner)
	if gone, ok := errors.AsType[Gone](err); ok {
		return &fault.Error{Kind: fault.Denied, Err: gone}
	}
	if err != nil {
		return err
	}
	for _, k := range e.Events {
		if !owner.May(k) {
			return &fault.Error{Kind: fault.Denied, Err: fmt.Errorf("%s has no right to hear of %s", owner.Login, k)}
		}
	}
	for _, p := range e.Projects {
		if !slices.ContainsFunc(e.Events, func(k Kind) bool { return owner.Sees(k, p) }) {
			return &fault.Error{Kind: fault.Denied, Err: fmt.Errorf("%s does not see project %s", owner.Login, p)}
		}
	}
	return nil
}

// Change keeps what change makes of an endpoint, as Add does, and returns it. change may be called twice.
func (s *Service) Change(ctx context.Context, id string, change func(e *Endpoint) error) (Endpoint, error) {
	e, err := s.Get(ctx, id)
	if err != nil {
		return e, err
	}
	apply := func(e *Endpoint) error {
		if err := change(e); err != nil {
			return err
		}
		e.ChangedAt = s.o.Now()
		if e.Active {
			e.Reason = ""
		}
		return e.check()
	}
	if err := apply(&e); err != nil {
		return e, err
	}
	if err := s.allow(ctx, &e); err != nil {
		return e, err
	}
	if e, err = s.o.Store.ChangeWebhook(ctx, id, apply); err != nil {
		return e, err
	}
	return e, s.reload(ctx)
}

// Renew gives an endpoint another secret and returns it with that; the one before signs too for FormerTime.
func (s *Service) Renew(ctx context.Context, id, by string) (Endpoint, error) {
	fresh := s.o.NewSecret()
	e, err := s.o.Store.ChangeWebhook(ctx, id, func(e *Endpoint) error {
		now := s.o.Now()
		e.Former, e.FormerEnds = e.Secret, now.Add(FormerTime)
		e.Secret, e.SecretAt, e.ChangedAt, e.ChangedBy = fresh, now, now, by
		return nil
	})
	if err != nil {
		return e, err
	}
	return e, s.reload(ctx)
}

// Remove removes an endpoint. What was not sent to it yet is not sent any more.
func (s *Service) Remove(ctx context.Context, id string) error {
	if err := s.o.Store.RemoveWebhook(ctx, id); err != nil {
		return err
	}
	return s.reload(ctx)
}

// Try has a test sent to an endpoint, whether or not it is active, and returns what became of it at once. Where it is not
// taken it is not tried again. The delivery is in the list as others are.
func (s *Service) Try(ctx context.Context, id, by string) (Delivery, error) {
	e, err := s.Get(ctx, id)
	if err != nil {
		return Delivery{}, err
	}
	now := s.o.Now()
	event := NewEvent(Test, now, "", Trial{Webhook: e.Name, AskedBy: by}, e.ID, s.o.NewID())
	d := Delivery{Endpoint: e.ID, Event: event, Made: now, Until: now}
	d.tried(s.attempt(ctx, &e, &d, true).Attempt)
	d.end(Failed, s.o.Now())
	if last := d.Log[len(d.Log)-1]; last.ok() {
		d.State = Delivered
	}
	return d, s.o.Store.AddDelivery(ctx, d)
}

// Deliveries lists those to an endpoint, the newest first.
func (s *Service) Deliveries(ctx context.Context, endpoint string, states []State, after Place, limit int) ([]Delivery, error) {
	return s.o.Store.Deliveries(ctx, endpoint, states, after, limit)
}

// Replay has the delivery of an event tried again, or without one all that failed or wait to be tried again, of those that
// were made since a time, for another day. It returns how many. An endpoint that is switched off gets them once it is on.
func (s *Service) Replay(ctx context.Context, endpoint, event string, since time.Time) (int, error) {
	now := s.o.Now()
	n, err := s.o.Store.ReplayDeliveries(ctx, endpoint, event, since, now, now.Add(tryTime))
	if err == nil && n == 0 && event != "" {
		err = fault.New(fault.NotFound, "Delivery")
	}
	if n > 0 {
		s.rouse()
	}
	return n, err
}

// rouse lets Run look whether there is something to do.
func (s *Service) rouse() {
	select {
	case s.wake <- struct{}{}:
	default: // it is to look already
	}
}

// reach is which addresses may be called just now.
func (s *Service) reach() outside.Reach {
	r, _ := outside.ParseReach(s.o.Reach()) // was checked when it was set; else none
	return r
}
