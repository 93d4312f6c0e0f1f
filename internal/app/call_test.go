package app_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/app"
	"callgate/internal/report"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// databases are the two kinds that everything has to work on.
var databases = []struct {
	name string
	url  func(testing.TB) string
}{{"sqlite", storetest.SQLite}, {"postgres", storetest.Postgres}}

// TestCall makes a call and asks for all that is left of it.
func TestCall(t *testing.T) {
	t.Parallel() // it mostly waits
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			h := newHouse(t, db.url(t))
			id := callID(t, h.call("/contact/add", manual(t, "add.request.json")))
			var got reply
			eventually(t, "CDR", func() bool {
				got = h.call("/contact/cdr", `{"id":"`+id+`"}`)
				return got.status == http.StatusOK
			})
			var cdr struct {
				Variables map[string]any
				Callflow  json.RawMessage
			}
			if err := json.Unmarshal([]byte(got.body), &cdr); err != nil {
				t.Fatalf("%v in %s", err, got.body)
			}
			if cdr.Variables["uuid"] != id || cdr.Variables["hangup_cause"] != "NORMAL_CLEARING" {
				t.Errorf("uuid %v, cause %v", cdr.Variables["uuid"], cdr.Variables["hangup_cause"])
			}

			wav := h.call("/contact/audio", `{"id":"`+id+`"}`)
			checkWAV(t, wav, id)
			part := h.do(http.MethodGet, "/contact/audio?id="+id, "", http.Header{
				"Authorization": {"Bearer " + h.token}, "Range": {"bytes=4-7"}})
			if part.status != http.StatusPartialContent || part.body != wav.body[4:8] {
				t.Errorf("range: %d %q", part.status, part.body)
			}
			if beyond := h.do(http.MethodGet, "/contact/audio?id="+id, "", http.Header{
				"Authorization": {"Bearer " + h.token}, "Range": {"bytes=99999999-"}}); beyond.status != http.StatusRequestedRangeNotSatisfiable {
				t.Errorf("range beyond the end: %d", beyond.status)
			}

			// The other leg is found in what this one left.
			other, ok := cdr.Variables["bridge_uuid"].(string)
			if !ok || other == id {
				t.Fatalf("no other leg: %v", cdr.Variables["bridge_uuid"])
			}
			eventually(t, "CDR of the other leg", func() bool {
				got = h.call("/contact/cdr", `{"id":"`+other+`"}`)
				return got.status == http.StatusOK
			})
			// The called party sees the number given, not the account.
			if !strings.Contains(got.body, `"sip_from_user":1001,`) {
				t.Error("the called party saw another number")
			}
			if audio := h.call("/contact/audio", `{"id":"`+other+`"}`); audio.body != wav.body {
				t.Errorf("the other leg's recording: %d, %d bytes", audio.status, len(audio.body))
			}
		})
	}
}

func checkWAV(t *testing.T, got reply, id string) {
	t.Helper()
	b := []byte(got.body)
	if got.status != http.StatusOK || len(b) < 44 || string(b[:4]) != "RIFF" || string(b[8:16]) != "WAVEfmt " {
		t.Fatalf("not a WAV: %d, %d bytes", got.status, len(b))
	}
	if n := int(binary.LittleEndian.Uint32(b[4:])); n != len(b)-8 {
		t.Errorf("RIFF says %d bytes of %d", n, len(b)-8)
	}
	if len(b) < 44+8000*2/10 || len(bytes.Trim(b[44:], "\x00")) == 0 {
		t.Errorf("%d bytes, or silence", len(b))
	}
	for name, want := range map[string]string{"Content-Type": "audio/wav", "Accept-Ranges": "bytes",
		"Content-Disposition": `inline; filename="` + id + `.wav"`} {
		if got.header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, got.header.Get(name), want)
		}
	}
}

func TestOriginateOutcomes(t *testing.T) {
	l := newLand(t, storetest.SQLite(t), nil)
	h := l.build(t, nil)
	h.ready()
	h.signIn()
	for _, tt := range []struct{ name, account, want string }{
		{"busy", "1486", `{"message":"-ERR USER_BUSY\n"}`},
		{"unknown account", "9999", `{"message":"-ERR SUBSCRIBER_ABSENT\n"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := h.call("/contact/add", order("89100000000", "1001", tt.account)); got.status != 200 || got.body != tt.want {
				t.Errorf("got %d %s, want %s", got.status, got.body, tt.want)
			}
		})
	}
	t.Run("a client that goes away", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url+"/contact/add", strings.NewReader(order("89100000000", "1001", "1480")))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = bearer(h.token)
		done := make(chan error, 1)
		go func() {
			resp, err := h.http.Do(req)
			if err == nil {
				resp.Body.Close()
			}
			done <- err
		}()
		eventually(t, "ringing", func() bool { return h.channels(t) == 1 })
		if got := h.call("/contact/queues", ""); got.status != 200 {
			t.Errorf("while a phone rings queues answer %d", got.status)
		}
		leave()
		if err := <-done; err == nil {
			t.Error("the request was answered")
		}
		eventually(t, "ringing stopped", func() bool { return h.channels(t) == 0 })
	})
	t.Run("the link breaks while it rings", func(t *testing.T) {
		done := make(chan reply, 1)
		go func() { done <- h.call("/contact/add", order("89100000000", "1001", "1480")) }()
		eventually(t, "ringing", func() bool { return h.channels(t) == 1 })
		before := count(l.sw.Commands(), "originate")
		l.sw.CutConnections()
		got := <-done
		if got.status != 200 || !strings.HasPrefix(got.body, `{"message":"-ERR OUTCOME_UNKNOWN `) || uuidForm.FindString(got.body) == "" {
			t.Errorf("got %d %s", got.status, got.body)
		}
		h.ready()
		if after := count(l.sw.Commands(), "originate"); after != before {
			t.Errorf("originate was sent again: %d, then %d", before, after)
		}
	})
}

func count(commands []string, prefix string) (n int) {
	for _, c := range commands {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

// channels asks the switch how many channels it has.
func (h *house) channels(t *testing.T) int {
	t.Helper()
	var shown struct {
		Rows int `json:"row_count"`
	}
	if err := json.Unmarshal([]byte(h.command(t, "show channels as json")), &shown); err != nil {
		t.Fatal(err)
	}
	return shown.Rows
}

// TestSeveralContacts rings an account that is registered on two phones: no UUID may be shared between them.
func TestSeveralContacts(t *testing.T) {
	l := newLand(t, storetest.SQLite(t), func(c *esltest.Config) {
		c.Users = []esltest.User{{ID: "1234", Registered: "127.0.0.1:5070,127.0.0.1:5071",
			DialString: "sofia/internal/1234@127.0.0.1:5070,sofia/internal/1234@127.0.0.1:5071"}}
		c.Phones = append(c.Phones, esltest.Phone{Addr: "127.0.0.1:5071", NoAnswer: true})
	})
	h := l.build(t, nil)
	h.ready()
	h.signIn()
	id := callID(t, h.call("/contact/add", manual(t, "add.request.json")))
	for _, c := range l.sw.Commands() {
		if strings.HasPrefix(c, "originate") && strings.Contains(c, "origination_uuid") {
			t.Errorf("two phones share a UUID: %s", c)
		}
	}
	eventually(t, "CDR", func() bool { return h.call("/contact/cdr", `{"id":"`+id+`"}`).status == http.StatusOK })
	checkWAV(t, h.call("/contact/audio", `{"id":"`+id+`"}`), id)
}

// TestUnpostedLeg asks for a recording by the leg of which FreeSWITCH, told so, posts no CDR.
func TestUnpostedLeg(t *testing.T) {
	t.Parallel() // it mostly waits
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			l := newLand(t, db.url(t), func(c *esltest.Config) { c.CDR.NoBLeg = true })
			h := l.build(t, nil)
			h.ready()
			h.signIn()
			id := callID(t, h.call("/contact/add", manual(t, "add.request.json")))
			var got reply
			eventually(t, "CDR", func() bool {
				got = h.call("/contact/cdr", `{"id":"`+id+`"}`)
				return got.status == http.StatusOK
			})
			var cdr struct{ Variables map[string]any }
			if err := json.Unmarshal([]byte(got.body), &cdr); err != nil {
				t.Fatal(err)
			}
			other, _ := cdr.Variables["bridge_uuid"].(string)
			if got := h.call("/contact/cdr", `{"id":"`+other+`"}`); got.status != 404 {
				t.Errorf("a CDR that never came: %d", got.status)
			}
			checkWAV(t, h.call("/contact/audio", `{"id":"`+other+`"}`), other)
		})
	}
}

// TestHostileInput sends what must never reach FreeSWITCH and looks at the bytes that did.
func TestHostileInput(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	const mark = "INJECTED"
	for _, sign := range []string{"\r", "\n", "\r\n", "\x00", "'", `"`, "`", "{", "}", "[", "]", "<", ">", "(", ")", "$", "${system " + mark + "}", "&", ";", ",", "|",
		"^", "@", "\\", " ", ":_:", "%0a", "\u2028", "\n\napi " + mark} {
		for i, field := range []string{"called_number", "caller_number", "sip"} {
			values := []string{"89100000000", "1001", "1234"}
			for _, hostile := range []string{"1" + sign + mark, sign + "1", "1" + sign} {
				values[i] = hostile
				got := h.call("/contact/add", order(values[0], values[1], values[2]))
				if want := `{"error":"Wrong ` + field + `!"}`; got.status != 419 || got.body != want {
					if blank := `{"error":"Empty ` + field + `!"}`; strings.TrimSpace(hostile) != "" || got.body != blank {
						t.Errorf("%s %q: got %d %s", field, hostile, got.status, got.body)
					}
				}
			}
		}
		for _, path := range []string{"/contact/queues", "/contact/tier", "/contact/cdr", "/contact/audio"} {
			for _, field := range []string{"name", "queue", "id"} {
				b, _ := json.Marshal(map[string]string{field: "x" + sign + mark})
				h.call(path, string(b))
			}
		}
	}
	sent := h.sw.Received()
	if bytes.Contains(sent, []byte(mark)) {
		t.Errorf("hostile text reached the switch: %q", sent[bytes.Index(sent, []byte(mark))-100:])
	}
	if bytes.Contains(sent, []byte("originate")) {
		t.Error("a refused call reached the switch")
	}
}

// TestRecordingsStayHome asks for files that are not recordings.
func TestRecordingsStayHome(t *testing.T) {
	l := newLand(t, storetest.SQLite(t), nil)
	secret := filepath.Join(filepath.Dir(l.recordings), "secret.wav")
	if err := os.WriteFile(secret, []byte("RIFF secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, filepath.Join(l.recordings, "link.wav")); err != nil {
		t.Fatal(err)
	}
	h := l.build(t, nil)
	h.ready()
	h.signIn()
	// A CDR is hostile too: it may name any path.
	h.postCDR(t, "a_evil", "text/xml", `<cdr><variables><uuid>evil</uuid><callgate_recording>`+secret+
		`</callgate_recording><cc_record_filename>`+l.recordings+`/../secret.wav</cc_record_filename></variables></cdr>`)
	if got := h.call("/contact/cdr", `{"id":"evil"}`); got.status != 200 {
		t.Fatalf("the CDR was not taken: %d", got.status)
	}
	for _, id := range []string{"evil", "link", "../secret", "..%2fsecret", "/" + strings.TrimSuffix(secret, ".wav"), strings.TrimSuffix(secret, ".wav"),
		"secret", "..", ".", "/etc/passwd", "....//secret", "..\\secret", "\x00", strings.Repeat("a/", 3000)} {
		b, _ := json.Marshal(map[string]string{"id": id})
		if got := h.call("/contact/audio", string(b)); got.status != 404 || got.body != `{"error":"Wrong ID!"}` {
			t.Errorf("%q: got %d %s", id, got.status, got.body)
		}
	}
}

// TestRestart stops callgate and starts it on the same database: what was promised is still there.
func TestRestart(t *testing.T) {
	t.Parallel() // it mostly waits
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			l := newLand(t, db.url(t), nil)
			h := l.build(t, nil)
			h.ready()
			h.signIn()
			other := h.user("other", "contact/queues")
			id := callID(t, h.call("/contact/add", manual(t, "add.request.json")))
			var before reply
			eventually(t, "CDR", func() bool {
				before = h.call("/contact/cdr", `{"id":"`+id+`"}`)
				return before.status == http.StatusOK
			})
			h.post("/contact/tier", "{", "")
			logged := l.requests(t)
			h.stop()

			again := l.build(t, nil)
			again.ready()
			again.token = h.token
			if got := again.call("/contact/cdr", `{"id":"`+id+`"}`); got.body != before.body {
				t.Errorf("CDR: got %d %s", got.status, got.body)
			}
			eventually(t, "snapshot", func() bool { return again.post("/contact/queues", "", other).status == http.StatusOK })
			if got := again.post("/contact/tiers", "", other); got.status != 405 {
				t.Errorf("rights after a restart: %d", got.status)
			}
			checkWAV(t, again.call("/contact/audio", `{"id":"`+id+`"}`), id)
			after := l.requests(t)
			if len(after) < len(logged) || len(logged) == 0 {
				t.Errorf("request log: %d before, %d after", len(logged), len(after))
			}
		})
	}
}

// loggedRequest is one of the request log.
type loggedRequest struct {
	module, action, body, err, login string
	code                             int
}

// requests reads the request log behind callgate's back.
func (l *land) requests(t *testing.T) []loggedRequest {
	t.Helper()
	s := storetest.Open(t, l.database, store.Options{})
	var found []report.Request
	for _, passed := range []bool{true, false} {
		for r, err := range s.Requests(t.Context(), time.Time{}, time.Now().Add(time.Hour), passed) {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b report.Request) int { return int(a.ID - b.ID) })
	all := make([]loggedRequest, len(found))
	for i, r := range found {
		all[i] = loggedRequest{r.Module, r.Action, r.Body, r.Error, r.Login, r.Code}
	}
	return all
}

// TestRequestLog looks at what every kind of request leaves behind.
func TestRequestLog(t *testing.T) {
	l := newLand(t, storetest.SQLite(t), nil)
	h := l.build(t, nil)
	h.ready()
	h.signIn()
	h.get("/contact/tier?queue=support2@default")
	h.call("/contact/tier", "{}")
	h.post("/contact/tier", `{"queue":"x"}`, "")
	h.call("/contact/getQueue", "")
	h.post("/auth/login", `{"login":"x","password":"hunter22"}`, "")
	h.post("/auth/login", `{"login":"x","password":"hunter22`, "")
	h.call("/"+strings.Repeat("x", 1000)+"/"+strings.Repeat("%D1%8F", 1000), "")
	h.call("/contact/tier", `{"queue":"`+strings.Repeat("я", 1<<20)+`"}`)
	h.stop()
	got := l.requests(t)
	for len(got) > 0 && (got[0].action == "login" || got[0].action == "queues") {
		got = got[1:] // signing in and waiting for the snapshot
	}
	want := []loggedRequest{
		{"contact", "tier", `{"queue":"support2@default"}`, "", login, 200},
		{"contact", "tier", "{}", "Empty queue!", login, 419},
		{"contact", "tier", `{"queue":"x"}`, "Wrong token!", "", 401},
		{"contact", "getQueue", "", "Access denied!", login, 405},
		{"auth", "login", `{"login":"x","password":"***"}`, "Wrong login or password!", "", 401},
		{"auth", "login", `{"login":"x","password***`, "Invalid JSON!", "", 420},
		{strings.Repeat("x", 64), strings.Repeat("я", 32), "", "Access denied!", login, 405},
		{"contact", "tier", "", "Request too large!", "", 413},
	}
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d: %+v", len(got), len(want), got)
	}
	for i, w := range want {
		g := got[i]
		if i == len(want)-1 { // cut to 4 KiB between characters
			if len(g.body) > 4096 || len(g.body) < 4090 || !strings.HasSuffix(g.body, "я") {
				t.Errorf("large body kept as %d bytes", len(g.body))
			}
			g.body = ""
		}
		if g != w {
			t.Errorf("row %d: got %+v\nwant %+v", i, g, w)
		}
	}
}

// TestMethods asks the same by GET and by POST, whatever the Content-Type.
func TestMethods(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	want := h.call("/contact/tier", `{"queue":"support2@default"}`)
	if want.status != 200 {
		t.Fatalf("got %d %s", want.status, want.body)
	}
	for name, got := range map[string]reply{
		"GET": h.get("/contact/tier?queue=support2@default"),
		"form Content-Type": h.do(http.MethodPost, "/contact/tier", `{"queue":"support2@default"}`, http.Header{
			"Authorization": {"bearer  " + h.token}, "Content-Type": {"application/x-www-form-urlencoded"}}),
	} {
		if got.status != 200 || got.body != want.body || got.header.Get("Age") == "" {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}
	if got := h.call("/contact/queues", `{"name":" "}`); got.body != h.call("/contact/queues", "").body {
		t.Errorf("a blank optional field is not absent: %s", got.body)
	}
}

// TestFreshness changes a switch's state by another hand and watches it arrive.
func TestFreshness(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	tiers := h.call("/contact/tiers", "").body
	h.command(t, "callcenter_config tier add support2@default 1001@default 3 4") // emits no event
	h.command(t, "callcenter_config agent set status 1001@default 'On Break'")   // does
	began := time.Now()
	eventually(t, "new tier", func() bool { return h.call("/contact/tiers", "").body != tiers })
	t.Logf("a change is seen after %v", time.Since(began))
	if want := `{"queue":"support2@default","agent":"1001@default","state":"Ready","level":"3","position":"4"}`; !strings.Contains(h.call("/contact/tiers", "").body, want) {
		t.Errorf("got %s, want %s in it", h.call("/contact/tiers", "").body, want)
	}
}

func TestMetricsAndHealth(t *testing.T) {
	h := newHouse(t, storetest.SQLite(t))
	h.call("/contact/getQueue", "")
	h.call("/made/up", "")
	if got := h.get("/healthz"); got.status != 200 || got.body != "ok\n" {
		t.Errorf("healthz: %d %s", got.status, got.body)
	}
	if got := h.get("/readyz"); got.status != 200 || compact(t, got.body) != `{"ready":true,"database":"ok","switches":{"main":"ok"}}` {
		t.Errorf("readyz: %d %s", got.status, got.body)
	}
	body := h.get("/metrics").body
	for _, want := range []string{
		`callgate_api_requests_total{action="queues",code="200",face="legacy",module="contact"}`,
		`callgate_api_requests_total{action="other",code="405",face="legacy",module="other"} 2`,
		`callgate_esl_up{switch="main"} 1`,
		`callgate_callcenter_rows{kind="queues",switch="main"} 3`,
		`callgate_call_originates_total{outcome="answered"} 0`,
		"callgate_account_", "callgate_report_requests_written_total", "callgate_cdr_", "callgate_store_", `callgate_recording_opens_total{result="missing"} 0`, "go_goroutines",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if strings.Contains(body, "getQueue") || strings.Contains(body, `"made`) {
		t.Error("clients can make up labels")
	}
}

// TestMetricsApart serves metrics on a listener of their own, and there only.
func TestMetricsApart(t *testing.T) {
	l, apart := newLand(t, storetest.SQLite(t), nil), freeAddr(t)
	h := l.build(t, func(c *app.Config) { c.MetricsAddr = apart })
	h.ready()
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap"} {
		if got := h.get(path); got.status != 401 {
			t.Errorf("the API's listener answers %d to %s", got.status, path)
		}
	}
	h.url = "http://" + apart
	if got := h.get("/metrics"); got.status != 200 || !strings.Contains(got.body, "callgate_esl_up") {
		t.Errorf("the metrics' listener answers %d", got.status)
	}
	for path, want := range map[string]int{"/contact/queues": 404, "/debug/pprof/heap": 200, "/debug/pprof/": 200, "/debug/pprof/cmdline": 404} {
		if got := h.get(path); got.status != want {
			t.Errorf("the metrics' listener answers %d to %s", got.status, path)
		}
	}
}
