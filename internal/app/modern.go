package app

import (
	"context"
	"errors"

	v1 "callgate/api/v1"
	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/report"
	"callgate/internal/setting"
	"callgate/internal/store"
)

// identity is what an active user may do; nobody else may anything.
func (a *App) identity(ctx context.Context, id int64) (*account.Identity, error) {
	u, err := a.accounts.Find(ctx, id)
	unknown := errors.Is(err, fault.New(fault.NotFound, ""))
	switch {
	case err != nil && !unknown:
		return nil, err
	case unknown || u.Status != account.Active || u.MustChange:
		return nil, &fault.Error{Kind: fault.Denied, Err: errors.New("the user is not active")}
	}
	return u.Identity(), nil
}

// rate is how much a user may ask of the modern face just now.
func (a *App) rate() v1.Rate {
	return v1.Rate{PerSecond: a.settings.Integer(setting.APIRatePerSecond), Burst: a.settings.Integer(setting.APIBurst)}
}

// requestLog is the log of requests: what is still to be written, and what is read.
type requestLog struct {
	*report.RequestLog
	*store.Store
}
