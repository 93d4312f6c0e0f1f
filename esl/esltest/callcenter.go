package esltest

import (
	"slices"
	"strconv"
	"strings"
)

// callcenter is mod_callcenter: queues in memory, agents, tiers and members as
// the rows of its database.
type callcenter struct {
	s       *Switch
	queues  []*queue
	agents  []*agent
	tiers   tierset
	members []*member

	queueNamed map[string]*queue
	agentNamed map[string]*agent
}

type queue struct {
	Queue
	answered, abandoned            int
	lastAgentExist, lastAgentCheck int64
}

type agent struct {
	name, kind, status, state                                  string
	uuid, contact                                              string
	hasUUID, hasContact                                        bool // else NULL
	maxNoAnswer, wrapUp, rejectDelay, busyDelay, noAnswerDelay int
	bridgeStart, bridgeEnd, offered, statusChange, readyTime   int64
	noAnswers, answered, talkTime, external                    int
}

type tier struct {
	queue, agent, state string
	level, position     int
}

type member struct {
	queue, uuid, session, number, name      string
	system, joined, rejoined, bridged, gone int64
	baseScore                               int
	serving, servingSystem, state           string
}

const instance = "single_box"

func newCallcenter(s *Switch) *callcenter {
	cc := &callcenter{s: s, tiers: newTierset(), queueNamed: map[string]*queue{}, agentNamed: map[string]*agent{}}
	cc.load()
	return cc
}

// load reads the whole configuration, as the module does when it starts.
func (cc *callcenter) load() {
	for i := range cc.s.cfg.Queues {
		cc.addQueue(cc.s.cfg.Queues[i])
	}
	for _, a := range cc.s.cfg.Agents {
		cc.loadAgent(a)
	}
	for _, t := range cc.s.cfg.Tiers {
		cc.loadTier(t)
	}
}

// restart is the module's start on the database it had.
func (cc *callcenter) restart() {
	for _, a := range cc.agents {
		a.state, a.uuid, a.external = "Waiting", "", 0
	}
	for _, t := range cc.tiers.all {
		t.state = "Ready"
	}
	for _, m := range cc.members {
		m.state, m.session = "Abandoned", ""
	}
	cc.queues = nil
	clear(cc.queueNamed)
	cc.load()
}

func (cc *callcenter) addQueue(q Queue) *queue {
	cc.unload(q.Name)
	out := &queue{Queue: q}
	cc.queues = append(cc.queues, out)
	cc.queueNamed[q.Name] = out
	return out
}

func (cc *callcenter) unload(name string) {
	if q := cc.queueNamed[name]; q != nil {
		cc.queues = slices.DeleteFunc(cc.queues, func(x *queue) bool { return x == q })
		delete(cc.queueNamed, name)
	}
}

// queue finds a queue; one that was unloaded comes back from the configuration
// at its next use.
func (cc *callcenter) queue(name string) *queue {
	if q := cc.queueNamed[name]; q != nil {
		return q
	}
	return cc.loadQueue(name)
}

// loadQueue reads one queue anew, and with it every agent of the configuration
// and every tier: what was set at run time is overwritten.
func (cc *callcenter) loadQueue(name string) *queue {
	for _, q := range cc.s.cfg.Queues {
		if q.Name != name {
			continue
		}
		out := cc.addQueue(q)
		for _, a := range cc.s.cfg.Agents {
			cc.loadAgent(a)
		}
		for _, t := range cc.s.cfg.Tiers {
			cc.loadTier(t)
		}
		return out
	}
	return nil
}

func (cc *callcenter) loadAgent(a Agent) {
	existed := cc.agentAdd(a.Name, a.Type) != nil
	x := cc.agent(a.Name)
	if x == nil { // a type that does not exist
		return
	}
	if a.Contact != "" {
		cc.setContact(x, a.Contact)
	}
	if known(agentStatuses, a.Status) {
		cc.setStatus(x, a.Status)
	}
	x.wrapUp, x.maxNoAnswer = a.WrapUp, a.MaxNoAnswer
	x.rejectDelay, x.busyDelay, x.noAnswerDelay = a.RejectDelay, a.BusyDelay, a.NoAnswerDelay
	if existed {
		x.kind = a.Type
	}
}

func (cc *callcenter) loadTier(t Tier) {
	if x := cc.tier(t.Queue, t.Agent); x != nil {
		x.level, x.position = t.Level, t.Position
		return
	}
	if cc.agent(t.Agent) != nil {
		cc.tiers.add(&tier{t.Queue, t.Agent, "Ready", t.Level, t.Position})
	}
}

func (cc *callcenter) agent(name string) *agent { return cc.agentNamed[name] }

func (cc *callcenter) tier(queue, agent string) *tier { return cc.tiers.get(queue, agent) }

// hashed is the queues in the order of FreeSWITCH's hash table, which is the
// order of lists: it depends on the names alone.
func (cc *callcenter) hashed() []*queue {
	size := uint32(53)
	for _, prime := range []uint32{97, 193, 389, 769, 1543, 3079, 6151, 12289, 24593, 49157, 98317} {
		if float64(len(cc.queues)) <= 0.65*float64(size)+1 {
			break
		}
		size = prime
	}
	place := func(q *queue) uint32 {
		var h uint32
		for _, c := range []byte(q.Name) {
			h = uint32(c) + h<<6 + h<<16 - h
		}
		h += ^(h << 9)
		h ^= h>>14 | h<<18
		h += h << 4
		h ^= h>>10 | h<<22
		return h % size
	}
	out := slices.Clone(cc.queues)
	slices.Reverse(out) // of two in one place the later comes first
	places := make(map[*queue]uint32, len(out))
	for _, q := range out {
		places[q] = place(q)
	}
	slices.SortStableFunc(out, func(a, b *queue) int { return int(places[a]) - int(places[b]) })
	return out
}

// cell is one column of a row; NULL is printed as nothing and left out of JSON.
type cell struct {
	name, value string
	null        bool
}

func number(name string, n int64) cell { return cell{name: name, value: strconv.FormatInt(n, 10)} }

func (a *agent) row() []cell {
	return []cell{
		{name: "name", value: a.name}, {name: "instance_id", value: instance},
		{"uuid", a.uuid, !a.hasUUID}, {name: "type", value: a.kind}, {"contact", a.contact, !a.hasContact},
		{name: "status", value: a.status}, {name: "state", value: a.state},
		number("max_no_answer", int64(a.maxNoAnswer)), number("wrap_up_time", int64(a.wrapUp)),
		number("reject_delay_time", int64(a.rejectDelay)), number("busy_delay_time", int64(a.busyDelay)),
		number("no_answer_delay_time", int64(a.noAnswerDelay)),
		number("last_bridge_start", a.bridgeStart), number("last_bridge_end", a.bridgeEnd),
		number("last_offered_call", a.offered), number("last_status_change", a.statusChange),
		number("no_answer_count", int64(a.noAnswers)), number("calls_answered", int64(a.answered)),
		number("talk_time", int64(a.talkTime)), number("ready_time", a.readyTime),
		number("external_calls_count", int64(a.external)),
	}
}

func (t *tier) row() []cell {
	return []cell{{name: "queue", value: t.queue}, {name: "agent", value: t.agent}, {name: "state", value: t.state},
		number("level", int64(t.level)), number("position", int64(t.position))}
}

func (m *member) row(now int64) []cell {
	return []cell{
		{name: "queue", value: m.queue}, {name: "instance_id", value: instance}, {name: "uuid", value: m.uuid},
		{name: "session_uuid", value: m.session}, {name: "cid_number", value: m.number}, {name: "cid_name", value: m.name},
		number("system_epoch", m.system), number("joined_epoch", m.joined), number("rejoined_epoch", m.rejoined),
		number("bridge_epoch", m.bridged), number("abandoned_epoch", m.gone), number("base_score", int64(m.baseScore)),
		number("skill_score", 0), {name: "serving_agent", value: m.serving},
		{name: "serving_system", value: m.servingSystem}, {name: "state", value: m.state}, number("score", m.score(now)),
	}
}

func (m *member) score(now int64) int64 { return now - m.joined + int64(m.baseScore) }

// byScore is all members by falling score.
func (cc *callcenter) byScore() []*member {
	out := slices.Clone(cc.members)
	now := cc.s.epoch()
	slices.SortStableFunc(out, func(a, b *member) int { return int(b.score(now) - a.score(now)) })
	return out
}

func (cc *callcenter) memberRows(list []*member) [][]cell {
	now, rows := cc.s.epoch(), make([][]cell, 0, len(list))
	for _, m := range list {
		rows = append(rows, m.row(now))
	}
	return rows
}

// inQueue is the agents of a queue, in the order of its tiers.
func (cc *callcenter) inQueue(name string) []*agent {
	var out []*agent
	for _, t := range cc.tiers.queues[name] {
		if a := cc.agent(t.agent); a != nil {
			out = append(out, a)
		}
	}
	return out
}

var agentStatuses = []string{"Logged Out", "Available", "Available (On Demand)", "On Break"}

var agentStates = []string{"Waiting", "Receiving", "In a queue call", "Idle", "Reserved"}

var tierStates = []string{"No Answer", "Ready", "Offering", "Active Inbound", "Standby"}

func known(list []string, value string) bool {
	return slices.ContainsFunc(list, func(x string) bool { return strings.EqualFold(x, value) })
}
