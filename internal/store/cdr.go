package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"

	"callgate/cdr"
)

// maxDocument is the largest document that is read back, four times what the intake takes.
const maxDocument = 32 << 20 // bytes

// SaveOutcome is what became of a CDR.
type SaveOutcome uint8

// The outcomes. In each of them the record is in the database.
const (
	Stored    SaveOutcome = iota + 1 // new
	Duplicate                        // known, nothing changed
	Conflict                         // new, but there is another document of the same leg
)

// String names the outcome for metrics.
func (o SaveOutcome) String() string {
	return [...]string{"none", "stored", "duplicate", "conflict"}[min(o, Conflict)]
}

// Save implements cdr.Sink.
func (s *Store) Save(ctx context.Context, r *cdr.Record) error {
	_, err := s.SaveCDR(ctx, r)
	return err
}

// SaveCDR keeps a record with its document, in one transaction. A record is known by its Leg, ALeg and Digest. A
// different document of a known leg is kept beside the first: FreeSWITCH lets whoever originates a call reuse a
// uuid. Documents of no leg at all are in nobody's way.
func (s *Store) SaveCDR(ctx context.Context, r *cdr.Record) (outcome SaveOutcome, err error) {
	packed := s.packer.EncodeAll(r.Raw, nil)
	err = s.change(ctx, "save a CDR", func(ctx context.Context, tx *sqlx.Tx) error {
		outcome, err = insertCDR(ctx, tx, r, packed, micros(s.now()))
		return err
	})
	if err != nil {
		return 0, err
	}
	s.metrics.cdrs.WithLabelValues(outcome.String()).Inc()
	if outcome != Duplicate {
		s.metrics.rawBytes.Add(float64(len(r.Raw)))
		s.metrics.packedBytes.Add(float64(len(packed)))
	}
	return outcome, nil
}

func insertCDR(ctx context.Context, tx *sqlx.Tx, r *cdr.Record, packed []byte, received int64) (SaveOutcome, error) {
	leg := clean(r.Leg)
	var id int64
	err := tx.GetContext(ctx, &id, tx.Rebind(`INSERT INTO cdrs (leg, a_leg, call_id, core_uuid, switch_name, direction,
		started, answered, ended, hangup_cause, readable, damaged, digest, size, document, received)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (leg, a_leg, digest) DO NOTHING RETURNING id`),
		leg, r.ALeg, clean(r.Call), clean(r.CoreUUID), clean(r.SwitchName), clean(r.Direction),
		r.Start, r.Answer, r.End, clean(r.HangupCause), r.Readable, r.Damaged, r.Digest[:], len(r.Raw), packed, received)
	if isNoRows(err) {
		return Duplicate, nil
	}
	if err != nil {
		return 0, err
	}
	for i, path := range r.Recordings {
		if _, err := exec(ctx, tx, `INSERT INTO cdr_recordings (cdr_id, position, path) VALUES (?, ?, ?)`,
			id, i, clean(path)); err != nil {
			return 0, err
		}
	}
	for _, peer := range r.Peers {
		if _, err := exec(ctx, tx, `INSERT INTO cdr_peers (cdr_id, leg) VALUES (?, ?) ON CONFLICT DO NOTHING`, id, clean(peer)); err != nil {
			return 0, err
		}
	}
	var others bool
	err = tx.GetContext(ctx, &others, tx.Rebind(`SELECT EXISTS (SELECT 1 FROM cdrs
		WHERE leg = ? AND leg <> '' AND a_leg = ? AND id <> ?)`), leg, r.ALeg, id)
	if others {
		return Conflict, err
	}
	return Stored, err
}

// CDR returns the document of a leg, as FreeSWITCH made it; ok is false when there is none. One that came as
// a_<uuid> goes before one that did not, and among several the one received last.
func (s *Store) CDR(ctx context.Context, leg string) (raw []byte, ok bool, err error) {
	if leg == "" {
		return nil, false, nil
	}
	var packed []byte
	ok, err = s.one(ctx, "read a CDR", &packed,
		`SELECT document FROM cdrs WHERE leg = ? ORDER BY a_leg DESC, received DESC, id DESC LIMIT 1`, clean(leg))
	if err != nil || !ok {
		return nil, false, err
	}
	raw, err = s.opener.DecodeAll(packed, nil)
	if err != nil {
		return nil, false, fmt.Errorf("unpack a CDR: %w", err)
	}
	return raw, true, nil
}

// sameCall finds every name, of a leg or of a call, that is tied to a leg through any number of documents: each
// document says only which call its own leg belongs to, and that may be the leg of another call.
const sameCall = `WITH RECURSIVE names (name) AS (
		SELECT CAST(? AS TEXT)
		UNION
		SELECT CASE WHEN c.leg = n.name THEN c.call_id ELSE c.leg END
		FROM names n JOIN cdrs c ON (c.leg = n.name OR c.call_id = n.name) AND c.leg <> '' AND c.call_id <> ''
	) `

// CallLegs returns the legs of the call that a leg belongs to, the leg's own first, the others by their start. An
// unknown leg has none.
func (s *Store) CallLegs(ctx context.Context, leg string) ([]string, error) {
	leg = clean(leg)
	var legs []string
	err := s.all(ctx, "read the legs of a call", &legs, sameCall+`SELECT c.leg FROM names n JOIN cdrs c ON c.leg = n.name
		WHERE c.leg <> '' GROUP BY c.leg ORDER BY MIN(c.started), c.leg`, leg)
	if own := slices.Index(legs, leg); own < 0 {
		legs = nil // the name of a call is no leg
	} else {
		legs = slices.Insert(slices.Delete(legs, own, own+1), 0, leg)
	}
	return legs, err
}

// RecordingPaths implements recording.Index: the paths that any leg of the leg's call names, and those legs, the
// leg's own first in both. A leg whose own CDR never came belongs to the call of a leg that was bridged to it.
func (s *Store) RecordingPaths(ctx context.Context, leg string) (paths, legs []string, err error) {
	legs, err = s.CallLegs(ctx, leg)
	if err == nil && len(legs) == 0 {
		legs, err = s.peerLegs(ctx, leg)
	}
	if err != nil || len(legs) == 0 {
		return nil, nil, err
	}
	var rows []struct {
		Leg  string `db:"leg"`
		Path string `db:"path"`
	}
	if err := s.all(ctx, "read the recordings of a call", &rows, sameCall+`SELECT c.leg, r.path FROM names n
		JOIN cdrs c ON c.leg = n.name JOIN cdr_recordings r ON r.cdr_id = c.id
		ORDER BY c.received DESC, c.id DESC, r.position`, legs[0]); err != nil {
		return nil, nil, err
	}
	for _, l := range legs {
		for _, r := range rows {
			if r.Leg == l && !slices.Contains(paths, r.Path) {
				paths = append(paths, r.Path)
			}
		}
	}
	return paths, legs, nil
}

// peerLegs returns the legs of the call in which some leg was bridged to this one.
func (s *Store) peerLegs(ctx context.Context, leg string) ([]string, error) {
	var other string
	found, err := s.one(ctx, "read the peers of a leg", &other,
		`SELECT c.leg FROM cdr_peers p JOIN cdrs c ON c.id = p.cdr_id WHERE p.leg = ? ORDER BY c.id DESC LIMIT 1`, clean(leg))
	if err != nil || !found {
		return nil, err
	}
	return s.CallLegs(ctx, other)
}
