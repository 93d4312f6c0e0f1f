package app_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	v1 "callgate/api/v1"
	"callgate/esl/esltest"
	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/recording"
	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// sound is a whole WAV file, 8 kHz, 16 bit, mono; with said false its head is that of one that is still written.
func sound(length time.Duration, said bool) []byte {
	n := int(length.Milliseconds()) * 16
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\x00\x00\x00")
	binary.LittleEndian.PutUint32(b[4:], 8)
	if said {
		binary.LittleEndian.PutUint32(b[4:], uint32(36+n))
		binary.LittleEndian.PutUint32(b[40:], uint32(n))
	}
	return append(b, bytes.Repeat([]byte{1, 2, 3, 4}, n/4)...)
}

// record puts a recording into a folder.
func record(t *testing.T, folder, leg string, length time.Duration) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, leg+".wav"), sound(length, true), 0o644); err != nil {
		t.Fatal(err)
	}
}

// recorder is a switch whose extension "record" records, for project 9876, until the caller hangs up.
func recorder(c *esltest.Config) {
	c.Extensions = []esltest.Extension{{Match: "^record$", Apps: []esltest.App{{Name: "answer"}, {Name: "set", Data: "callgate_project=9876"},
		{Name: "record_session", Data: c.RecordingsDir + "/${uuid}.wav"}, {Name: "sleep", Data: "60000"}}}}
}

// recordingOf asks for what is known of a call's recording.
func (m *modern) recordingOf(t *testing.T, leg string) (r v1.Recording) {
	t.Helper()
	got := m.v1(http.MethodGet, "/calls/"+leg+"/recording", "")
	if got.status == http.StatusNotFound {
		return r
	}
	if err := json.Unmarshal([]byte(got.body), &r); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	return r
}

func (m *modern) becomes(t *testing.T, leg, state string) (r v1.Recording) {
	t.Helper()
	defer func() {
		if r.State != state {
			t.Logf("last: %+v", r)
		}
	}()
	eventually(t, state, func() bool { r = m.recordingOf(t, leg); return r.State == state })
	return r
}

// TestRecordingOfACall follows a recording from its beginning to its playing, on a link that holds and on one that breaks.
func TestRecordingOfACall(t *testing.T) {
	t.Parallel() // it mostly waits
	for _, tt := range []struct {
		name   string
		broken bool
		cause  string
	}{{"the link holds", false, "success-silence"}, {"the link breaks while it goes on", true, ""}} {
		t.Run(tt.name, func(t *testing.T) {
			eachDatabase(t, func(t *testing.T, database string) {
				l := newLand(t, database, recorder)
				m := newModern(t, l)
				caller, err := l.sw.Call(esltest.Call{Number: "78001112233", Extension: "record"})
				if err != nil {
					t.Fatal(err)
				}
				leg := caller.UUID()
				if r := m.becomes(t, leg, "recording"); r.Project != "9876" || r.Switch != "main" || r.Started == 0 || r.Stopped != 0 {
					t.Errorf("while it goes on: %+v", r)
				}
				if got := m.call("/contact/audio", `{"id":"`+leg+`"}`); got.status != 404 || got.body != `{"error":"Wrong ID!"}` {
					t.Errorf("while it goes on: %d %s", got.status, got.body)
				}
				refused(t, m.v1("GET", "/calls/"+leg+"/recording/audio", ""), 409, "")
				if got := m.v1("GET", "/calls/"+leg+"/recording/audio", "").header.Get("Retry-After"); got == "" || got == "0" {
					t.Errorf("Retry-After: %q", got)
				}
				if tt.broken {
					l.sw.RefuseByACL(true)
					l.sw.CutConnections()
					eventually(t, "no link", func() bool { return m.get("/readyz").status == http.StatusServiceUnavailable })
				}
				eventually(t, "some sound", func() bool {
					return l.sw.Clock().Sub(time.UnixMilli(int64(m.recordingOf(t, leg).Started*1000))) > time.Second
				})
				caller.Hangup()
				<-caller.Done()
				m.becomes(t, leg, "complete") // which the file alone may have told
				eventually(t, "the event", func() bool { return m.recordingOf(t, leg).Cause == tt.cause })
				r := m.recordingOf(t, leg)
				if r.Duration < 0.9 || !slices.Equal(r.Where, []string{"folder"}) || r.Stopped < r.Started {
					t.Errorf("at its end: %+v", r)
				}
				wav := m.v1("GET", "/calls/"+leg+"/recording/audio", "")
				checkWAV(t, wav, leg)
				if int64(len(wav.body)) != r.Size {
					t.Errorf("%d bytes, not %d", len(wav.body), r.Size)
				}
				if got := m.call("/contact/audio", `{"id":"`+leg+`"}`); got.body != wav.body {
					t.Errorf("the documented face: %d, %d bytes", got.status, len(got.body))
				}
				part := m.do("GET", v1.Base+"/calls/"+leg+"/recording/audio", "", http.Header{"Authorization": {"Bearer " + m.token}, "Range": {"bytes=4-7"}})
				if part.status != http.StatusPartialContent || part.body != wav.body[4:8] {
					t.Errorf("range: %d %q", part.status, part.body)
				}
				beyond := m.do("GET", v1.Base+"/calls/"+leg+"/recording/audio", "", http.Header{"Authorization": {"Bearer " + m.token}, "Range": {"bytes=99999999-"}})
				if beyond.status != http.StatusRequestedRangeNotSatisfiable {
					t.Errorf("range beyond the end: %d", beyond.status)
				}
			})
		})
	}
}

// TestRecordingOfAnEvent: what only events tell of, with the file behind them: it comes late, by halves, without sound, from
// outside the folder.
func TestRecordingOfAnEvent(t *testing.T) {
	l := newLand(t, storetest.SQLite(t), nil)
	m := newModern(t, l)
	fire := func(name, leg, path string) {
		l.sw.Fire(name, "", []string{"Unique-ID", leg, "Record-File-Path", path}, "")
	}
	write := func(name string, content []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(l.recordings, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fire("RECORD_START", "late", l.recordings+"/late.wav")
	m.becomes(t, "late", "recording")
	write("late.wav", sound(time.Second, false))
	refused(t, m.v1("GET", "/calls/late/recording/audio", ""), 409, "")
	write("late.wav", sound(time.Second, true)) // closed; the event is on its way
	refused(t, m.v1("GET", "/calls/late/recording/audio", ""), 409, "")
	fire("RECORD_STOP", "late", l.recordings+"/late.wav")
	if r := m.becomes(t, "late", "complete"); r.Duration != 1 {
		t.Errorf("%+v", r)
	}

	write("half.wav", sound(2*time.Second, true)[:16044])
	fire("RECORD_STOP", "half", l.recordings+"/half.wav")
	m.becomes(t, "half", "closed")
	refused(t, m.v1("GET", "/calls/half/recording/audio", ""), 409, "")
	write("half.wav", sound(2*time.Second, true))
	m.becomes(t, "half", "complete")

	write("empty.wav", sound(0, true))
	fire("RECORD_STOP", "empty", l.recordings+"/empty.wav")
	m.becomes(t, "empty", "empty")
	refused(t, m.v1("GET", "/calls/empty/recording/audio", ""), 404, "")

	outside := filepath.Join(t.TempDir(), "secret.wav")
	if err := os.WriteFile(outside, sound(time.Second, true), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(l.recordings, "link.wav")); err != nil {
		t.Fatal(err)
	}
	for leg, path := range map[string]string{"link": l.recordings + "/link.wav", "elsewhere": outside, "climber": l.recordings + "/../" + filepath.Base(outside)} {
		fire("RECORD_STOP", leg, path)
		m.becomes(t, leg, "closed")
		if got := m.v1("GET", "/calls/"+leg+"/recording/audio", ""); got.status != 409 && got.status != 404 {
			t.Errorf("%s: %d, %d bytes", leg, got.status, len(got.body))
		}
		if got := m.call("/contact/audio", `{"id":"`+leg+`"}`); got.body != `{"error":"Wrong ID!"}` {
			t.Errorf("%s: %d, %d bytes", leg, got.status, len(got.body))
		}
	}
	body := m.get("/metrics").body
	for _, line := range []string{`callgate_recording_settled_total{state="complete"} 2`, `callgate_recording_settled_total{state="empty"} 1`,
		`callgate_recording_facts_total{kind="start"} 1`, `callgate_recording_facts_dropped_total{reason="full"} 0`} {
		if !strings.Contains(body, line+"\n") {
			t.Errorf("no %s", line)
		}
	}
}

// TestRecordingOfADeadSwitch: what a switch wrote when it died is offered as far as it goes, once it has been started anew.
func TestRecordingOfADeadSwitch(t *testing.T) {
	l := newLand(t, storetest.SQLite(t), nil)
	m := newModern(t, l)
	long := time.Now().Add(-2 * time.Minute)
	name := filepath.Join(l.recordings, "leg.wav")
	if err := os.WriteFile(name, sound(time.Second, false), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, long, long); err != nil {
		t.Fatal(err)
	}
	l.sw.Fire("RECORD_START", "", []string{"Unique-ID", "leg", "Record-File-Path", name}, "")
	m.becomes(t, "leg", "recording")
	l.sw.Heartbeat()
	refused(t, m.v1("GET", "/calls/leg/recording/audio", ""), 409, "")
	l.sw.Restart()
	eventually(t, "complete", func() bool {
		l.sw.Heartbeat()
		return m.recordingOf(t, "leg").State == "complete"
	})
	if r := m.recordingOf(t, "leg"); r.Duration != 1 {
		t.Errorf("%+v", r)
	}
}

// TestRecordingList: pages, times, and only the projects that a user is limited to.
func TestRecordingList(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database string) {
		l := newLand(t, database, nil)
		m := newModern(t, l)
		for i, project := range []string{"a", "b", "a", ""} {
			leg := fmt.Sprintf("leg%d", i)
			record(t, l.recordings, leg, time.Second)
			l.sw.Fire("RECORD_STOP", "", []string{"Unique-ID", leg, "Record-File-Path", l.recordings + "/" + leg + ".wav", "variable_callgate_project", project}, "")
			m.becomes(t, leg, "complete")
		}
		if _, err := m.app.Accounts().Add(t.Context(), "limited", password, []account.Right{{Module: "recordings", Action: "*"}, {Module: "contact", Action: "audio"}}, []string{"a"}); err != nil {
			t.Fatal(err)
		}
		signed := m.post("/auth/login", fmt.Sprintf(`{"login":"limited","password":%q}`, password), "")
		limited := strings.TrimSuffix(strings.TrimPrefix(signed.body, `{"access_token":"`), `"}`)
		type page struct {
			Recordings []v1.Recording
			Next       string
		}
		ask := func(token, query string) (p page) {
			t.Helper()
			got := m.as(token, "GET", "/recordings"+query, "")
			if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.status != 200 {
				t.Fatalf("%d %s", got.status, got.body)
			}
			return p
		}
		// A file is found by its name, and complete, before the switch's event of it has come.
		eventually(t, "events of all", func() bool { return len(ask(m.token, "").Recordings) == 4 })
		for _, tt := range []struct{ name, token, query, want string }{
			{"all", m.token, "", "leg3 leg2 leg1 leg0 "},
			{"of another time", m.token, "?to=1000", ""},
			{"limited to a project", limited, "", "leg2 leg0 "},
		} {
			var got string
			for _, r := range ask(tt.token, tt.query).Recordings {
				got += r.UUID + " "
			}
			if got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
		got, cursor := "", ""
		for range 4 {
			p := ask(m.token, "?limit=1"+cursor)
			got += p.Recordings[0].UUID + " "
			cursor = "&cursor=" + p.Next
		}
		if got != "leg3 leg2 leg1 leg0 " {
			t.Errorf("by pages: %q", got)
		}
		if p := ask(m.token, "?limit=1"+cursor); len(p.Recordings) != 0 || p.Next != "" {
			t.Errorf("after the last: %+v", p)
		}
		refused(t, m.v1("GET", "/recordings?cursor=x", ""), 422, "cursor")
		for _, path := range []string{"/calls/leg1/recording", "/calls/leg1/recording/audio", "/calls/leg3/recording"} {
			refused(t, m.as(limited, "GET", path, ""), 404, "")
		}
		if got := m.as(limited, "GET", "/calls/leg0/recording/audio", ""); got.status != 200 {
			t.Errorf("of his project: %d %s", got.status, got.body)
		}
		for leg, want := range map[string]int{"leg0": 200, "leg1": 404, "leg3": 404} {
			if got := m.post("/contact/audio", object("id", leg), limited); got.status != want || want == 404 && got.body != `{"error":"Wrong ID!"}` {
				t.Errorf("/contact/audio of %s: %d", leg, got.status)
			}
		}
		// That a call of another project is being recorded is nothing for him either.
		for leg, project := range map[string]string{"mine": "a", "theirs": "b"} {
			l.sw.Fire("RECORD_START", "", []string{"Unique-ID", leg, "Record-File-Path", l.recordings + "/" + leg + ".wav", "variable_callgate_project", project}, "")
			m.becomes(t, leg, "recording")
		}
		refused(t, m.as(limited, "GET", "/calls/mine/recording/audio", ""), 409, "")
		refused(t, m.as(limited, "GET", "/calls/theirs/recording/audio", ""), 404, "")
	})
}

// TestRecordingUpload: a switch on another host sends the file, and FreeSWITCH's events name it by the folder it has there.
func TestRecordingUpload(t *testing.T) {
	l := newLand(t, storetest.SQLite(t), nil)
	h := l.build(t, func(c *app.Config) {
		c.RecordingsSwitchDirs = map[string]string{"main": "/var/lib/freeswitch/recordings"}
	})
	h.ready()
	h.signIn()
	basic := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(cdrUser+":"+cdrPass))}}
	put := func(path string, body []byte, header http.Header) int {
		t.Helper()
		return h.do(http.MethodPut, path, string(body), header).status
	}
	l.sw.Fire("RECORD_STOP", "", []string{"Unique-ID", "leg", "Record-File-Path", "/var/lib/freeswitch/recordings/leg.wav", "variable_callgate_project", "9876"}, "")
	state := func() (r v1.Recording) {
		if got := h.get(v1.Base + "/calls/leg/recording"); got.status == 200 {
			_ = json.Unmarshal([]byte(got.body), &r) // an empty one fails the test
		}
		return r
	}
	eventually(t, "awaited", func() bool { return state().State == "closed" })
	const path = "/api/recordings/main/leg.wav"
	h.set(t, l, setting.RecordingsUploadMiB, "1")
	for _, tt := range []struct {
		name, path string
		body       []byte
		header     http.Header
		want       int
	}{
		{"no credentials", path, sound(time.Second, true), nil, 401},
		{"a user's token", path, sound(time.Second, true), bearer(h.token), 401},
		{"too large", path, make([]byte, 2<<20), basic, 413},
		{"no sound file", path, []byte("hello"), basic, 422},
		{"a way up", "/api/recordings/main/..%2fleg.wav", sound(time.Second, true), basic, 422},
		{"unknown switch", "/api/recordings/other/leg.wav", sound(time.Second, true), basic, 404},
		{"new", path, sound(time.Second, true), basic, 201},
		{"the same", path, sound(time.Second, true), basic, 204},
		{"another", path, sound(2*time.Second, true), basic, 409},
	} {
		if got := put(tt.path, tt.body, tt.header); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
	if r := state(); r.State != "complete" || r.Project != "9876" || r.Duration != 1 || r.Switch != "main" {
		t.Errorf("%+v", r)
	}
	checkWAV(t, h.call("/contact/audio", `{"id":"leg"}`), "leg")
	if got := h.do(http.MethodGet, path, "", basic).status; got != 405 {
		t.Errorf("GET: %d", got)
	}

	// A sender that goes away in the middle leaves nothing.
	conn, err := net.Dial("tcp", strings.TrimPrefix(h.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(conn, "PUT /api/recordings/main/cut.wav HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Length: 100000\r\n\r\n%s", basic.Get("Authorization"), sound(time.Second, true))
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("half a body: %d", resp.StatusCode)
		}
	}
	conn.Close()
	entries, err := os.ReadDir(l.recordings)
	if err != nil || len(entries) != 1 || entries[0].Name() != "leg.wav" {
		t.Errorf("left %v, %v", entries, err)
	}
}

// set changes a setting and waits until the process has it.
func (h *house) set(t *testing.T, l *land, key, value string) {
	t.Helper()
	l.set(t, key, value)
	eventually(t, "the setting", func() bool {
		return h.do(http.MethodPut, "/api/recordings/main/x.wav", string(make([]byte, 2<<20)), http.Header{"Authorization": {"Basic " +
			base64.StdEncoding.EncodeToString([]byte(cdrUser+":"+cdrPass))}}).status == http.StatusRequestEntityTooLarge
	})
}

// TestRecordingStored: with an object store set, a recording goes there after its end, is played from there, and goes when its time is over.
func TestRecordingStored(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		backend := s3mem.New()
		if err := backend.CreateBucket("calls"); err != nil {
			t.Fatal(err)
		}
		objects := httptest.NewServer(gofakes3.New(backend).Server())
		defer objects.Close()
		l := newLand(t, database, recorder)
		l.set(t, setting.RecordingsS3Endpoint, objects.URL, setting.RecordingsS3Bucket, "calls", setting.RecordingsS3AccessKey, "key",
			setting.RecordingsS3SecretKey, "secret", setting.RecordingsS3DeleteLocal, setting.Yes, setting.RecordingsStore, setting.InS3)
		m := newModern(t, l)
		caller, err := l.sw.Call(esltest.Call{Number: "78001112233", Extension: "record"})
		if err != nil {
			t.Fatal(err)
		}
		leg := caller.UUID()
		began := l.sw.Clock()
		eventually(t, "some sound", func() bool { return l.sw.Clock().Sub(began) > time.Second })
		caller.Hangup()
		eventually(t, "only in the store", func() bool {
			r := m.recordingOf(t, leg)
			return r.State == "uploaded" && slices.Equal(r.Where, []string{"s3"})
		})
		if _, err := os.Stat(filepath.Join(l.recordings, leg+".wav")); err == nil {
			t.Error("the file is still there")
		}
		wav := m.v1("GET", "/calls/"+leg+"/recording/audio", "")
		checkWAV(t, wav, leg)
		part := m.do("GET", v1.Base+"/calls/"+leg+"/recording/audio", "", http.Header{"Authorization": {"Bearer " + m.token}, "Range": {"bytes=1000-1999"}})
		if part.status != http.StatusPartialContent || part.body != wav.body[1000:2000] {
			t.Errorf("range: %d, %d bytes", part.status, len(part.body))
		}
		m.stop()

		// An old one whose time is over when the process comes back.
		s := storetest.Open(t, database, store.Options{})
		old := time.Now().Add(-48 * time.Hour)
		record(t, l.recordings, "old", time.Second)
		if err := os.Chtimes(filepath.Join(l.recordings, "old.wav"), old, old); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveRecordingFacts(t.Context(), []recording.Fact{{Told: recording.Stopped, Switch: "main", Path: l.recordings + "/old.wav", Name: "old.wav", Leg: "old", At: old}}); err != nil {
			t.Fatal(err)
		}
		record(t, l.recordings, "unknown", time.Second)
		if err := os.Chtimes(filepath.Join(l.recordings, "unknown.wav"), old, old); err != nil {
			t.Fatal(err)
		}
		m = newModern(t, l)
		m.becomes(t, "old", "uploaded")
		m.stop()
		l.set(t, setting.RecordingsKeepDays, "1")
		m = newModern(t, l)
		m.becomes(t, "old", "deleted")
		refused(t, m.v1("GET", "/calls/old/recording/audio", ""), 404, "")
		for _, name := range []string{leg, "unknown"} {
			if got := m.v1("GET", "/calls/"+name+"/recording/audio", ""); got.status != 200 {
				t.Errorf("%s: %d %s", name, got.status, got.body)
			}
		}
	})
}
