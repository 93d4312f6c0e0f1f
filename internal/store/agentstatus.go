package store

import (
	"context"

	"github.com/jmoiron/sqlx"

	"callgate/internal/callcenter"
)

// AddAgentStatus implements callcenter.Book.
func (s *Store) AddAgentStatus(ctx context.Context, a callcenter.AgentStatus) error {
	return s.change(ctx, "keep an agent's status", func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := exec(ctx, tx, `INSERT INTO agent_status_history (at, switch_name, agent, status, reason, changed_by)
			VALUES (?, ?, ?, ?, ?, ?)`,
			micros(a.At), clean(a.Switch), clean(a.Agent), clean(a.Status), clean(a.Reason), clean(a.By))
		return err
	})
}

// AgentStatuses implements callcenter.Book.
func (s *Store) AgentStatuses(ctx context.Context, switchName, agent string, limit int) ([]callcenter.AgentStatus, error) {
	var rows []agentStatusRow
	err := s.all(ctx, "read an agent's statuses", &rows, `SELECT at, switch_name, agent, status, reason, changed_by
		FROM agent_status_history WHERE agent = ? AND (switch_name = ? OR CAST(? AS TEXT) = '') ORDER BY at DESC LIMIT ?`,
		clean(agent), clean(switchName), clean(switchName), limit)
	return agentStatuses(rows), err
}

type agentStatusRow struct {
	At     int64  `db:"at"`
	Switch string `db:"switch_name"`
	Agent  string `db:"agent"`
	Status string `db:"status"`
	Reason string `db:"reason"`
	By     string `db:"changed_by"`
}

func agentStatuses(rows []agentStatusRow) []callcenter.AgentStatus {
	all := make([]callcenter.AgentStatus, len(rows))
	for i, r := range rows {
		all[i] = callcenter.AgentStatus{At: fromMicros(r.At), Switch: r.Switch, Agent: r.Agent, Status: r.Status, Reason: r.Reason, By: r.By}
	}
	return all
}
