package store_test

import (
	"testing"
	"time"

	"callgate/cdr"
	"callgate/internal/history"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestMoveOldCDRs: what was kept before there were calls is found afterwards as it was, with its calls.
func TestMoveOldCDRs(t *testing.T) {
	for name, address := range map[string]string{"sqlite": storetest.SQLite(t), "postgres": storetest.Postgres(t)} {
		t.Run(name, func(t *testing.T) {
			old, err := store.OpenAt(t.Context(), address, 10)
			must(t, err)
			for i, leg := range []string{"one", "two", "odd"} {
				document := "<cdr><variables><uuid>" + leg + "</uuid><direction>inbound</direction><start_uepoch>1795413770094226</start_uepoch>" +
					"<cc_member_session_uuid>one</cc_member_session_uuid></variables></cdr>"
				if leg == "odd" {
					document = "no CDR"
				}
				must(t, old.Exec(t.Context(), `INSERT INTO cdrs (leg, a_leg, call_id, core_uuid, switch_name, direction, started, answered, ended,
					hangup_cause, readable, damaged, digest, size, document, received) VALUES (?, ?, 'one', '', '', '', 0, 0, 0, '', ?, ?, ?, 0, ?, ?)`,
					leg, leg == "one", leg != "odd", leg == "odd", []byte{byte(i)}, store.PackPlain(t, document), at(i).UnixMicro()))
			}
			must(t, old.Close())
			s := storetest.Open(t, address, store.Options{})
			document := func(r *cdr.Record, received time.Time) *history.Document { return storetest.Document(s, r, received) }
			for n := range 2 {
				more, err := s.MoveOldCDRs(t.Context(), document)
				if more != (n == 0) || err != nil {
					t.Errorf("move %d: %v, %v", n, more, err)
				}
			}
			for _, leg := range []string{"one", "two", "odd"} {
				if raw, ok, err := s.CDR(t.Context(), leg); len(raw) == 0 || !ok || err != nil {
					t.Errorf("%s: %q, %v, %v", leg, raw, ok, err)
				}
			}
			if f, err := s.Call(t.Context(), "two", nil); err != nil || len(f.Legs) != 2 || f.Legs[0].Received != at(0).UnixMicro() {
				t.Errorf("got %+v, %v", f, err)
			}
		})
	}
}
