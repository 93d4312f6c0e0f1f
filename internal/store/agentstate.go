package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// agentStateRow is a row of agent_states.
type agentStateRow struct {
	Switch  string `db:"switch_name"`
	Agent   string `db:"agent"`
	Started int64  `db:"started"`
	Ended   int64  `db:"ended"`
	State   string `db:"state"`
	Reason  string `db:"reason"`

	Unknown   int64 `db:"before_unknown"`
	LoggedOut int64 `db:"before_logged_out"`
	Talking   int64 `db:"before_talking"`
	Ringing   int64 `db:"before_ringing"`
	Outside   int64 `db:"before_outside"`
	Pause     int64 `db:"before_pause"`
	WrapUp    int64 `db:"before_wrap_up"`
	Ready     int64 `db:"before_ready"`
	NotReady  int64 `db:"before_not_ready"`
}

const agentStateColumns = `s.switch_name, s.agent, s.started, s.ended, s.state, s.reason, s.before_unknown, s.before_logged_out, s.before_talking,
	s.before_ringing, s.before_outside, s.before_pause, s.before_wrap_up, s.before_ready, s.before_not_ready`

// before is in the order of callcenter.Activities.
func (r *agentStateRow) before() callcenter.ActivityTimes {
	return callcenter.ActivityTimes{r.Unknown, r.LoggedOut, r.Talking, r.Ringing, r.Outside, r.Pause, r.WrapUp, r.Ready, r.NotReady}
}

// selectLast are the last rows of each agent of a switch.
const selectLast = `SELECT ` + agentStateColumns + ` FROM watched_agents a JOIN agent_states s ON s.switch_name = a.switch_name AND s.agent = a.agent
	AND s.started = (SELECT MAX(l.started) FROM agent_states l WHERE l.switch_name = a.switch_name AND l.agent = a.agent) WHERE a.switch_name = ?`

// BeginAgentStates implements callcenter.StateBook.
func (s *Store) BeginAgentStates(ctx context.Context, switchName, writer string) (kept callcenter.StatesKept, err error) {
	name := clean(switchName)
	err = s.change(ctx, "begin with the states of agents", func(ctx context.Context, tx *sqlx.Tx) error {
		kept = callcenter.StatesKept{}
		// Who has written until now is done with it before, or is refused after.
		if _, err := exec(ctx, tx, `INSERT INTO agent_watches (switch_name, writer, watched) VALUES (?, ?, 0)
			ON CONFLICT (switch_name) DO UPDATE SET writer = excluded.writer`, name, writer); err != nil {
			return err
		}
		if err := tx.GetContext(ctx, &kept.Watched, tx.Rebind(`SELECT watched FROM agent_watches WHERE switch_name = ?`), name); err != nil {
			return err
		}
		var rows []agentStateRow
		if err := tx.SelectContext(ctx, &rows, tx.Rebind(selectLast), name); err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			kept.Last = append(kept.Last, callcenter.AgentSpan{Agent: r.Agent, Activity: callcenter.Activity(r.State), Reason: r.Reason,
				Started: r.Started, Ended: r.Ended, Before: r.before()})
		}
		return nil
	})
	return kept, err
}

// SaveAgentStates implements callcenter.StateBook.
func (s *Store) SaveAgentStates(ctx context.Context, switchName, writer string, spans []callcenter.AgentSpan, watched int64) error {
	name := clean(switchName)
	return s.change(ctx, "save states of agents", func(ctx context.Context, tx *sqlx.Tx) error {
		n, err := exec(ctx, tx, `UPDATE agent_watches SET watched = CASE WHEN watched < ? THEN ? ELSE watched END WHERE switch_name = ? AND writer = ?`,
			watched, watched, name, writer)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.Conflict, "writer")
		}
		if len(spans) == 0 {
			return nil
		}
		if err := s.together(ctx, tx, func(w *writes) error {
			values := agentStateValues(name, spans)
			if err := w.insert("watched_agents", "ON CONFLICT DO NOTHING", values[:2]); err != nil {
				return err
			}
			return w.insert("agent_states", `ON CONFLICT (switch_name, agent, started) DO UPDATE SET ended = excluded.ended, reason = excluded.reason`, values)
		}); err != nil {
			return err
		}
		return s.tellAgents(ctx, tx, name, spans)
	})
}

func agentStateValues(name string, spans []callcenter.AgentSpan) columns {
	var names, agent, state, reason []string
	var started, ended []int64
	var before [len(callcenter.Activities)][]int64
	for i := range spans {
		span := &spans[i]
		names, agent, state, reason = append(names, name), append(agent, clean(span.Agent)), append(state, string(span.Activity)), append(reason, clean(span.Reason))
		started, ended = append(started, span.Started), append(ended, span.Ended)
		for n, us := range span.Before {
			before[n] = append(before[n], us)
		}
	}
	all := columns{{"switch_name", names}, {"agent", agent}, {"state", state}, {"reason", reason}, {"started", started}, {"ended", ended}}
	for n, is := range callcenter.Activities {
		all = append(all, column{"before_" + string(is), before[n]})
	}
	return all
}

// AgentStatusesSince implements callcenter.StateBook.
func (s *Store) AgentStatusesSince(ctx context.Context, switchName string, since time.Time) ([]callcenter.AgentStatus, error) {
	var rows []agentStatusRow
	if err := s.all(ctx, "read the last statuses of agents", &rows, `SELECT at, switch_name, agent, status, reason, changed_by FROM agent_status_history
		WHERE at >= ? AND switch_name = ? ORDER BY at`, micros(since), clean(switchName)); err != nil {
		return nil, err
	}
	return agentStatuses(rows), nil
}

// PruneAgents deletes what agents did, and which statuses they were given, before a time, in small steps. A span that goes on
// then stays: periods that begin later keep all their times.
func (s *Store) PruneAgents(ctx context.Context, before time.Time) (deleted int64, err error) {
	var all []struct {
		Switch string `db:"switch_name"`
		Agent  string `db:"agent"`
	}
	if err := s.all(ctx, "read agents", &all, `SELECT switch_name, agent FROM watched_agents`); err != nil {
		return 0, err
	}
	us := micros(before)
	for _, a := range all {
		n, err := s.pruneUpTo(ctx, "delete old states of agents",
			`SELECT started FROM agent_states WHERE switch_name = ? AND agent = ? AND ended > 0 AND ended <= ? AND started < ? ORDER BY started LIMIT 1 OFFSET ?`,
			`DELETE FROM agent_states WHERE switch_name = ? AND agent = ? AND ended > 0 AND ended <= ? AND started <= ?`, us, a.Switch, a.Agent, us)
		if deleted += n; err != nil {
			return deleted, err
		}
	}
	if err := s.change(ctx, "forget agents", func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM watched_agents WHERE NOT EXISTS
			(SELECT 1 FROM agent_states s WHERE s.switch_name = watched_agents.switch_name AND s.agent = watched_agents.agent)`)
		return err
	}); err != nil {
		return deleted, err
	}
	n, err := s.pruneUpTo(ctx, "delete old statuses of agents", `SELECT at FROM agent_status_history WHERE at < ? ORDER BY at LIMIT 1 OFFSET ?`,
		`DELETE FROM agent_status_history WHERE at <= ?`, us)
	return deleted + n, err
}
