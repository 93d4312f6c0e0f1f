// Package exporter tells Prometheus how each FreeSWITCH is, under the names that existing exporters of FreeSWITCH use, so
// that dashboards made for those work. The switch is read over the link that is there anyway, every so often and never for a
// scrape; what was not read lately, or before the link came up, is not told at all. It is not about queues, which are callcenter's.
//
// Listen runs in a goroutine of the caller's; a scrape holds a lock for as long as it copies some numbers.
package exporter

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
)

// Link is the link to one FreeSWITCH.
type Link interface {
	Name() string
	Since() time.Time // when it came up; zero while it is down
	API(ctx context.Context, name string, args ...string) (string, error)
}

const (
	// minInterval is between two readings at least: scrapes are seldom closer, and lists of gateways may be long.
	minInterval = 10 * time.Second
	// keepFactor is for how many intervals what was read is told.
	keepFactor = 3
	// readTime bounds one command.
	readTime = 5 * time.Second
)

const heartbeat = "HEARTBEAT"

// Events are those that Listen makes use of.
func Events() []string { return []string{heartbeat} }

// Options are an Exporter's collaborators.
type Options struct {
	Links      []Link
	Interval   func() time.Duration // between two readings; ten seconds at least
	Now        func() time.Time     // time.Now
	Logger     *slog.Logger         // nil discards
	Registerer prometheus.Registerer
}

// Exporter keeps the last figures of every switch. All methods may be called from any goroutine.
type Exporter struct {
	o       Options
	watches map[string]*watch
	reads   *prometheus.CounterVec
}

// watch is one switch and what it last said.
type watch struct {
	link    Link
	failing map[string]bool // parts that could not be read the last time; belongs to Listen

	mu       sync.Mutex
	figures  map[string]figure // by the name of the metric
	version  string
	gateways []gateway
	leftOut  int       // gateways beyond maxGateways
	listed   time.Time // when the gateways were read
}

// figure is a number and when it was read, or came with an event.
type figure struct {
	value float64
	at    time.Time
}

// New makes an Exporter; nothing is read before Listen.
func New(o Options) *Exporter {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	x := &Exporter{o: o, watches: map[string]*watch{}, reads: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "callgate_switch_reads_total", Help: "Questions to a switch for its figures, by what was asked for and result: ok, failed.",
	}, []string{"switch", "what", "result"})}
	for _, link := range o.Links {
		x.watches[link.Name()] = &watch{link: link, failing: map[string]bool{}, figures: map[string]figure{}}
	}
	o.Registerer.MustRegister(x.reads, newCollector(x))
	return x
}

// Listen reads the named switch when its link has come up and every interval, and takes what heartbeats tell in between,
// until ctx ends. The subscription is closed then.
func (x *Exporter) Listen(ctx context.Context, switchName string, events *esl.Subscription) error {
	defer events.Close()
	w := x.watches[switchName]
	if w == nil {
		<-ctx.Done()
		return nil
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-events.C:
			if !ok {
				<-ctx.Done()
				return nil
			}
			w.beat(e, x.o.Now())
			continue
		case <-events.Lost(): // also when the link has come up
		case <-timer.C:
		}
		x.read(ctx, w)
		timer.Reset(x.interval())
	}
}

func (x *Exporter) interval() time.Duration { return max(minInterval, x.o.Interval()) }

// read asks the switch for everything. What one part does not tell, as where no SIP module is loaded, keeps no other from being told.
func (x *Exporter) read(running context.Context, w *watch) {
	if w.link.Since().IsZero() {
		return
	}
	for _, p := range parts {
		ctx, stop := context.WithTimeout(running, readTime)
		err := p.read(ctx, w, x.o.Now)
		stop()
		if running.Err() != nil {
			return
		}
		result := "ok"
		if err != nil {
			result = "failed"
		}
		x.reads.WithLabelValues(w.link.Name(), p.what, result).Inc()
		if errors.Is(err, esl.ErrDown) {
			return
		}
		if failing := err != nil; failing != w.failing[p.what] { // a change is news
			w.failing[p.what] = failing
			if failing {
				x.o.Logger.Warn("figures of the switch are missing", "switch", w.link.Name(), "what", p.what, "error", err)
			} else {
				x.o.Logger.Info("figures of the switch are there again", "switch", w.link.Name(), "what", p.what)
			}
		}
	}
}

// set takes over figures.
func (w *watch) set(at time.Time, values map[string]float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, value := range values {
		w.figures[name] = figure{value, at}
	}
}
