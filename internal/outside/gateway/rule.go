package gateway

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
)

// rule holds of an answer when all that it says does.
type rule struct {
	Status statuses    `json:"status"`
	Where  []condition `json:"where"`
	Body   *pattern    `json:"body"`
	Wait   int         `json:"wait"` // seconds, of a later rule
}

// condition is about one value in an answer. null is as if it were not there.
type condition struct {
	Path    paths   `json:"path"`
	Equals  scalars `json:"equals"`
	OneOf   scalars `json:"one_of"`
	NoneOf  scalars `json:"none_of"` // also holds when it is not there
	Present *bool   `json:"present"`
}

func (c *condition) holds(value any) bool {
	found := c.Path.at(value)
	if c.Present != nil {
		return *c.Present == (found != nil)
	}
	text, ok := scalar(found)
	if len(c.NoneOf) > 0 {
		return !ok || !slices.Contains(c.NoneOf, text)
	}
	return ok && slices.Contains(c.may(), text)
}

// may are the texts that the value may have, none when it may have others than are named.
func (c *condition) may() []string { return slices.Concat(c.Equals, c.OneOf) }

func (r *rule) holds(a *answer) bool {
	return (r.Status == nil || r.Status.have(a.status)) &&
		(r.Body == nil || r.Body.MatchString(a.body)) &&
		(len(r.Where) == 0 || a.json && allHold(r.Where, a.value))
}

func allHold(conditions []condition, value any) bool {
	for i := range conditions {
		if !conditions[i].holds(value) {
			return false
		}
	}
	return true
}

// holding is the first of the rules that holds, nil when none does.
func holding(rules []rule, a *answer) *rule {
	for i := range rules {
		if rules[i].holds(a) {
			return &rules[i]
		}
	}
	return nil
}

// scalars are texts, numbers and truth values, which are compared as they are written.
type scalars []string

// scan implements scanner: one of them or a list.
func (s *scalars) scan(place string, from any) error {
	all, list := from.([]any)
	if !list {
		all = []any{from}
	}
	for _, one := range all {
		text, ok := scalar(one)
		if !ok {
			return wrong(place, "want texts or numbers")
		}
		*s = append(*s, text)
	}
	if len(all) == 0 {
		return wrong(place, "want at least one")
	}
	return nil
}

// statuses are ranges of HTTP's, such as 200-299,409.
type statuses [][2]int

// scan implements scanner.
func (s *statuses) scan(place string, from any) error {
	text, _ := scalar(from)
	for one := range strings.SplitSeq(text, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(one), "-")
		if !isRange {
			high = low
		}
		a, errA := strconv.Atoi(low)
		b, errB := strconv.Atoi(high)
		if errA != nil || errB != nil || a < 200 || b > 599 || a > b {
			return wrong(place, "want HTTP's status codes such as 200-299,409")
		}
		*s = append(*s, [2]int{a, b})
	}
	return nil
}

func (s statuses) have(status int) bool {
	return slices.ContainsFunc(s, func(r [2]int) bool { return r[0] <= status && status <= r[1] })
}

// pattern is a regular expression, which takes linear time of whatever it is matched with.
type pattern struct{ *regexp.Regexp }

const maxPattern = 500 // bytes

// scan implements scanner.
func (p *pattern) scan(place string, from any) error {
	text, ok := from.(string)
	if !ok || text == "" || len(text) > maxPattern {
		return wrong(place, "want a regular expression of at most %d bytes", maxPattern)
	}
	parsed, err := syntax.Parse(text, syntax.Perl)
	if err == nil && (parsed.Op == syntax.OpNoMatch || parsed.Op == syntax.OpCharClass && len(parsed.Rune) == 0) {
		err = fmt.Errorf("nothing matches %s", text)
	}
	if err == nil {
		p.Regexp, err = regexp.Compile(text)
	}
	if err != nil {
		return wrong(place, "%w", err)
	}
	return nil
}
