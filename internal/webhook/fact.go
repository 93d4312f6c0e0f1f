package webhook

import (
	"time"

	"callgate/internal/history"
	"callgate/internal/recording"
)

const (
	// settleTime is how long after a CDR others of the same call are waited for before it is told how the call ended: its
	// legs hang up together, and FreeSWITCH posts each by itself.
	settleTime = 2 * time.Second
	// newsTime is how long after its end a call is told of: who takes in CDRs of last year wants to ring nobody.
	newsTime = 7 * 24 * time.Hour
)

// OfCall are the events that the end of a call is, as its CDRs tell it: none while the leg that began it is not known, nor when
// the call ended long ago.
func OfCall(c *history.Call, now time.Time) []Event {
	ended := time.UnixMicro(c.Ended)
	if !c.Begun || now.Sub(ended) > newsTime {
		return nil
	}
	data := Call{ID: c.UUID, Switch: c.Switch, Direction: c.Direction, Project: c.Project, Number: c.Number, Caller: c.Caller, Called: c.Called,
		User: c.User, Started: moment(c.Started), Answered: moment(c.Answered), Ended: moment(c.Ended), Disposition: string(c.Disposition),
		HungUpBy: string(c.HungUp), Cause: c.Cause, Wait: &c.Wait, Talk: &c.Talk, Duration: &c.Duration}
	recorded := len(c.Recordings) > 0
	data.Recorded = &recorded
	for _, v := range c.Visits { // who answered, else where he waited last
		if data.Agent == "" || v.Agent != "" {
			data.Queue, data.Agent = v.Queue, v.Agent
		}
	}
	kinds := []Kind{CallEnded}
	if missed(c) {
		kinds = append(kinds, CallMissed)
	}
	var all []Event
	for _, k := range kinds {
		e := NewEvent(k, ended, c.Project, data, c.UUID, c.Started)
		e.Settles = settleTime
		all = append(all, e)
	}
	return all
}

// missed tells whether somebody rang us, for somebody to be rung or a queue, and nobody talked with him.
func missed(c *history.Call) bool {
	switch c.Disposition {
	case history.Abandoned, history.NoAnswer, history.Busy, history.Rejected, history.Failed:
		return c.Direction == "inbound"
	}
	return false
}

// moment is a time of a call, nil for never.
func moment(us int64) *time.Time {
	if us == 0 {
		return nil
	}
	t := time.UnixMicro(us).UTC()
	return &t
}

// OfRecording is the event that a recording is whole.
func OfRecording(r recording.Entry, now time.Time) Event {
	return NewEvent(RecordingReady, now, r.Project, Recording{Leg: r.Leg, Switch: r.Switch, Project: r.Project, Started: r.At.UTC(),
		Duration: r.Duration.Seconds(), Size: r.Size}, r.Switch, r.Path, r.Revision)
}
