package gateway

import (
	"fmt"
	"slices"
)

func (c *checker) rules(place string, rules []rule) {
	for i := range rules {
		at, r := fmt.Sprintf("%s[%d]", place, i), &rules[i]
		c.want(r.Status != nil || len(r.Where) > 0 || r.Body != nil, at, "want status, where or body: it holds of everything")
		c.want(place != "send.taken" || len(r.Where) > 0 || r.Body != nil || !r.Status.have(500), at, "a failure of the server takes nothing")
		c.want(r.Wait >= 0 && r.Wait <= 86400 && (r.Wait == 0 || place == "send.later"), below(at, "wait"), "want seconds, up to a day, of a later rule")
		c.conditions(below(at, "where"), r.Where)
	}
}

// conditions checks each of them, and that all of them can hold at the same time.
func (c *checker) conditions(place string, all []condition) {
	at := func(i int) string { return fmt.Sprintf("%s[%d]", place, i) }
	for i := range all {
		given := 0
		for _, is := range []bool{all[i].Equals != nil, all[i].OneOf != nil, all[i].NoneOf != nil, all[i].Present != nil} {
			if is {
				given++
			}
		}
		c.want(all[i].Path.ways != nil, below(at(i), "path"), "want one")
		c.want(given == 1, at(i), "want one of equals, one_of, none_of and present")
		for j := range i {
			c.want(all[i].Path.text != all[j].Path.text || agree(&all[i], &all[j]), at(i), "it never holds when %s does", at(j))
		}
	}
}

// agree tells whether two conditions on one value can both hold.
func agree(a, b *condition) bool {
	gone := func(c *condition) bool { return c.Present != nil && !*c.Present }
	there := func(c *condition) bool { return c.may() != nil || c.Present != nil && *c.Present }
	switch {
	case gone(a) && there(b), gone(b) && there(a):
		return false
	case a.may() != nil && b.may() != nil:
		return slices.ContainsFunc(a.may(), func(text string) bool { return slices.Contains(b.may(), text) })
	case a.may() != nil && b.NoneOf != nil:
		return slices.ContainsFunc(a.may(), func(text string) bool { return !slices.Contains(b.NoneOf, text) })
	case b.may() != nil && a.NoneOf != nil:
		return agree(b, a)
	}
	return true
}
