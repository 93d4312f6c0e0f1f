package check

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"syscall"
	"time"
	"unicode"

	"callgate/internal/fault"
	"callgate/internal/outside"
	"callgate/internal/outside/mail"
	"callgate/internal/recording"
	"callgate/internal/setting"
)

// Step is one thing that a trial did, and what came of it in words.
type Step struct {
	Where string // which of several switches; else empty
	Name  string // one of the names below
	OK    bool
	Text  string
	Took  time.Duration
}

// The names of steps, in their order.
const (
	StepConnect = "connect"
	StepTLS     = "tls"
	StepSignIn  = "sign_in"
	StepAnswer  = "answer"
)

// What can be tried.
const (
	TrySwitch     = "switch"
	TryOnlineStat = "onlinestat"
	TryReport     = "report"
	TrySMTP       = "smtp"
	TryS3         = "s3"
)

const (
	// TrialTime is the longest that a trial takes.
	TrialTime = 10 * time.Second
	// trialsAtOnce bounds what trials hold of us.
	trialsAtOnce = 4
	maxText      = 400 // bytes of what others say
)

// TrialSwitch is a switch that can be tried.
type TrialSwitch struct {
	Name, Addr string
	TLS        bool
	// Dial makes a link of its own and tells when it is signed in; stop ends it and waits.
	Dial func(ctx context.Context) (link Link, stop func(), err error)
}

// TrialOptions are what Trials are about.
type TrialOptions struct {
	// Draft are the settings with other values, which are not kept.
	Draft      func(values map[string]string) (setting.Draft, error)
	Switches   []TrialSwitch
	OnlineStat func(d setting.Draft) outside.Server
	Report     func(d setting.Draft) (outside.Server, outside.ReportForm)
	Mail       func(d setting.Draft) mail.Server
	S3         func(d setting.Draft) recording.S3
	Now        func() time.Time
	Roots      *x509.CertPool // nil for the system's
}

// Trials try what settings are for, before they are kept or after. They may be used from any goroutine.
type Trials struct {
	o     TrialOptions
	turns chan struct{}
}

// NewTrials makes Trials.
func NewTrials(o TrialOptions) *Trials { return &Trials{o, make(chan struct{}, trialsAtOnce)} }

// trial is one that goes on.
type trial struct {
	*Trials
	setting.Draft
	ctx   context.Context
	where string
	steps []Step
}

// Run tries one thing with values in the place of those that are kept, and tells step by step how it went: the last step is
// the one that failed, or the answer. It takes at most TrialTime. of names the switch that is tried; empty is all of them.
// No text holds a secret. Values that are not accepted are fault.WrongField, what cannot be tried is fault.NotFound "Test",
// and fault.TooMany when others are being tried.
func (t *Trials) Run(ctx context.Context, what string, values map[string]string, of string) ([]Step, error) {
	run := map[string]func(*trial){TryOnlineStat: (*trial).onlineStat, TryReport: (*trial).report, TrySMTP: (*trial).mail, TryS3: (*trial).s3,
		TrySwitch: func(x *trial) { x.switches(of) }}[what]
	if run == nil {
		return nil, fault.New(fault.NotFound, "Test")
	}
	d, err := t.o.Draft(values)
	if err != nil {
		return nil, err
	}
	select {
	case t.turns <- struct{}{}:
		defer func() { <-t.turns }()
	default:
		return nil, &fault.Error{Kind: fault.TooMany, RetryAfter: TrialTime / 2}
	}
	ctx, stop := context.WithTimeout(ctx, TrialTime)
	defer stop()
	x := &trial{Trials: t, Draft: d, ctx: ctx}
	run(x)
	for i := range x.steps {
		x.steps[i].Text = x.safe(x.steps[i].Text)
	}
	return x.steps, nil
}

// step does one thing, and tells whether to go on.
func (x *trial) step(name string, do func() (string, error)) bool {
	began := time.Now()
	text, err := do()
	s := Step{Where: x.where, Name: name, OK: err == nil, Text: text, Took: time.Since(began)}
	switch {
	case err != nil && errors.Is(x.ctx.Err(), context.DeadlineExceeded):
		s.Text = "no answer in time"
	case err != nil:
		s.Text = inWords(err)
	}
	x.steps = append(x.steps, s)
	return s.OK
}

// safe is a text in one line, bounded and without the secrets of the settings, which others may repeat.
func (x *trial) safe(text string) string {
	for _, d := range setting.Definitions() {
		if secret := x.Text(d.Key); d.Kind == setting.Secret && secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "…"
	}
	return text
}

// reach connects to an address, with TLS or without, and closes it again.
func (x *trial) reach(host, port string, secure bool) bool {
	address := net.JoinHostPort(host, port)
	var conn net.Conn
	ok := x.step(StepConnect, func() (text string, err error) {
		if conn, err = (&net.Dialer{}).DialContext(x.ctx, "tcp", address); err != nil {
			return "", err
		}
		return "connected with " + conn.RemoteAddr().String(), nil
	})
	if !ok {
		return false
	}
	defer conn.Close()
	if !secure {
		return true
	}
	return x.step(StepTLS, func() (string, error) {
		t := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: x.o.Roots, MinVersion: tls.VersionTLS12})
		if err := t.HandshakeContext(x.ctx); err != nil {
			return "", err
		}
		state := t.ConnectionState()
		text := tls.VersionName(state.Version)
		if all := state.PeerCertificates; len(all) > 0 {
			text += ", certificate good until " + all[0].NotAfter.UTC().Format(time.DateOnly)
		}
		return text, nil
	})
}

// inWords says what a failure means to who set the settings.
func inWords(err error) string {
	if failure, known := fault.Of(err); known && failure.Err != nil {
		err = failure.Err
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsNotFound {
			return "nobody knows the name " + dns.Name
		}
		return "the name " + dns.Name + " cannot be looked up: " + dns.Err
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "what answers there does not speak TLS"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the certificate is of an authority that this machine does not trust"
	}
	if e, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate is not for " + e.Host
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return "the certificate is not good at this time: " + e.Detail
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return "nobody listens there: " + err.Error()
	}
	return err.Error()
}
