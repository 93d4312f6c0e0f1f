package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"callgate/esl"
	"callgate/internal/check"
	"callgate/internal/setting"
	"callgate/internal/store"
)

const (
	// inspectTime bounds the look at the database.
	inspectTime = 10 * time.Second
	// switchTime bounds the examination of one switch, whatever it answers or does not.
	switchTime = time.Minute
	probeTime  = 10 * time.Second // for a call of one second
)

// CheckOptions say how to check.
type CheckOptions struct {
	ProbeCall bool // let each switch make a call to nobody, to see it recorded
}

// Check examines the database, the process that serves, if there is one, and every switch, and returns what it found.
// It changes nothing there. The error is one of the configuration.
func Check(ctx context.Context, c Config, o CheckOptions) ([]check.Finding, error) {
	c, err := c.complete()
	if err != nil {
		return nil, err
	}
	found, then := checkDatabase(ctx, c)
	common := check.Expected{HTTPAddr: c.HTTPAddr, TLS: c.TLSCert != "", CDRUser: c.CDRUser, CDRPassword: c.CDRPassword, XMLUser: c.XMLUser,
		XMLPassword: c.XMLPassword, OutboundAddr: c.OutboundAddr, RecordingsDir: c.RecordingsDir, Then: then,
		ProbeCall: o.ProbeCall, ProbeTime: probeTime, Rand: rand.Reader, Now: time.Now}
	transport := &http.Transport{ExpectContinueTimeout: check.ServeTimeout} // no proxy of the environment: it is this machine
	if c.TLSCert != "" {
		pair, err := newCertificate(c.TLSCert, c.TLSKey, slog.New(slog.DiscardHandler), time.Now)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig = pair.only()
	}
	found = append(found, check.Serve(ctx, &http.Client{Transport: transport}, common)...)
	transport.CloseIdleConnections()

	all := make([][]check.Finding, len(c.Switches))
	var wg sync.WaitGroup
	for i, s := range c.Switches {
		wg.Go(func() {
			e := common
			e.SwitchAddr, e.Password, e.RecordingsSwitchDir = s.Addr, s.Password, c.RecordingsSwitchDir
			if dir, ok := c.RecordingsSwitchDirs[s.Name]; ok {
				e.RecordingsSwitchDir = dir
			}
			all[i] = checkSwitch(ctx, s, e)
		})
	}
	wg.Wait()
	for _, one := range all {
		found = append(found, one...)
	}
	return found, nil
}

// checkDatabase looks at the database and reads from it where calls go that callgate makes.
func checkDatabase(ctx context.Context, c Config) (found []check.Finding, then string) {
	say := func(level check.Level, text, fix string) {
		found = append(found, check.Finding{Level: level, Where: "database", Text: text, Fix: fix})
	}
	read := func(a *setting.Service) { then = a.Text(setting.OriginateThen) }
	if settings, err := setting.New(nil, setting.Options{First: c.Settings}); err == nil {
		read(settings) // as long as nothing else is known
	}
	in, err := store.Inspect(ctx, c.DatabaseURL, inspectTime)
	switch {
	case err != nil:
		say(check.Wrong, err.Error(), "start it, and see CALLGATE_DATABASE_URL")
	case in.Missing:
		say(check.Advice, "there is none yet", "callgate serve makes it; relative paths begin where it is started")
	case in.Unknown > 0:
		say(check.Wrong, "its tables are those of a later version", "run that version, or restore an older backup")
	case in.Pending > 0:
		say(check.Advice, fmt.Sprintf("its tables are %d migrations behind", in.Pending), "the next callgate serve brings them up to date: make a backup first")
	default:
		err := Administer(ctx, c, slog.New(slog.DiscardHandler), func(a *Administration) error { read(a.Settings); return nil })
		if err != nil {
			say(check.Wrong, err.Error(), "see that callgate may write to it")
			break
		}
		say(check.OK, "answers, and its tables are those of this version", "")
	}
	return found, then
}

// checkSwitch makes a link to a switch and has it examined.
func checkSwitch(ctx context.Context, s Switch, e check.Expected) []check.Finding {
	ctx, stop := context.WithTimeout(ctx, switchTime)
	defer stop()
	link, end, err := s.dial(ctx)
	if err != nil {
		return []check.Finding{check.Unreachable(s.Name, s.Addr, err)}
	}
	defer end()
	return check.Switch(ctx, link, e)
}

// dial makes a link to a switch that is signed in, beside those of the process. end ends it and waits.
func (s Switch) dial(ctx context.Context) (link *esl.Client, end func(), err error) {
	o := s.link()
	o.PoolSize = 1
	link = esl.NewClient(o)
	before := link.Err()
	var wg sync.WaitGroup
	running, cancel := context.WithCancel(ctx)
	end = func() { cancel(); wg.Wait() }
	failed := make(chan error, 1)
	wg.Go(func() { failed <- link.Run(running) })
	for tick := time.Tick(20 * time.Millisecond); !link.Ready(); {
		if err = link.Err(); err == nil || errors.Is(err, before) {
			select {
			case <-tick:
				continue
			case err = <-failed:
			case <-ctx.Done():
				err = ctx.Err()
			}
		}
		end()
		return nil, func() {}, err
	}
	return link, end, nil
}
