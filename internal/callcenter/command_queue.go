package callcenter

import (
	"context"
	"slices"
)

// LoadWarning is what loading a queue does besides.
const LoadWarning = "Loading a queue sets every agent that the switch's configuration names back to the status, contact and " +
	"delays written there, sets its tiers back to their level and position, and zeroes the queue's counters of " +
	"answered and abandoned calls."

// UnloadWarning is what unloading a queue does not do.
const UnloadWarning = "Unloading lasts until the queue is used again: a queue that is still configured then comes back by itself."

func hasQueue(name string) func(*Snapshot) bool {
	return func(s *Snapshot) bool {
		return slices.ContainsFunc(s.Queues, func(q Queue) bool { return q.Name == name })
	}
}

func (a *Administrator) queueKnown(ctx context.Context, link Link, name string) (bool, error) {
	rows, err := a.rows(ctx, link, "record_template", "queue", "list")
	return slices.ContainsFunc(rows, func(r map[string]string) bool { return r["name"] == name }), err
}

// LoadQueue reads a queue's configuration, for the first time or anew; a queue that has none is fault.NotFound "Queue".
// Whoever calls it has said that LoadWarning, which is the answer's warning, was understood. With several switches the
// switch of a queue that runs nowhere yet has to be named.
func (a *Administrator) LoadQueue(ctx context.Context, switchName, name string, reload bool) (Done, error) {
	if err := checkName("name", name); err != nil {
		return Done{}, err
	}
	verb, has := "load", (func(*Snapshot) bool)(nil)
	if reload {
		verb, has = "reload", hasQueue(name)
	}
	link, err := a.link(switchName, "Queue", has)
	if err != nil {
		return Done{}, err
	}
	return a.carry(ctx, link, queueSubject(name), func(run func(...string) error) error { return run("queue", verb, name) }, LoadWarning)
}

// UnloadQueue stops a queue, or answers fault.NotFound "Queue".
func (a *Administrator) UnloadQueue(ctx context.Context, switchName, name string) (Done, error) {
	if err := checkName("name", name); err != nil {
		return Done{}, err
	}
	link, err := a.link(switchName, "Queue", hasQueue(name))
	if err != nil {
		return Done{}, err
	}
	known, err := a.queueKnown(ctx, link, name)
	if err != nil {
		return Done{}, err
	}
	if !known {
		return Done{}, queueUnknown()
	}
	return a.carry(ctx, link, queueSubject(name), func(run func(...string) error) error { return run("queue", "unload", name) }, UnloadWarning)
}
