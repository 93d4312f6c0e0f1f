package v1

import (
	"context"
	"strconv"
	"strings"
	"time"

	"callgate/internal/report"
	"callgate/internal/webhook"
)

// WebhookDelivery is an event on its way to an address.
type WebhookDelivery struct {
	Event    string           `json:"event" doc:"The event's id, Webhook-Id of what is sent."`
	Kind     string           `json:"type"`
	At       time.Time        `json:"at" doc:"When it happened."`
	Made     time.Time        `json:"made"`
	State    string           `json:"state" enum:"waiting,sending,delivered,failed"`
	Due      *time.Time       `json:"due,omitempty" doc:"When it is tried next."`
	Until    *time.Time       `json:"until,omitempty" doc:"After which it is given up."`
	Ended    *time.Time       `json:"ended,omitempty"`
	Attempts []WebhookAttempt `json:"attempts" nullable:"false" doc:"In their order, the last fifty."`
}

// WebhookAttempt is one time that a delivery was tried.
type WebhookAttempt struct {
	At     time.Time `json:"at"`
	Status int       `json:"status" doc:"Of HTTP; 0 when there was no answer."`
	Error  string    `json:"error" doc:"Why there was no answer."`
	Took   float64   `json:"took" doc:"Seconds."`
	Answer string    `json:"answer" doc:"The first KiB of it, of the last attempt only. What may be numbers in it is hidden from users without the right numbers/see."`
}

func deliveryView(d *webhook.Delivery, numbers bool) WebhookDelivery {
	v := WebhookDelivery{Event: d.Event.ID, Kind: string(d.Event.Kind), At: d.Event.At, Made: d.Made, State: string(d.State), Ended: given(d.Ended),
		Attempts: make([]WebhookAttempt, len(d.Log))}
	if d.Ended.IsZero() {
		v.Due, v.Until = given(d.Due), given(d.Until)
	}
	for i, a := range d.Log {
		v.Attempts[i] = WebhookAttempt{At: a.At, Status: a.Status, Error: a.Error, Took: a.Took.Seconds(), Answer: report.ShownText(a.Answer, numbers)}
	}
	return v
}

type deliveryList struct {
	Body struct {
		Deliveries []WebhookDelivery `json:"deliveries" nullable:"false"`
		Next       string            `json:"next,omitempty" doc:"What to give as cursor for those that follow; there are none without it."`
	}
}

func (f *Face) listDeliveries(ctx context.Context, who *asker, in *struct {
	ByWebhook
	State  []string `query:"state,explode" enum:"waiting,sending,delivered,failed" maxItems:"4" doc:"One of these."`
	Limit  int      `query:"limit" default:"50" minimum:"1" maximum:"500"`
	Cursor string   `query:"cursor" maxLength:"128" doc:"next of the answer before."`
}) (*deliveryList, error) {
	if _, err := f.webhook(ctx, who, in.ByWebhook); err != nil {
		return nil, err
	}
	var states []webhook.State
	for _, s := range in.State {
		states = append(states, webhook.State(s))
	}
	var after webhook.Place
	if in.Cursor != "" {
		made, event, found := strings.Cut(in.Cursor, ".")
		us, err := strconv.ParseInt(made, 10, 64)
		if err != nil || !found {
			return nil, wrongParameter("cursor", "want next of an answer")
		}
		after = webhook.Place{Made: time.UnixMicro(us), Event: event}
	}
	all, err := f.o.Webhooks.Deliveries(ctx, in.ID, states, after, in.Limit)
	if err != nil {
		return nil, err
	}
	out, numbers := &deliveryList{}, who.May("numbers", "see")
	out.Body.Deliveries = make([]WebhookDelivery, len(all))
	for i := range all {
		out.Body.Deliveries[i] = deliveryView(&all[i], numbers)
	}
	if len(all) == in.Limit {
		last := &all[len(all)-1]
		out.Body.Next = strconv.FormatInt(last.Made.UnixMicro(), 10) + "." + last.Event.ID
	}
	return out, nil
}

type replayed struct {
	Body struct {
		Deliveries int `json:"deliveries" doc:"How many are sent again."`
	}
}

func (f *Face) replayWebhook(ctx context.Context, who *asker, in *struct {
	ByWebhook
	Body struct {
		Event string     `json:"event,omitempty" maxLength:"64" doc:"The id of an event, whatever became of it."`
		Since *time.Time `json:"since,omitempty" doc:"Or all made since that failed or wait to be tried again."`
	}
}) (*replayed, error) {
	if (in.Body.Event == "") == (in.Body.Since == nil) {
		return nil, wrongParameter("body", "want event or since")
	}
	if _, err := f.webhook(ctx, who, in.ByWebhook); err != nil {
		return nil, err
	}
	var since time.Time
	change(&since, in.Body.Since)
	n, err := f.o.Webhooks.Replay(ctx, in.ID, in.Body.Event, since)
	if err != nil {
		return nil, err
	}
	out := &replayed{}
	out.Body.Deliveries = n
	return out, nil
}

type oneDelivery struct{ Body WebhookDelivery }

func (f *Face) testWebhook(ctx context.Context, who *asker, in *ByWebhook) (*oneDelivery, error) {
	if _, err := f.webhook(ctx, who, *in); err != nil {
		return nil, err
	}
	d, err := f.o.Webhooks.Try(ctx, in.ID, who.Login)
	if err != nil {
		return nil, err
	}
	return &oneDelivery{deliveryView(&d, who.May("numbers", "see"))}, nil
}
