package v1

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
	"callgate/internal/webhook"
)

// Webhooks are where events are sent; webhook.Service has them.
type Webhooks interface {
	List(ctx context.Context) ([]webhook.Endpoint, error)
	Get(ctx context.Context, id string) (webhook.Endpoint, error)
	Add(ctx context.Context, e webhook.Endpoint) (webhook.Endpoint, error)
	// Change may call change twice.
	Change(ctx context.Context, id string, change func(e *webhook.Endpoint) error) (webhook.Endpoint, error)
	Renew(ctx context.Context, id, by string) (webhook.Endpoint, error)
	Remove(ctx context.Context, id string) error
	Try(ctx context.Context, id, by string) (webhook.Delivery, error)
	Deliveries(ctx context.Context, endpoint string, states []webhook.State, after webhook.Place, limit int) ([]webhook.Delivery, error)
	Replay(ctx context.Context, endpoint, event string, since time.Time) (int, error)
}

const (
	webhooksSee  right = "webhooks/see"
	webhooksEdit right = "webhooks/edit"
)

// webhooks are the operations on where events are sent.
func (f *Face) webhooks() {
	const path, one = "/webhooks", "/webhooks/{id}"
	whose := "Who is limited to projects has to do with his own, and with those that are limited to his projects."
	gone := []int{http.StatusNotFound}
	operation(f, huma.Operation{OperationID: "list-webhooks", Method: http.MethodGet, Path: path, Summary: "Where events are sent, by name", Description: whose}, webhooksSee, f.listWebhooks)
	operation(f, huma.Operation{OperationID: "add-webhook", Method: http.MethodPost, Path: path, DefaultStatus: http.StatusCreated, Summary: "Have events sent to an address",
		Description: "Who adds it owns it: what is sent is what he may see at that moment, with numbers if he has the right numbers/see. The answer shows the secret, which nobody is shown again.",
		Errors:      gone}, webhooksEdit, f.addWebhook)
	operation(f, huma.Operation{OperationID: "get-webhook", Method: http.MethodGet, Path: one, Summary: "One webhook", Description: whose, Errors: gone}, webhooksSee, f.getWebhook)
	operation(f, huma.Operation{OperationID: "change-webhook", Method: http.MethodPatch, Path: one, Summary: "Change what is given of a webhook",
		Description: whose + " Who changes more than whether it is active owns it from then on.", Errors: append([]int{http.StatusPreconditionFailed}, gone...)}, webhooksEdit, f.changeWebhook)
	operation(f, huma.Operation{OperationID: "delete-webhook", Method: http.MethodDelete, Path: one, Summary: "Remove a webhook",
		Description: whose + " What was not sent yet is not sent any more.", Errors: gone}, webhooksEdit, f.deleteWebhook)
	operation(f, huma.Operation{OperationID: "list-webhook-deliveries", Method: http.MethodGet, Path: one + "/deliveries", Summary: "What was sent, and how that went, the newest first",
		Description: whose, Errors: gone}, webhooksSee, f.listDeliveries)
	operation(f, huma.Operation{OperationID: "replay-webhook", Method: http.MethodPost, Path: one + "/replay", Summary: "Send again what was sent, or could not be",
		Description: whose + " An event keeps its id, however often it is sent.", Errors: gone}, webhooksEdit, f.replayWebhook)
	operation(f, huma.Operation{OperationID: "test-webhook", Method: http.MethodPost, Path: one + "/test", Summary: "Send a webhook.test event now",
		Description: whose + " The answer tells how it went, in at most ten seconds. It is tried once.", Errors: gone}, webhooksEdit, f.testWebhook)
	operation(f, huma.Operation{OperationID: "renew-webhook-secret", Method: http.MethodPost, Path: one + "/secret", Summary: "Make another secret",
		Description: whose + " The one before signs too for a day, so that the receiver can be told in peace. The answer shows the new one, which nobody is shown again.",
		Errors:      gone}, webhooksEdit, f.renewWebhook)
}

// Webhook is where events are sent.
type Webhook struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	URL        string     `json:"url"`
	Events     []string   `json:"events" nullable:"false"`
	Projects   []string   `json:"projects" nullable:"false" doc:"Whose events; none are all that its owner sees."`
	Numbers    bool       `json:"numbers" doc:"Phone numbers are sent, while its owner may see them."`
	Owner      string     `json:"owner" doc:"By whose rights it is decided what is sent; empty for whoever runs commands on the machine."`
	Active     bool       `json:"active"`
	Reason     string     `json:"reason" doc:"Why it was switched off."`
	Failures   int        `json:"failures" doc:"Attempts in a row that failed. After 100 of them, over more than a day, it is switched off."`
	Failing    *time.Time `json:"failing_since,omitempty"`
	SecretAt   time.Time  `json:"secret_set_at"`
	FormerEnds *time.Time `json:"former_secret_ends,omitempty" doc:"Until when the secret before signs too."`
	Secret     string     `json:"secret,omitempty" doc:"Only in the answer to who has it made."`
	ChangedAt  time.Time  `json:"changed_at"`
	ChangedBy  string     `json:"changed_by"`
}

func webhookView(e *webhook.Endpoint) Webhook {
	v := Webhook{ID: e.ID, Name: e.Name, URL: e.URL, Events: []string{}, Projects: append([]string{}, e.Projects...), Numbers: e.Numbers, Owner: e.OwnerLogin, Active: e.Active, Reason: e.Reason,
		Failures: e.Failures, Failing: given(e.Failing), SecretAt: e.SecretAt, ChangedAt: e.ChangedAt, ChangedBy: e.ChangedBy}
	for _, k := range e.Events {
		v.Events = append(v.Events, string(k))
	}
	if time.Now().Before(e.FormerEnds) {
		v.FormerEnds = &e.FormerEnds
	}
	return v
}

// mayTouchWebhook tells whether who asks may have to do with an endpoint: it shows him nothing that he does not see anyway.
func mayTouchWebhook(who *asker, e *webhook.Endpoint) bool {
	if len(who.Projects) == 0 || e.Owner == who.UserID {
		return true
	}
	return len(e.Projects) > 0 && !slices.ContainsFunc(e.Projects, func(p string) bool { return !who.Sees(p) })
}

// ByWebhook names a webhook.
type ByWebhook struct {
	ID string `path:"id" maxLength:"64"`
}

// webhook finds one that who asks may have to do with.
func (f *Face) webhook(ctx context.Context, who *asker, by ByWebhook) (webhook.Endpoint, error) {
	e, err := f.o.Webhooks.Get(ctx, by.ID)
	if err == nil && !mayTouchWebhook(who, &e) {
		err = fault.New(fault.NotFound, "Webhook")
	}
	return e, err
}

type webhookList struct{ Body []Webhook }

func (f *Face) listWebhooks(ctx context.Context, who *asker, _ *struct{}) (*webhookList, error) {
	all, err := f.o.Webhooks.List(ctx)
	if err != nil {
		return nil, err
	}
	out := &webhookList{Body: []Webhook{}}
	for i := range all {
		if mayTouchWebhook(who, &all[i]) {
			out.Body = append(out.Body, webhookView(&all[i]))
		}
	}
	return out, nil
}

type oneWebhook struct {
	ETag string `header:"ETag" doc:"For If-Match of a change."`
	Body Webhook
}

func shownWebhook(e *webhook.Endpoint) *oneWebhook {
	return &oneWebhook{ETag: revisionTag(e.Version), Body: webhookView(e)}
}

func (f *Face) getWebhook(ctx context.Context, who *asker, in *ByWebhook) (*oneWebhook, error) {
	e, err := f.webhook(ctx, who, *in)
	if err != nil {
		return nil, err
	}
	return shownWebhook(&e), nil
}

// kinds are events by their names, which the service checks.
func kinds(names []string) []webhook.Kind {
	all := make([]webhook.Kind, len(names))
	for i, n := range names {
		all[i] = webhook.Kind(n)
	}
	return all
}

// seenProjects refuses projects that there are none of. Those that who asks does not see he learns nothing about.
func (f *Face) seenProjects(who *asker, ids []string) error {
	for _, p := range ids {
		if !who.Sees(p) {
			return fault.New(fault.Denied, "")
		}
		if _, err := f.o.Projects.Get(p); err != nil {
			return err
		}
	}
	return nil
}

// ownWebhook gives an endpoint to who asks, with no more than he may see himself: that may be less than his user, when he came
// with a key.
func ownWebhook(who *asker, e *webhook.Endpoint) error {
	e.Owner, e.OwnerLogin = who.UserID, who.Login
	for _, k := range e.Events {
		if !who.May(k.Right()) {
			return &fault.Error{Kind: fault.Denied, Err: fmt.Errorf("no right to hear of %s", k)}
		}
	}
	if e.Numbers && !who.May("numbers", "see") {
		return &fault.Error{Kind: fault.Denied, Err: errors.New("no right to see numbers")}
	}
	if len(e.Projects) == 0 {
		e.Projects = slices.Clone(who.Projects)
	}
	return nil
}

func (f *Face) addWebhook(ctx context.Context, who *asker, in *struct {
	Body struct {
		Name     string   `json:"name" maxLength:"64"`
		URL      string   `json:"url" maxLength:"2048" doc:"https://HOST/… or http://HOST/…; what is private is reached only where the setting webhooks.private says so."`
		Events   []string `json:"events" nullable:"false" minItems:"1" maxItems:"7" enum:"call.started,call.answered,call.ended,call.missed,recording.ready,agent.state,sms.status"`
		Projects []string `json:"projects,omitempty" maxItems:"100" doc:"Whose events; without it all that who adds it sees."`
		Numbers  *bool    `json:"numbers,omitempty" doc:"Whether phone numbers are sent; without it they are if who adds it may see them."`
	}
}) (*oneWebhook, error) {
	if err := f.seenProjects(who, in.Body.Projects); err != nil {
		return nil, err
	}
	numbers := who.May("numbers", "see")
	change(&numbers, in.Body.Numbers)
	e := webhook.Endpoint{Name: in.Body.Name, URL: in.Body.URL, Events: kinds(in.Body.Events), Projects: in.Body.Projects, Numbers: numbers, ChangedBy: who.Login}
	if err := ownWebhook(who, &e); err != nil {
		return nil, err
	}
	e, err := f.o.Webhooks.Add(ctx, e)
	if err != nil {
		return nil, err
	}
	out := shownWebhook(&e)
	out.Body.Secret = e.Secret
	return out, nil
}

// WebhookChange is what to change of a webhook; lists are replaced as a whole.
type WebhookChange struct {
	Name     *string   `json:"name,omitempty" maxLength:"64"`
	URL      *string   `json:"url,omitempty" maxLength:"2048"`
	Events   *[]string `json:"events,omitempty" minItems:"1" maxItems:"7" enum:"call.started,call.answered,call.ended,call.missed,recording.ready,agent.state,sms.status"`
	Projects *[]string `json:"projects,omitempty" maxItems:"100"`
	Numbers  *bool     `json:"numbers,omitempty" doc:"Without it they are not sent any more when who changes something may not see them."`
	Active   *bool     `json:"active,omitempty"`
}

func (f *Face) changeWebhook(ctx context.Context, who *asker, in *struct {
	ByWebhook
	Revised
	Body WebhookChange
}) (*oneWebhook, error) {
	c := in.Body
	if c == (WebhookChange{}) {
		return nil, errNoChange
	}
	if c.Projects != nil {
		if err := f.seenProjects(who, *c.Projects); err != nil {
			return nil, err
		}
	}
	revision, stale := in.revision("Webhook")
	e, err := f.o.Webhooks.Change(ctx, in.ID, func(e *webhook.Endpoint) error {
		switch {
		case !mayTouchWebhook(who, e):
			return fault.New(fault.NotFound, "Webhook")
		case stale != nil:
			return stale
		case revision != 0 && revision != e.Version:
			return fault.New(fault.Stale, "Webhook")
		}
		e.ChangedBy = who.Login
		change(&e.Name, c.Name)
		change(&e.URL, c.URL)
		change(&e.Projects, c.Projects)
		change(&e.Active, c.Active)
		if c.Events != nil {
			e.Events = kinds(*c.Events)
		}
		if c.Active != nil && !*c.Active {
			e.Reason = "by " + who.Login
		}
		if (c != WebhookChange{Active: c.Active}) {
			e.Numbers = e.Numbers && who.May("numbers", "see")
			change(&e.Numbers, c.Numbers)
			return ownWebhook(who, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return shownWebhook(&e), nil
}

func (f *Face) deleteWebhook(ctx context.Context, who *asker, in *ByWebhook) (*webhookList, error) {
	if _, err := f.webhook(ctx, who, *in); err != nil {
		return nil, err
	}
	if err := f.o.Webhooks.Remove(ctx, in.ID); err != nil {
		return nil, err
	}
	return f.listWebhooks(ctx, who, nil)
}

func (f *Face) renewWebhook(ctx context.Context, who *asker, in *ByWebhook) (*oneWebhook, error) {
	if _, err := f.webhook(ctx, who, *in); err != nil {
		return nil, err
	}
	e, err := f.o.Webhooks.Renew(ctx, in.ID, who.Login)
	if err != nil {
		return nil, err
	}
	out := shownWebhook(&e)
	out.Body.Secret = e.Secret
	return out, nil
}
