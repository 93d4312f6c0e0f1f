package app

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/outside/gateway"
	"callgate/internal/setting"
	"callgate/internal/sms"
)

// texting makes what sends text messages, and those who carry them.
func (a *App) texting(metrics prometheus.Registerer) (*sms.Service, *sms.Carriers) {
	var service *sms.Service
	carriers := sms.NewCarriers(sms.CarriersOptions{Store: a.store, Build: a.buildCarrier, Logger: a.logger,
		Order: func() []string { return setting.Names(a.settings.Text(setting.SMSProvider)) },
		Heard: func(ctx context.Context, provider string, r gateway.Receipt) error {
			return service.Heard(ctx, provider, r)
		}})
	service = sms.New(sms.Options{Store: a.store, Carriers: carriers, Normal: a.projects.Normal, Quiet: a.projects.NoSMSUntil, Owner: uuid.NewString(),
		AnswerTime: a.duration(setting.SMSAnswerTime), RetryAfter: a.duration(setting.SMSRetryAfter), Now: time.Now, Registerer: metrics, Logger: a.logger})
	return service, carriers
}

// buildCarrier makes what reaches a provider.
func (a *App) buildCarrier(p sms.Provider, _ func(context.Context, gateway.Receipt) error) (sms.Carrier, error) {
	switch p.Kind {
	case sms.Log:
		return gateway.NewLog(a.logger), nil
	case sms.HTTP:
		d, err := p.Describe()
		if err != nil {
			return nil, err
		}
		return gateway.NewHTTP(d, p.Values, gateway.Options{AtATime: p.Pace.AtOnce})
	default:
		return nil, fmt.Errorf("nobody is reached by %q", p.Kind)
	}
}
