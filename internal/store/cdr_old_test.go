package store_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"callgate/cdr"
	"callgate/internal/history"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestMoveOldCDRs: what was kept before there were calls is found afterwards as it was, with its calls, and what cannot be
// opened is kept as it is, in nobody's way.
func TestMoveOldCDRs(t *testing.T) {
	t.Parallel()
	broken := map[string][]byte{"broken": store.PackPlain(t, "<cdr></cdr>")[:12], "empty": {}, "strange": []byte("\x01strange")}
	for _, db := range []struct{ name, address, hex string }{
		{"sqlite", storetest.NoSQLite(t), "lower(hex(document))"}, {"postgres", storetest.EmptyPostgres(t), "encode(document, 'hex')"},
	} {
		t.Run(db.name, func(t *testing.T) {
			address := db.address
			old, err := store.OpenAt(t.Context(), address, 10)
			must(t, err)
			for i, leg := range []string{"broken", "one", "empty", "two", "odd", "strange"} {
				document := "<cdr><variables><uuid>" + leg + "</uuid><direction>inbound</direction><start_uepoch>1795413770094226</start_uepoch>" +
					"<cc_member_session_uuid>one</cc_member_session_uuid></variables></cdr>"
				if leg == "odd" {
					document = "no CDR"
				}
				packed, unopened := broken[leg]
				if !unopened {
					packed = store.PackPlain(t, document)
				}
				must(t, old.Exec(t.Context(), `INSERT INTO cdrs (leg, a_leg, call_id, core_uuid, switch_name, direction, started, answered, ended,
					hangup_cause, readable, damaged, digest, size, document, received) VALUES (?, ?, 'one', '', '', '', 0, 0, 0, '', ?, ?, ?, 0, ?, ?)`,
					leg, leg == "one", leg != "odd", leg == "odd", bytes.Repeat([]byte{byte(i)}, 32), packed, at(i).UnixMicro()))
			}
			must(t, old.Close())
			registry := prometheus.NewPedanticRegistry()
			s := storetest.Open(t, address, store.Options{Registerer: registry})
			document := func(r *cdr.Record, received time.Time) *history.Document { return storetest.Document(s, r, received) }
			for n := range 2 {
				more, unopened, err := s.MoveOldCDRs(t.Context(), document)
				if want := [2]string{"[strange empty broken]", "[]"}[n]; more != (n == 0) || fmt.Sprint(unopened) != want || err != nil {
					t.Errorf("move %d: %v, %v, want %s, %v", n, more, unopened, want, err)
				}
			}
			for _, leg := range []string{"one", "two", "odd"} {
				if raw, ok, err := s.CDR(t.Context(), leg); len(raw) == 0 || !ok || err != nil {
					t.Errorf("%s: %q, %v, %v", leg, raw, ok, err)
				}
			}
			if f, err := s.Call(t.Context(), "two", nil); err != nil || len(f.Legs) != 2 || f.Legs[0].Received != at(1).UnixMicro() {
				t.Errorf("got %+v, %v", f, err)
			}
			for leg, packed := range broken {
				n, err := s.Count(t.Context(), `SELECT COUNT(*) FROM unreadable_cdrs WHERE leg = '`+leg+`' AND length(digest) = 16 AND `+db.hex+` = '`+hex.EncodeToString(packed)+`'`)
				if n != 1 || err != nil {
					t.Errorf("%s is kept %d times, %v", leg, n, err)
				}
			}
			if n, err := s.Count(t.Context(), `SELECT COUNT(*) FROM old_cdrs`); n != 0 || err != nil {
				t.Errorf("%d are left, %v", n, err)
			}
			if err := testutil.GatherAndCompare(registry, strings.NewReader(`# HELP callgate_store_cdrs_unopened_total CDRs of an earlier version that could not be opened, and are kept among the unreadable ones.
# TYPE callgate_store_cdrs_unopened_total counter
callgate_store_cdrs_unopened_total 3
`), "callgate_store_cdrs_unopened_total"); err != nil {
				t.Error(err)
			}
		})
	}
}
