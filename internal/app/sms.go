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
	carriers := sms.NewCarriers(sms.CarriersOptions{Store: a.store, Build: buildCarrier, Logger: a.logger,
		Order: func() []string { return setting.Names(a.settings.Text(setting.SMSProvider)) },
		Heard: func(ctx context.Context, provider string, r gateway.Receipt) error {
			return service.Heard(ctx, provider, r)
		}})
	service = sms.New(sms.Options{Store: a.store, Carriers: carriers, Normal: a.projects.Normal, Quiet: a.projects.NoSMSUntil, Owner: uuid.NewString(),
		AnswerTime: a.duration(setting.SMSAnswerTime), RetryAfter: a.duration(setting.SMSRetryAfter), Now: time.Now, Registerer: metrics, Logger: a.logger})
	return service, carriers
}

// buildCarrier makes what reaches a provider.
func buildCarrier(p sms.Provider, _ func(context.Context, gateway.Receipt) error) (sms.Carrier, error) {
	return nil, fmt.Errorf("no provider is reached by %q", p.Kind)
}
