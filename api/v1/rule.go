package v1

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/call"
	"callgate/internal/fault"
	"callgate/internal/report"
)

// Destinations are the rules where calls may go; call.Rules keeps them.
type Destinations interface {
	List() []call.Rule
	Set(ctx context.Context, of call.Scope, c call.RuleChange, by string, allow func(old *call.Rule) error) error
	Remove(ctx context.Context, of call.Scope, by string, allow func(old *call.Rule) error) error
}

const (
	destinationsSee    right = "destinations/see"
	destinationsChange right = "destinations/change"
)

// rules are the operations on destination rules.
func (f *Face) rules() {
	const path = "/destination-rules"
	operation(f, huma.Operation{OperationID: "list-destination-rules", Method: http.MethodGet, Path: path, Summary: "Rules where calls may go"},
		destinationsSee, f.listRules)
	operation(f, huma.Operation{OperationID: "get-destination-rule", Method: http.MethodGet, Path: "/destination-rule", Summary: "One rule where calls may go",
		Errors: []int{http.StatusNotFound}}, destinationsSee, f.getRule)
	operation(f, huma.Operation{OperationID: "set-destination-rule", Method: http.MethodPatch, Path: path, Summary: "Make a rule, or change what is given of it",
		Description: "Every rule that applies to a call must allow it: the one for all, that of the user, that of the call's project. Takes effect in every " +
			"process within a second. Answers with all rules."}, destinationsChange, f.setRule)
	operation(f, huma.Operation{OperationID: "delete-destination-rule", Method: http.MethodDelete, Path: path, Summary: "Remove a rule",
		Errors: []int{http.StatusNotFound}}, destinationsChange, f.deleteRule)
}

// DestinationRule is a rule where calls may go. Of numbers 0 is no limit.
type DestinationRule struct {
	For        string    `json:"for" doc:"all, user:LOGIN or project:ID."`
	Allow      []string  `json:"allow" doc:"What numbers begin with, without +; none for any number. Those of seven digits and more are hidden, as in deny, from users without the right numbers/see. The longest of allow and deny that fits decides, deny between equals."`
	Deny       []string  `json:"deny"`
	MinLength  int       `json:"min_length" doc:"Signs of a number, without +."`
	MaxLength  int       `json:"max_length"`
	Concurrent int       `json:"concurrent" doc:"Calls up at a time."`
	Daily      int       `json:"daily" doc:"Calls begun on a day of the installation's zone."`
	Codes      bool      `json:"codes" doc:"Numbers with * or # may be called, where no other rule denies them."`
	ChangedAt  time.Time `json:"changed_at"`
	ChangedBy  string    `json:"changed_by"`
}

func ruleView(r *call.Rule, numbers bool) DestinationRule {
	return DestinationRule{For: r.String(), Allow: prefixes(r.Allow, numbers), Deny: prefixes(r.Deny, numbers), MinLength: r.MinLength, MaxLength: r.MaxLength,
		Concurrent: r.Concurrent, Daily: r.Daily, Codes: r.Codes, ChangedAt: r.At, ChangedBy: r.By}
}

// seesRule tells whether somebody may see a rule: of users, who is limited to projects sees his own only.
func (who *asker) seesRule(r *call.Rule) bool {
	return (r.Kind != call.ForUser || len(who.Projects) == 0 || r.Of == who.Login) && (r.Kind != call.ForProject || who.Sees(r.Of))
}

type ruleList struct{ Body []DestinationRule }

func (f *Face) listRules(_ context.Context, who *asker, _ *struct{}) (*ruleList, error) {
	out, numbers := &ruleList{Body: []DestinationRule{}}, who.May("numbers", "see")
	for _, r := range f.o.Destinations.List() {
		if who.seesRule(&r) {
			out.Body = append(out.Body, ruleView(&r, numbers))
		}
	}
	return out, nil
}

func (f *Face) getRule(_ context.Context, who *asker, in *ByScope) (*single[DestinationRule], error) {
	all := f.o.Destinations.List()
	i := slices.IndexFunc(all, func(r call.Rule) bool { return r.String() == in.For })
	if i < 0 || !who.seesRule(&all[i]) {
		return nil, fault.New(fault.NotFound, "Rule")
	}
	return singly(f, ruleView(&all[i], who.May("numbers", "see")), wholeRule(&all[i]))
}

// prefixes are the beginnings of numbers; one that is as long as a number may be a whole one.
func prefixes(all []string, numbers bool) []string {
	views := make([]string, len(all))
	for i, prefix := range all {
		views[i] = report.ShownText(prefix, numbers)
	}
	return views
}

// changes reads whose rule is to be changed. Who is limited to projects changes theirs only, and not what limits himself.
func (who *asker) changes(scope string) (call.Scope, error) {
	of, err := call.ParseScope(scope)
	if err == nil && len(who.Projects) > 0 && (of.Kind != call.ForProject || !who.Sees(of.Of)) {
		err = fault.New(fault.Denied, "")
	}
	return of, err
}

// ByScope names a rule.
type ByScope struct {
	For string `query:"for" required:"true" doc:"all, user:LOGIN or project:ID."`
}

// RuleChange is what to change of a rule; lists are replaced as a whole.
type RuleChange struct {
	Allow      *[]string `json:"allow,omitempty"`
	Deny       *[]string `json:"deny,omitempty"`
	MinLength  *int      `json:"min_length,omitempty"`
	MaxLength  *int      `json:"max_length,omitempty"`
	Concurrent *int      `json:"concurrent,omitempty"`
	Daily      *int      `json:"daily,omitempty"`
	Codes      *bool     `json:"codes,omitempty"`
}

func (f *Face) setRule(ctx context.Context, who *asker, in *struct {
	ByScope
	Known
	Body RuleChange
}) (*ruleList, error) {
	of, err := who.changes(in.For)
	if err != nil {
		return nil, err
	}
	if in.Body == (RuleChange{}) {
		return nil, errNoChange
	}
	for _, all := range []*[]string{in.Body.Allow, in.Body.Deny} {
		if all == nil {
			continue
		}
		if err := f.mayTell(ctx, who, *all...); err != nil {
			return nil, err
		}
	}
	if err := f.o.Destinations.Set(ctx, of, call.RuleChange(in.Body), who.Login, asKnown(f, &in.Known, "Rule", wholeRule)); err != nil {
		return nil, err
	}
	return f.listRules(ctx, who, nil)
}

// wholeRule is all of a rule.
func wholeRule(r *call.Rule) DestinationRule { return ruleView(r, true) }

func (f *Face) deleteRule(ctx context.Context, who *asker, in *struct {
	ByScope
	Known
}) (*ruleList, error) {
	of, err := who.changes(in.For)
	if err != nil {
		return nil, err
	}
	if err := f.o.Destinations.Remove(ctx, of, who.Login, asKnown(f, &in.Known, "Rule", wholeRule)); err != nil {
		return nil, err
	}
	return f.listRules(ctx, who, nil)
}
