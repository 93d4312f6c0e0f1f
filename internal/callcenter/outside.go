package callcenter

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"
)

// outsideCalls are the channels of phones that are on a call, by account. They show which agents talk outside the
// queues.
type outsideCalls map[string][]phoneCall

// phoneCall is one channel of a phone.
type phoneCall struct {
	uuid, domain string
	at           time.Time // when an event told of it
}

// phoneOf finds the account of a channel by its name and presence id; there is none in that of no phone.
func phoneOf(name, presence string) (account, domain string) {
	account, domain, _ = strings.Cut(presence, "@")
	if account == "" {
		account, _, _ = accountIn(name)
	}
	return account, domain
}

// readOutside asks for the channels that are up. FreeSWITCH answers from a table that it fills after the fact, so a
// call is seen a little late, and one that has just ended a little longer.
//
// Source: mod_commands.c show_function; without any channel there is no "rows".
func readOutside(ctx context.Context, link Link) (outsideCalls, error) {
	text, err := link.API(ctx, "show", "channels", "as", "json")
	if err != nil {
		return nil, fmt.Errorf("read channels: %w", err)
	}
	var reply struct {
		Count *int `json:"row_count"`
		Rows  []struct {
			UUID      cell `json:"uuid"`
			Name      cell `json:"name"`
			Presence  cell `json:"presence_id"`
			CallState cell `json:"callstate"`
		}
	}
	if err := json.Unmarshal([]byte(text), &reply); err != nil {
		return nil, fmt.Errorf("read channels: %w", err)
	}
	if reply.Count == nil || *reply.Count != len(reply.Rows) {
		return nil, fmt.Errorf("read channels: %d rows, not as many as announced", len(reply.Rows))
	}
	calls := outsideCalls{}
	for _, r := range reply.Rows {
		switch r.CallState {
		case "ACTIVE", "HELD", "UNHELD":
		default:
			continue // it rings, or is over
		}
		if account, domain := phoneOf(string(r.Name), string(r.Presence)); account != "" {
			calls[account] = append(calls[account], phoneCall{uuid: string(r.UUID), domain: domain})
		}
	}
	return calls, nil
}

// of tells whether the agent's phone is on a call that is not over and not the one he serves a queue with.
func (o outsideCalls) of(a *Agent, over map[string]time.Time) bool {
	if len(o) == 0 {
		return false
	}
	for account, domain := range a.accounts() {
		for _, call := range o[account] {
			if _, ended := over[call.uuid]; !ended && call.uuid != a.UUID && (domain == "" || call.domain == "" || domain == call.domain) {
				return true
			}
		}
	}
	return false
}

// accounts are those that the agent's contact rings, each with its domain where that is named.
func (a *Agent) accounts() iter.Seq2[string, string] {
	contact := a.Contact
	for {
		// Dial strings may begin with variables, in any of three kinds of brackets.
		end := strings.IndexAny(contact, "]}>")
		if contact == "" || !strings.ContainsRune("[{<", rune(contact[0])) || end < 0 {
			break
		}
		contact = contact[end+1:]
	}
	return func(yield func(account, domain string) bool) {
		for _, one := range strings.FieldsFunc(contact, func(r rune) bool { return r == ',' || r == '|' }) {
			if account, domain, ok := accountIn(one); ok && !yield(account, domain) {
				return
			}
		}
	}
}

// accountIn finds the account in a dial string or in the name of a channel: user/1000@domain, sofia/internal/1000@host,
// sofia/internal/sip:1000@host:5060, sofia/gateway/trunk/79001234567. Only user/ names the domain of the account, the
// others an address.
func accountIn(text string) (account, domain string, ok bool) {
	kind, rest, ok := strings.Cut(text, "/")
	if !ok {
		return "", "", false
	}
	switch kind {
	case "user":
		account, domain, _ = strings.Cut(rest, "@")
		return account, domain, account != ""
	case "sofia":
		account = rest[strings.LastIndexByte(rest, '/')+1:]
		account, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(account, "sips:"), "sip:"), "@")
		return account, "", account != ""
	}
	return "", "", false
}
