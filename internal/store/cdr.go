package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"callgate/internal/history"
)

// maxDocument is the largest document that is read back, four times what the intake takes.
const maxDocument = 32 << 20 // bytes

// intakeLock is PostgreSQL's lock for saving CDRs and joining their legs into calls, which one transaction does at a time.
const intakeLock = `SELECT pg_advisory_xact_lock(1667329132, 1)`

// Pack implements history.Store.
func (s *Store) Pack(raw []byte) []byte { return s.packer.packCDR(raw) }

// SaveCDRs implements history.Store, in one transaction. A document is known by its leg, its a_ and its digest. A
// different document of a known leg is kept beside the first: FreeSWITCH lets whoever originates a call reuse a uuid.
// Documents of no leg at all are in nobody's way.
func (s *Store) SaveCDRs(ctx context.Context, all []*history.Document) ([]history.Outcome, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	s.makeMonths(ctx, all)
	if err := s.prepareWanted(ctx); err != nil {
		return nil, s.failed(err, "prepare to save CDRs")
	}
	firstID, err := s.reserveIDs(ctx, int64(len(all)))
	if err != nil {
		return nil, err
	}
	var on beginner = s.write
	if !s.postgres() {
		turn, err := s.write.Connx(ctx) // others may take long
		if err != nil {
			return nil, s.failed(err, "save CDRs")
		}
		defer turn.Close()
		on = turn
		// The driver watches a context with two goroutines for every statement, and what a local file takes is bounded.
		ctx = context.WithoutCancel(ctx)
	}
	var outcomes []history.Outcome
	err = s.whereItBelongs(ctx, on, "save CDRs", func(ctx context.Context, tx *sqlx.Tx) error {
		var err error
		outcomes, err = s.insertDocuments(ctx, tx, all)
		if err != nil {
			return err
		}
		var fresh []*freshLeg
		for i, d := range all {
			if d.Leg != nil && outcomes[i] == history.Stored {
				f := &freshLeg{doc: d, outcome: &outcomes[i]}
				for _, n := range d.Leg.Names() {
					f.names = append(f.names, clean(n))
				}
				fresh = append(fresh, f)
			}
		}
		return s.joinLegs(ctx, tx, fresh, firstID)
	})
	if err != nil {
		return nil, err
	}
	for i, o := range outcomes {
		s.metrics.cdrs.WithLabelValues(o.String()).Inc()
		if o != history.Duplicate {
			s.metrics.rawBytes.Add(float64(len(all[i].Record.Raw)))
			s.metrics.packedBytes.Add(float64(len(all[i].Packed)))
		}
	}
	return outcomes, nil
}

// digestLength is how much of a digest is kept: enough that no two documents of a leg share it.
const digestLength = 16

// documentKey is what a document is known by.
type documentKey struct {
	leg    string
	aLeg   bool
	digest [digestLength]byte
}

func keyOf(d *history.Document) documentKey {
	return documentKey{clean(d.Record.Leg), d.Record.ALeg, [digestLength]byte(d.Record.Digest[:])}
}

// insertDocuments inserts what is new, and tells of each whether it was.
func (s *Store) insertDocuments(ctx context.Context, tx *sqlx.Tx, all []*history.Document) ([]history.Outcome, error) {
	outcomes := make([]history.Outcome, len(all))
	var readable, unreadable []*history.Document
	first := make(map[documentKey]int, len(all))
	for i, d := range all {
		outcomes[i] = history.Duplicate
		if _, twice := first[keyOf(d)]; twice {
			continue
		}
		first[keyOf(d)] = i
		if d.Leg != nil {
			readable = append(readable, d)
		} else {
			unreadable = append(unreadable, d)
		}
	}
	for _, part := range []struct {
		docs  []*history.Document
		table string
	}{{readable, "cdrs"}, {unreadable, "unreadable_cdrs"}} {
		inserted, err := s.insertNew(ctx, tx, part.table, part.docs)
		if err != nil {
			return nil, err
		}
		for _, key := range inserted {
			outcomes[first[key]] = history.Stored
		}
	}
	return outcomes, nil
}

// insertNew inserts documents and returns the keys of those that were not there.
func (s *Store) insertNew(ctx context.Context, tx *sqlx.Tx, table string, docs []*history.Document) ([]documentKey, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	var started, size, received []int64
	var leg, core, name []string
	var aLeg, damaged []bool
	var digest, document [][]byte
	for _, d := range docs {
		r := d.Record
		started, size, received = append(started, r.Start), append(size, int64(len(r.Raw))), append(received, d.Received)
		leg, core, name = append(leg, clean(r.Leg)), append(core, clean(r.CoreUUID)), append(name, clean(r.SwitchName))
		aLeg, damaged = append(aLeg, r.ALeg), append(damaged, r.Damaged)
		digest, document = append(digest, r.Digest[:digestLength]), append(document, d.Packed)
	}
	given := columns{{"leg", leg}, {"a_leg", aLeg}, {"digest", digest}, {"size", size}, {"document", document}, {"received", received}}
	if table == "cdrs" {
		given = append(given, columns{{"started", started}, {"core_uuid", core}, {"switch_name", name}, {"damaged", damaged}}...)
	}
	var inserted []documentKey
	err := s.insertReturning(ctx, tx, table, "ON CONFLICT DO NOTHING RETURNING leg, a_leg, digest", given, func(scan func(...any) error) error {
		var k documentKey
		var d []byte
		if err := scan(&k.leg, &k.aLeg, &d); err != nil {
			return err
		}
		copy(k.digest[:], d)
		inserted = append(inserted, k)
		return nil
	})
	return inserted, err
}

// CDR returns the document of a leg, as FreeSWITCH made it; ok is false when there is none. One that came as
// a_<uuid> goes before one that did not, and among several the one received last; one that can be read before one that
// cannot.
func (s *Store) CDR(ctx context.Context, leg string) (raw []byte, ok bool, err error) {
	if leg == "" {
		return nil, false, nil
	}
	var packed []byte
	for _, table := range [...]string{"cdrs", "unreadable_cdrs"} {
		ok, err = s.one(ctx, "read a CDR", &packed,
			`SELECT document FROM `+table+` WHERE leg = ? ORDER BY a_leg DESC, received DESC LIMIT 1`, clean(leg))
		if ok || err != nil {
			break
		}
	}
	if err != nil || !ok {
		return nil, false, err
	}
	if raw, err = s.packer.open(packed); err != nil {
		return nil, false, fmt.Errorf("read a CDR: %w", err)
	}
	return raw, true, nil
}
