package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/history"
	"callgate/internal/recording"
	"callgate/internal/webhook"
)

// recordingRow is one recording as it is kept.
type recordingRow struct {
	Path       string `db:"path"`
	Switch     string `db:"switch_name"`
	Name       string `db:"name"`
	Leg        string `db:"leg"`
	Project    string `db:"project"`
	At         int64  `db:"at"`
	Started    int64  `db:"started"`
	Stopped    int64  `db:"stopped"`
	DurationMS int64  `db:"duration_ms"`
	Size       int64  `db:"size"`
	Digest     string `db:"digest"`
	Cause      string `db:"cause"`
	State      string `db:"state"`
	InFolder   bool   `db:"in_folder"`
	Object     string `db:"object"`
	Attempts   int    `db:"attempts"`
	Due        int64  `db:"due"`
	Deleted    int64  `db:"deleted"`
	Revision   int64  `db:"revision"`
}

const selectRecordings = `SELECT path, switch_name, name, leg, project, at, started, stopped, duration_ms, size, digest, cause,
	state, in_folder, object, attempts, due, deleted, revision FROM recordings `

func (r recordingRow) entry() recording.Entry {
	return recording.Entry{Path: r.Path, Switch: r.Switch, Name: r.Name, Leg: r.Leg, Project: r.Project, At: fromMicros(r.At),
		Started: fromMicros(r.Started), Stopped: fromMicros(r.Stopped), Duration: time.Duration(r.DurationMS) * time.Millisecond,
		Size: r.Size, Digest: r.Digest, Cause: r.Cause, State: recording.State(r.State), InFolder: r.InFolder, Object: r.Object,
		Attempts: r.Attempts, Due: fromMicros(r.Due), Deleted: fromMicros(r.Deleted), Revision: r.Revision}
}

func entries(rows []recordingRow) []recording.Entry {
	all := make([]recording.Entry, len(rows))
	for i, r := range rows {
		all[i] = r.entry()
	}
	return all
}

// SaveRecordingFacts implements recording.Store. A row is locked from its reading to its change; one that another
// process puts there meanwhile is read again.
func (s *Store) SaveRecordingFacts(ctx context.Context, facts []recording.Fact) error {
	return s.change(ctx, "save recordings", func(ctx context.Context, tx *sqlx.Tx) error {
		for _, f := range facts {
			f.Path, f.Switch, f.Leg, f.Project = clean(f.Path), clean(f.Switch), clean(f.Leg), clean(f.Project)
			f.Name, f.Cause = clean(f.Name), clean(f.Cause)
			if f.Told == recording.Restarted {
				if err := s.endRecordings(ctx, tx, f); err != nil {
					return err
				}
				continue
			}
			for kept := false; !kept; {
				var err error
				if kept, err = s.applyFact(ctx, tx, f); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// endRecordings ends what the switch wrote before it was started.
func (s *Store) endRecordings(ctx context.Context, tx *sqlx.Tx, f recording.Fact) error {
	var rows []recordingRow
	if err := tx.SelectContext(ctx, &rows, tx.Rebind(selectRecordings+`WHERE state = ? AND switch_name = ? AND started < ? ORDER BY path`),
		string(recording.Writing), f.Switch, micros(f.At)); err != nil {
		return err
	}
	for _, e := range entries(rows) {
		e.End(s.now())
		// One that somebody changes meanwhile is left: whoever did knows better.
		if _, err := updateRecording(ctx, tx, e, e.Switch); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) applyFact(ctx context.Context, tx *sqlx.Tx, f recording.Fact) (kept bool, err error) {
	lock := ""
	if s.write.DriverName() == postgresDriver {
		lock = " FOR UPDATE"
	}
	// What a CDR told of belongs to the first switch that says it is its own.
	var row recordingRow
	err = tx.GetContext(ctx, &row, tx.Rebind(selectRecordings+`WHERE path = ? AND (switch_name = ? OR switch_name = '' OR CAST(? AS TEXT) = '')
		ORDER BY switch_name DESC LIMIT 1`+lock), f.Path, f.Switch, f.Switch)
	known := !isNoRows(err)
	if err != nil && known {
		return false, err
	}
	var e recording.Entry
	if known {
		e = row.entry()
	}
	if !f.Apply(&e, s.now()) {
		return true, nil
	}
	if known {
		n, err := updateRecording(ctx, tx, e, row.Switch)
		if err == nil && n > 0 {
			err = s.tellRecording(ctx, tx, e, recording.State(row.State))
		}
		return true, err
	}
	added, err := exec(ctx, tx, `INSERT INTO recordings (path, switch_name, name, leg, project, at, started, stopped, duration_ms, size,
		digest, cause, state, in_folder, object, attempts, due, deleted, revision)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (path, switch_name) DO NOTHING`,
		e.Path, e.Switch, e.Name, e.Leg, e.Project, micros(e.At), micros(e.Started), micros(e.Stopped), e.Duration.Milliseconds(), e.Size,
		e.Digest, e.Cause, string(e.State), e.InFolder, e.Object, e.Attempts, micros(e.Due), micros(e.Deleted))
	if err == nil && added > 0 {
		err = s.tellRecording(ctx, tx, e, "")
	}
	return added > 0, err
}

// updateRecording keeps an entry of that revision, which was kept under that switch's name.
func updateRecording(ctx context.Context, tx *sqlx.Tx, e recording.Entry, switchName string) (int64, error) {
	return exec(ctx, tx, `UPDATE recordings SET switch_name = ?, name = ?, leg = ?, project = ?, at = ?, started = ?, stopped = ?, duration_ms = ?,
		size = ?, digest = ?, cause = ?, state = ?, in_folder = ?, object = ?, attempts = ?, due = ?, deleted = ?, revision = revision + 1
		WHERE path = ? AND switch_name = ? AND revision = ?`,
		e.Switch, e.Name, clean(e.Leg), clean(e.Project), micros(e.At), micros(e.Started), micros(e.Stopped), e.Duration.Milliseconds(),
		e.Size, e.Digest, clean(e.Cause), string(e.State), e.InFolder, e.Object, e.Attempts, micros(e.Due), micros(e.Deleted),
		e.Path, switchName, e.Revision)
}

// ChangeRecording implements recording.Store.
func (s *Store) ChangeRecording(ctx context.Context, e recording.Entry) (changed bool, err error) {
	err = s.change(ctx, "change a recording", func(ctx context.Context, tx *sqlx.Tx) error {
		var before recording.State // of that revision, which nobody has changed then
		if s.tells(webhook.RecordingReady) {
			if err := tx.GetContext(ctx, &before, tx.Rebind(`SELECT state FROM recordings WHERE path = ? AND switch_name = ?`), e.Path, e.Switch); err != nil && !isNoRows(err) {
				return err
			}
		}
		n, err := updateRecording(ctx, tx, e, e.Switch)
		if changed = n > 0; err != nil || !changed {
			return err
		}
		return s.tellRecording(ctx, tx, e, before)
	})
	return changed && err == nil, err
}

// Recordings implements recording.Store.
func (s *Store) Recordings(ctx context.Context, legs, names []string) ([]recording.Entry, error) {
	var all []recording.Entry
	seen := map[[2]string]bool{}
	for _, by := range []struct {
		query  string
		values []string
	}{
		{selectRecordings + `WHERE leg = ? AND leg <> '' ORDER BY at DESC, path`, legs},
		{selectRecordings + `WHERE name = ? AND name <> '' ORDER BY at DESC, path`, names},
	} {
		for _, value := range by.values {
			var rows []recordingRow
			if err := s.all(ctx, "read recordings", &rows, by.query, clean(value)); err != nil {
				return nil, err
			}
			for _, e := range entries(rows) {
				if key := [2]string{e.Path, e.Switch}; !seen[key] {
					seen[key] = true
					all = append(all, e)
				}
			}
		}
	}
	return all, nil
}

// DueRecordings implements recording.Store.
func (s *Store) DueRecordings(ctx context.Context, states []recording.State, now time.Time, limit int) ([]recording.Entry, error) {
	var all []recording.Entry
	for _, state := range states {
		var rows []recordingRow
		if err := s.all(ctx, "read recordings", &rows, selectRecordings+`WHERE state = ? AND due > 0 AND due <= ? ORDER BY due LIMIT ?`,
			string(state), micros(now), limit-len(all)); err != nil {
			return nil, err
		}
		all = append(all, entries(rows)...)
	}
	return all, nil
}

// ListRecordings implements recording.Store.
func (s *Store) ListRecordings(ctx context.Context, q recording.Query) ([]recording.Entry, error) {
	query, args := selectRecordings+`WHERE at >= ? AND at < ?`, []any{micros(q.From), micros(q.To)}
	if q.Before != nil {
		query += ` AND at <= ? AND (at < ? OR at = ? AND (path > ? OR path = ? AND switch_name > ?))` // the first is for the index
		path := clean(q.Before.Path)
		args = append(args, micros(q.Before.At), micros(q.Before.At), micros(q.Before.At), path, path, clean(q.Before.Switch))
	}
	projects, values := ofProjects(q.Projects)
	var rows []recordingRow
	err := s.some(ctx, "list recordings", &rows, query+projects+` ORDER BY at DESC, path, switch_name LIMIT ?`, append(append(args, values...), q.Limit)...)
	return entries(rows), err
}

// RecordingProjects implements recording.Store. It leaps through the index from each project to the next.
func (s *Store) RecordingProjects(ctx context.Context) ([]string, error) {
	var all []string
	err := s.all(ctx, "read the projects of recordings", &all, `WITH RECURSIVE kept (project) AS (
		SELECT MIN(project) FROM recordings WHERE (in_folder OR object <> '')
		UNION ALL SELECT (SELECT MIN(r.project) FROM recordings r WHERE (r.in_folder OR r.object <> '') AND r.project > kept.project)
		FROM kept WHERE kept.project IS NOT NULL) SELECT project FROM kept WHERE project IS NOT NULL`)
	return all, err
}

// ExpiredRecordings implements recording.Store.
func (s *Store) ExpiredRecordings(ctx context.Context, project string, before, now time.Time, limit int) ([]recording.Entry, error) {
	var rows []recordingRow
	err := s.all(ctx, "read expired recordings", &rows, selectRecordings+`WHERE project = ? AND at < ? AND (in_folder OR object <> '')
		AND state <> ? AND due <= ? ORDER BY at LIMIT ?`, project, micros(before), string(recording.Writing), micros(now), limit)
	return entries(rows), err
}

// RecordedLeg implements recording.Store.
func (s *Store) RecordedLeg(ctx context.Context, leg string) (l recording.Leg, ok bool, err error) {
	k, err := s.callOf(ctx, leg)
	if err != nil || k == nil {
		return l, false, err
	}
	for _, own := range k.call.Legs {
		if clean(own.Leg) != clean(leg) {
			continue
		}
		project := own.Project
		if project == "" {
			project = k.call.Project
		}
		return recording.Leg{Started: fromMicros(own.Start), Ended: fromMicros(own.End), Project: clean(project)}, true, nil
	}
	return l, false, nil
}

// RecordingPaths implements recording.Store: the paths that any leg of the leg's call names, and those legs, the leg's
// own first in both. A leg whose own CDR never came belongs to the call of the legs that name it.
func (s *Store) RecordingPaths(ctx context.Context, leg string) (paths, legs []string, err error) {
	k, err := s.callOf(ctx, leg)
	if err != nil || k == nil {
		return nil, nil, err
	}
	all := slices.Clone(k.call.Legs)
	other := func(l *history.Leg) int {
		if clean(l.Leg) == clean(leg) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b *history.Leg) int {
		return cmp.Or(cmp.Compare(other(a), other(b)), cmp.Compare(a.Start, b.Start), cmp.Compare(a.Leg, b.Leg))
	})
	for _, l := range all {
		legs = append(legs, clean(l.Leg))
		for _, path := range l.Recordings {
			if path = clean(path); !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths, legs, nil
}

// nameRecordings notes the recordings that new legs name, for UnknownRecordings.
func nameRecordings(to *writes, fresh []*freshLeg) error {
	var leg, path, project []string
	var started, ended, received []int64
	for _, f := range fresh {
		l := f.doc.Leg
		for _, p := range l.Recordings {
			leg, path, project = append(leg, clean(l.Leg)), append(path, clean(p)), append(project, clean(l.Project))
			started, ended, received = append(started, l.Start), append(ended, l.End), append(received, l.Received)
		}
	}
	return to.insert("named_recordings", "", columns{{"leg", leg}, {"path", path}, {"project", project},
		{"started", started}, {"ended", ended}, {"received", received}})
}

// UnknownRecordings implements recording.Store.
func (s *Store) UnknownRecordings(ctx context.Context, before time.Time, limit int) (facts []recording.Fact, mark int64, err error) {
	var named []struct {
		ID      int64  `db:"id"`
		Leg     string `db:"leg"`
		Path    string `db:"path"`
		Project string `db:"project"`
		Started int64  `db:"started"`
		Ended   int64  `db:"ended"`
		Known   bool   `db:"known"`
	}
	if err := s.all(ctx, "read the recordings of CDRs", &named, `SELECT n.id, n.leg, n.path, n.project, n.started, n.ended,
		EXISTS (SELECT 1 FROM recordings k WHERE k.path = n.path) AS known
		FROM named_recordings n WHERE n.received < ? ORDER BY n.id LIMIT ?`, micros(before), limit); err != nil {
		return nil, 0, err
	}
	for _, n := range named {
		mark = n.ID
		if !n.Known {
			facts = append(facts, recording.Fact{Told: recording.Named, Path: n.Path, Leg: n.Leg, Project: n.Project,
				At: fromMicros(n.Started), Ended: fromMicros(n.Ended)})
		}
	}
	return facts, mark, nil
}

// MarkRecordings implements recording.Store. A CDR that is being saved meanwhile may get an id below the mark: what it
// names is younger than what was asked for, and stays.
func (s *Store) MarkRecordings(ctx context.Context, before time.Time, mark int64) error {
	return s.change(ctx, "keep a mark", func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := exec(ctx, tx, `DELETE FROM named_recordings WHERE id <= ? AND received < ?`, mark, micros(before))
		return err
	})
}
