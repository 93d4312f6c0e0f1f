package call

import (
	"context"
	"slices"
	"time"

	"callgate/esl"
)

// Subclass is that of the events by which mod_callcenter tells who waits in which queue, and who talks with whom.
const Subclass = "callcenter::info"

// Events are the other events that Listen makes use of, the fewest that tell it all: a channel's state comes with
// CHANNEL_CALLSTATE, which carries no variables (switch_channel_event_set_extended_data), so those are read where a
// channel begins, answers and is bridged.
func Events() []string {
	return []string{"CHANNEL_CREATE", "CHANNEL_CALLSTATE", "CHANNEL_ANSWER", "CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE", "CHANNEL_HANGUP",
		"CHANNEL_UUID", "RECORD_START", "RECORD_STOP"}
}

// EventBuffer is how many events may wait for Listen.
const EventBuffer = 8192

// Listen takes the events of the named switch until ctx ends, and closes the subscription then. Each moment in which
// events may have been missed has an audit follow.
func (l *Live) Listen(ctx context.Context, switchName string, events *esl.Subscription) error {
	defer events.Close()
	w := l.watch(switchName)
	if w == nil {
		<-ctx.Done()
		return nil
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-events.Lost():
			w.missed()
			l.o.Changed()
		case e, ok := <-events.C:
			if !ok {
				<-ctx.Done()
				return nil
			}
			w.take(e)
			l.o.Changed()
		}
	}
}

// missed has the next audit believe what it finds new.
func (w *watch) missed() {
	w.mu.Lock()
	w.adopt, w.audited = true, time.Time{}
	for _, c := range w.calls {
		c.known = false // recordings, too, may have begun and ended
	}
	w.mu.Unlock()
	w.hint()
}

// hint asks for an audit.
func (w *watch) hint() {
	select {
	case w.look <- struct{}{}:
	default: // one is asked for already
	}
}

// states are FreeSWITCH's call states. Source: switch_channel.c, callstate_chart.
var states = map[string]State{"DOWN": Ringing, "DIALING": Ringing, "RINGING": Ringing, "RING_WAIT": Ringing, "EARLY": Early, "ACTIVE": Active, "UNHELD": Active, "HELD": Held}

// take learns what an event tells.
func (w *watch) take(e *esl.Event) {
	now := w.o.Now()
	uuid := e.Get("Unique-ID")
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = now
	switch e.Name() {
	case "CUSTOM":
		w.takeQueue(e)
		return
	case "CHANNEL_HANGUP":
		w.end(uuid, now)
		return
	case "CHANNEL_UUID":
		// Source: switch_core_session.c switch_core_session_set_uuid.
		if old := e.Get("Old-Unique-ID"); w.calls[old] != nil && uuid != "" && uuid != old {
			c := w.calls[old]
			with := c.With
			w.end(old, now)
			w.end(uuid, now)
			delete(w.gone, uuid)
			c.UUID, c.With = uuid, ""
			w.calls[uuid] = c
			w.bridge(uuid, with)
		}
	case "CHANNEL_UNBRIDGE":
		// One of them may talk with somebody else by now.
		if a, b := e.Get("Bridge-A-Unique-ID"), e.Get("Bridge-B-Unique-ID"); w.calls[a] == nil || w.calls[a].With == b {
			w.bridge(b, "")
		}
	}
	if _, over := w.gone[uuid]; over || uuid == "" {
		return // RECORD_STOP and the last call states come after the end
	}
	c := w.calls[uuid]
	if c == nil {
		if c = w.add(uuid, now); c == nil {
			return
		}
	}
	// Under load FreeSWITCH may tell things in another order than they happened.
	if n := e.Sequence(); n >= c.sequence {
		c.sequence, c.touched = n, now
		c.describe(e)
		if c.State != Ringing && c.State != Early && c.Answered.IsZero() {
			c.Answered = now
		}
	}
	switch e.Name() {
	case "CHANNEL_CALLSTATE":
	case "CHANNEL_CREATE":
		c.known = true // from its beginning on
		fallthrough
	default:
		c.read(e.Lookup)
	}
	path := e.Get("Record-File-Path")
	switch e.Name() {
	case "CHANNEL_BRIDGE":
		w.bridge(e.Get("Bridge-A-Unique-ID"), e.Get("Bridge-B-Unique-ID"))
	case "RECORD_START":
		if !slices.Contains(c.Recordings, path) && len(c.Recordings) < maxRecordings {
			c.Recordings = append(c.Recordings, path)
		}
	case "RECORD_STOP":
		c.Recordings = slices.DeleteFunc(c.Recordings, func(p string) bool { return p == path })
	}
}

// maxRecordings bounds how many recordings of one leg are known.
const maxRecordings = 16

// describe takes from an event what every event of a channel has.
func (c *Call) describe(e *esl.Event) {
	c.Inbound = e.Get("Call-Direction") == "inbound"
	c.name = e.Get("Channel-Name")
	if s, ok := states[e.Get("Channel-Call-State")]; ok {
		c.State = s
	}
	c.Caller, c.Callee = e.Get("Caller-Caller-ID-Number"), e.Get("Caller-Destination-Number")
}

// read takes over what the variables tell.
func (c *Call) read(get func(name string) (string, bool)) {
	variable := func(name string) string { v, _ := get("variable_" + name); return v }
	for name, to := range map[string]*string{callVariable: &c.Order, userVariable: &c.User, projectVariable: &c.Project} {
		if v := variable(name); v != "" {
			*to = esl.Unescape(v)
		}
	}
	if variable("cc_side") == "agent" { // a member's variables outlive his stay in the queue
		c.Queue, c.Agent = variable("cc_queue"), variable("cc_agent")
	}
}

// takeQueue learns who waits where and who talks with which agent. Source: mod_callcenter.c callcenter_function,
// outbound_agent_thread_run. It needs the lock.
func (w *watch) takeQueue(e *esl.Event) {
	member := w.calls[e.Get("CC-Member-Session-UUID")]
	if member == nil {
		return
	}
	switch e.Get("CC-Action") {
	case "member-queue-start", "member-queue-resume":
		member.Queue = e.Get("CC-Queue")
		member.read(e.Lookup) // the event carries the member's channel
	case "bridge-agent-start":
		member.Agent = e.Get("CC-Agent")
		if agent := w.calls[e.Get("CC-Agent-UUID")]; agent != nil {
			agent.Agent, agent.Queue = member.Agent, e.Get("CC-Queue")
			if agent.Project == "" {
				agent.Project = member.Project
			}
		}
	case "bridge-agent-end":
		member.Agent = ""
	case "member-queue-end":
		member.Queue, member.Agent = "", ""
	}
}
