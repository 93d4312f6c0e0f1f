package recording

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"callgate/esl"
	"callgate/internal/fault"
)

const (
	recordStart = "RECORD_START"
	recordStop  = "RECORD_STOP"
	heartbeat   = "HEARTBEAT"
)

// Events are those that Listen makes use of.
func Events() []string { return []string{recordStart, recordStop, heartbeat} }

const (
	queueLength  = 8192 // facts that wait for the database: some minutes of a busy switch
	batchLength  = 256
	saveTime     = 4 * time.Second // bounds one attempt, and what is saved at the end
	firstRetry   = 100 * time.Millisecond
	longestRetry = 5 * time.Second
)

// Listen takes the events of the named switch until ctx ends: each becomes a fact in the queue of Run, or is counted as
// dropped when that is full. The subscription is closed then. What was missed is found by Run: in CDRs, and by
// looking at files.
//
// At RECORD_STOP the file is closed. Source: switch_ivr_async.c record_callback. A heartbeat tells when the switch was started, and so which
// recordings ended with the run before. Source: switch_core.c send_heartbeat.
func (l *Library) Listen(ctx context.Context, switchName string, events *esl.Subscription) error {
	defer events.Close()
	var core string // the run of the switch that is known
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-events.Lost():
			signal(l.unsettled)
		case e, ok := <-events.C:
			if !ok {
				<-ctx.Done()
				return nil
			}
			f, ok := l.fact(switchName, e)
			if ok && f.Told == Restarted {
				ok, core = ok && e.Get("Core-UUID") != core, e.Get("Core-UUID")
			}
			if !ok {
				continue
			}
			select {
			case l.facts <- f:
				l.metrics.facts.WithLabelValues(told(f)).Inc()
			default:
				l.metrics.dropped.WithLabelValues("full").Inc()
			}
		}
	}
}

func told(f Fact) string {
	return [...]string{"none", "start", "stop", "delivered", "named", "restart"}[f.Told]
}

// fact is what an event tells; ok is false when that is nothing.
func (l *Library) fact(switchName string, e *esl.Event) (f Fact, ok bool) {
	f = Fact{Switch: switchName, Path: e.Get("Record-File-Path"), Leg: e.Get("Unique-ID"), Project: e.Get("variable_callgate_project"), At: e.Time()}
	switch e.Name() {
	case recordStart:
		f.Told = Started
	case recordStop:
		f.Told, f.Cause = Stopped, e.Get("Record-Completion-Cause")
	case heartbeat:
		uptime, err := strconv.ParseInt(e.Get("Uptime-msec"), 10, 64)
		started := f.At.Add(-time.Duration(uptime) * time.Millisecond)
		return Fact{Told: Restarted, Switch: switchName, At: started}, err == nil && uptime >= 0 && uptime < maxUptime && !f.At.IsZero()
	default:
		return f, false
	}
	if f.At.IsZero() {
		f.At = l.o.Now()
	}
	if f.Path == "" || len(f.Path) > maxPath || len(f.Leg) > maxText || len(f.Project) > maxText || len(f.Cause) > maxText {
		return f, false
	}
	f.Name, _ = l.local(f.Path)
	return f, true
}

const (
	maxPath = 4096 // bytes; as long as the kernel takes them
	maxText = 256

	maxUptime = 100 * 365 * 24 * 3600 * 1000 // milliseconds
)

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is set already
	}
}

// write saves facts until ctx ends, then what there is.
func (l *Library) write(ctx context.Context) {
	for {
		var batch []Fact
		select {
		case f := <-l.facts:
			batch = l.more([]Fact{f})
		case <-ctx.Done():
			l.finish(l.more(nil))
			return
		}
		if !l.save(ctx, batch) {
			l.finish(l.more(batch))
			return
		}
		signal(l.unsettled)
	}
}

// more adds what waits.
func (l *Library) more(batch []Fact) []Fact {
	for len(batch) < batchLength {
		select {
		case f := <-l.facts:
			batch = append(batch, f)
		default:
			return batch
		}
	}
	return batch
}

// save saves a batch; while the database is down again and again. It says false when ctx ended before it was done.
func (l *Library) save(ctx context.Context, batch []Fact) bool {
	for pause := firstRetry; ; pause = min(2*pause, longestRetry) {
		err := l.attempt(ctx, batch)
		if err == nil {
			return true
		}
		if !errors.Is(err, fault.New(fault.StorageDown, "")) {
			l.metrics.dropped.WithLabelValues("refused").Add(float64(len(batch)))
			l.o.Logger.Error("recordings are not indexed", "facts", len(batch), "error", err)
			return true
		}
		l.o.Logger.Warn("recordings: store is down", "queued", len(batch)+len(l.facts), "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return false
		}
	}
}

// attempt saves a batch once; the end of ctx does not cut it short.
func (l *Library) attempt(ctx context.Context, batch []Fact) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	if err := l.o.Store.SaveRecordingFacts(ctx, batch); err != nil {
		return fmt.Errorf("index recordings: %w", err)
	}
	return nil
}

// finish saves what is left, for as long as one attempt may take.
func (l *Library) finish(batch []Fact) {
	ctx, cancel := context.WithTimeout(context.Background(), saveTime)
	defer cancel()
	for len(batch) > 0 {
		if err := l.o.Store.SaveRecordingFacts(ctx, batch); err != nil {
			lost := len(batch) + len(l.facts)
			l.metrics.dropped.WithLabelValues("stopped").Add(float64(lost))
			l.o.Logger.Error("recordings are not indexed", "facts", lost, "error", err)
			return
		}
		batch = l.more(nil)
	}
}
