package webhook

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"callgate/internal/backlog"
	"callgate/internal/fault"
)

const (
	lookTime    = 500 * time.Millisecond // the default of Options.Look
	returnTime  = 15 * time.Second       // between two looks after what no hand holds
	countTime   = 15 * time.Second       // between two counts of what waits
	atOnce      = 10                     // deliveries to an endpoint that are under way, on all processes
	spreadLimit = 256                    // events in a transaction
	leaseTime   = time.Minute            // of what is in hand: longer than an attempt and what is kept of it takes
	stopTime    = 4 * time.Second        // for answers, once Run is told to stop
	saveTime    = 5 * time.Second
	deniedTime  = time.Minute // before it is looked again whether webhooks are switched on

	heardRoom    = 8192 // events that switches told of and that wait for the database
	heardCompany = 20 * time.Millisecond

	// MaxWaiting is how many deliveries may wait for an endpoint.
	MaxWaiting = 100_000
	// MaxKept is how many deliveries are kept of an endpoint.
	MaxKept = 100_000

	// An endpoint is switched off that failed so often in a row, for so long.
	offFailures = 100
	offTime     = 24 * time.Hour
)

// Run keeps what Listen hears, and sends, until ctx ends; then it waits for the answers that are on their way, not for long.
// It may be called once.
func (s *Service) Run(ctx context.Context) error {
	sending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer s.sender.close()
	defer cancel()
	var work, hearing sync.WaitGroup
	var heard error
	hearing.Go(func() { heard = s.heard.Run(ctx) })
	defer work.Wait()
	end := context.AfterFunc(ctx, func() { time.AfterFunc(stopTime, cancel) })
	defer end()
	tick := time.NewTicker(s.o.Look)
	defer tick.Stop()
	var returned, counted time.Time
	for failing := false; ; {
		err := s.look(ctx, &returned, &counted, func(f func(ctx context.Context)) { work.Go(func() { f(sending) }) })
		if err != nil && !failing && ctx.Err() == nil {
			s.o.Logger.Warn("webhooks wait, the store is down", "error", err)
		}
		failing = err != nil
		select {
		case <-tick.C:
		case <-s.wake:
		case <-ctx.Done():
			hearing.Wait()
			return heard
		}
	}
}

// look does what there is to be done, and has each delivery sent by run.
func (s *Service) look(ctx context.Context, returned, counted *time.Time, run func(func(ctx context.Context))) error {
	if len(s.current.Load().all) == 0 {
		return nil
	}
	now := s.o.Now()
	if now.Sub(*returned) >= returnTime {
		failed, err := s.o.Store.ReturnDeliveries(ctx, now)
		if err != nil {
			return err
		}
		s.metrics.deliveries.WithLabelValues(string(Failed)).Add(float64(failed))
		*returned = now
	}
	if now.Sub(*counted) >= countTime {
		if err := s.count(ctx); err != nil {
			return err
		}
		*counted = now
	}
	for more := true; more; {
		n, err := s.spread(ctx)
		if err != nil {
			return err
		}
		more = n == spreadLimit
	}
	due, err := s.o.Store.DueWebhooks(ctx, s.o.Now())
	if err != nil {
		return err
	}
	for _, id := range due {
		if err := s.claim(ctx, id, run); err != nil {
			return err
		}
	}
	return nil
}

// count counts what waits.
func (s *Service) count(ctx context.Context) error {
	all, err := s.o.Store.Backlogs(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backlogs = all
	return nil
}

// listener is an active endpoint with what its owner may see now.
type listener struct {
	*Endpoint
	owner Owner
	full  bool // too many deliveries wait for it
}

// spread makes deliveries of events.
func (s *Service) spread(ctx context.Context) (n int, err error) {
	now := s.o.Now()
	if settled, err := s.o.Store.SettledEvents(ctx, now); err != nil || !settled {
		return 0, err
	}
	all, err := s.listeners(ctx)
	if err != nil {
		return 0, err
	}
	dropped := 0
	kinds, err := s.o.Store.SpreadEvents(ctx, now, now.Add(tryTime), spreadLimit, func(e *Event) (to []string) {
		for i := range all {
			switch l := &all[i]; {
			case !s.concerns(l.Endpoint, &l.owner, e):
			case l.full:
				dropped++
			default:
				to = append(to, l.ID)
			}
		}
		return to
	})
	if err != nil {
		return 0, err
	}
	s.metrics.dropped.WithLabelValues(backlog.Full).Add(float64(dropped))
	for k, count := range kinds {
		s.metrics.events.WithLabelValues(string(k)).Add(float64(count))
		n += count
	}
	return n, nil
}

// listeners are the endpoints that something may be sent to.
func (s *Service) listeners(ctx context.Context) (all []listener, err error) {
	known := s.current.Load().all
	for i := range known {
		at := &known[i]
		if !at.Active {
			continue
		}
		owner, err := s.owners.get(ctx, at.Owner)
		if failure := s.unlessStanding(ctx, at, err); failure != nil {
			return nil, failure
		}
		if err != nil {
			continue // what happens while webhooks are switched off is told nobody
		}
		s.mu.Lock()
		all = append(all, listener{at, owner, s.backlogs[at.ID].Count >= MaxWaiting})
		s.mu.Unlock()
	}
	return all, nil
}

// unlessStanding switches an endpoint off whose owner may have none, and returns the failure to find out whether he may.
func (s *Service) unlessStanding(ctx context.Context, at *Endpoint, err error) error {
	if gone, ok := errors.AsType[Gone](err); ok {
		return s.switchOff(ctx, at.ID, string(gone))
	}
	if errors.Is(err, fault.New(fault.Denied, "")) {
		return nil
	}
	return err
}

// concerns tells whether an endpoint wants to hear of an event, and its owner may.
func (s *Service) concerns(at *Endpoint, owner *Owner, e *Event) bool {
	if !slices.Contains(at.Events, e.Kind) || !owner.May(e.Kind) {
		return false
	}
	projects := []string{e.Project}
	if e.Kind == AgentState {
		data, err := e.open()
		if err != nil {
			return false
		}
		agent := data.(Agent)
		projects = append(s.o.AgentProjects(agent.Switch, agent.Name), "")
	}
	return slices.ContainsFunc(projects, func(p string) bool {
		return owner.Sees(e.Kind, p) && (len(at.Projects) == 0 || slices.Contains(at.Projects, p))
	})
}

// claim takes what is due to an endpoint in hand.
func (s *Service) claim(ctx context.Context, id string, run func(func(ctx context.Context))) error {
	s.mu.Lock()
	busy := s.inHand[id]
	s.mu.Unlock()
	if busy > atOnce/2 { // some at a time
		return nil
	}
	// Each time another hand: what was written of a delivery when it was in hand before, and comes late, is not about this time.
	s.hands++
	now := s.o.Now()
	all, err := s.o.Store.ClaimDeliveries(ctx, id, fmt.Sprint(s.o.Hand, " ", s.hands), now, now.Add(leaseTime), atOnce)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.inHand[id] += len(all)
	s.mu.Unlock()
	for _, d := range all {
		run(func(ctx context.Context) {
			defer s.done(id)
			s.deliver(ctx, d)
		})
	}
	return nil
}

// done counts a delivery as no longer in hand.
func (s *Service) done(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.inHand[id]--; s.inHand[id] == 0 {
		delete(s.inHand, id)
	}
	if n := s.inHand[id]; n == atOnce/2 || n == 0 {
		s.rouse()
	}
}

// deliver tries a delivery that is in hand.
func (s *Service) deliver(ctx context.Context, d Delivery) {
	at := s.current.Load().find(d.Endpoint)
	if at == nil || !at.Active { // it was switched off meanwhile
		d.wait(0, s.o.Now())
		s.save(ctx, d, false)
		return
	}
	owner, err := s.owners.get(ctx, at.Owner)
	switch failure := s.unlessStanding(ctx, at, err); {
	case failure != nil || err != nil:
		d.wait(deniedTime, s.o.Now())
		s.save(ctx, d, false)
		return
	case !s.concerns(at, &owner, &d.Event):
		d.Log = append(d.Log, Attempt{At: s.o.Now(), Error: "its owner may not see it any more, or it is not asked for any more"})
		d.end(Failed, s.o.Now())
		s.save(ctx, d, false)
		return
	}
	a := s.attempt(ctx, at, &d, at.Numbers && owner.Numbers)
	if ctx.Err() != nil && a.Status == 0 { // this process stops: another one tries
		d.wait(0, s.o.Now())
		s.save(ctx, d, false)
		return
	}
	d.tried(a.Attempt)
	now := s.o.Now()
	result := "retried"
	switch {
	case a.ok():
		d.end(Delivered, now)
	default:
		d.wait(max(backOff(d.Attempts), a.later), now)
	}
	if a.gone() {
		d.end(Failed, now)
	}
	if d.State != Waiting {
		result = string(d.State)
	}
	s.metrics.deliveries.WithLabelValues(result).Inc()
	s.metrics.took.Observe(a.Took.Seconds())
	failures, failing := s.save(ctx, d, true)
	switch {
	case a.gone():
		err = s.switchOff(ctx, at.ID, "it answered 410: it is gone")
	case failures >= offFailures && now.Sub(failing) > offTime:
		err = s.switchOff(ctx, at.ID, fmt.Sprintf("%d attempts in a row failed, since %s: %s", failures, failing.UTC().Format(time.RFC3339), a.why()))
	}
	if err != nil {
		s.o.Logger.Warn("a webhook is not switched off; the next attempt that fails is another occasion", "webhook", at.ID, "error", err)
	}
}

// save keeps what has become of a delivery. What cannot be kept is tried again when the lease is over: twice is better than never.
func (s *Service) save(ctx context.Context, d Delivery, attempted bool) (failures int, failing time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	saved, failures, failing, err := s.o.Store.SaveDelivery(ctx, d, attempted, s.o.Now())
	if err != nil {
		s.o.Logger.Warn("what became of a delivery is not kept, and it will come twice", "webhook", d.Endpoint, "error", err)
	}
	if err != nil || !saved {
		return 0, time.Time{}
	}
	return failures, failing
}

// switchOff switches an endpoint off, in nobody's name.
func (s *Service) switchOff(ctx context.Context, id, reason string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	e, err := s.o.Store.ChangeWebhook(ctx, id, func(e *Endpoint) error {
		if e.Active {
			e.SwitchOff(reason)
			e.ChangedAt, e.ChangedBy = s.o.Now(), "callgate"
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.o.Logger.Warn("a webhook is switched off", "webhook", id, "host", e.host(), "reason", reason)
	return s.reload(ctx)
}
