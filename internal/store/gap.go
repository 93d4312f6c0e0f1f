package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"callgate/internal/history"
)

// cameCDR tells of a row of hangups whether its CDR has come. OFFSET 0 keeps PostgreSQL from making a join of it, for
// which it may read all CDRs: every leg is looked up instead, in the months where it can be. A damaged document may not
// say when its leg began.
func cameCDR() string {
	return fmt.Sprintf(`(EXISTS (SELECT 1 FROM cdrs c WHERE c.leg = hangups.leg AND
		(c.started BETWEEN hangups.started - %d AND hangups.started + %d OR c.started = 0) LIMIT 1 OFFSET 0)
		OR EXISTS (SELECT 1 FROM unreadable_cdrs u WHERE u.leg = hangups.leg LIMIT 1 OFFSET 0))`, reach, reach)
}

// SaveHangups implements history.GapStore. It only reads while every CDR is there.
func (s *Store) SaveHangups(ctx context.Context, all []history.Hangup) error {
	if len(all) == 0 {
		return nil
	}
	came, err := s.cameCDRs(ctx, all)
	if err != nil {
		return err
	}
	posts, err := s.dialledCores(ctx)
	if err != nil {
		return err
	}
	told := map[string]string{} // switches by core
	for _, h := range all {
		if core := clean(h.Core); h.Telling && came[clean(h.Leg)] && !posts[core] {
			posts[core], told[core] = true, clean(h.Switch)
		}
	}
	gaps := slices.DeleteFunc(slices.Clone(all), func(h history.Hangup) bool {
		return came[clean(h.Leg)] || h.Dialled && !posts[clean(h.Core)]
	})
	if len(gaps)+len(told) == 0 {
		return nil
	}
	// In one order, so that two processes that insert the same do not wait for each other in a circle.
	slices.SortFunc(gaps, func(a, b history.Hangup) int { return cmp.Or(cmp.Compare(a.Core, b.Core), cmp.Compare(a.Leg, b.Leg)) })
	return s.change(ctx, "save hangups", func(ctx context.Context, tx *sqlx.Tx) error {
		for core, name := range told {
			if _, err := exec(ctx, tx, `INSERT INTO cores (core_uuid, switch_name, seen, posts_dialled) VALUES (?, ?, ?, TRUE)
				ON CONFLICT (core_uuid) DO UPDATE SET posts_dialled = TRUE`, core, name, micros(s.now())); err != nil {
				return err
			}
		}
		return s.insert(ctx, tx, "hangups", "ON CONFLICT DO NOTHING", hangupColumns(gaps))
	})
}

// cameCDRs finds out which of the legs have a CDR.
func (s *Store) cameCDRs(ctx context.Context, all []history.Hangup) (map[string]bool, error) {
	var legs []string
	from, to := began(all[0]), began(all[0])
	for _, h := range all {
		legs = append(legs, h.Leg)
		from, to = min(from, began(h)), max(to, began(h))
	}
	var readable, unreadable clause
	readable.in("leg", legs)
	readable.add(`(started BETWEEN ? AND ? OR started = 0)`, from-reach, to+reach)
	unreadable.in("leg", legs)
	var found []string
	if err := s.some(ctx, "look for CDRs", &found, `SELECT leg FROM cdrs WHERE `+readable.text+` UNION ALL SELECT leg FROM unreadable_cdrs WHERE `+
		unreadable.text, append(readable.args, unreadable.args...)...); err != nil {
		return nil, err
	}
	came := make(map[string]bool, len(found))
	for _, leg := range found {
		came[leg] = true
	}
	return came, nil
}

// dialledCores are those that post CDRs of B legs.
func (s *Store) dialledCores(ctx context.Context) (map[string]bool, error) {
	var cores []string
	if err := s.all(ctx, "read cores", &cores, `SELECT core_uuid FROM cores WHERE posts_dialled`); err != nil {
		return nil, err
	}
	all := make(map[string]bool, len(cores))
	for _, core := range cores {
		all[core] = true
	}
	return all, nil
}

// began is when a leg began, as near as its event tells.
func began(h history.Hangup) int64 {
	if h.Started > 0 {
		return h.Started
	}
	return h.Ended
}

func hangupColumns(all []history.Hangup) columns {
	var core, leg, name, project, direction, cause, side, queue, agent, caller, called []string
	var started, answered, ended, noted []int64
	for _, h := range all {
		core, leg, name = append(core, clean(h.Core)), append(leg, clean(h.Leg)), append(name, clean(h.Switch))
		project, direction, cause = append(project, clean(h.Project)), append(direction, clean(h.Direction)), append(cause, clean(h.Cause))
		side, queue, agent = append(side, clean(h.Side)), append(queue, clean(h.Queue)), append(agent, clean(h.Agent))
		caller, called = append(caller, clean(h.Caller)), append(called, clean(h.Called))
		started, answered = append(started, began(h)), append(answered, h.Answered)
		ended, noted = append(ended, h.Ended), append(noted, h.Noted)
	}
	return columns{{"core_uuid", core}, {"leg", leg}, {"switch_name", name}, {"project", project}, {"direction", direction}, {"cause", cause},
		{"side", side}, {"queue", queue}, {"agent", agent}, {"caller", caller}, {"called", called},
		{"started", started}, {"answered", answered}, {"ended", ended}, {"noted", noted}}
}

// hangupRow is one of hangups.
type hangupRow struct {
	Core      string `db:"core_uuid"`
	Leg       string `db:"leg"`
	Switch    string `db:"switch_name"`
	Project   string `db:"project"`
	Direction string `db:"direction"`
	Cause     string `db:"cause"`
	Side      string `db:"side"`
	Queue     string `db:"queue"`
	Agent     string `db:"agent"`
	Caller    string `db:"caller"`
	Called    string `db:"called"`
	Started   int64  `db:"started"`
	Answered  int64  `db:"answered"`
	Ended     int64  `db:"ended"`
	Noted     int64  `db:"noted"`
}

// Gaps implements history.GapStore.
func (s *Store) Gaps(ctx context.Context, q history.GapQuery) ([]history.Hangup, error) {
	var where clause
	where.add(`ended >= ? AND ended < ? AND noted < ?`, q.From, q.To, q.Noted)
	if q.Switch != "" {
		where.add(`switch_name = ?`, clean(q.Switch))
	}
	if len(q.Projects) > 0 {
		where.in("project", q.Projects)
	}
	if after := q.After; after != (history.GapPlace{}) {
		core := clean(after.Core)
		where.add(`ended <= ? AND (ended < ? OR core_uuid > ? OR core_uuid = ? AND leg > ?)`, after.Ended, after.Ended, core, core, clean(after.Leg))
	}
	where.add(`NOT ` + cameCDR())
	var rows []hangupRow
	if err := s.some(ctx, "read gaps", &rows, `SELECT core_uuid, leg, switch_name, project, direction, cause, side, queue, agent, caller, called,
		started, answered, ended, noted FROM hangups WHERE `+where.text+` ORDER BY ended DESC, core_uuid, leg LIMIT ?`,
		append(where.args, q.Limit)...); err != nil {
		return nil, err
	}
	all := make([]history.Hangup, len(rows))
	for i, r := range rows {
		all[i] = history.Hangup{Core: r.Core, Leg: r.Leg, Switch: r.Switch, Project: r.Project, Direction: r.Direction, Cause: r.Cause, Side: r.Side,
			Queue: r.Queue, Agent: r.Agent, Caller: r.Caller, Called: r.Called, Started: r.Started, Answered: r.Answered, Ended: r.Ended, Noted: r.Noted}
	}
	return all, nil
}

// sweepLength is how many rows one call of SweepGaps looks at.
const sweepLength = 1000

// SweepGaps implements history.GapStore. It goes through the rows in the order of their key.
func (s *Store) SweepGaps(ctx context.Context, before int64, after history.GapPlace) (next history.GapPlace, err error) {
	var last struct {
		Core string `db:"core_uuid"`
		Leg  string `db:"leg"`
	}
	more, err := s.one(ctx, "read gaps", &last, `SELECT core_uuid, leg FROM hangups WHERE (core_uuid, leg) > (?, ?) ORDER BY core_uuid, leg LIMIT 1 OFFSET ?`,
		clean(after.Core), clean(after.Leg), sweepLength-1)
	if err != nil {
		return next, err
	}
	query, args := ` FROM hangups WHERE (core_uuid, leg) > (?, ?)`, []any{clean(after.Core), clean(after.Leg)}
	if more {
		next = history.GapPlace{Core: last.Core, Leg: last.Leg}
		query, args = query+` AND (core_uuid, leg) <= (?, ?)`, append(args, last.Core, last.Leg)
	}
	var gone []struct {
		Core string `db:"core_uuid"`
		Leg  string `db:"leg"`
	}
	if err := s.some(ctx, "read gaps", &gone, `SELECT core_uuid, leg`+query+` AND (ended < ? OR `+cameCDR()+`)`, append(args, before)...); err != nil || len(gone) == 0 {
		return next, err
	}
	var core, leg []string
	for _, row := range gone {
		core, leg = append(core, row.Core), append(leg, row.Leg)
	}
	return next, s.change(ctx, "forget gaps", func(ctx context.Context, tx *sqlx.Tx) error {
		return s.remove(ctx, tx, "hangups", columns{{"core_uuid", core}, {"leg", leg}})
	})
}

// CountGaps implements history.GapStore. It counts some that have just got their CDR, until they are swept.
func (s *Store) CountGaps(ctx context.Context, noted int64) (map[string]int, error) {
	var rows []struct {
		Switch string `db:"switch_name"`
		Count  int    `db:"count"`
	}
	if err := s.all(ctx, "count gaps", &rows, `SELECT switch_name, COUNT(*) AS count FROM hangups WHERE noted < ? GROUP BY switch_name`, noted); err != nil {
		return nil, err
	}
	all := make(map[string]int, len(rows))
	for _, r := range rows {
		all[r.Switch] = r.Count
	}
	return all, nil
}
