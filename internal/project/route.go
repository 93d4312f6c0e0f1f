package project

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"callgate/internal/fault"
)

// Route is what becomes of calls that come in on numbers of a project. Steps are texts as ParseStep reads them.
type Route struct {
	Name    string
	Project string   // "" is the default route: what becomes of calls to numbers that nobody has
	Numbers []string // of its project; none is all of them that no other route names

	Hours          string // as ParseHours reads them, by the clock of the project's zone; "" is always open
	Announce       string // is played when open, after the call was answered: a sound file or tone
	ClosedAnnounce string // when closed

	Open   string // what is done when open; "" is the project's first queue
	Closed string // what is done when closed; "" is continue

	// What is done after a queue, "" is continue: its caller waited too long; it had no agents for too long; the caller
	// pressed one of the keys; there was no such queue, or nobody was reached by a bridge.
	Timeout, NoAgents, Failed string
	Keys                      map[string]string
}

// exitKeys are the keys that may be named in Route.Keys.
const exitKeys = "0123456789*#"

// check answers fault.WrongField with the field that is wrong.
func (r *Route) check() error {
	switch {
	case !Possible(r.Name) || strings.ContainsAny(r.Name, `\$'"`):
		return wrong("name", "want 1 to %d printable characters without blanks, quotes, backslashes and $", maxID)
	case len(r.Numbers) > maxList:
		return wrong("number", "want at most %d", maxList)
	case r.Project == "" && len(r.Numbers) > 0:
		return wrong("number", "the default route takes the numbers that nobody has; it names none")
	}
	for i, n := range r.Numbers {
		if !numberForm.MatchString(n) {
			return wrong("number", "number %d of the list: want up to 32 digits, with or without a + before them", i+1)
		}
		if slices.Contains(r.Numbers[:i], n) {
			return wrong("number", "number %d of the list stands there twice", i+1)
		}
	}
	if _, err := ParseHours(r.Hours); err != nil {
		return &fault.Error{Kind: fault.WrongField, Subject: "hours", Err: err}
	}
	if err := errors.Join(checkSound("announce", r.Announce), checkSound("closed_announce", r.ClosedAnnounce)); err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(r.Keys)) {
		if len(key) != 1 || !strings.Contains(exitKeys, key) {
			return wrong("keys", "%.10q is no key; want one of %s", key, exitKeys)
		}
		if r.Keys[key] == "" {
			return wrong("keys", "key %s has no step", key)
		}
	}
	return r.eachStep(func(field, text string) error {
		if _, err := ParseStep(text); err != nil {
			return &fault.Error{Kind: fault.WrongField, Subject: field, Err: err}
		}
		return nil
	})
}

// eachStep calls f with all steps and the fields they stand in, until it fails.
func (r *Route) eachStep(f func(field, text string) error) error {
	for _, s := range [][2]string{{"open", r.Open}, {"closed", r.Closed}, {"timeout", r.Timeout}, {"no_agents", r.NoAgents}, {"failed", r.Failed}} {
		if err := f(s[0], s[1]); err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Keys)) {
		if err := f("keys", r.Keys[key]); err != nil {
			return err
		}
	}
	return nil
}

// Texts are what FreeSWITCH executes of the route, sorted: announcements, dial strings, and extensions, which may lead to
// anything that a dialplan does.
func (r *Route) Texts() []string {
	all := []string{r.Announce, r.ClosedAnnounce}
	_ = r.eachStep(func(_, text string) error { // never fails
		if strings.HasPrefix(text, string(Bridge)+":") || strings.HasPrefix(text, string(Transfer)+":") {
			all = append(all, text)
		}
		return nil
	})
	all = slices.DeleteFunc(all, func(text string) bool { return text == "" })
	slices.Sort(all)
	return slices.Compact(all)
}

// Plan is a route that has been read. It is immutable.
type Plan struct {
	zone                      *time.Location
	hours                     Hours
	announce, closedAnnounce  string
	open, closed              Step
	timeout, noAgents, failed Step
	keys                      map[string]Step
}

// Zone is by whose clock the route is open: the project's, or the installation's.
func (p *Plan) Zone() *time.Location { return p.zone }

// Start is what is done first with a call that comes at that time: the announcement, if any, and the step.
func (p *Plan) Start(at time.Time) (open bool, announce string, step Step) {
	if p.hours.Open(at.In(p.zone)) {
		return true, p.announce, p.open
	}
	return false, p.closedAnnounce, p.closed
}

// Timeout is what is done when a queue's caller waited too long.
func (p *Plan) Timeout() Step { return p.timeout }

// NoAgents is what is done when a queue had no agents for too long.
func (p *Plan) NoAgents() Step { return p.noAgents }

// Failed is what is done when there was no such queue, or a bridge reached nobody.
func (p *Plan) Failed() Step { return p.failed }

// Key is what is done when the caller leaves a queue by that key.
func (p *Plan) Key(key string) Step {
	if s, ok := p.keys[key]; ok {
		return s
	}
	return Step{Verb: Continue}
}

// Keys are the keys by which a caller may leave a queue, in one text, as the variable cc_exit_keys wants them.
func (p *Plan) Keys() string { return strings.Join(slices.Sorted(maps.Keys(p.keys)), "") }

// plan reads a route of a project, which for the default route is none. What another version has written and this one
// cannot read is left out, and told by the error: a call is better given back than lost.
func (r *Route) plan(p Project, std *time.Location) (*Plan, error) {
	plan := &Plan{zone: std, announce: r.Announce, closedAnnounce: r.ClosedAnnounce, keys: map[string]Step{}}
	var failed []error
	if p.Zone != "" {
		zone, err := time.LoadLocation(p.Zone)
		if err == nil {
			plan.zone = zone
		}
		failed = append(failed, err)
	}
	read := func(text string) Step {
		s, err := ParseStep(text)
		failed = append(failed, err)
		if err != nil || s.Verb == "" {
			return Step{Verb: Continue}
		}
		return s
	}
	var err error
	plan.hours, err = ParseHours(r.Hours)
	failed = append(failed, err, checkSound("announce", r.Announce), checkSound("closed_announce", r.ClosedAnnounce))
	if checkSound("", r.Announce) != nil {
		plan.announce = ""
	}
	if checkSound("", r.ClosedAnnounce) != nil {
		plan.closedAnnounce = ""
	}
	open := r.Open
	if open == "" && len(p.Queues) > 0 {
		open = string(Queue) + ":" + p.Queues[0]
	}
	plan.open, plan.closed = read(open), read(r.Closed)
	plan.timeout, plan.noAgents, plan.failed = read(r.Timeout), read(r.NoAgents), read(r.Failed)
	for key, step := range r.Keys {
		plan.keys[key] = read(step)
	}
	return plan, errors.Join(failed...)
}

// NotIts is the failure of a route that names a number its project does not have. Like Taken it tells the number's end.
func NotIts(number, owner string) error {
	return wrong("number", "…%s is no number of project %s", number[max(0, len(number)-4):], owner)
}

// Routed is the failure to give a route a number, or all numbers (""), that another one has.
func Routed(number, route string) error {
	if number == "" {
		return wrong("number", "route %s takes the numbers that no route names already", route)
	}
	return wrong("number", "…%s belongs to route %s", number[max(0, len(number)-4):], route)
}

// StillRouted is the failure to take a number from a project that a route of it names.
func StillRouted(number, route string) error {
	return wrong("number", "…%s is named by route %s", number[max(0, len(number)-4):], route)
}
