package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestPruneLogs: of each log what is older goes, in several steps, and all else stays.
func TestPruneLogs(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		now := time.Now()
		before := now.AddDate(0, 0, -60)
		for _, tt := range []struct {
			log      store.Log
			columns  string
			row      func(i int, at int64) string
			old, new int // rows
			kept     int // of the old ones
		}{
			{store.RequestLog, "request_blocks (first_id, requests, passed, earliest, latest, document)", func(i int, at int64) string {
				return fmt.Sprintf("(%d, 1, 1, %d, %d, '')", i, at-1000, at)
			}, 2500, 10, 0},
			{store.AuditLog, "audit (at, user_id, login, address, request, kind, name, before, after)", func(i int, at int64) string {
				return fmt.Sprintf("(%d, 1, 'anna', '', '', 'setting', '%d', '', '')", at, i)
			}, 1000, 10, 0},
			{store.Decisions, "decisions (id, at, switch_name, core_uuid, call_uuid, number, project, route, step, detail)", func(i int, at int64) string {
				return fmt.Sprintf("('%d', %d, 'main', '', '', '', '', '', '', '')", i, at)
			}, 1001, 10, 0},
			{store.Messages, "sms (at, phone, number, originator, message, project, session, user_id, result, reason, state)", func(i int, at int64) string {
				states := [...]string{"sent", "delivered", "failed", "expired", "unknown", "accepted", "queued", "sent", "sent", "sent"}
				return fmt.Sprintf("(%d, '1', '1', '', '', '', '', 1, '', '', '%s')", at, states[i%10])
			}, 2500, 10, 500},
		} {
			var rows []string
			for i := range tt.old {
				rows = append(rows, tt.row(i, before.UnixMicro()-int64(tt.old-i)))
			}
			for i := range tt.new { // the first of them exactly then
				rows = append(rows, tt.row(tt.old+i, before.UnixMicro()+int64(i)))
			}
			must(t, s.Exec(ctx, `INSERT INTO `+tt.columns+` VALUES `+strings.Join(rows, ", ")))
			if n, err := s.Prune(ctx, tt.log, before); err != nil || int(n) != tt.old-tt.kept {
				t.Errorf("%s: %d deleted, want %d (%v)", tt.log, n, tt.old-tt.kept, err)
			}
			if n, err := s.Prune(ctx, tt.log, before); err != nil || n != 0 {
				t.Errorf("%s again: %d, %v", tt.log, n, err)
			}
			var left int
			table, _, _ := strings.Cut(tt.columns, " ")
			must(t, s.Get(ctx, &left, `SELECT COUNT(*) FROM `+table))
			if left != tt.new+tt.kept {
				t.Errorf("%s: %d left, want %d", tt.log, left, tt.new+tt.kept)
			}
		}
		if n, err := s.Prune(ctx, store.AuditLog, now); err != nil || n != 10 {
			t.Errorf("what is older than a month: %d, %v", n, err)
		}
		must(t, s.Exec(ctx, fmt.Sprintf(`INSERT INTO audit (at, user_id, login, address, request, kind, name, before, after)
			VALUES (%d, 1, '', '', '', '', '', '', '')`, now.AddDate(0, 0, -20).UnixMicro())))
		if n, err := s.Prune(ctx, store.AuditLog, now); err == nil || n != 0 {
			t.Errorf("of this month: %d, %v", n, err)
		}
		if _, err := s.Prune(ctx, "users", now); err == nil {
			t.Error("users can be pruned")
		}
	})
}
