package v1

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/check"
	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
	"callgate/internal/report"
	"callgate/internal/setting"
	"callgate/internal/sms"
)

// Trials try what settings are for; check.Trials does.
type Trials interface {
	// Run tries one thing with values in the place of those that are kept; of names one of several switches.
	Run(ctx context.Context, what string, values map[string]string, of string) ([]check.Step, error)
}

// trySMS is the trial that is this package's own: providers are tried by a message.
const trySMS = "sms"

// tried are the settings that each trial is about, by how their keys begin.
func tried(what string) (beginning string, ok bool) {
	beginning, ok = map[string]string{check.TrySwitch: "", trySMS: "sms.", check.TryOnlineStat: "onlinestat.", check.TryReport: "report.", check.TrySMTP: "smtp.",
		check.TryS3: "recordings.s3_"}[what]
	return beginning, ok
}

// trials are the operations that try settings.
func (f *Face) trials() {
	operation(f, huma.Operation{OperationID: "test-settings", Method: http.MethodPost, Path: "/settings/tests/{what}", Summary: "Try what settings are for, before they are kept or after",
		Description: "Connects, signs in and asks, and tells step by step what happened, in at most ten seconds; a few are tried at once. Nothing is kept and no secret is told. smtp sends nothing: " +
			"`POST /test-mail` does. s3 writes an object and deletes it again. sms looks at the providers; with a phone it sends a real message, which needs the right `sms/providers` too, and takes " +
			"as long as the provider does. Values of settings that are an administrator's are tried by an administrator.",
		Errors: []int{http.StatusNotFound}}, settingsEdit, f.testSettings)
}

// TrialStep is one thing that was done, and what came of it.
type TrialStep struct {
	Switch string  `json:"switch,omitempty" doc:"Which of the switches."`
	Step   string  `json:"step" enum:"connect,tls,sign_in,answer,provider"`
	OK     bool    `json:"ok"`
	Text   string  `json:"text" doc:"What happened, in words."`
	Took   float64 `json:"took" doc:"Seconds."`
}

// TrialResult is how a trial went.
type TrialResult struct {
	OK    bool        `json:"ok" doc:"Every step was."`
	Steps []TrialStep `json:"steps" nullable:"false" doc:"In their order; after one that is not ok there are no others of the same switch or provider."`
}

type trialAnswer struct{ Body TrialResult }

// TrialFields say what is tried, and with what.
type TrialFields struct {
	Values   map[string]string `json:"values,omitempty" doc:"In the place of those that are kept, by key; settings of what is tried only."`
	Switch   string            `json:"switch,omitempty" maxLength:"64" doc:"Only this one of the switches."`
	Provider string            `json:"provider,omitempty" maxLength:"32" doc:"Of sms: only this one."`
	Phone    string            `json:"phone,omitempty" maxLength:"24" doc:"Of sms: whom a real message is sent to, through the provider that is named."`
	Text     string            `json:"text,omitempty" maxLength:"39015"`
}

func (f *Face) testSettings(ctx context.Context, who *asker, in *struct {
	What string       `path:"what" enum:"switch,sms,onlinestat,report,smtp,s3"`
	Body *TrialFields // may be left out
}) (*trialAnswer, error) {
	var body TrialFields
	if in.Body != nil {
		body = *in.Body
	}
	beginning, ok := tried(in.What)
	if !ok {
		return nil, fault.New(fault.NotFound, "Test")
	}
	if err := allProjects(who, settingsWhole); err != nil {
		return nil, err
	}
	for key := range body.Values {
		if beginning == "" || !strings.HasPrefix(key, beginning) {
			return nil, &fault.Error{Kind: fault.WrongField, Subject: "values", Err: fmt.Errorf("%.64q is not tried here", key)}
		}
		if err := f.maySet(who, key); err != nil {
			return nil, err
		}
	}
	if in.What == trySMS {
		return f.trySMS(ctx, who, body)
	}
	steps, err := f.o.Trials.Run(ctx, in.What, body.Values, body.Switch)
	if err != nil {
		return nil, err
	}
	out := &trialAnswer{TrialResult{OK: true, Steps: []TrialStep{}}}
	for _, s := range steps {
		out.add(TrialStep{Switch: s.Where, Step: s.Name, OK: s.OK, Text: s.Text, Took: s.Took.Seconds()})
	}
	return out, nil
}

func (a *trialAnswer) add(s TrialStep) {
	a.Body.OK = a.Body.OK && s.OK
	a.Body.Steps = append(a.Body.Steps, s)
}

// trySMS looks at the providers, and sends a message through one when it is told to.
func (f *Face) trySMS(ctx context.Context, who *asker, in TrialFields) (*trialAnswer, error) {
	if in.Phone != "" {
		if in.Provider == "" {
			return nil, fault.New(fault.EmptyField, "provider")
		}
		if err := f.may(ctx, who, smsProviders); err != nil {
			return nil, err
		}
	}
	names := []string{in.Provider}
	if in.Provider == "" {
		list, given := in.Values[setting.SMSProvider]
		if !given {
			e, err := f.o.Settings.Get(setting.SMSProvider)
			if err != nil {
				return nil, err
			}
			list = e.Value
		}
		names = setting.Names(list)
	}
	out := &trialAnswer{TrialResult{OK: true, Steps: []TrialStep{}}}
	if len(names) == 0 {
		out.add(TrialStep{Step: "provider", Text: setting.SMSProvider + " is not set: nobody carries messages"})
	}
	known := f.o.Providers.List()
	for _, name := range names {
		s := TrialStep{Step: "provider", OK: true, Text: fmt.Sprintf("%.40q can be used", name)}
		i := slices.IndexFunc(known, func(l sms.Listed) bool { return l.Name == name })
		switch {
		case i < 0:
			s.OK, s.Text = false, fmt.Sprintf("there is no provider %.40q", name)
		case known[i].Err != nil:
			s.OK, s.Text = false, fmt.Sprintf("%.40q cannot be used: %v", name, known[i].Err)
		case !known[i].Usable:
			s.OK, s.Text = false, fmt.Sprintf("%.40q cannot be used as it is set", name)
		}
		out.add(s)
	}
	if in.Phone == "" || !out.Body.OK {
		return out, nil
	}
	began := time.Now()
	m, err := (&writer{f, who, nil}).write(ctx, &TextFields{Phone: in.Phone, Text: in.Text}, "", "")
	if err != nil {
		return nil, err
	}
	m.Valid = 0 // it is tried once
	t, err := f.o.Texts.Try(ctx, in.Provider, m)
	if err != nil {
		return nil, err
	}
	s := TrialStep{Step: "answer", OK: t.Outcome == gateway.Taken, Text: "the message was taken", Took: time.Since(began).Seconds()}
	if !s.OK {
		s.Text = "the message was not taken: " + report.ShownText(t.Reason, who.May("numbers", "see"))
	}
	out.add(s)
	return out, nil
}
