package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"callgate/internal/fault"
)

// The kinds of Scope.
const (
	ForAll     = "all"
	ForUser    = "user"
	ForProject = "project"
)

// Scope is whose calls a rule is about.
type Scope struct {
	Kind string // ForAll, ForUser or ForProject
	Of   string // the login or the project's id; "" for all
}

// ParseScope reads all, user:LOGIN or project:ID. The failure is fault.WrongField "scope".
func ParseScope(text string) (Scope, error) {
	kind, of, _ := strings.Cut(text, ":")
	s := Scope{Kind: kind, Of: of}
	return s, s.check()
}

// String is the form that ParseScope reads.
func (s Scope) String() string {
	if s.Kind == ForAll {
		return s.Kind
	}
	return s.Kind + ":" + s.Of
}

func (s Scope) check() error {
	switch {
	case s.Kind == ForAll && s.Of == "":
		return nil
	case (s.Kind == ForUser || s.Kind == ForProject) && nameForm.MatchString(s.Of):
		return nil
	}
	return refuse("scope", errors.New("want all, user:LOGIN or project:ID"))
}

// has tells whether a call by that user, of that project, is the scope's.
func (s Scope) has(login, project string) bool {
	return s.Kind == ForAll || s.Kind == ForUser && s.Of == login || s.Kind == ForProject && s.Of == project && project != ""
}

// Rule says where calls may go. Of several that apply to a call, every one must allow it.
type Rule struct {
	Scope
	// Allow and Deny are what numbers begin with, without +. The longest that fits decides, Deny between equals; when none
	// fits, a number may be called unless there is an Allow.
	Allow, Deny []string
	MinLength   int  // signs, without +; 0 is no limit, as below
	MaxLength   int  //
	Concurrent  int  // calls up at a time
	Daily       int  // calls begun on a day of the installation's zone
	Codes       bool // numbers with * or #, which act on the switch itself, may be called
	At          time.Time
	By          string // who set it
}

// Cap is a rule's limit for a day.
type Cap struct {
	Scope
	Limit int
}

// RuleStore keeps destination rules, and counts calls. A database that is down is fault.StorageDown.
type RuleStore interface {
	// Rules lists all rules by scope.
	Rules(ctx context.Context) ([]Rule, error)
	// SetRule keeps what change makes of the rule of that scope, an empty one where there is none, unless change has an
	// objection. Between the two nobody else changes a rule.
	SetRule(ctx context.Context, of Scope, change func(*Rule) error) error
	// RemoveRule removes a rule, unless allow has an objection; fault.NotFound "Rule" when there is none.
	RemoveRule(ctx context.Context, of Scope, allow func(old *Rule) error) error
	// CountCall counts a call on a day for each of the caps, or, when that would go over one of them, for none, and tells
	// over which.
	CountCall(ctx context.Context, day string, caps []Cap) (over *Cap, err error)
}

var (
	nameForm   = regexp.MustCompile(`^[^\s\pC](.{0,126}[^\s\pC])?$`)
	prefixForm = regexp.MustCompile(`^[0-9*#]{1,32}$`)
)

const (
	maxPrefixes = 1000
	maxLimit    = 1_000_000
	maxNumber   = 32 // signs of the longest number, without +
)

func (r *Rule) check() error {
	if err := r.Scope.check(); err != nil {
		return err
	}
	for _, list := range []struct {
		name     string
		prefixes []string
	}{{"allow", r.Allow}, {"deny", r.Deny}} {
		if len(list.prefixes) > maxPrefixes {
			return refuse(list.name, fmt.Errorf("want at most %d", maxPrefixes))
		}
		for i, p := range list.prefixes {
			if !prefixForm.MatchString(p) {
				return refuse(list.name, fmt.Errorf("prefix %d of the list: want digits, * and #, without +", i+1))
			}
		}
	}
	for _, limit := range []struct {
		name        string
		value, most int
	}{{"min_length", r.MinLength, maxNumber}, {"max_length", r.MaxLength, maxNumber}, {"concurrent", r.Concurrent, maxLimit}, {"daily", r.Daily, maxLimit}} {
		if limit.value < 0 || limit.value > limit.most {
			return refuse(limit.name, fmt.Errorf("want 0 to %d", limit.most))
		}
	}
	if r.MaxLength > 0 && r.MaxLength < r.MinLength {
		return refuse("max_length", errors.New("it is below min_length"))
	}
	return nil
}

// allows tells why a number, without +, may not be called; "" when it may. The reason never holds the number.
func (r *Rule) allows(number string) string {
	switch n := len(number); {
	case r.MinLength > 0 && n < r.MinLength:
		return "the number is too short"
	case r.MaxLength > 0 && n > r.MaxLength:
		return "the number is too long"
	}
	allowed, denied := longest(r.Allow, number), longest(r.Deny, number)
	switch {
	case denied > 0 && denied >= allowed:
		return "its prefix is denied"
	case allowed == 0 && len(r.Allow) > 0:
		return "its prefix is not among those allowed"
	}
	return ""
}

// longest is the length of the longest prefix that number has.
func longest(prefixes []string, number string) (n int) {
	for _, p := range prefixes {
		if strings.HasPrefix(number, p) {
			n = max(n, len(p))
		}
	}
	return n
}

// RulesOptions of Rules. The zero value of every field is a safe default.
type RulesOptions struct {
	Now    func() time.Time
	Zone   *time.Location // whose days are counted; UTC
	Logger *slog.Logger   // discards
}

// Rules answers for the destination rules. They are held in memory; reading them takes no lock and asks nobody. Follow
// brings in what other processes changed. It may be used from any goroutine and owns none.
type Rules struct {
	store   RuleStore
	o       RulesOptions
	loading sync.Mutex // an older reading never replaces a newer one
	current atomic.Pointer[ruleSet]
}

type ruleSet struct {
	revision int64
	all      []Rule
}

const unread = -1

// NewRules makes Rules that know none before Follow.
func NewRules(store RuleStore, o RulesOptions) *Rules {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Rules{store: store, o: o}
	r.current.Store(&ruleSet{revision: unread})
	return r
}

// Follow reads the rules again when what is in memory is not of that revision. When it fails what is known stays in use.
func (r *Rules) Follow(ctx context.Context, revision int64) error {
	if r.current.Load().revision == revision {
		return nil
	}
	return r.load(ctx, revision)
}

func (r *Rules) load(ctx context.Context, revision int64) error {
	r.loading.Lock()
	defer r.loading.Unlock()
	all, err := r.store.Rules(ctx)
	if err != nil {
		return fmt.Errorf("read destination rules: %w", err)
	}
	r.current.Store(&ruleSet{revision, all})
	return nil
}

// List lists the rules by scope. What it returns is shared and must not be written to.
func (r *Rules) List() []Rule { return r.current.Load().all }

// RuleChange is what to change of a rule; nil leaves a field as it is. A list is replaced as a whole.
type RuleChange struct {
	Allow      *[]string
	Deny       *[]string
	MinLength  *int
	MaxLength  *int
	Concurrent *int
	Daily      *int
	Codes      *bool
}

// Set changes the rule of a scope, or makes one, for this process when it returns and for all others within a second. by
// says who did it. allow, which may be nil, may have an objection; old is nil for a new rule. What is wrong is fault.WrongField.
func (r *Rules) Set(ctx context.Context, of Scope, c RuleChange, by string, allow func(old *Rule) error) error {
	if err := of.check(); err != nil {
		return err
	}
	err := r.store.SetRule(ctx, of, func(rule *Rule) error {
		if err := allowed(allow, rule); err != nil {
			return err
		}
		set(&rule.Allow, c.Allow)
		set(&rule.Deny, c.Deny)
		set(&rule.MinLength, c.MinLength)
		set(&rule.MaxLength, c.MaxLength)
		set(&rule.Concurrent, c.Concurrent)
		set(&rule.Daily, c.Daily)
		set(&rule.Codes, c.Codes)
		rule.At, rule.By = r.o.Now(), by
		return rule.check()
	})
	if err != nil {
		return err // the store has said what was attempted
	}
	r.o.Logger.Info("destination rule set", "scope", of.Kind, "by", by)
	return r.load(ctx, r.current.Load().revision) // of an unknown revision: the next Follow reads again
}

func set[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// allowed asks allow, unless it is nil, about the rule that there is.
func allowed(allow func(old *Rule) error, rule *Rule) error {
	switch {
	case allow == nil:
		return nil
	case rule.At.IsZero(): // there is none yet
		return allow(nil)
	}
	return allow(rule)
}

// Remove removes a rule, unless allow, which may be nil, has an objection; fault.NotFound "Rule" when there is none.
func (r *Rules) Remove(ctx context.Context, of Scope, by string, allow func(old *Rule) error) error {
	if err := of.check(); err != nil {
		return err
	}
	if err := r.store.RemoveRule(ctx, of, func(old *Rule) error { return allowed(allow, old) }); err != nil {
		return err // the store has said what was attempted
	}
	r.o.Logger.Info("destination rule removed", "scope", of.Kind, "by", by)
	return r.load(ctx, r.current.Load().revision)
}

// check finds the rules that apply to a call and holds the number against them. A refusal is fault.WrongField about
// field, with the reason.
func (r *Rules) check(field, number, login, project string) ([]Rule, error) {
	var applicable []Rule
	codes := false
	number = strings.TrimPrefix(number, "+")
	for _, rule := range r.List() {
		if !rule.has(login, project) {
			continue
		}
		if why := rule.allows(number); why != "" {
			return nil, refuse(field, fmt.Errorf("%s, by the rule %s", why, rule.Scope))
		}
		applicable, codes = append(applicable, rule), codes || rule.Codes
	}
	if strings.ContainsAny(number, "*#") && !codes {
		// They act on the switch itself: forwarding, eavesdropping, voice mail.
		return nil, refuse(field, errors.New("feature codes are not allowed by any rule"))
	}
	return applicable, nil
}

// count counts a call for the rules that limit the calls of a day; fault.TooMany when it is one too many.
func (r *Rules) count(ctx context.Context, applicable []Rule) error {
	var caps []Cap
	for _, rule := range applicable {
		if rule.Daily > 0 {
			caps = append(caps, Cap{rule.Scope, rule.Daily})
		}
	}
	if len(caps) == 0 {
		return nil
	}
	slices.SortFunc(caps, func(a, b Cap) int { return strings.Compare(a.String(), b.String()) })
	now := r.o.Now().In(r.o.Zone)
	over, err := r.store.CountCall(ctx, now.Format(time.DateOnly), caps)
	if err != nil {
		return fmt.Errorf("count a call: %w", err)
	}
	if over != nil {
		y, m, d := now.Date()
		midnight := time.Date(y, m, d+1, 0, 0, 0, 0, r.o.Zone)
		return &fault.Error{Kind: fault.TooMany, RetryAfter: midnight.Sub(now), Err: errors.New("as many calls today as the rule " + over.String() + " allows")}
	}
	return nil
}
