package call

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// kind is what an audit may find otherwise than events told it.
type kind int

const (
	doubtNew    kind = iota // the table has a call that we do not know
	doubtEnded              // we know one that the table has not
	doubtState              // ringing, early, active or held
	doubtBridge             // with whom it talks
	kinds
)

func (k kind) String() string { return [...]string{"new", "ended", "state", "bridge"}[k] }

// maxDumps is how many calls an audit asks about one by one, those that only the table has told of.
const maxDumps = 50

// run audits until ctx ends: when events were missed, when the last audit had a doubt, and now and then. The pause after
// an audit is at least nine times as long as it took.
func (w *watch) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	strange := map[string]bool{} // what the last audit found new
	var earliest time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-w.look:
			if wait := time.Until(earliest); wait > 0 {
				timer.Reset(wait)
				continue
			}
		}
		began := time.Now()
		doubts, err := w.audit(ctx, strange)
		took := time.Since(began)
		w.o.Changed()
		pause := auditInterval
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.m.audits.WithLabelValues(w.link.Name(), "failed").Inc()
			w.o.Logger.DebugContext(ctx, "audit of live calls", "switch", w.link.Name(), "error", err)
			pause = downPause
		default:
			w.m.audits.WithLabelValues(w.link.Name(), "ok").Inc()
			if doubts {
				pause = doubtPause
			}
		}
		pause = max(pause, auditShare*took)
		earliest = began.Add(took + auditShare*took)
		timer.Reset(pause)
	}
}

// row is a channel as FreeSWITCH's table has it.
type row struct {
	UUID      string `json:"uuid"`
	Direction string `json:"direction"`
	Created   string `json:"created_epoch"`
	Name      string `json:"name"`
	State     string `json:"state"`
	CallState string `json:"callstate"`
	Caller    string `json:"cid_num"`
	Callee    string `json:"dest"`
	Other     string `json:"b_uuid"` // in the list of bridged calls
	with      string
}

// show asks for one of FreeSWITCH's tables, which it fills after the fact. Without any row there is no "rows".
//
// Source: mod_commands.c show_function; switch_core_sqldb.c core_event_handler.
func show(ctx context.Context, link Link, table string) ([]*row, error) {
	text, err := link.API(ctx, "show", table, "as", "json")
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	var reply struct {
		Count *int `json:"row_count"`
		Rows  []*row
	}
	if err := json.Unmarshal([]byte(text), &reply); err != nil {
		return nil, fmt.Errorf("read %s: %w", table, err)
	}
	if reply.Count == nil || *reply.Count != len(reply.Rows) {
		return nil, fmt.Errorf("read %s: %d rows, not as many as announced", table, len(reply.Rows))
	}
	return reply.Rows, nil
}

// readTable asks for the channels that are up, and who talks with whom. A channel leaves the table only when its CDR has
// been posted.
func readTable(ctx context.Context, link Link) (map[string]*row, error) {
	channels, err := show(ctx, link, "channels")
	if err != nil {
		return nil, err
	}
	pairs, err := show(ctx, link, "bridged_calls")
	if err != nil {
		return nil, err
	}
	rows := make(map[string]*row, len(channels))
	for _, r := range channels {
		if r != nil && r.UUID != "" && r.State != "CS_HANGUP" && r.State != "CS_REPORTING" && r.State != "CS_DESTROY" {
			rows[r.UUID] = r
		}
	}
	for _, p := range pairs {
		if p == nil || rows[p.UUID] == nil || rows[p.Other] == nil {
			continue
		}
		rows[p.UUID].with, rows[p.Other].with = p.Other, p.UUID
	}
	return rows, nil
}

// audit holds what is known against FreeSWITCH's table, and tells whether there are doubts to look at again soon.
func (w *watch) audit(ctx context.Context, strange map[string]bool) (doubts bool, err error) {
	ctx, stop := context.WithTimeout(ctx, auditTime)
	defer stop()
	core, began := w.link.CoreUUID(), w.o.Now()
	rows, err := readTable(ctx, w.link)
	if err != nil {
		return false, err
	}
	ended, bare, doubts := w.compare(core, began, rows, strange)
	for _, uuid := range ended {
		if up, err := exists(ctx, w.link, uuid); err == nil && !up {
			w.over(uuid)
		}
	}
	for _, uuid := range bare {
		if err := w.dump(ctx, uuid); err != nil {
			return doubts, err
		}
	}
	return doubts || len(bare) > 0, nil // a call that was absent is asked about again
}

// compare corrects what two looks found otherwise than events told. ended are those of them that are said to be over,
// bare those of which only the table has told.
func (w *watch) compare(core string, began time.Time, rows map[string]*row, strange map[string]bool) (ended, bare []string, doubts bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name := w.link.Name()
	if w.core != "" && w.core != core { // another run of the switch: nothing of the last one is left
		clear(w.calls)
		clear(w.gone)
	}
	w.core, w.heard, w.audited = core, began, began
	seen := map[string]bool{}
	for uuid, r := range rows {
		if _, over := w.gone[uuid]; over {
			w.gone[uuid] = began
			continue
		}
		c := w.calls[uuid]
		switch {
		case c == nil && (w.adopt || strange[uuid]):
			if c = w.add(uuid, began); c == nil {
				continue
			}
			c.adopt(r)
			if w.calls[r.with] != nil { // else when that is adopted
				w.bridge(uuid, r.with)
			}
			if !w.adopt {
				w.m.corrections.WithLabelValues(name, doubtNew.String()).Inc()
			}
		case c == nil:
			seen[uuid], doubts = true, true
		case c.touched.Before(began): // else an event has told more since
			c.Caller, c.Callee = r.Caller, r.Callee // which change without an event
			state, ok := states[r.CallState]
			if c.doubt(doubtState, ok && state != c.State, &doubts) {
				c.State = state
				if c.Answered.IsZero() && (state == Active || state == Held) {
					c.Answered = began
				}
				w.m.corrections.WithLabelValues(name, doubtState.String()).Inc()
			}
			if c.doubt(doubtBridge, r.with != c.With, &doubts) {
				w.bridge(uuid, r.with)
				w.m.corrections.WithLabelValues(name, doubtBridge.String()).Inc()
			}
		}
	}
	w.adopt = false
	clear(strange)
	for uuid := range seen {
		strange[uuid] = true
	}
	for uuid, c := range w.calls {
		if c.doubt(doubtEnded, rows[uuid] == nil && c.touched.Before(began), &doubts) {
			ended = append(ended, uuid)
		}
		if !c.known && uuidForm.MatchString(uuid) && len(bare) < maxDumps { // FreeSWITCH takes any text for one
			bare = append(bare, uuid)
		}
	}
	w.forget(began)
	return ended, bare, doubts
}

// doubt notes that an audit sees something otherwise, and tells whether the one before it did so too.
func (c *Call) doubt(k kind, is bool, any *bool) (confirmed bool) {
	confirmed = is && c.doubts[k]
	c.doubts[k] = is && !confirmed
	*any = *any || c.doubts[k]
	return confirmed
}

// adopt takes over what the table tells of a call.
func (c *Call) adopt(r *row) {
	c.Inbound, c.name, c.Caller, c.Callee = r.Direction == "inbound", r.Name, r.Caller, r.Callee
	if s, ok := states[r.CallState]; ok {
		c.State = s
	}
	if n, err := strconv.ParseInt(r.Created, 10, 64); err == nil && n > 0 {
		c.Since = time.Unix(n, 0)
	}
	if c.State == Active || c.State == Held {
		c.Answered = c.Since // until it is asked about
	}
}

// exists asks whether a channel is up.
func exists(ctx context.Context, link interface {
	API(ctx context.Context, name string, args ...string) (string, error)
}, uuid string) (bool, error) {
	text, err := link.API(ctx, "uuid_exists", uuid)
	return strings.TrimSpace(text) == "true", err
}

// dump asks about one call: its variables, when it was answered and whether it is recorded.
func (w *watch) dump(ctx context.Context, uuid string) error {
	began := w.o.Now()
	text, err := w.link.API(ctx, "uuid_dump", uuid, "json")
	if err != nil {
		if strings.Contains(err.Error(), "No such channel") {
			w.absent(uuid)
			return nil
		}
		return fmt.Errorf("read a channel: %w", err)
	}
	headers, err := readDump(text)
	if err != nil {
		return err
	}
	bugs, _ := readBugs(ctx, w.link, uuid) // none when it has ended meanwhile
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.calls[uuid]; c != nil {
		c.known = true
		c.read(func(name string) (string, bool) { v, ok := headers[name].(string); return v, ok })
		if us, err := strconv.ParseInt(fmt.Sprint(headers["Caller-Channel-Answered-Time"]), 10, 64); err == nil && us > 0 {
			c.Answered = time.UnixMicro(us)
		}
		if s, ok := states[fmt.Sprint(headers["Channel-Call-State"])]; ok && c.touched.Before(began) {
			c.State = s
		}
		c.Recordings = nil
		for _, b := range bugs {
			if b.function == recordBug && !slices.Contains(c.Recordings, b.target) && len(c.Recordings) < maxRecordings {
				c.Recordings = append(c.Recordings, b.target)
			}
		}
	}
	return nil
}

// over ends a call of whose end no event has told.
func (w *watch) over(uuid string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calls[uuid] != nil {
		w.end(uuid, w.o.Now())
		w.m.corrections.WithLabelValues(w.link.Name(), doubtEnded.String()).Inc()
	}
}

// absent notes that the switch does not know a call that its table shows, as it does until the CDR is posted. The second
// time it is over; until then the event that tells so may be on its way.
func (w *watch) absent(uuid string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch c := w.calls[uuid]; {
	case c == nil:
	case c.absent:
		w.end(uuid, w.o.Now())
		w.m.corrections.WithLabelValues(w.link.Name(), doubtEnded.String()).Inc()
	default:
		c.absent = true
	}
}

// readDump reads what uuid_dump prints. Array variables are lists.
func readDump(text string) (map[string]any, error) {
	var headers map[string]any
	if err := json.Unmarshal([]byte(text), &headers); err != nil {
		return nil, fmt.Errorf("read a channel: %w", err)
	}
	return headers, nil
}
