// Package app is the process as a value: New builds every part from a Config and binds the listeners, Run serves
// until its context ends and then stops the parts from the outside in, Addr tells where it listens even for ":0".
// It is the only package that knows all the others; it decides nothing but how they fit together.
package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"callgate/api"
	"callgate/api/legacy"
	"callgate/api/stream"
	v1 "callgate/api/v1"
	"callgate/cdr"
	"callgate/dialplan"
	"callgate/esl"
	"callgate/internal/account"
	"callgate/internal/call"
	"callgate/internal/callcenter"
	"callgate/internal/exporter"
	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/outside"
	"callgate/internal/project"
	"callgate/internal/recording"
	"callgate/internal/report"
	"callgate/internal/setting"
	"callgate/internal/sms"
	"callgate/internal/store"
	"callgate/internal/webhook"
	"callgate/web"
)

// App is one callgate process. Make it with New, then call Run once.
type App struct {
	version    string
	started    time.Time
	metrics    *prometheus.Registry
	logger     *slog.Logger
	store      *store.Store
	settings   *setting.Service
	projects   *project.Service
	recordings *recording.Library
	accounts   *account.Service
	requests   *report.RequestLog
	decisions  *dialplan.Book
	links      []*esl.Client
	outbound   *esl.Server
	center     *callcenter.Center
	cores      *history.Cores
	intake     *history.Intake
	witness    *history.Witness
	keeper     *history.Keeper
	pruner     *pruner
	live       *call.Live
	exporter   *exporter.Exporter
	stream     *stream.Hub
	rules      *call.Rules
	statistics *outside.Client
	reports    *outside.Client
	scheduler  *report.Scheduler
	spool      *cdr.Spool // nil when no folder is watched
	changes    *changes
	duties     *duties
	messages   *sms.Service
	carriers   *sms.Carriers
	hooks      *webhook.Service
	listeners  []listener
}

// listener is a bound socket and what is served on it.
type listener struct {
	name    string
	net     net.Listener
	handler http.Handler
	tls     *tls.Config // nil: plain HTTP
}

// Options are what the process takes from its surroundings.
type Options struct {
	Logger  *slog.Logger // nil discards
	Version string       // of this program
	// HashMemory is what a new password hash takes, in KiB; 0 is what is safe, less is for tests.
	HashMemory uint32
}

// New opens the database, makes the first administrator, builds all parts and binds the listeners. A switch that
// is down is no obstacle: history and users are there without it. When New fails nothing is left open.
func New(ctx context.Context, c Config, o Options) (_ *App, err error) {
	if c, err = c.complete(); err != nil {
		return nil, err
	}
	a := &App{logger: o.Logger, version: o.Version, started: time.Now().UTC()}
	if a.logger == nil {
		a.logger = slog.New(slog.DiscardHandler)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	metrics := prometheus.NewRegistry()
	a.metrics = metrics
	metrics.MustRegister(buildInfo(o.Version), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newDisks(c))

	if a.store, err = c.openStore(ctx, metrics); err != nil {
		return nil, err
	}
	if a.settings, err = setting.New(a.store, setting.Options{First: c.Settings, Logger: a.logger}); err != nil {
		return nil, err
	}
	a.projects = project.New(a.store, project.Options{Logger: a.logger, Zone: c.zone,
		Country: func() string { return a.settings.Text(setting.NumbersCountry) }})
	a.accounts = account.New(a.store, account.Options{TokenTTL: a.duration(setting.TokenTTL), HashMemory: o.HashMemory, Logger: a.logger, Registerer: metrics})
	if c.AdminLogin != "" {
		if _, err := a.accounts.Bootstrap(ctx, c.AdminLogin, c.AdminPassword); err != nil {
			return nil, fmt.Errorf("make the first administrator: %w", err)
		}
	}
	a.rules = call.NewRules(a.store, call.RulesOptions{Zone: c.zone, Logger: a.logger})
	a.messages, a.carriers = newTexting(a.store, a.projects, a.settings, a.logger, metrics)
	a.changes = newChanges(a.store, a.logger, follower{store.Accounts, a.accounts.Follow}, follower{store.Settings, a.settings.Follow},
		follower{store.Projects, a.projects.Follow}, follower{store.Destinations, a.rules.Follow}, follower{store.Carriers, a.carriers.Follow})
	a.duties = newDuties(a.store.Hold, a.logger, metrics)
	if err := a.changes.look(ctx); err != nil {
		return nil, err
	}
	if a.recordings, err = recording.New(recording.Options{Root: c.RecordingsDir, SwitchDir: c.RecordingsSwitchDir,
		SwitchDirs: c.RecordingsSwitchDirs, Switches: switchNames(c), Store: a.store, Plan: a.recordingPlan, Zone: c.zone,
		Logger: a.logger, Registerer: metrics}); err != nil {
		return nil, err
	}
	a.requests = report.NewRequestLog(a.store, report.RequestLogOptions{Logger: a.logger, Registerer: metrics})
	a.decisions = dialplan.NewBook(a.store, dialplan.BookOptions{Logger: a.logger, Registerer: metrics})
	a.link(c, metrics)
	a.cores = history.NewCores(history.CoresOptions{Store: a.store, Links: switches[history.Link](a.links), Now: time.Now, Logger: a.logger})
	around := surroundings{projects: a.projects, center: a.center, cores: a.cores, settings: a.settings}
	a.intake = history.NewIntake(history.IntakeOptions{Store: a.store, Now: time.Now, Registerer: metrics, Surroundings: around})
	a.witness = history.NewWitness(history.WitnessOptions{Store: a.store, Surroundings: around, Links: switches[history.Link](a.links), Now: time.Now,
		Logger: a.logger, Registerer: metrics})
	if err := a.tellOthers(ctx, around, metrics); err != nil {
		return nil, err
	}
	a.keeper = history.NewKeeper(history.KeeperOptions{Attic: a.store, Horizons: a.horizons, Now: time.Now, Logger: a.logger, Registerer: metrics})
	a.pruner = a.newPruner(metrics)
	inbound := dialplan.New(dialplan.Options{Routes: a.projects, Recordings: a.recordings, Switches: switches[dialplan.Switch](a.links),
		Note: a.decisions.Add, Logger: a.logger, Registerer: metrics})
	if a.outbound, err = esl.NewServer(ctx, esl.ServerOptions{Addr: c.OutboundAddr, Allow: c.OutboundAllow, Handler: inbound.Handle,
		ConnectTimeout: connectTime, Logger: a.logger, Registerer: metrics}); err != nil {
		return nil, err
	}

	calls := call.New(call.Options{Switches: switches[call.Switch](a.links), Recordings: a.recordings, Plan: a.plan, Keys: a.store,
		Rules: a.rules, Live: a.live, Projects: a.projects, Queue: a.hasQueue, Logger: a.logger, Registerer: metrics})
	centre := report.NewCentre(a.store, a.projects, c.zone)
	face := legacy.New(legacy.Options{
		Accounts: a.accounts, Calls: calls,
		Board: a.center, QueuesOf: a.projects.QueuesOf, CDRs: documents{a.store}, Recordings: a.recordings, Requests: a.requests, Reports: a.store,
		Centre: centre, OutsideCentre: a.outsideReport(metrics),
		CentreOutside: func() bool { return a.settings.Text(setting.ReportSource) == setting.FromProxy },
		SMS:           a.messages, OnlineStat: a.onlineStat(metrics), Zone: c.zone,
	})
	if c.CDRSpoolDir != "" {
		a.spool = cdr.NewSpool(c.CDRSpoolDir, deliverTo(a.intake),
			cdr.SpoolOptions{KeepDays: c.CDRSpoolKeepDays, Registerer: metrics, Log: a.logger})
	}
	// To compress what many queues have to tell takes as long as to gather it, and Prometheus is seldom far.
	exposition := promhttp.HandlerFor(metrics, promhttp.HandlerOpts{Registry: metrics, DisableCompression: true})
	administrator := callcenter.NewAdministrator(callcenter.AdministratorOptions{Links: switches[callcenter.Link](a.links),
		Board: a.center, Book: a.store, Logger: a.logger})
	box, err := c.box(true)
	if err != nil {
		return nil, err
	}
	modern := v1.Options{Key: box.Key, User: a.identity, Rate: a.rate, Registerer: metrics, ProjectBook: a.projects, Accounts: a.accounts, Users: a.accounts, Board: a.center, Centre: administrator, Routes: a.projects, Decisions: a.store,
		Calls: calls, Live: a.live, Destinations: a.rules, Recordings: a.recordings, RecordingList: a.store, Gaps: a.store, Witness: a.witness,
		AuditLog: a.store, Modules: a.accounts, Settings: a.settings, Trials: a.trials(c), Reports: report.NewReports(a.store), CentreReport: centre, Projects: a.projects,
		States: a.store, History: a.store, CDRs: documents{a.store}, Normal: a.projects.Normal, Beginnings: a.projects.Beginnings, Zone: c.zone, Switches: switchNames(c)}
	a.stream = v1.NewStream(v1.StreamOptions{Links: switches[v1.SwitchLink](a.links), Board: a.center, Live: a.live, Calls: calls, Projects: a.projects}, metrics)
	modern.Stream = a.stream
	a.scheduled(&modern, report.SchedulerOptions{Zone: c.zone, Now: time.Now, Logger: a.logger, Registerer: metrics})
	a.texts(&modern)
	modern.Webhooks = a.hooks
	modern.Requests, modern.Status = requestLog{a.requests, a.store}, a.status(metrics)
	panel, err := web.Files()
	if err != nil {
		return nil, fmt.Errorf("find the panel: %w", err)
	}
	engine := api.Options{
		Legacy: face,
		V1:     modern,
		Recordings: api.NewRecordings(api.RecordingsOptions{User: c.CDRUser, Password: c.CDRPassword, Receiver: a.recordings,
			Limit: func() int64 { return int64(a.settings.Integer(setting.RecordingsUploadMiB)) << 20 }, Logger: a.logger}),
		Receipts: api.NewReceipts(a.messages, a.logger),
		XML:      api.NewXML(api.XMLOptions{User: c.XMLUser, Password: c.XMLPassword, Queues: administrator, Logger: a.logger}),
		CDR: cdr.NewHandler(a.intake, cdr.Options{User: c.CDRUser, Password: c.CDRPassword, Coming: a.intake.Coming,
			Log: a.logger, Registerer: metrics}),
		Metrics:        exposition,
		Panel:          panel,
		Health:         &api.Health{Database: a.store.Ping, Switches: switches[api.SwitchState](a.links)},
		TrustedProxies: c.TrustedProxies, Logger: a.logger, Registerer: metrics,
	}
	if c.MetricsAddr != "" {
		engine.Metrics = nil
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", exposition)
		profiles(mux)
		if err := a.listen(ctx, "metrics", c.MetricsAddr, mux); err != nil {
			return nil, err
		}
	}
	handler, err := api.New(engine)
	if err != nil {
		return nil, fmt.Errorf("build the API: %w", err)
	}
	// The API last: whoever reaches it finds everything else bound.
	if err := a.listen(ctx, "api", c.HTTPAddr, handler); err != nil {
		return nil, err
	}
	if c.TLSCert != "" {
		pair, err := newCertificate(c.TLSCert, c.TLSKey, a.logger, time.Now)
		if err != nil {
			return nil, err
		}
		a.listeners[len(a.listeners)-1].tls = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get}
	}
	return a, nil
}

// buildInfo tells which version runs.
func buildInfo(version string) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "callgate_build_info", Help: "Always 1; the version of callgate is the label.",
		ConstLabels: prometheus.Labels{"version": strings.ToValidUTF8(version, "\uFFFD")}}, func() float64 { return 1 })
}

// link makes the links to the switches and what watches them.
func (a *App) link(c Config, metrics prometheus.Registerer) {
	for _, s := range c.Switches {
		o := s.link()
		o.Events = slices.Compact(slices.Sorted(slices.Values(slices.Concat(callcenter.Events(), call.Events(), recording.Events(), history.Events(), webhook.SwitchEvents(), exporter.Events()))))
		o.Subclasses = []string{callcenter.Subclass}
		o.Logger, o.Registerer = a.logger, metrics
		a.links = append(a.links, esl.NewClient(o))
	}
	a.center = callcenter.New(callcenter.Options{Links: switches[callcenter.Link](a.links),
		Interval: a.duration(setting.SnapshotInterval), MaxAge: a.duration(setting.SnapshotMaxAge),
		Changed: func() { a.stream.Hint() }, Zone: c.zone, Memory: a.store, States: a.store, Logger: a.logger, Registerer: metrics})
	a.exporter = exporter.New(exporter.Options{Links: switches[exporter.Link](a.links), Interval: a.duration(setting.SnapshotInterval),
		Logger: a.logger, Registerer: metrics})
	a.live = call.NewLive(call.LiveOptions{Links: switches[call.Link](a.links), Changed: func() { a.stream.Hint() }, Logger: a.logger, Registerer: metrics})
}

// duration reads a setting whenever it is needed.
func (a *App) duration(key string) func() time.Duration {
	return func() time.Duration { return a.settings.Duration(key) }
}

// plan is how calls are made just now.
func (a *App) plan() call.Plan {
	return call.Plan{Dial: a.settings.Text(setting.OriginateDial), Then: a.settings.Text(setting.OriginateThen),
		RingTime: a.settings.Duration(setting.OriginateRingTime), Context: a.settings.Text(setting.OriginateContext),
		Limits: call.Limits{Concurrent: a.settings.Integer(setting.OriginateMaxConcurrent),
			PerSecond: a.settings.Integer(setting.OriginateMaxPerSecond)}}
}

// hasQueue tells whether a switch had a queue when it was read last.
func (a *App) hasQueue(switchName, name string) bool {
	return slices.ContainsFunc(a.center.Snapshots(), func(s *callcenter.Snapshot) bool {
		return s.Switch == switchName && slices.ContainsFunc(s.Queues, func(q callcenter.Queue) bool { return q.Name == name })
	})
}

// recordingPlan is how recordings are handled just now.
func (a *App) recordingPlan() recording.Plan {
	p := recording.Plan{Template: a.settings.Text(setting.RecordingsTemplate), KeepDays: func(id string) int {
		if p, err := a.projects.Get(id); err == nil && p.KeepRecordingsDays != project.KeepAsSet {
			return p.KeepRecordingsDays
		}
		return a.settings.Integer(setting.RecordingsKeepDays)
	}}
	if a.settings.Text(setting.RecordingsStore) == setting.InS3 {
		p.S3 = objectStore(a.settings)
	}
	return p
}

// objectStore is where copies of recordings go.
func objectStore(v values) recording.S3 {
	return recording.S3{Endpoint: v.Text(setting.RecordingsS3Endpoint), Bucket: v.Text(setting.RecordingsS3Bucket), Region: v.Text(setting.RecordingsS3Region),
		AccessKey: v.Text(setting.RecordingsS3AccessKey), SecretKey: v.Text(setting.RecordingsS3SecretKey), Prefix: v.Text(setting.RecordingsS3Prefix),
		DeleteLocal: v.Text(setting.RecordingsS3DeleteLocal) == setting.Yes}
}

// switches shows the links as the interface that a consumer has declared.
func switches[T any](links []*esl.Client) []T {
	all := make([]T, len(links))
	for i, l := range links {
		all[i] = any(l).(T)
	}
	return all
}

// switchNames are the configured switches' names.
func switchNames(c Config) []string {
	all := make([]string, len(c.Switches))
	for i, s := range c.Switches {
		all[i] = s.Name
	}
	return all
}

func (a *App) listen(ctx context.Context, name, addr string, handler http.Handler) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("listen for %s: %w", name, err)
	}
	a.listeners = append(a.listeners, listener{name: name, net: l, handler: handler})
	return nil
}

// Addr is the address of the API's listener.
func (a *App) Addr() string { return a.listeners[len(a.listeners)-1].net.Addr().String() }

// OutboundAddr is the address at which calls are handed over.
func (a *App) OutboundAddr() string { return a.outbound.Addr() }

// Accounts administers users while the process runs.
func (a *App) Accounts() *account.Service { return a.accounts }

// Run serves until ctx ends or a part fails, then stops in order: listeners first, then links, then the request
// log, the decisions and the facts about recordings, then the database. It returns nil after a clean stop and may be called once.
func (a *App) Run(ctx context.Context) error {
	storage := []part{{"intake of CDRs", a.intake.Run}, {"request log", a.requests.Run}, {"decisions", a.decisions.Run}, {"facts about recordings", a.recordings.Write},
		{"hangups", a.witness.Write}, {"reports by mail", a.scheduler.Run}, {"text messages", a.messages.Run}, {"notes of accounts", a.accounts.Run}, {"webhooks", a.hooks.Run}}
	for _, l := range a.links {
		storage = append(storage, part{"states of agents of " + l.Name(), func(ctx context.Context) error { return a.center.WriteStates(ctx, l.Name()) }})
	}
	core := []part{{"contact centre", a.center.Run}, {"live calls", a.live.Run}, {"changes", a.changes.Run}, {"cores", a.cores.Run}, {"gaps", a.witness.Run},
		{"announcements", func(ctx context.Context) error { return a.store.Listen(ctx, a.changes.hint) }},
		a.duties.part(installation, nil, part{"recordings", a.recordings.Run}, part{"old CDRs", a.moveOldCDRs}, part{"keeping of calls", a.keeper.Run}, part{"what is old", a.pruner.Run},
			part{"scheduled reports", a.scheduler.Duty})}
	for _, l := range a.links {
		events := l.Subscribe(esl.SubscribeOptions{Name: "callcenter", Events: callcenter.Events(),
			Subclasses: []string{callcenter.Subclass}})
		channels := l.Subscribe(esl.SubscribeOptions{Name: "calls", Events: call.Events(), Subclasses: []string{call.Subclass},
			Buffer: call.EventBuffer})
		core = append(core,
			part{"calls of " + l.Name(), func(ctx context.Context) error { return a.live.Listen(ctx, l.Name(), channels) }},
			part{"link to " + l.Name(), l.Run},
			part{"events of " + l.Name(), func(ctx context.Context) error { return a.center.Listen(ctx, l.Name(), events) }},
			a.duties.part("switch:"+l.Name(), l.Ready,
				part{"today's figures of " + l.Name(), func(ctx context.Context) error { return a.center.Keep(ctx, l.Name()) }},
				part{"agents of " + l.Name(), func(ctx context.Context) error { return a.center.Record(ctx, l.Name()) }}))
		recorded := l.Subscribe(esl.SubscribeOptions{Name: "recording", Events: recording.Events()})
		core = append(core, part{"recordings of " + l.Name(), func(ctx context.Context) error { return a.recordings.Listen(ctx, l.Name(), recorded) }})
		told := l.Subscribe(esl.SubscribeOptions{Name: "webhooks", Events: webhook.SwitchEvents(), Subclasses: []string{webhook.Subclass}, Buffer: call.EventBuffer})
		core = append(core, part{"webhooks of " + l.Name(), func(ctx context.Context) error { return a.hooks.Listen(ctx, l.Name(), told) }})
		beats := l.Subscribe(esl.SubscribeOptions{Name: "exporter", Events: exporter.Events()})
		core = append(core, part{"figures of " + l.Name(), func(ctx context.Context) error { return a.exporter.Listen(ctx, l.Name(), beats) }})
		ended := l.Subscribe(esl.SubscribeOptions{Name: "hangups", Events: history.Events()})
		core = append(core, part{"hangups of " + l.Name(), func(ctx context.Context) error { return a.witness.Listen(ctx, l.Name(), ended) }})
	}
	edge := []part{{"outbound calls", a.outbound.Run}, {"streams", a.stream.Run}}
	if a.spool != nil {
		edge = append(edge, part{"spooled CDRs", a.spool.Run})
	}
	for _, l := range a.listeners {
		edge = append(edge, part{l.name, func(ctx context.Context) error { return serve(ctx, l) }})
	}
	a.logger.Info("serving", "address", a.Addr())
	err := runStages(ctx, a.logger, storage, core, edge)
	a.listeners, a.outbound = nil, nil // closed by their servers
	return errors.Join(err, a.close())
}

// close gives back what New opened.
func (a *App) close() error {
	var all []error
	for _, l := range a.listeners {
		all = append(all, l.net.Close())
	}
	if a.outbound != nil {
		all = append(all, a.outbound.Close())
	}
	for _, c := range []*outside.Client{a.statistics, a.reports} {
		if c != nil {
			c.Close()
		}
	}
	if a.recordings != nil {
		all = append(all, a.recordings.Close())
	}
	if a.store != nil {
		all = append(all, a.store.Close())
	}
	return errors.Join(all...)
}

const (
	// connectTime bounds how long a switch takes to hand a call over: when a thousand come at once it has other things to do.
	connectTime = 15 * time.Second
	// drainTime is how long requests in progress may go on when the process stops. What takes longer by nature,
	// a phone that rings, is then told that its client has gone.
	drainTime = 3 * time.Second
	// readTime bounds reading a request, body included; a CDR may have 8 MiB.
	readTime = 60 * time.Second
	headTime = 10 * time.Second
	idleTime = 2 * time.Minute
	maxHead  = 64 << 10
)

// serve answers requests until ctx ends, then drains. Handlers' contexts end with the drain, not with ctx.
func serve(ctx context.Context, l listener) error {
	requests, abort := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abort(nil)
	s := &http.Server{
		Handler: l.handler, ReadHeaderTimeout: headTime, ReadTimeout: readTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHead,
		BaseContext: func(net.Listener) context.Context { return requests },
		ErrorLog:    slog.NewLogLogger(slog.DiscardHandler, slog.LevelError), // broken clients are no news
	}
	failed := make(chan error, 1)
	go func() {
		if l.tls == nil {
			failed <- s.Serve(l.net)
			return
		}
		s.TLSConfig = l.tls
		failed <- s.ServeTLS(l.net, "", "")
	}()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	drain, stop := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer stop()
	err := s.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		abort(fault.Wrap(fault.SwitchDown, errors.New("callgate is stopping"), "drain"))
		last, stop := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer stop()
		if err = s.Shutdown(last); err != nil {
			err = errors.Join(err, s.Close())
		}
	}
	<-failed // Serve has returned http.ErrServerClosed
	if err != nil {
		return fmt.Errorf("drain: %w", err)
	}
	return nil
}
