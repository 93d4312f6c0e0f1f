package cdr_test

import (
	"crypto/sha256"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"callgate/cdr"
)

// document returns a CDR of those variables and what follows them.
func document(variables, rest string) []byte {
	return []byte("<?xml version=\"1.0\"?>\n<cdr core-uuid=\"core\" switchname=\"fs\">\n<variables>\n" + variables + "</variables>\n" + rest + "</cdr>\n")
}

func TestParseMember(t *testing.T) {
	got := parsed(t, member)
	want := &cdr.Record{
		Leg:         "e11f9649-810b-44d4-867f-4bf94cc3bf5b",
		ALeg:        true,
		CoreUUID:    "c7c58bd5-3697-476a-b686-aa0cfaa649c9",
		SwitchName:  "vm",
		Call:        "e11f9649-810b-44d4-867f-4bf94cc3bf5b",
		Direction:   "inbound",
		Start:       1795413770094226,
		Answer:      1795413770094226,
		End:         1795413780134172,
		HangupCause: "NORMAL_CLEARING",
		Recordings:  []string{"/var/lib/freeswitch/recordings/e11f9649-810b-44d4-867f-4bf94cc3bf5b.wav"},
		Peers:       []string{"62333d86-d9ec-48e2-aad9-cf085a019929"},

		Side:          "member",
		Queue:         "support@default",
		Agent:         "1001@default",
		Member:        "3f6f13d0-45a1-4b5c-9d1b-ee35c4fbdf9b",
		JoinedEpoch:   1795413770,
		AnsweredEpoch: 1795413770,
		QueueCause:    "answered",
		Queues:        []cdr.QueueEntry{{Queue: "support@default", At: 1795413770113817}},

		Caller:            "89190000001",
		CallerName:        "Ромашка",
		Called:            "q_support",
		Bridged:           1795413770254173,
		HangupDisposition: "send_bye",

		Readable: true,
		Raw:      got.Raw,
		Digest:   sha256.Sum256(got.Raw),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mismatch (-want, +got):\n%s", diff)
	}
}

func TestParseCall(t *testing.T) {
	const originator = "<callflow><caller_profile><uuid>x</uuid><originator><originator_caller_profile><uuid>from-profile</uuid>" +
		"</originator_caller_profile></originator></caller_profile></callflow>\n"
	for _, test := range []struct {
		name, variables, rest, want string
	}{
		{"alone", "", "", "leg"},
		{"own", "<call_uuid>leg</call_uuid>", "", "leg"},
		{"bridged to", "<call_uuid>other</call_uuid>", "", "other"},
		{"dialled, bridge over", "<call_uuid>leg</call_uuid><originator>a-leg</originator>", "", "a-leg"},
		{"dialled through a loopback", "<originating_leg_uuid>true-a</originating_leg_uuid><originator>loopback-b</originator>", "", "true-a"},
		{"originator profile", "<call_uuid>leg</call_uuid>", originator, "from-profile"},
		{"oldest originator profile", "", strings.Replace(originator, "from-profile", "newer", 1) + originator +
			"<callflow><caller_profile><uuid>x</uuid></caller_profile></callflow>", "from-profile"},
		{"agent", "<cc_member_session_uuid>member</cc_member_session_uuid><originator>a-leg</originator>", originator, "member"},
		{"loopback B of a dialled leg", "<loopback_leg>B</loopback_leg><other_loopback_leg_uuid>a-half</other_loopback_leg_uuid>" +
			"<other_loopback_from_uuid>true-a</other_loopback_from_uuid>", "", "true-a"},
		{"loopback B", "<call_uuid>leg</call_uuid><loopback_leg>B</loopback_leg><other_loopback_leg_uuid>a-half</other_loopback_leg_uuid>", "", "a-half"},
		{"loopback B that was bridged", "<loopback_leg>B</loopback_leg><other_loopback_leg_uuid>a-half</other_loopback_leg_uuid>", originator, "from-profile"},
		{"loopback A", "<loopback_leg>A</loopback_leg><other_loopback_leg_uuid>b-half</other_loopback_leg_uuid>", "", "leg"},
		{"our own word", "<originator>a-leg</originator><callgate_call>c%2F1</callgate_call>", originator, "c/1"},
		{"the caller's leg does not follow its bridge", "<call_uuid>leg</call_uuid><bridge_uuid>b</bridge_uuid><signal_bond>b</signal_bond>" +
			"<last_bridge_to>b</last_bridge_to><cc_agent_uuid>b</cc_agent_uuid>", "", "leg"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := cdr.Parse("leg", document(test.variables, test.rest)).Call; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestParseCallJoins joins the legs of recorded calls.
func TestParseCallJoins(t *testing.T) {
	if a, b := parsed(t, member), parsed(t, agent); a.Call != b.Call || a.Leg == b.Leg || a.Call != a.Leg {
		t.Errorf("member %s of %s, agent %s of %s: want one call, the member's", a.Leg, a.Call, b.Leg, b.Call)
	}
	// The other leg of the click-to-call as FreeSWITCH makes it when the dialplan bridges: an originator variable and
	// profile, and call_uuid its own again after the bridge.
	a := parsed(t, clickToA)
	b := cdr.Parse("b-leg", document("<uuid>b-leg</uuid><call_uuid>b-leg</call_uuid><originator>"+a.Leg+"</originator><signal_bond>"+a.Leg+"</signal_bond>", ""))
	if a.Call != b.Call || a.Call != a.Leg {
		t.Errorf("%s and %s: want one call, %s", a.Call, b.Call, a.Leg)
	}
	busy := parsed(t, agentBusy)
	if busy.Call != "e2214332-9682-466f-9336-f0b68eec663e" || !busy.ALeg {
		t.Errorf("agent's attempt: got call %s, a_ %v; want the member's, true", busy.Call, busy.ALeg)
	}
}

func TestParseLeg(t *testing.T) {
	const profile = "<callflow><caller_profile><uuid>newest</uuid></caller_profile></callflow><callflow><caller_profile><uuid>oldest</uuid></caller_profile></callflow>"
	long := strings.Repeat("й", 129) // 258 bytes
	for _, test := range []struct {
		name, id, variables, rest, want string
		wantA                           bool
	}{
		{"as sent", "leg", "<uuid>other</uuid>", profile, "leg", false},
		{"a leg", "a_leg", "<uuid>other</uuid>", profile, "leg", true},
		{"odd but possible", "x+y z/й", "<uuid>other</uuid>", profile, "x+y z/й", false},
		{"none, variable", "", "<uuid>v%20w</uuid>", profile, "v w", false},
		{"none, profile", "", "", profile, "newest", false},
		{"only the prefix", "a_", "<uuid>v</uuid>", profile, "v", true},
		{"none at all", "", "", "", "", false},
		{"control character", "a_b\nc", "<uuid>v</uuid>", "", "v", true},
		{"control character, no other", "b\nc\xff\x00", "", "", "b\uFFFDc\uFFFD\uFFFD", false},
		{"too long", long, "<uuid>v</uuid>", "", "v", false},
		{"too long, no other", long, "", "", strings.Repeat("й", 128), false},
		{"too long with broken bytes", strings.Repeat("\xff", 300), "", "", strings.Repeat("\uFFFD", 85), false},
		{"document's is bad too", "", "<uuid>a%00b</uuid>", "", "a\uFFFDb", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := cdr.Parse(test.id, document(test.variables, test.rest))
			if got.Leg != test.want || got.ALeg != test.wantA {
				t.Errorf("got %q, %v; want %q, %v", got.Leg, got.ALeg, test.want, test.wantA)
			}
			if got.Call != got.Leg {
				t.Errorf("call %q, want the leg's %q", got.Call, got.Leg)
			}
		})
	}
}

func TestParseTimes(t *testing.T) {
	const times = "<callflow><times><created_time>11</created_time><answered_time>0</answered_time><hangup_time>13</hangup_time></times></callflow>" +
		"<callflow><times><created_time>11</created_time><answered_time>12</answered_time><hangup_time>0</hangup_time></times></callflow>"
	for _, test := range []struct {
		name, variables, rest string
		want                  [3]int64
	}{
		{"variables first", "<start_uepoch>1</start_uepoch><answer_uepoch>2</answer_uepoch><end_uepoch>3</end_uepoch>", times, [3]int64{1, 2, 3}},
		{"newest callflow", "", times, [3]int64{11, 0, 13}},
		{"seconds", "<start_epoch>1</start_epoch><answer_epoch>0</answer_epoch><end_epoch>3</end_epoch>", "", [3]int64{1e6, 0, 3e6}},
		{"never", "<start_uepoch>0</start_uepoch>", "", [3]int64{}},
		{"nonsense", "<start_uepoch>-1</start_uepoch><answer_uepoch>x</answer_uepoch><end_uepoch>99999999999999999999</end_uepoch>", "", [3]int64{}},
		{"after the year 9999", "<start_uepoch>253402300800000000</start_uepoch><end_uepoch>253402300799999999</end_uepoch>", "", [3]int64{0, 0, 253402300799999999}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := cdr.Parse("leg", document(test.variables, test.rest))
			if got := [3]int64{r.Start, r.Answer, r.End}; got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestParseRecordings(t *testing.T) {
	application := func(data string) string {
		return `<app_log><application app_name="record_session" app_data="` + data + `" app_stamp="1"></application></app_log>` + "\n"
	}
	many := new(strings.Builder)
	for i := range 100 {
		many.WriteString("<callgate_recording>/" + strings.Repeat("x", i+1) + "</callgate_recording>")
	}
	for _, test := range []struct {
		name, variables, rest string
		want                  []string
	}{
		{"none", "", "", nil},
		{"queue", "<cc_record_filename>/r/%D0%B8%25%20b.wav</cc_record_filename>", "", []string{"/r/и% b.wav"}},
		{"ours first, each once", "<cc_record_filename>/b</cc_record_filename><callgate_recording>/a</callgate_recording><callgate_recording>/b</callgate_recording>",
			application("/a"), []string{"/a", "/b"}},
		{"application", "", application("/r/x.wav"), []string{"/r/x.wav"}},
		{"application with limit and variables", "", application("/r/x.wav +60 {a=b}"), []string{"/r/x.wav"}},
		{"not percent-encoded there", "", application("/r/%41&amp;.wav"), []string{"/r/%41&.wav"}},
		{"quoted", "", application(" '/r/x y.wav' +60"), []string{"/r/x y.wav"}},
		{"listed by the dialplan", "", `<callflow><extension><application app_name="record_session" app_data="/r/${uuid}.wav"></application></extension></callflow>`,
			[]string{"/r/leg.wav"}},
		{"in an inner extension", "", `<callflow><extension><sub_extensions><extension><application app_name="record_session" app_data="/r"/></extension></sub_extensions></extension></callflow>`,
			[]string{"/r"}},
		{"not expanded", "", application("/r/${strftime(%Y)}.wav"), nil},
		{"other applications", "", `<app_log><application app_name="playback" app_data="/r"/><application app_name="stop_record_session" app_data="/r"/></app_log>`, nil},
		{"on an event", "<execute_on_answer>record_session%20/r/${uuid}.wav%20%2B5</execute_on_answer>", "", []string{"/r/leg.wav"}},
		{"on an event, colon", "<execute_on_media_2>record_session%3A/r</execute_on_media_2>", "", []string{"/r"}},
		{"on an event, in the background", "<execute_on_ring>record_session%3A%3A/r</execute_on_ring>", "", []string{"/r"}},
		{"on an event, something else", "<execute_on_answer>record_session_mask%20/r</execute_on_answer><execute_on_answer>record_session</execute_on_answer><on_answer>record_session%20/r</on_answer>", "", nil},
		{"control character", "<cc_record_filename>/r/a%00b</cc_record_filename>", application("/r/&#10;x"), nil},
		{"empty and too long", "<cc_record_filename></cc_record_filename><callgate_recording>/" + strings.Repeat("x", 4096) + "</callgate_recording>", "", nil},
		{"grown too long", "<callgate_recording>" + strings.Repeat("${uuid}", 500) + strings.Repeat("x", 596) + "</callgate_recording>", "", []string{strings.Repeat("leg", 500) + strings.Repeat("x", 596)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := cdr.Parse("a_leg", document(test.variables, test.rest)).Recordings
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
		})
	}
	if got := cdr.Parse("leg", document(many.String(), "")).Recordings; len(got) != 32 || got[31] != "/"+strings.Repeat("x", 32) {
		t.Errorf("got %d recordings, want the first 32", len(got))
	}
}

func TestParseDetails(t *testing.T) {
	for _, test := range []struct {
		name, body string
		want       cdr.Record
	}{
		{"channel's direction", "<cdr><channel_data><direction>outbound</direction></channel_data><variables><direction>inbound</direction></variables></cdr>",
			cdr.Record{Direction: "outbound", Readable: true}},
		{"variable's direction", "<cdr><variables><direction>inbound</direction></variables></cdr>", cdr.Record{Direction: "inbound", Readable: true}},
		{"no direction", "<cdr><variables><direction>sideways</direction></variables></cdr>", cdr.Record{Readable: true}},
		{"hostile words", "<cdr core-uuid='a&#0;b' switchname='" + strings.Repeat("s", 300) + "'><variables><hangup_cause>a%0Ab%FF</hangup_cause></variables></cdr>",
			cdr.Record{CoreUUID: "a\uFFFDb", SwitchName: strings.Repeat("s", 256), HangupCause: "a\uFFFDb\uFFFD", Readable: true, Damaged: true}},
		{"cut off", "<cdr switchname='s'><variables><hangup_cause>USER_BUSY</hangup_cause><en", cdr.Record{SwitchName: "s", HangupCause: "USER_BUSY", Readable: true, Damaged: true}},
		{"another document", "<html><body>x</body></html>", cdr.Record{Damaged: true}},
		{"nothing in it", "<cdr switchname='s'>text</cdr>", cdr.Record{Damaged: true}},
		{"no document", "cdr=hello", cdr.Record{Damaged: true}},
		{"empty", "", cdr.Record{Damaged: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := cdr.Parse("leg", []byte(test.body))
			test.want.Leg, test.want.Call = "leg", "leg"
			test.want.Raw, test.want.Digest = []byte(test.body), sha256.Sum256([]byte(test.body))
			if diff := cmp.Diff(&test.want, got); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
		})
	}
}

// texts returns every string within v.
func texts(v reflect.Value) (all []string) {
	switch v.Kind() {
	case reflect.String:
		return []string{v.String()}
	case reflect.Slice:
		for i := range v.Len() {
			all = append(all, texts(v.Index(i))...)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			all = append(all, texts(v.Field(i))...)
		}
	}
	return all
}

func FuzzParse(f *testing.F) {
	f.Add("", document("<cc_queue>%00</cc_queue><cc_agent>\x01</cc_agent><callgate_user>%FF</callgate_user>",
		"<app_log><application app_name='callcenter' app_data='a&#1;' app_stamp='9'/></app_log><callflow><caller_profile><caller_id_name>&#127;</caller_id_name></caller_profile></callflow>"))
	f.Add("x", document("<uuid>x</uuid><cc_record_filename>/r%20</cc_record_filename>", ""))
	f.Add("", []byte("cdr=%3Ccdr%3E%3Ca%3Eb%3C/a%3E"))
	f.Add("x", []byte("cdr=PGNkcj48YT5iPC9hPjwvY2RyPgo="))
	for _, seed := range strange() {
		f.Add("a_x", []byte(seed))
	}
	f.Fuzz(func(t *testing.T, id string, body []byte) {
		r := cdr.Parse(id, body)
		if r.Digest != sha256.Sum256(r.Raw) {
			t.Error("the digest is not that of Raw")
		}
		if len(r.Recordings) > 32 || len(r.Peers) > 32 || len(r.Queues) > 32 {
			t.Errorf("%d recordings, %d peers, %d queues", len(r.Recordings), len(r.Peers), len(r.Queues))
		}
		for _, s := range texts(reflect.ValueOf(*r)) {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) || len(s) > 4096 {
				t.Errorf("not clean: %q", s)
			}
		}
		for _, n := range []int64{r.Start, r.Answer, r.End, r.Bridged, r.JoinedEpoch, r.AnsweredEpoch, r.TerminatedEpoch, r.CanceledEpoch, r.HoldSeconds} {
			if n < 0 || n > 253402300799999999 {
				t.Errorf("no time: %d", n)
			}
		}
		if _, err := cdr.AppendJSON(nil, r.Raw); err != nil && r.Readable {
			t.Errorf("readable, but no JSON: %v", err)
		}
	})
}
