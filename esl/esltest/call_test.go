package esltest_test

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callgate/esl/esltest"
)

// park makes a leg that stays, and returns its uuid.
func (b *bench) park(dial string) string {
	b.t.Helper()
	id, ok := strings.CutPrefix(strings.TrimSuffix(b.api("originate "+dial+" &park()"), "\n"), "+OK ")
	if !ok {
		b.t.Fatalf("park %s: %q", dial, id)
	}
	return id
}

const quick = "sofia/internal/quick@127.0.0.1:5080"

func TestCommandsOnACall(t *testing.T) {
	tests := []struct {
		name string
		do   []string // commands, A and B stand for the uuids of two parked legs
		want string   // of the last one
	}{
		{"variable", []string{"uuid_setvar A x one two", "uuid_getvar A x"}, "one two"},
		{"no variable", []string{"uuid_getvar A nosuch"}, "_undef_"},
		{"variable removed", []string{"uuid_setvar A x 1", "uuid_setvar A x", "uuid_getvar A x"}, "_undef_"},
		{"variable of nobody", []string{"uuid_getvar X x"}, "-ERR No such channel!\n"},
		{"variable without name", []string{"uuid_getvar A"}, "-USAGE: <uuid> <var>\n"},
		{"exists", []string{"uuid_exists A"}, "true"},
		{"does not exist", []string{"uuid_exists X"}, "false"},
		{"expression", []string{"eval uuid:A ${uuid}/${destination_number}/${domain}"}, "A/quick/home"},
		{"nested api", []string{"eval ${cond(1 == 1 ? yes : no)}"}, "yes"},
		{"expanded command", []string{"expand uuid:A echo ${uuid}"}, "A"},
		{"kill", []string{"uuid_kill A"}, "+OK\n"},
		{"killed is not found", []string{"uuid_kill A", "uuid_getvar A x"}, "-ERR No such channel!\n"},
		{"kill nobody", []string{"uuid_kill X"}, "-ERR No such channel!\n"},
		{"bridge", []string{"uuid_bridge A B"}, "+OK B\n"},
		{"bridge knows its partner", []string{"uuid_bridge A B", "msleep 500", "uuid_getvar A bridge_uuid"}, "B"},
		{"one call of two legs", []string{"uuid_bridge A B", "msleep 500", "show calls count"}, "\n1 total.\n"},
		{"bridge nobody", []string{"uuid_bridge A X"}, "-ERR Invalid uuid\n"},
		{"one leg ends the other", []string{"uuid_bridge A B", "msleep 500", "uuid_kill B", "msleep 100", "show channels count"}, "\n0 total.\n"},
		{"unless it parks", []string{"uuid_setvar A park_after_bridge true", "uuid_bridge A B", "msleep 500", "uuid_kill B", "msleep 100", "show channels count"}, "\n1 total.\n"},
		{"transfer", []string{"uuid_transfer A 100", "msleep 100", "eval uuid:A ${destination_number}"}, "100"},
		{"transfer of the other leg", []string{"uuid_bridge A B", "msleep 500", "uuid_setvar A park_after_bridge true", "uuid_transfer A -bleg 100", "msleep 100", "eval uuid:B ${destination_number}"}, "100"},
		{"transfer to nowhere ends it", []string{"uuid_transfer A 999", "msleep 100", "uuid_exists A"}, "false"},
		{"transfer nobody", []string{"uuid_transfer X 100"}, "-ERR No such channel!\n"},
		{"hold", []string{"uuid_hold A", "show channels as json"}, `"callstate":"HELD"`},
		{"hold nobody", []string{"uuid_hold X"}, "+OK Success\n"},
		{"hold twice", []string{"uuid_hold A", "uuid_hold A"}, "-ERR Operation failed\n"},
		{"off hold what is not", []string{"uuid_hold off A"}, "-ERR Operation failed\n"},
		{"bridge one leg with itself", []string{"uuid_bridge A A"}, "+OK A\n"},
		{"mute", []string{"uuid_audio A start read mute 1", "uuid_buglist A"}, "  <function>audio</function>\n  <target>mute</target>\n"},
		{"mute no more", []string{"uuid_audio A start read mute 1", "uuid_audio A stop", "uuid_buglist A"}, "<media-bugs>\n</media-bugs>\n"},
		{"mute nobody", []string{"uuid_audio X stop"}, "-ERR No such channel!\n"},
		{"mute without a level", []string{"uuid_audio A start read mute"}, "-USAGE: <uuid> [start [read|write] [mute|level <level>]|stop]\n"},
		{"digits", []string{"uuid_send_dtmf A 12#@100"}, "+OK A sent DTMF 12#@100.\n"},
		{"digits that are none", []string{"uuid_send_dtmf A x~y"}, "-ERR Operation failed\n"},
		{"digits to nobody", []string{"uuid_send_dtmf X 1"}, "-ERR Cannot locate session!\n"},
		{"a recording listens in", []string{"uuid_record A start /rec/x.wav", "uuid_buglist A"}, "  <function>session_record</function>\n  <target>/rec/x.wav</target>\n"},
		{"nobody listens to nobody", []string{"uuid_buglist X"}, "-ERR no reply\n"},
		{"killed does not exist", []string{"uuid_kill A", "uuid_exists A"}, "false"},
		{"broadcast", []string{"uuid_broadcast A set::x=7", "msleep 10", "uuid_getvar A x"}, "7"},
		{"broadcast and hang up", []string{"uuid_broadcast A playback!USER_BUSY::tone_stream://%(500,0,440)", "msleep 700", "uuid_exists A"}, "false"},
		{"park", []string{"uuid_bridge A B", "msleep 500", "uuid_park A", "msleep 100", "eval uuid:A ${state}"}, "CS_PARK"},
		{"hang all up", []string{"hupall USER_BUSY", "msleep 100", "show channels count"}, "\n0 total.\n"},
		{"hang up by variable", []string{"uuid_setvar A x 1", "hupall USER_BUSY x 1", "msleep 100", "uuid_exists B"}, "true"},
		{"record nobody", []string{"uuid_record X start /x.wav"}, "-ERR Cannot locate session!\n"},
		{"record outside the folder", []string{"uuid_record A start /etc/x.wav"}, "-ERR Cannot record session!\n"},
		{"record above the folder", []string{"uuid_record A start /rec/../x.wav"}, "-ERR Cannot record session!\n"},
		{"stop what does not run", []string{"uuid_record A stop /rec/x.wav"}, "-ERR Cannot stop record session!\n"},
		{"record", []string{"uuid_record A start /rec/a/x.wav"}, "+OK Success\n"},
		{"record twice", []string{"uuid_record A start /rec/x.wav", "uuid_record A start /rec/x.wav"}, "+OK Success\n"},
		{"stop all", []string{"uuid_record A start /rec/x.wav", "uuid_record A start /rec/y.wav", "msleep 100", "uuid_record A stop all"}, "+OK Success\n"},
		{"usage", []string{"uuid_record A"}, "-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n"},
		{"dump", []string{"uuid_dump A plain"}, "Unique-ID: [A]\n"},
		{"dump as JSON", []string{"uuid_dump A json"}, `"Unique-ID":"A"`},
		{"channels as JSON", []string{"show channels as json"}, `{"row_count":2,"rows":[{"uuid":"A","direction":"outbound"`},
		{"count as JSON", []string{"show channels count as json"}, `{"row_count":2,"rows":[]}` + "\n"},
		{"registrations", []string{"show registrations count"}, "\n2 total.\n"},
		{"contact", []string{"sofia_contact quick@home"}, "sofia/internal/sip:quick@127.0.0.1:5080"},
		{"no contact", []string{"sofia_contact */away@home"}, "error/user_not_registered"},
		{"global", []string{"global_getvar domain"}, "home"},
		{"module", []string{"module_exists mod_callcenter"}, "true"},
		{"no module", []string{"module_exists mod_nosuch"}, "false"},
		{"reload", []string{"reloadxml"}, "+OK [Success]\n"},
		{"time with a zone", []string{"strftime %%%z"}, "%+0000"},
		{"seconds since 1970", []string{"strftime %s"}, "-ERR no reply\n"},
		{"expansion", []string{"fsctl api_expansion"}, "+OK api_expansion is on \n"},
		{"expansion off", []string{"fsctl api_expansion off", "eval a${echo(x)}"}, "a<API execute Permission Denied>"},
		{"expansion off, on a channel", []string{"fsctl api_expansion off", "eval uuid:A ${echo(x)}"}, "<API Execute Permission Denied>"},
		{"expansion on again", []string{"fsctl api_expansion off", "fsctl api_expansion on", "eval a${echo(x)}"}, "ax"},
		{"idle processor", []string{"fsctl min_idle_cpu"}, "+OK min idle cpu: DISABLED\n"},
		{"idle processor set", []string{"fsctl min_idle_cpu 10", "fsctl min_idle_cpu"}, "+OK min idle cpu: 10.00\n"},
		{"not paused", []string{"fsctl pause_check"}, "false"},
		{"paused", []string{"fsctl pause", "fsctl pause_check"}, "true"},
		{"call while paused", []string{"fsctl pause", "originate null/x &park"}, "-ERR DESTINATION_OUT_OF_ORDER\n"},
		{"call when resumed", []string{"fsctl pause", "fsctl resume", "originate null/x &park", "show channels count"}, "\n3 total.\n"},
		{"file of a recording", []string{"uuid_record A start /rec/x.wav", "file_exists /rec/x.wav"}, "true"},
		{"folder of recordings", []string{"file_exists /rec"}, "true"},
		{"no file", []string{"file_exists /rec/x.wav"}, "false"},
		{"file elsewhere", []string{"file_exists /etc/passwd"}, "false"},
		{"file not named", []string{"file_exists"}, "false"},
		{"time", []string{"strftime 0|%Y-%m-%d"}, "1970-01-01"},
		{"uptime", []string{"msleep 3000", "uptime s"}, "3\n"},
		{"sessions", []string{`json {"command":"status","data":{}}`}, `"sessions":{"count":{"total":2,"active":2,"peak":2,"peak5Min":2,"limit":1000}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := originateConfig()
			cfg.RecordingsDir, cfg.RecordingsPath = t.TempDir(), "/rec"
			inBubble(t, cfg, func(t *testing.T, b *bench) {
				one, two := b.park(quick), b.park(quick)
				names := strings.NewReplacer(" A", " "+one, " B", " "+two, ":A", ":"+one, ":B", ":"+two)
				var got string
				for _, command := range test.do {
					got = b.api(strings.TrimPrefix(names.Replace(" "+command), " "))
				}
				got = strings.NewReplacer(one, "A", two, "B").Replace(got)
				if got != test.want && (len(test.want) < 10 || !strings.Contains(got, test.want)) {
					t.Errorf("want %q\ngot  %q", test.want, got)
				}
			})
		})
	}
}

// TestRecording: the file is real, as long as the call was by the switch's
// clock, and closed before RECORD_STOP says so.
func TestRecording(t *testing.T) {
	tests := []struct {
		name, dial string
		do         func(b *bench, id string)
		seconds    int
	}{
		{"by command", quick, func(b *bench, id string) { b.api("uuid_record " + id + " start /rec/x.wav") }, 10},
		{"on answer", "{execute_on_answer='record_session /rec/x.wav'}" + quick, nil, 10},
		{"on answer, the other form", "{execute_on_answer=record_session:/rec/x.wav}" + quick, nil, 10},
		{"with a limit", quick, func(b *bench, id string) { b.api("uuid_record " + id + " start /rec/x.wav 4") }, 4},
		{"with a pause", quick, func(b *bench, id string) {
			b.api("uuid_record " + id + " start /rec/x.wav")
			b.api("uuid_record " + id + " pause /rec/x.wav")
			b.life(3 * time.Second)
			b.api("uuid_record " + id + " resume /rec/x.wav")
		}, 10},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := originateConfig()
			cfg.RecordingsDir, cfg.RecordingsPath, cfg.Speed = t.TempDir(), "/rec", 5
			inBubble(t, cfg, func(t *testing.T, b *bench) {
				p := b.listener("RECORD_START RECORD_STOP")
				id := b.park(test.dial)
				if test.do != nil {
					test.do(b, id)
				}
				p.event(1, "Event-Name", "RECORD_START", "Record-File-Path", "/rec/x.wav")
				b.life(10 * time.Second)
				b.api("uuid_kill " + id)
				stop := p.event(1, "Event-Name", "RECORD_STOP", "Record-File-Path", "/rec/x.wav")
				raw, err := os.ReadFile(filepath.Join(cfg.RecordingsDir, "x.wav"))
				if err != nil {
					t.Fatal(err)
				}
				if string(raw[:4]) != "RIFF" || string(raw[8:16]) != "WAVEfmt " || binary.LittleEndian.Uint32(raw[24:]) != 8000 {
					t.Errorf("header % x", raw[:44])
				}
				if n := int(binary.LittleEndian.Uint32(raw[40:])); n != len(raw)-44 || n < test.seconds*16000-3200 || n > test.seconds*16000+3200 {
					t.Errorf("%d bytes of sound in a file of %d, want %d s", n, len(raw), test.seconds)
				}
				if got := lookup(stop.event, "variable_record_seconds"); got != string(rune('0'+test.seconds)) && test.seconds < 10 {
					t.Errorf("record_seconds %s", got)
				}
			})
		})
	}
}

func TestCaller(t *testing.T) {
	cfg := originateConfig()
	cfg.Extensions = append(cfg.Extensions, esltest.Extension{Name: "ring", Match: "^ring$", Apps: []esltest.App{{Name: "sleep", Data: "20000"}}})
	tests := []struct {
		name, extension string
		stay            time.Duration
		hangup          bool
		want            map[string]string // headers of CHANNEL_HANGUP_COMPLETE
	}{
		{"leaves after a while", "100", 5 * time.Second, false, map[string]string{"Hangup-Cause": "NORMAL_CLEARING",
			"variable_sip_hangup_disposition": "recv_bye", "variable_billsec": "5", "Caller-Caller-ID-Name": "Ann", "Caller-Caller-ID-Number": "+7495"}},
		{"leaves when told", "100", 0, true, map[string]string{"Hangup-Cause": "NORMAL_CLEARING", "variable_sip_hangup_disposition": "recv_bye"}},
		{"leaves before the answer", "ring", 5 * time.Second, false, map[string]string{"Hangup-Cause": "ORIGINATOR_CANCEL",
			"variable_sip_hangup_disposition": "recv_cancel", "variable_billsec": "0", "variable_duration": "5"}},
		{"is refused", "102", time.Minute, false, map[string]string{"Hangup-Cause": "CALL_REJECTED", "variable_sip_hangup_disposition": "send_refuse"}},
		{"dials nothing", "999", time.Minute, false, map[string]string{"Hangup-Cause": "NO_ROUTE_DESTINATION"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, cfg, func(t *testing.T, b *bench) {
				p := b.listener("CHANNEL_ANSWER CHANNEL_HANGUP_COMPLETE")
				call, err := b.s.Call(esltest.Call{Number: "+7495", Name: "Ann", Extension: test.extension, HangupAfter: test.stay})
				if err != nil {
					t.Fatal(err)
				}
				if test.hangup {
					p.event(1, "Event-Name", "CHANNEL_ANSWER")
					call.Hangup()
				}
				<-call.Done()
				e := p.event(1, "Event-Name", "CHANNEL_HANGUP_COMPLETE", "Unique-ID", call.UUID())
				for name, want := range test.want {
					if got := lookup(e.event, name); got != want {
						t.Errorf("%s: want %q, got %q", name, want, got)
					}
				}
			})
		})
	}
}

// TestEndOrder: file closed, CDR posted, and only then CHANNEL_HANGUP_COMPLETE
// and CHANNEL_DESTROY; a slow CDR server delays them.
func TestEndOrder(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		cfg, in, _ := bubbleConfig(variants[0], dir)
		cdrs := serveCDR(t, &cfg)
		cdrs.statuses = []int{503, 503}
		cfg.CDR.Retries, cfg.CDR.Delay = 2, 3*time.Second
		s := run(t, cfg)
		b := &bench{admin: newAdmin(t, connect(t, s, in)), s: s, in: in}
		p := b.listener("RECORD_STOP CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY")
		id := b.park("{execute_on_answer='record_session /var/lib/freeswitch/recordings/x.wav'}sofia/internal/1@127.0.0.1:5070")
		b.life(time.Second)
		b.api("uuid_kill " + id)
		destroyed := p.event(1, "Event-Name", "CHANNEL_DESTROY")
		if got, want := p.events(""), "CHANNEL_HANGUP RECORD_STOP CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY"; got != want {
			t.Errorf("want %s\ngot  %s", want, got)
		}
		hungUp := p.event(1, "Event-Name", "CHANNEL_HANGUP")
		if took := micros(lookup(destroyed.event, "Event-Date-Timestamp")) - micros(lookup(hungUp.event, "Event-Date-Timestamp")); took < 6_000_000 {
			t.Errorf("two retries took only %d µs", took)
		}
		if n := len(cdrs.posts); n != 3 || cdrs.posts[0] != cdrs.posts[2] {
			t.Errorf("%d posts", n)
		}
	})
}

// TestUndelivered: what cannot be posted is kept in its encoded form.
func TestUndelivered(t *testing.T) {
	dir, errDir := t.TempDir(), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		cfg, in, _ := bubbleConfig(variants[0], dir)
		cdrs := serveCDR(t, &cfg)
		cdrs.statuses = []int{500}
		cfg.CDR.ErrLogDir = errDir
		s := run(t, cfg)
		b := &bench{admin: newAdmin(t, connect(t, s, in)), s: s, in: in}
		p := b.listener("CHANNEL_DESTROY")
		id := b.park("null/x")
		b.api("uuid_kill " + id)
		p.event(1, "Event-Name", "CHANNEL_DESTROY")
		raw, err := os.ReadFile(filepath.Join(errDir, "a_"+id+".cdr.xml"))
		if err != nil {
			t.Fatal(err)
		}
		if "cdr="+string(raw) != cdrs.posts[0].body {
			t.Errorf("kept %.60q, posted %.60q", raw, cdrs.posts[0].body)
		}
	})
}

// TestWhichLegs: legs that were dialled by another are b-legs, and can be left out.
func TestWhichLegs(t *testing.T) {
	tests := []struct {
		name string
		set  func(*esltest.CDRConfig)
		vars string
		want string // prefixes of the posted ids, sorted
	}{
		{"both", func(*esltest.CDRConfig) {}, "", "_ a_"},
		{"without b-legs", func(c *esltest.CDRConfig) { c.NoBLeg = true }, "", "a_"},
		{"without prefix", func(c *esltest.CDRConfig) { c.NoPrefix = true }, "", "_ _"},
		{"not wanted", func(*esltest.CDRConfig) {}, "{process_cdr=false}", "_"},
		{"cause left out", func(*esltest.CDRConfig) {}, "{skip_cdr_causes=USER_BUSY|NORMAL_CLEARING}", "_"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				cfg, in, _ := bubbleConfig(variants[0], dir)
				cdrs := serveCDR(t, &cfg)
				test.set(&cfg.CDR)
				s := run(t, cfg)
				b := &bench{admin: newAdmin(t, connect(t, s, in)), s: s, in: in}
				b.api("originate " + test.vars + "sofia/internal/1@127.0.0.1:5070 &bridge(sofia/internal/2@127.0.0.1:5070)")
				b.life(time.Second)
				b.api("hupall NORMAL_CLEARING")
				b.life(time.Second)
				var got []string
				for _, p := range cdrs.posts {
					got = append(got, strings.TrimSuffix(p.uuid[:len(p.uuid)-36], "_")+"_")
				}
				if len(got) == 2 && got[0] > got[1] {
					got[0], got[1] = got[1], got[0]
				}
				if s := strings.Join(got, " "); s != test.want {
					t.Errorf("want %q, got %q", test.want, s)
				}
			})
		})
	}
}

func TestStatusIsJSON(t *testing.T) {
	inBubble(t, originateConfig(), func(t *testing.T, b *bench) {
		for _, command := range []string{`json {"command":"status","data":{}}`, `json {"command":"callcenter_config","data":{"arguments":"queue list"}}`,
			"show channels as json", "show registrations as json", "uuid_dump " + b.park(quick) + " json"} {
			if got := b.api(command); !json.Valid([]byte(got)) {
				t.Errorf("%s: %s", command, got)
			}
		}
	})
}

// TestEavesdrop: the listener stays as long as the leg he listens to, is seen there, and ends without one.
func TestEavesdrop(t *testing.T) {
	inBubble(t, originateConfig(), func(t *testing.T, b *bench) {
		id := b.park(quick)
		b.api("originate {origination_uuid=ear}" + quick + " &eavesdrop(" + id + ")")
		b.life(10 * time.Second)
		if bugs, up := b.api("uuid_buglist "+id), b.api("uuid_exists ear"); !strings.Contains(bugs, "<function>eavesdrop</function>") || up != "true" {
			t.Errorf("listening %s: %s", up, bugs)
		}
		b.api("uuid_kill " + id)
		b.life(time.Second)
		if up := b.api("uuid_exists ear"); up != "false" {
			t.Error("the listener stays when there is nothing to hear")
		}
		b.api("originate {origination_uuid=ear2}" + quick + " &eavesdrop(nobody)")
		b.life(time.Second)
		if up := b.api("uuid_exists ear2"); up != "false" {
			t.Error("the listener stays with nobody")
		}
	})
}
