package gateway

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Send hands a message over. It blocks until the provider has answered, ctx ends or the description's time is over. A
// message is put to the provider at most once, whatever happens: trying again is for the caller, and only when it is Later.
func (h *HTTP) Send(ctx context.Context, t Text) Sent {
	s := h.hand(ctx, t)
	s.Reason = words(s.Reason, h.secrets, t)
	return s
}

func (h *HTTP) hand(ctx context.Context, t Text) Sent {
	switch longest := h.d.Limits.Longest; {
	case t.Number == "" || strings.ContainsFunc(t.Number+t.From, isControl):
		return Sent{Outcome: Refused, Reason: "the number or the sender is none"}
	case !utf8.ValidString(t.Number+t.From+t.Text) || strings.ContainsRune(t.Text, 0):
		return Sent{Outcome: Refused, Reason: "the text is none: it has a NUL in it, or is no UTF-8"}
	case longest > 0 && utf8.RuneCountInString(t.Text) > longest:
		return Sent{Outcome: Refused, Reason: "the text is longer than the " + strconv.Itoa(longest) + " characters that the provider takes"}
	case !t.Until.IsZero() && !t.Until.After(time.Now()):
		return Sent{Outcome: Refused, Reason: "the time is over until which it was of use"}
	}
	req, err := h.sending(t)
	if err != nil {
		return Sent{Outcome: Refused, Reason: err.Error()}
	}
	a, asked, err := h.ask(ctx, req, h.d.Send.timeout())
	switch {
	case err != nil && asked:
		return Sent{Outcome: Unknown, Reason: err.Error()}
	case err != nil:
		return Sent{Outcome: Later, Reason: err.Error()}
	}
	return h.d.Send.judge(a)
}

// sending is the request by which a message is handed over.
func (h *HTTP) sending(t Text) (*http.Request, error) {
	minutes, clock := h.minutes(t.Until)
	return h.d.Send.make(h.values(map[string]string{placeNumber: h.number(t.Number), placeText: t.Text, placeFrom: t.From,
		placeID: strconv.FormatInt(t.ID, 10), placeMinutes: minutes, placeClock: clock}))
}

// judge says what an answer means. The description's rules come first; without one that holds, the status does.
func (s *sending) judge(a *answer) Sent {
	if holding(s.Taken, a) != nil {
		id := s.ID.scalar(a.value)
		if !goodID(id) {
			id = ""
		}
		return Sent{Outcome: Taken, ID: id}
	}
	reason := a.told(s.Reason)
	if later := holding(s.Later, a); later != nil {
		return Sent{Outcome: Later, Reason: reason, Wait: cmp.Or(a.wait, time.Duration(later.Wait)*time.Second)}
	}
	switch {
	case holding(s.Refused, a) != nil:
		return Sent{Outcome: Refused, Reason: reason}
	case a.status == 429, a.status == 503:
		return Sent{Outcome: Later, Reason: reason, Wait: a.wait}
	case a.status == 408, a.status < 200, a.status >= 300 && a.status < 400, a.status >= 500:
		return Sent{Outcome: Unknown, Reason: reason}
	case a.status >= 400:
		return Sent{Outcome: Refused, Reason: reason}
	case a.html():
		return Sent{Outcome: Unknown, Reason: reason + " and HTML"}
	case a.body == "" || s.readsJSON() && !a.json:
		return Sent{Outcome: Unknown, Reason: reason + " and nothing that can be understood"}
	}
	// It may be the provider's other way to say that it took the message.
	return Sent{Outcome: Unknown, Reason: reason + ", and no rule knows the answer"}
}

// readsJSON tells whether rules look for values in JSON.
func (s *sending) readsJSON() bool {
	for _, rules := range [...][]rule{s.Taken, s.Later, s.Refused} {
		for i := range rules {
			if len(rules[i].Where) > 0 {
				return true
			}
		}
	}
	return false
}
