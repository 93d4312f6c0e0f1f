package app

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	v1 "callgate/api/v1"
	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
	"callgate/internal/outside/smpp"
	"callgate/internal/project"
	"callgate/internal/setting"
	"callgate/internal/sms"
	"callgate/internal/store"
)

// newTexting makes what sends text messages, and those who carry them.
func newTexting(st *store.Store, projects *project.Service, settings *setting.Service, logger *slog.Logger, metrics prometheus.Registerer) (*sms.Service, *sms.Carriers) {
	var service *sms.Service
	sessions := smpp.NewMetrics(metrics)
	carriers := sms.NewCarriers(sms.CarriersOptions{Store: st, Logger: logger, NewSecret: rand.Text, Now: time.Now,
		Build: func(p sms.Provider, heard func(context.Context, gateway.Receipt) error) (sms.Carrier, error) {
			return buildCarrier(p, heard, sessions, logger)
		},
		Order: func() []string { return setting.Names(settings.Text(setting.SMSProvider)) },
		Heard: func(ctx context.Context, provider string, r gateway.Receipt) error {
			return service.Heard(ctx, provider, r)
		}})
	duration := func(key string) func() time.Duration {
		return func() time.Duration { return settings.Duration(key) }
	}
	service = sms.New(sms.Options{Store: st, Carriers: carriers, Normal: projects.Normal, Quiet: projects.NoSMSUntil, Owner: uuid.NewString(),
		AnswerTime: duration(setting.SMSAnswerTime), RetryAfter: duration(setting.SMSRetryAfter), Now: time.Now, Registerer: metrics, Logger: logger})
	return service, carriers
}

// texts adds what sends text messages to the options of a face.
func (a *App) texts(face *v1.Options) {
	face.Texts, face.TextList, face.Providers, face.Templates = a.messages, a.store, a.carriers, sms.NewTemplates(a.store, time.Now)
}

// buildCarrier makes what reaches a provider.
func buildCarrier(p sms.Provider, heard func(context.Context, gateway.Receipt) error, sessions *smpp.Metrics, logger *slog.Logger) (sms.Carrier, error) {
	switch p.Kind {
	case sms.Log:
		return gateway.NewLog(logger), nil
	case sms.HTTP:
		d, err := p.Describe()
		if err != nil {
			return nil, err
		}
		h, err := gateway.NewHTTP(d, p.Values, gateway.Options{AtATime: p.Pace.AtOnce})
		if err != nil {
			return nil, &fault.Error{Kind: fault.WrongField, Subject: "values", Err: err}
		}
		return h, nil
	case sms.SMPP:
		s, err := smpp.ParseSettings(p.Description, p.Values)
		if err != nil {
			return nil, &fault.Error{Kind: fault.WrongField, Subject: "description", Err: err}
		}
		return smpp.New(s, heard, smpp.Options{Name: p.Name, Metrics: sessions, Logger: logger})
	}
	return nil, &fault.Error{Kind: fault.WrongField, Subject: "kind", Err: errors.New("nobody is reached like that")}
}
