package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"callgate/internal/fault"
)

// States asks what became of messages that the provider took, with as many requests as that takes. It tells of those of
// which something is known; a failure, which is fault.OutsideDown, leaves what was learned before it.
func (h *HTTP) States(ctx context.Context, asked []Asked) (all []Receipt, err error) {
	p := h.d.Status
	if p == nil {
		return nil, errors.New("ask for states: the provider has none to ask for")
	}
	for some := range slices.Chunk(asked, max(1, p.Most)) {
		told, err := h.poll(ctx, p, some)
		all = append(all, told...)
		if err != nil {
			return all, fmt.Errorf("ask for states: %w", err)
		}
	}
	return all, nil
}

// poll asks for as many as one request can.
func (h *HTTP) poll(ctx context.Context, p *polling, some []Asked) ([]Receipt, error) {
	v := h.values(map[string]string{placeID: some[0].ID, placeNumber: h.number(some[0].Number)})
	for _, one := range some {
		v.ids = append(v.ids, one.ID)
	}
	hidden := append(slices.Clone(h.secrets), numbers(some)...)
	plain := func(said string) string { return words(said, hidden, Text{}) }
	req, err := p.make(v)
	if err != nil {
		return nil, err
	}
	a, _, err := h.ask(ctx, req, p.timeout())
	if err != nil {
		return nil, &fault.Error{Kind: fault.OutsideDown, Err: errors.New(plain(err.Error()))}
	}
	answered := len(p.Answered) == 0 && a.status >= 200 && a.status < 300 || holding(p.Answered, a) != nil
	if !answered || !a.json {
		return nil, &fault.Error{Kind: fault.OutsideDown, RetryAfter: a.wait, Err: errors.New(plain(a.told(p.Reason)))}
	}
	all := p.receipts(a.value, some[0].ID, plain)
	return slices.DeleteFunc(all, func(r Receipt) bool { // what nobody asked for
		return !slices.ContainsFunc(some, func(one Asked) bool { return one.ID == r.ID })
	}), nil
}

func numbers(some []Asked) (all []string) {
	for _, one := range some {
		if one.Number != "" {
			all = append(all, one.Number)
		}
	}
	return all
}
