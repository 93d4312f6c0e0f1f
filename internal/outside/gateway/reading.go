package gateway

import (
	"slices"
	"strings"
)

// reading is how states of messages are found in what a provider says.
type reading struct {
	Each   *paths      `json:"each"`  // where the messages lie, in a list or an object; without it there is one
	Lines  bool        `json:"lines"` // each of them is a text, whose lines are [0], [1] and so on
	Where  []condition `json:"where"` // others are passed over
	ID     *paths      `json:"id"`    // without it the name of the member in Each
	State  paths       `json:"state"`
	Reason many        `json:"reason"`
	Codes  codes       `json:"codes"`
}

// codes are a provider's for each state. Others say nothing about a message.
type codes struct {
	Delivered scalars `json:"delivered"`
	Failed    scalars `json:"failed"`
	Expired   scalars `json:"expired"`
	OnItsWay  scalars `json:"on_its_way"`
}

// lists are those of each state.
func (c *codes) lists() [4]scalars {
	return [...]scalars{OnItsWay: c.OnItsWay, Delivered: c.Delivered, Failed: c.Failed, Expired: c.Expired}
}

func (c *codes) none() bool {
	return len(c.OnItsWay)+len(c.Delivered)+len(c.Failed)+len(c.Expired) == 0
}

func (c *codes) state(code string) (State, bool) {
	for state, all := range c.lists() {
		if slices.Contains(all, code) {
			return State(state), true
		}
	}
	return 0, false
}

const (
	maxID   = 200   // bytes of a provider's id
	maxTold = 10000 // messages of which one answer may tell
)

// receipts are what is told about messages; plain makes words of the provider's fit to be shown. asked is the id where
// the answer does not name it.
func (r *reading) receipts(value any, asked string, plain func(string) string) (all []Receipt) {
	for _, m := range r.messages(value, asked) {
		if text, ok := m.value.(string); ok && r.Lines {
			m.value = lines(text)
		}
		if r.ID != nil {
			m.name = r.ID.scalar(m.value)
		}
		code := r.State.scalar(m.value)
		state, known := r.Codes.state(code)
		if !known || !goodID(m.name) || !allHold(r.Where, m.value) {
			continue
		}
		receipt := Receipt{ID: m.name, State: state}
		if state == Failed {
			if receipt.Reason = plain(r.Reason.words(m.value)); receipt.Reason == "" {
				receipt.Reason = plain(code)
			}
		}
		all = append(all, receipt)
	}
	return all
}

// messages are the values that tell of one message each, with its id where that is known from around them.
func (r *reading) messages(value any, asked string) []member {
	if r.Each == nil {
		return []member{{asked, value}}
	}
	var all []member
	switch v := r.Each.at(value).(type) {
	case object:
		all = v
	case []any:
		for _, element := range v {
			all = append(all, member{"", element})
		}
	}
	return all[:min(len(all), maxTold)]
}

// goodID tells whether an id is one to keep.
func goodID(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, isControl)
}
