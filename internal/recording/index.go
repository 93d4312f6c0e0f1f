package recording

import (
	"context"
	"strconv"
	"time"

	"callgate/esl"
)

const (
	recordStart = "RECORD_START"
	recordStop  = "RECORD_STOP"
	heartbeat   = "HEARTBEAT"
)

// Events are those that Listen makes use of.
func Events() []string { return []string{recordStart, recordStop, heartbeat} }

const (
	queueLength = 8192            // facts that wait for the database: some minutes of a busy switch
	saveTime    = 4 * time.Second // bounds one change of the index
)

// Write saves what Listen is told until ctx ends, then what is queued, within some seconds; what could not be saved by then is
// an error. While the database is down it tries again. It ends after Listen, and may be called once.
func (l *Library) Write(ctx context.Context) error { return l.facts.Run(ctx) }

// save saves facts, and has them looked at.
func (l *Library) save(ctx context.Context, facts []Fact) error {
	if err := l.o.Store.SaveRecordingFacts(ctx, facts); err != nil {
		return err
	}
	signal(l.unsettled)
	return nil
}

// Listen takes the events of the named switch until ctx ends: each becomes a fact in the queue of Write, or is counted
// as dropped when that is full. The subscription is closed then. What was missed is found by Run: in CDRs, and by
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
			if l.facts.Put(f) {
				l.metrics.facts.WithLabelValues(told(f)).Inc()
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
