package gateway

import (
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// The placeholders that are not needs.
const (
	placeNumber  = "number"  // the number called, as Description.Number wants it
	placeText    = "text"    //
	placeFrom    = "from"    // the sender that is shown
	placeID      = "id"      // ours for a message, or the provider's where it is asked about one
	placeIDs     = "ids"     // the provider's for several
	placeMinutes = "minutes" // until nobody needs the message
	placeClock   = "hh_mm"   // the same as hours and minutes
)

var reserved = [...]string{placeNumber, placeText, placeFrom, placeID, placeIDs, placeMinutes, placeClock}

var needForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// checker keeps the first thing that is wrong.
type checker struct {
	err   error
	needs map[string]bool
	used  map[string]bool
}

func (c *checker) wrong(place, format string, a ...any) {
	if c.err == nil {
		c.err = wrong(place, format, a...)
	}
}

// want says what is wrong unless something holds.
func (c *checker) want(holds bool, place, format string, a ...any) {
	if !holds {
		c.wrong(place, format, a...)
	}
}

// check looks at what a description's fields mean.
func (d *Description) check() error {
	c := &checker{needs: map[string]bool{}, used: map[string]bool{}}
	c.want(strings.TrimSpace(d.Title) != "", "title", "want one")
	c.want(d.Source == "" || webAddress(d.Source), "source", "want the address of a page")
	c.want(!d.Experimental || d.Read != "", "read", "want what makes it experimental")
	c.want(d.Number == "plus" || d.Number == "digits", "number", "want plus or digits")
	c.want(d.Limits.PerSecond >= 0 && d.Limits.Longest >= 0 && d.Limits.Minutes >= 0, "limits", "want no negative number")
	c.checkNeeds(d.Needs)
	used := c.sending(&d.Send)
	d.minutes = used[placeMinutes] || used[placeClock]
	if d.Status != nil {
		c.polling(d.Status)
	}
	if d.Receipt != nil {
		c.callback(d.Receipt)
	}
	for i, n := range d.Needs {
		c.want(c.used[n.Name], fmt.Sprintf("needs[%d]", i), "nothing uses {%s}", n.Name)
	}
	return c.err
}

func (c *checker) checkNeeds(needs []Need) {
	for i, n := range needs {
		at := fmt.Sprintf("needs[%d]", i)
		c.want(needForm.MatchString(n.Name), at+".name", "want a name of small letters, digits and _")
		c.want(!slices.Contains(reserved[:], n.Name), at+".name", "{%s} is something else", n.Name)
		c.want(!c.needs[n.Name], at+".name", "%s stands there twice", n.Name)
		c.want(strings.TrimSpace(n.Title) != "", at+".title", "want one")
		c.want(!n.Secret || n.Default == "", at+".default", "a secret has none")
		c.want(!strings.ContainsFunc(n.Default, isControl), at+".default", "want it on one line")
		c.needs[n.Name] = true
	}
	for i, n := range needs {
		c.want(n.Unless == "" || c.needs[n.Unless] && n.Unless != n.Name, fmt.Sprintf("needs[%d].unless", i), "want the name of another need")
	}
}

func (c *checker) sending(s *sending) map[string]bool {
	used := c.request("send", &s.request, placeNumber, placeText, placeFrom, placeID, placeMinutes, placeClock)
	for _, name := range []string{placeNumber, placeText} {
		c.want(used[name], "send", "{%s} stands nowhere in it", name)
	}
	c.want(len(s.Taken) > 0, "send.taken", "want a rule that tells when a message is taken")
	c.rules("send.taken", s.Taken)
	c.rules("send.later", s.Later)
	c.rules("send.refused", s.Refused)
	return used
}

func (c *checker) polling(p *polling) {
	used := c.request("status", &p.request, placeNumber, placeID, placeIDs)
	c.want(used[placeID] != used[placeIDs], "status", "want either {id} or {ids} in it")
	c.want(used[placeIDs] == (p.Most > 0) && p.Most >= 0 && p.Most <= 1000, "status.most", "want how many messages at once, up to 1000, with {ids} and not without")
	c.want(!used[placeIDs] || p.Each != nil, "status.each", "want one with {ids}")
	c.want(!used[placeIDs] || !used[placeNumber], "status", "{number} is of one message and does not go with {ids}")
	c.rules("status.answered", p.Answered)
	c.reading("status", &p.reading)
}

func (c *checker) callback(b *callback) {
	for i, where := range b.In {
		known := slices.Contains([]string{"query", "form", "json"}, where) && !slices.Contains(b.In[:i], where)
		c.want(known, fmt.Sprintf("receipt.in[%d]", i), "want query, form or json, each once")
	}
	c.want(len(b.In) > 0, "receipt.in", "want where to look: query, form, json")
	c.want(b.ID != nil || b.Each != nil, "receipt.id", "want one")
	c.want(!strings.ContainsFunc(b.Answer.Type, isControl), "receipt.answer.type", "want it on one line")
	c.reading("receipt", &b.reading)
	if b.Signature == nil {
		return
	}
	c.want(hashes[b.Signature.Hash] != nil, "receipt.signature.hash", "want %s", strings.Join(slices.Sorted(maps.Keys(hashes)), ", "))
	c.want(b.Signature.At.ways != nil, "receipt.signature.at", "want where the hash is")
	named := false
	for _, p := range b.Signature.Of {
		for _, name := range p.names {
			if c.needs[name] {
				c.used[name], named = true, true
			} else if _, err := parsePath(name); err != nil {
				c.wrong("receipt.signature.of", "{%s} at character %d is neither a need nor a path", name, p.at)
			}
		}
	}
	c.want(named, "receipt.signature.of", "want a need in it, or anybody could make it")
}

func (c *checker) reading(place string, r *reading) {
	c.want(r.State.ways != nil, below(place, "state"), "want where the state is")
	c.want(!r.Lines || r.Each != nil, below(place, "lines"), "want each with it")
	c.conditions(below(place, "where"), r.Where)
	names, seen := [...]string{OnItsWay: "on_its_way", Delivered: "delivered", Failed: "failed", Expired: "expired"}, map[string]string{}
	for state, all := range r.Codes.lists() {
		for _, code := range all {
			at := below(place, "codes."+names[state])
			c.want(seen[code] == "", at, "%s is in %s too", code, seen[code])
			seen[code] = names[state]
		}
	}
	c.want(len(r.Codes.Delivered)+len(r.Codes.Failed) > 0, below(place, "codes"), "want codes that say how a message ended")
}

// webAddress tells whether a text is an address that can be asked by HTTP, without a name or password in it.
func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" && u.User == nil
}
