package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"callgate/internal/fault"
)

// mostUntold is how many requests in a row may tell nothing.
const mostUntold = 3

// States asks what became of messages that the provider took, with as many requests as that takes. It tells of those of
// which something is known; a failure, the first of which is told and mostly is fault.OutsideDown, leaves what was learned. An
// answer that may be about a message alone does not keep it from asking about others, but for three in a row.
func (h *HTTP) States(ctx context.Context, asked []Asked) (all []Receipt, err error) {
	p := h.d.Status
	if p == nil {
		return nil, errors.New("ask for states: the provider has none to ask for")
	}
	untold := 0
	for some := range slices.Chunk(asked, max(1, p.Most)) {
		told, others, failed := h.poll(ctx, p, some)
		all = append(all, told...)
		if failed == nil {
			untold = 0
			continue
		}
		if err == nil {
			err = fmt.Errorf("ask for states: %w", failed)
		}
		if untold++; untold == mostUntold || !others {
			break
		}
	}
	return all, err
}

// poll asks for as many as one request can. others tells whether more may be known of others where it fails.
func (h *HTTP) poll(ctx context.Context, p *polling, some []Asked) (told []Receipt, others bool, err error) {
	v := h.values(map[string]string{placeID: some[0].ID, placeNumber: h.number(some[0].Number)})
	for _, one := range some {
		v.ids = append(v.ids, one.ID)
	}
	hidden := append(slices.Clone(h.secrets), numbers(some)...)
	plain := func(said string) string { return words(said, hidden, Text{}) }
	req, err := p.make(v)
	if err != nil {
		return nil, true, err
	}
	a, _, err := h.ask(ctx, req, p.timeout())
	if err != nil {
		return nil, false, &fault.Error{Kind: fault.OutsideDown, Err: errors.New(plain(err.Error()))}
	}
	answered := len(p.Answered) == 0 && a.status >= 200 && a.status < 300 || holding(p.Answered, a) != nil
	if !answered || !a.json {
		others = a.wait == 0 && (a.status >= 200 && a.status < 300 || a.status == http.StatusBadRequest || a.status == http.StatusNotFound)
		return nil, others, &fault.Error{Kind: fault.OutsideDown, RetryAfter: a.wait, Err: errors.New(plain(a.told(p.Reason)))}
	}
	all := p.receipts(a.value, some[0].ID, plain)
	return slices.DeleteFunc(all, func(r Receipt) bool { // what nobody asked for
		return !slices.ContainsFunc(some, func(one Asked) bool { return one.ID == r.ID })
	}), true, nil
}

func numbers(some []Asked) (all []string) {
	for _, one := range some {
		if one.Number != "" {
			all = append(all, one.Number)
		}
	}
	return all
}
