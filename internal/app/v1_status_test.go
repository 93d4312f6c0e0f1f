package app_test

import (
	"strings"
	"testing"
	"time"

	v1 "callgate/api/v1"
	"callgate/internal/app"
)

// TestStatus: what is told of the process, the database and the switches is so, and of a switch that is down why.
func TestStatus(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database string) {
		l := newLand(t, database, nil)
		l.switches = []app.Switch{{Name: "main", Addr: l.sw.Addr(), Password: "ClueCon"}, {Name: "locked", Addr: l.sw.Addr(), Password: "wrong"}, {Name: "nowhere", Addr: freeAddr(t), Password: "x"}}
		m := newModern(t, l)
		m.want(t, 202, "POST", "/sms/messages", object("phone", "89190000000", "text", "x"))
		var s v1.Status
		eventually(t, "the status", func() bool {
			s = read[v1.Status](t, m.want(t, 200, "GET", "/status", ""))
			return len(s.Duties) == 2 && s.Switches[1].Trouble != "no link"
		})
		if kind, _, _ := strings.Cut(database, ":"); s.Database.Kind != kind || !s.Database.OK || s.Database.Schema < 28 {
			t.Errorf("database: %+v", s.Database)
		}
		if s.Version != "v1.2.3" || time.Since(s.Started) > time.Minute || s.Messages == nil || *s.Messages != 1 || s.Spool != nil || s.Gaps != 0 {
			t.Errorf("the process: %+v", s)
		}
		if s.Duties[0] != "installation" || s.Duties[1] != "switch:main" {
			t.Errorf("duties: %q", s.Duties)
		}
		if main := s.Switches[0]; !main.Up || main.Since == nil || main.Trouble != "" || main.Age == nil || !strings.HasPrefix(main.Version, "FreeSWITCH") {
			t.Errorf("the switch that is up: %+v", main)
		}
		for i, want := range []string{"the switch does not take the password", "no link"} {
			if down := s.Switches[i+1]; down.Up || down.Since != nil || down.Trouble != want || down.Age != nil || down.Version != "" {
				t.Errorf("a switch that is down: %+v, want %q", down, want)
			}
		}
		disks := map[string]v1.DiskStatus{}
		for _, d := range s.Disks {
			disks[d.What] = d
		}
		if _, file := disks["database"]; disks["recordings"].Free == 0 || disks["recordings"].Size < disks["recordings"].Free || file != (s.Database.Kind == "sqlite") {
			t.Errorf("disks: %+v", s.Disks)
		}
	})
}
