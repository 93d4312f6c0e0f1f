package store

import (
	"context"
	"net/url"
	"regexp"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/recording"
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
		_, err = updateRecording(ctx, tx, e, row.Switch)
		return true, err
	}
	added, err := exec(ctx, tx, `INSERT INTO recordings (path, switch_name, name, leg, project, at, started, stopped, duration_ms, size,
		digest, cause, state, in_folder, object, attempts, due, deleted, revision)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (path, switch_name) DO NOTHING`,
		e.Path, e.Switch, e.Name, e.Leg, e.Project, micros(e.At), micros(e.Started), micros(e.Stopped), e.Duration.Milliseconds(), e.Size,
		e.Digest, e.Cause, string(e.State), e.InFolder, e.Object, e.Attempts, micros(e.Due), micros(e.Deleted))
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
		n, err := updateRecording(ctx, tx, e, e.Switch)
		changed = n > 0
		return err
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

// callProject is where a CDR names the project of its call.
var callProject = regexp.MustCompile(`<callgate_project>([^<]{1,512})</callgate_project>`)

// RecordedLeg implements recording.Store.
func (s *Store) RecordedLeg(ctx context.Context, leg string) (l recording.Leg, ok bool, err error) {
	if leg == "" {
		return l, false, nil
	}
	var row struct {
		Started int64 `db:"started"`
		Ended   int64 `db:"ended"`
	}
	ok, err = s.one(ctx, "read a CDR", &row, `SELECT started, ended FROM cdrs WHERE leg = ? ORDER BY a_leg DESC, received DESC, id DESC LIMIT 1`, clean(leg))
	if err != nil || !ok {
		return l, false, err
	}
	raw, _, err := s.CDR(ctx, leg)
	if err != nil {
		return l, false, err
	}
	return recording.Leg{Started: fromMicros(row.Started), Ended: fromMicros(row.Ended), Project: documentProject(raw)}, true, nil
}

// documentProject is empty when the document names none.
func documentProject(raw []byte) string {
	m := callProject.FindSubmatch(raw)
	if m == nil {
		return ""
	}
	project, err := url.PathUnescape(string(m[1]))
	if err != nil {
		return ""
	}
	return clean(project)
}

// UnknownRecordings implements recording.Store.
func (s *Store) UnknownRecordings(ctx context.Context, before time.Time, limit int) (facts []recording.Fact, mark int64, err error) {
	if _, err := s.one(ctx, "read a mark", &mark, `SELECT cdr FROM recording_marks WHERE id = 1`); err != nil {
		return nil, 0, err
	}
	var rows []struct {
		ID      int64  `db:"id"`
		Leg     string `db:"leg"`
		Path    string `db:"path"`
		Started int64  `db:"started"`
		Ended   int64  `db:"ended"`
		Known   bool   `db:"known"`
	}
	if err := s.all(ctx, "read the recordings of CDRs", &rows, `SELECT c.id, c.leg, r.path, c.started, c.ended,
		EXISTS (SELECT 1 FROM recordings k WHERE k.path = r.path) AS known
		FROM cdrs c JOIN cdr_recordings r ON r.cdr_id = c.id
		WHERE r.cdr_id > ? AND c.received < ? ORDER BY r.cdr_id, r.position LIMIT ?`, mark, micros(before), limit); err != nil {
		return nil, 0, err
	}
	if len(rows) == 0 {
		return nil, 0, nil
	}
	if cut := len(rows) - 1; cut+1 == limit {
		for rows[cut].ID == rows[len(rows)-1].ID && cut > 0 {
			cut-- // there may be more of the last CDR
		}
		rows = rows[:cut+1]
	}
	for _, r := range rows {
		mark = r.ID
		if r.Known {
			continue
		}
		f := recording.Fact{Told: recording.Named, Path: r.Path, Leg: r.Leg, At: fromMicros(r.Started), Ended: fromMicros(r.Ended)}
		leg, _, err := s.RecordedLeg(ctx, r.Leg)
		if err != nil {
			return nil, 0, err
		}
		f.Project = leg.Project
		facts = append(facts, f)
	}
	return facts, mark, nil
}

// MarkRecordings implements recording.Store.
func (s *Store) MarkRecordings(ctx context.Context, mark int64) error {
	return s.change(ctx, "keep a mark", func(ctx context.Context, tx *sqlx.Tx) error {
		_, err := exec(ctx, tx, `UPDATE recording_marks SET cdr = ? WHERE id = 1 AND cdr < ?`, mark, mark)
		return err
	})
}
