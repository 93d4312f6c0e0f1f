package app

import (
	"context"
	"time"

	"callgate/internal/check"
	"callgate/internal/outside"
	"callgate/internal/outside/mail"
	"callgate/internal/recording"
	"callgate/internal/setting"
)

// trials try what settings are for, beside the parts that use them.
func (a *App) trials(c Config) *check.Trials {
	o := check.TrialOptions{
		Draft:      a.settings.Draft,
		OnlineStat: func(d setting.Draft) outside.Server { return statServer(d) },
		Report:     func(d setting.Draft) (outside.Server, outside.ReportForm) { return reportServer(d) },
		Mail:       func(d setting.Draft) mail.Server { return mailServer(d) },
		S3:         func(d setting.Draft) recording.S3 { return objectStore(d) },
		Now:        func() time.Time { return time.Now().In(c.zone) },
	}
	for _, s := range c.Switches {
		o.Switches = append(o.Switches, check.TrialSwitch{Name: s.Name, Addr: s.Addr, TLS: s.TLS, Dial: func(ctx context.Context) (check.Link, func(), error) {
			link, end, err := s.dial(ctx)
			if err != nil {
				return nil, func() {}, err
			}
			return link, end, nil
		}})
	}
	return check.NewTrials(o)
}
