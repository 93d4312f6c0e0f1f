package app_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	v1 "callgate/api/v1"
	"callgate/internal/store/storetest"
)

// TestProjects: projects are kept as they are sent, by those who see all of them; others see theirs and change little of them.
func TestProjects(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	m.want(t, 201, "POST", "/projects", object("id", "shop", "name", "Shop", "numbers", []string{"78001112233", "+74951234567"}, "queues", []string{"sales@default"}, "zone", "Europe/Moscow",
		"country", "RU", "sl_seconds", 30, "record", true, "keep_recordings_days", 0, "keep_cdrs_days", 365, "sms_hours", "Mon-Sun 09:00-21:00"))
	m.want(t, 201, "POST", "/projects", object("id", "bank", "name", "Bank", "numbers", []string{"78002220000"}))
	m.want(t, 200, "PUT", query("/routes", "name", "day"), object("project", "shop", "numbers", []string{"78001112233"}, "open", "hangup"))
	want := v1.Project{ID: "shop", Name: "Shop", Numbers: []string{"78001112233", "+74951234567"}, Queues: []string{"sales@default"}, Zone: "Europe/Moscow", Country: "RU", SLSeconds: 30,
		Record: true, KeepCDRsDays: 365, SMSHours: "Mon-Sun 09:00-21:00"}
	bank := v1.Project{ID: "bank", Name: "Bank", Numbers: []string{"78002220000"}, Queues: []string{}, SLSeconds: 20, KeepRecordingsDays: -1, KeepCDRsDays: -1}
	if diff := cmp.Diff([]v1.Project{want, bank}, list[v1.Project](t, m, "/projects")); diff != "" {
		t.Errorf("(-want, +got):\n%s", diff)
	}
	one := m.limited("one", []string{"shop"}, "projects/*")
	sighted := m.limited("sighted", []string{"shop"}, "projects/*", "numbers/see")
	hidden := want
	hidden.Numbers = []string{"*****", "*****"}
	if diff := cmp.Diff([]v1.Project{hidden}, read[[]v1.Project](t, m.as(one, "GET", "/projects", ""))); diff != "" {
		t.Errorf("of one project, without numbers (-want, +got):\n%s", diff)
	}
	for _, tt := range []struct {
		name, token, method, path, body string
		want                            int
	}{
		{"see his own", one, "GET", "/projects/shop", "", 200},
		{"see another's", one, "GET", "/projects/bank", "", 404},
		{"change his hours, name and service level", one, "PATCH", "/projects/shop", object("sms_hours", "", "name", "Shop 2", "sl_seconds", 10), 200},
		{"change his numbers", sighted, "PATCH", "/projects/shop", object("numbers", []string{"1"}), 403},
		{"change his queues", one, "PATCH", "/projects/shop", object("queues", []string{"support@default"}), 403},
		{"record", one, "PATCH", "/projects/shop", object("record", false, "name", "x"), 403},
		{"change another's", one, "PATCH", "/projects/bank", object("name", "x"), 404},
		{"add one", one, "POST", "/projects", object("id", "new", "name", "New"), 403},
		{"remove his own", one, "DELETE", "/projects/shop", "", 403},
		{"give back hidden numbers", m.user("blind", "projects/*"), "PATCH", "/projects/shop", object("numbers", []string{"*****"}), 403},
		{"a number of another, in another spelling", m.token, "PATCH", "/projects/bank", object("numbers", []string{"88001112233"}, "country", "RU"), 409},
		{"an id that is used", m.token, "POST", "/projects", object("id", "shop", "name", "x"), 409},
		{"an id that is no part of a path", m.token, "POST", "/projects", object("id", "a/b", "name", "x"), 422},
		{"no name", m.token, "POST", "/projects", object("id", "c", "name", ""), 422},
		{"nothing", m.token, "PATCH", "/projects/shop", "{}", 422},
		{"a zone that is none", m.token, "PATCH", "/projects/shop", object("zone", "Moon/Crater"), 422},
		{"one that is none", m.token, "PATCH", "/projects/none", object("name", "x"), 404},
		{"remove one that is none", m.token, "DELETE", "/projects/none", "", 404},
		{"find without numbers", one, "GET", query("/numbers", "number", "78001112233"), "", 403},
		{"find another's number", sighted, "GET", query("/numbers", "number", "78002220000"), "", 404},
		{"find nobody's number", sighted, "GET", query("/numbers", "number", "79990000000"), "", 404},
		{"find no number", m.token, "GET", "/numbers", "", 422},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := m.as(tt.token, tt.method, tt.path, tt.body)
			if got.status != tt.want {
				t.Errorf("%d %s, want %d", got.status, got.body, tt.want)
			}
			if tt.token != m.token && strings.Contains(got.body, "Bank") {
				t.Errorf("it tells of another's: %s", got.body)
			}
		})
	}
	for number, want := range map[string]v1.FoundNumber{
		"8 (800) 111-22-33": {Number: "8 (800) 111-22-33", Normal: "+78001112233", Project: "shop", Given: "78001112233", Route: "day", Record: true},
		"84951234567":       {Number: "84951234567", Normal: "+74951234567", Project: "shop", Given: "+74951234567", Record: true},
		"100":               {Number: "100", Normal: "100"},
	} {
		if got := read[v1.FoundNumber](t, m.want(t, 200, "GET", query("/numbers", "number", number), "")); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	m.want(t, 204, "DELETE", "/projects/shop", "")
	if all := list[v1.Project](t, m, "/projects"); len(all) != 1 || len(list[v1.Route](t, m, "/routes")) != 0 {
		t.Errorf("left: %+v", all)
	}
}

// TestETags: whoever changes what somebody else changed meanwhile is told so, and changes nothing; the ETag tells nothing of what
// is hidden, and is the same for everybody.
// TestETagByHand: what is changed at FreeSWITCH's console is seen, and the status is no part of what is set.
func TestETagByHand(t *testing.T) {
	m := newQuiet(t, storetest.SQLite(t))
	hand := byHand(t, m.sw)
	for _, tt := range []struct {
		name, list, single, set string
		also                    string // changes nothing of it
	}{
		{"agent", query("/agents", "name", "1000@default"), query("/agent", "name", "1000@default"), "agent set wrap_up_time 1000@default 7", "agent set status 1000@default 'On Break'"},
		{"tier", query("/tiers", "queue", "support2@default", "agent", "1000@default"), query("/tier", "queue", "support2@default", "agent", "1000@default"),
			"tier set position support2@default 1000@default 7", "tier set state support2@default 1000@default 'Standby'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			change := func(tag string) reply {
				body := object("wrap_up_time", 3)
				if tt.name == "tier" {
					body = object("level", 3)
				}
				return m.do("PATCH", v1.Base+tt.list, body, http.Header{"Authorization": {"Bearer " + m.token}, "Content-Type": {"application/json"}, "If-Match": {tag}})
			}
			do := func(command string) {
				t.Helper()
				if got, err := hand.API(t.Context(), "callcenter_config", command); err != nil || got != "+OK\n" {
					t.Fatalf("%s: %q, %v", command, got, err)
				}
			}
			was := m.want(t, 200, "GET", tt.single, "").header.Get("ETag")
			do(tt.set)
			refused(t, change(was), 412, "")
			now := ""
			eventually(t, "another ETag", func() bool { now = m.want(t, 200, "GET", tt.single, "").header.Get("ETag"); return now != was })
			do(tt.also)
			if got := change(now); got.status != 200 {
				t.Errorf("after %s: %d %s", tt.also, got.status, got.body)
			}
			refused(t, change(now), 412, "")
		})
	}
}

func TestETags(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		m := newQuiet(t, database)
		m.want(t, 201, "POST", "/projects", object("id", "shop", "name", "Shop"))
		m.want(t, 201, "POST", "/projects", object("id", "bank", "name", "Bank", "numbers", []string{"78001112233"}))
		schedule := "/report-schedules/" + m.schedule(t, m.token, "a@example.com")
		blind := m.user("blind", v1Rights...)
		for _, tt := range []struct {
			name, method, path, single string
			first, second              string // bodies
			put                        bool
		}{
			{"project", "PATCH", "/projects/shop", "/projects/shop", object("name", "One"), object("name", "Two"), false},
			{"route", "PUT", query("/routes", "name", "day"), query("/route", "name", "day"), object("project", "bank", "numbers", []string{"78001112233"}), object("project", "bank", "hours", "Mon-Fri 09:00-18:00"), true},
			{"rule", "PATCH", query("/destination-rules", "for", "project:shop"), query("/destination-rule", "for", "project:shop"), object("daily", 1), object("deny", []string{"79991112233"}), false},
			{"definition", "PUT", query("/queue-definition", "name", "new@default"), query("/queue-definition", "name", "new@default"), object("max_wait_time", 1), object("max_wait_time", 2), true},
			{"template", "PUT", "/sms/templates/code", "/sms/templates/code", object("text", "{code}"), object("text", "Call 89991112233"), true},
			{"provider", "PUT", "/sms/providers/log", "/sms/providers/log", object("kind", "log"), object("kind", "log", "per_second", 2), true},
			{"schedule", "PATCH", schedule, schedule, object("name", "One"), object("name", "Two"), false},
			{"tier", "PATCH", query("/tiers", "queue", "support2@default", "agent", "1000@default"), query("/tier", "queue", "support2@default", "agent", "1000@default"), object("level", 2), object("level", 3, "position", 4), false},
			{"agent", "PATCH", query("/agents", "name", "1000@default"), query("/agent", "name", "1000@default"), object("wrap_up_time", 1), object("wrap_up_time", 2, "max_no_answer", 2), false},
		} {
			t.Run(tt.name, func(t *testing.T) {
				with := func(want int, method, body string, header ...string) reply {
					t.Helper()
					h := http.Header{"Authorization": {"Bearer " + m.token}}
					if body != "" {
						h.Set("Content-Type", "application/json")
					}
					for i := 0; i < len(header); i += 2 {
						h.Set(header[i], header[i+1])
					}
					got := m.do(method, v1.Base+tt.path, body, h)
					if got.status != want {
						t.Fatalf("%s %v: %d %s, want %d", method, header, got.status, got.body, want)
					}
					return got
				}
				etag := func(token string) string {
					t.Helper()
					tag := m.as(token, "GET", tt.single, "").header.Get("ETag")
					if len(tag) != 26 || tag[0] != '"' {
						t.Fatalf("the ETag is %s", tag)
					}
					return tag
				}
				if tt.put {
					with(412, tt.method, tt.first, "If-Match", "*")
					with(200, tt.method, tt.first, "If-None-Match", "*")
					with(412, tt.method, tt.second, "If-None-Match", "*")
				} else {
					with(200, tt.method, tt.first)
				}
				was := etag(m.token)
				if got := etag(blind); got != was {
					t.Errorf("for another user it is %s, not %s", got, was)
				}
				refused(t, with(412, tt.method, tt.second, "If-Match", `"something", W/`+was), 412, "")
				told := with(200, tt.method, tt.second, "If-Match", `"something", `+was).header.Get("ETag")
				now := etag(m.token)
				if now == was || told != "" && told != now {
					t.Fatalf("it was %s, is %s, and was told as %s", was, now, told)
				}
				with(412, tt.method, tt.first, "If-Match", was)
				with(412, "DELETE", "", "If-Match", was)
				if got := etag(m.token); got != now {
					t.Errorf("what was refused was done: %s, not %s", got, now)
				}
				// Of many who change at once one does.
				var all sync.WaitGroup
				won := make(chan int, 8)
				for range cap(won) {
					all.Go(func() {
						won <- m.do(tt.method, v1.Base+tt.path, tt.first, http.Header{"Authorization": {"Bearer " + m.token}, "Content-Type": {"application/json"}, "If-Match": {now}}).status
					})
				}
				all.Wait()
				close(won)
				seen := map[int]int{}
				for status := range won {
					seen[status]++
				}
				if seen[200] != 1 || seen[412] != 7 {
					t.Errorf("of eight at once: %v", seen)
				}
				deleted := m.do("DELETE", v1.Base+tt.path, "", http.Header{"Authorization": {"Bearer " + m.token}, "If-Match": {etag(m.token)}})
				if deleted.status/100 != 2 {
					t.Errorf("deleted: %d %s", deleted.status, deleted.body)
				}
			})
		}
	})
}

// TestRouteTrial: what is told of a call is what would become of it, by the clock of its project.
func TestRouteTrial(t *testing.T) {
	t.Parallel() // it mostly waits
	m := newQuiet(t, storetest.SQLite(t))
	m.want(t, 201, "POST", "/projects", object("id", "shop", "name", "Shop", "numbers", []string{"78001112233"}, "queues", []string{"sales@default"}, "zone", "Asia/Vladivostok", "country", "RU"))
	m.want(t, 200, "PUT", query("/routes", "name", "day"), object("project", "shop", "hours", "Mon-Fri 09:00-18:00; 2026-12-31 closed", "announce", "open.wav", "closed_announce", "closed.wav",
		"closed", "hangup:USER_BUSY", "timeout", "transfer:100@public", "keys", map[string]string{"0": "bridge:user/1000"}))
	m.want(t, 200, "PUT", query("/routes", "name", "std"), object("open", "hangup:UNALLOCATED_NUMBER"))
	for _, tt := range []struct{ name, number, at, want string }{
		{"in the day", "8 (800) 111-22-33", "2026-12-30T12:00:00", "shop day 2026-12-30T12:00:00+10:00 open.wav queue:sales@default transfer:100@public bridge:user/1000"},
		{"of another zone", "78001112233", "2026-12-30T08:00:00Z", "shop day 2026-12-30T18:00:00+10:00 closed.wav hangup:USER_BUSY transfer:100@public bridge:user/1000"},
		{"on a day that is closed", "78001112233", "2026-12-31T12:00:00", "shop day 2026-12-31T12:00:00+10:00 closed.wav hangup:USER_BUSY transfer:100@public bridge:user/1000"},
		{"nobody's", "79990000000", "2026-12-31T12:00:00Z", " std 2026-12-31T12:00:00Z  hangup:UNALLOCATED_NUMBER continue "},
	} {
		got := read[v1.RouteTrial](t, m.want(t, 200, "GET", query("/route-trial", "number", tt.number, "at", tt.at), ""))
		if text := strings.Join([]string{got.Project, got.Route, got.At.Format(time.RFC3339), got.Announce, got.Step, got.Timeout, got.Keys["0"]}, " "); text != tt.want || got.Number != tt.number ||
			got.Open != (got.Announce == "open.wav" || got.Project == "") {
			t.Errorf("%s: got %q of %+v, want %q", tt.name, text, got, tt.want)
		}
	}
	if got := read[v1.RouteTrial](t, m.want(t, 200, "GET", query("/route-trial", "number", "78001112233"), "")); time.Since(got.At).Abs() > time.Minute || got.Zone != "Asia/Vladivostok" {
		t.Errorf("now is %v of %s", got.At, got.Zone)
	}
	refused(t, m.as(m.limited("bank", []string{"bank"}, "routes/see", "numbers/see"), "GET", query("/route-trial", "number", "78001112233"), ""), 404, "")
	m.want(t, 422, "GET", query("/route-trial", "number", "78001112233", "at", "tomorrow"), "")
}
