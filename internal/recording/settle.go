package recording

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"
)

const (
	settleTime = 30 * time.Second // between two passes
	lookTime   = 10 * time.Minute // between two looks at a recording that goes on, at most
	quietTime  = time.Minute      // a file that was not written for so long is not being written
	awaitTime  = time.Hour        // for the file of a recording that the switch has closed
	endlessly  = 24 * time.Hour   // a recording that goes on for longer has been forgotten, if its file is quiet
	cdrTime    = time.Minute      // after which a CDR's recording is one that no event told of
	passLength = 200
)

// look is what a glance at a file tells.
type look struct {
	there    bool
	size     int64
	modified time.Time
	wave     wave
	err      error // why its head cannot be read; errNoWave when it is none
}

// quiet tells whether nobody writes the file.
func (k look) quiet(now time.Time) bool { return now.Sub(k.modified) >= quietTime }

// whole tells whether the file has been closed by whoever wrote it, as far as the file tells.
func (k look) whole() bool { return k.there && k.err == nil && k.wave.Whole }

// glance looks at a file of the folder.
func (l *Library) glance(name string) look {
	if name == "" {
		return look{}
	}
	f, info, err := l.open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return look{}
	}
	if err != nil {
		return look{err: err}
	}
	defer f.Close()
	k := look{there: true, size: info.Size(), modified: info.ModTime()}
	if isWave(name) {
		k.wave, k.err = readWave(f, k.size)
	} else {
		k.wave = wave{Bytes: k.size, Whole: true} // of another kind: nothing more is known of it
	}
	return k
}

func isWave(name string) bool { return strings.EqualFold(path.Ext(name), ".wav") }

// judge tells what an entry that is being written or has been closed has become, and when to look again. over tells whether
// the call is known to have ended.
func judge(e Entry, k look, over bool, now time.Time) Entry {
	e.Due = now.Add(settleTime)
	if e.State == Writing {
		e.Due = now.Add(min(max(now.Sub(e.Started)/4, quietTime), lookTime))
		quiet := k.there && k.quiet(now)
		closed := quiet && k.whole() && k.wave.Bytes > 0
		forgotten := now.Sub(e.Started) > endlessly && (quiet || !k.there)
		if !over && !closed && !forgotten {
			return e
		}
		e.End(now)
		e.Due = now.Add(settleTime)
	}
	e.InFolder = k.there
	switch {
	case !k.there:
		if now.Sub(e.Stopped) > awaitTime {
			e.State, e.Due = Lost, time.Time{}
		}
	case k.err == nil && !k.wave.Whole && !k.quiet(now): // a slow disk, a folder over the network
		e.Due = now.Add(quietTime / 6)
	case k.err != nil && !k.quiet(now):
		e.Due = now.Add(quietTime / 6)
	case k.err != nil || k.wave.Bytes == 0:
		e.State, e.Size, e.Due = Empty, k.size, time.Time{}
	default:
		e.State, e.Size, e.Duration, e.Due, e.Attempts = Complete, k.size, k.wave.Duration, now, 0
	}
	return e
}

// Settle looks at recordings that are due, at most passLength of them, and takes up those that only CDRs name. It says
// whether there may be more.
func (l *Library) Settle(ctx context.Context) (more bool, err error) {
	now := l.o.Now()
	before := now.Add(-cdrTime)
	facts, mark, err := l.o.Store.UnknownRecordings(ctx, before, passLength)
	if err != nil {
		return false, err
	}
	for i := range facts {
		facts[i].Name, _ = l.local(facts[i].Path)
	}
	if len(facts) > 0 {
		if err := l.o.Store.SaveRecordingFacts(ctx, facts); err != nil {
			return false, err
		}
		l.metrics.facts.WithLabelValues("named").Add(float64(len(facts)))
	}
	if mark > 0 {
		if err := l.o.Store.MarkRecordings(ctx, before, mark); err != nil {
			return false, err
		}
	}
	due, err := l.o.Store.DueRecordings(ctx, []State{Closed, Writing}, now, passLength)
	if err != nil {
		return false, err
	}
	for _, e := range due {
		if _, err := l.settle(ctx, e); err != nil {
			return false, err
		}
	}
	return len(due) == passLength || len(facts) == passLength, nil
}

// settle looks at one recording and keeps what it has become.
func (l *Library) settle(ctx context.Context, e Entry) (Entry, error) {
	over := false
	if e.State == Writing {
		var err error
		if _, over, err = l.o.Store.RecordedLeg(ctx, e.Leg); err != nil {
			return e, err
		}
	}
	now := l.o.Now()
	next := judge(e, l.glance(e.Name), over, now)
	if next.State == e.State && (e.State == Lost || e.Due.After(now)) {
		return next, nil // somebody asks before its time
	}
	changed, err := l.o.Store.ChangeRecording(ctx, next)
	if err != nil {
		return e, err
	}
	if changed && next.State != e.State {
		l.metrics.settled.WithLabelValues(string(next.State)).Inc()
		if next.State == Complete {
			signal(l.uncopied)
		}
	}
	return next, nil
}
