package app_test

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestPruner: what is older than its setting says is deleted, and the disks are measured.
func TestPruner(t *testing.T) {
	database := storetest.SQLite(t)
	db := openDatabase(t, database)
	storetest.Open(t, database, store.Options{}) // makes the tables
	for i, days := range []int{2000, 91, 89} {
		at := time.Now().AddDate(0, 0, -days).UnixMicro()
		for _, insert := range []string{
			`INSERT INTO audit (at, user_id, login, address, request, kind, name, before, after) VALUES (%d, %d, '', '', '', '', '', '', '')`,
			`INSERT INTO request_blocks (latest, first_id, requests, passed, earliest, document) VALUES (%d, %d, 1, 1, 1, '')`,
			`INSERT INTO decisions (at, id, switch_name, core_uuid, call_uuid, number, project, route, step, detail) VALUES (%d, '%d', '', '', '', '', '', '', '', '')`,
			`INSERT INTO sign_ins (at, user_id, address, face, result) VALUES (%d, %d, '', '', '')`,
			`INSERT INTO sms (at, user_id, phone, number, originator, message, project, session, result, reason) VALUES (%d, %d, '', '', '', '', '', '', '', '')`,
		} {
			if _, err := db.ExecContext(t.Context(), fmt.Sprintf(insert, at, i)); err != nil {
				t.Fatal(err)
			}
		}
	}
	l := newLand(t, database, nil)
	l.set(t, "requests.keep_days", "90", "sms.keep_days", "1095")
	m := newModern(t, l)
	for _, tt := range []struct {
		what, table, at string
		deleted         int
	}{{"requests", "request_blocks", "latest", 2}, {"audit", "audit", "at", 1}, {"decisions", "decisions", "at", 1}, {"messages", "sms", "at", 1}, {"tokens and sign-ins", "sign_ins", "at", 2}} {
		eventually(t, "old "+tt.what+" to be deleted", func() bool {
			return regexp.MustCompile(`(?m)^callgate_pruned_total\{what="` + tt.what + `"\} ` + strconv.Itoa(tt.deleted) + `$`).MatchString(m.get("/metrics").body)
		})
		var left int
		if err := db.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM `+tt.table+` WHERE `+tt.at+` < ?`, time.Now().AddDate(0, 0, -1).UnixMicro()).Scan(&left); err != nil {
			t.Fatal(err)
		}
		if left != 3-tt.deleted {
			t.Errorf("%s: %d are left", tt.table, left)
		}
	}
	for _, what := range []string{"database", "recordings"} {
		read := func(name string) float64 {
			t.Helper()
			found := regexp.MustCompile(`(?m)^callgate_disk_` + name + `_bytes\{what="` + what + `"\} (\S+)$`).FindStringSubmatch(m.get("/metrics").body)
			if found == nil {
				t.Fatalf("nothing is told of the disk of %s", what)
			}
			n, err := strconv.ParseFloat(found[1], 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if free, size := read("free"), read("size"); free <= 0 || size < free {
			t.Errorf("%s: %v of %v bytes are free", what, free, size)
		}
	}
}
