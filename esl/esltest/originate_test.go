package esltest_test

import (
	"strings"
	"testing"
	"time"

	"callgate/esl/esltest"
)

func originateConfig() esltest.Config {
	return esltest.Config{
		Phones: phones(), Globals: map[string]string{"domain": "home"}, Domain: "home",
		Users: []esltest.User{
			{ID: "ann", Registered: "127.0.0.1:5080", DialString: "sofia/internal/quick@127.0.0.1:5080"},
			{ID: "quick", Registered: "127.0.0.1:5080"},
			{ID: "two", DialString: "sofia/internal/ok@127.0.0.1:5080,sofia/internal/quick@127.0.0.1:5080"},
			{ID: "away"}, {ID: "none", DialString: esltest.NoDialString},
		},
		Gateways: []esltest.Gateway{{Name: "trunk", Addr: "127.0.0.1:5080"}, {Name: "broken", Addr: "127.0.0.1:5080", Down: true}},
		Extensions: []esltest.Extension{
			{Name: "answer", Match: "^100$", Apps: []esltest.App{{Name: "answer"}, {Name: "park"}}},
			{Name: "early", Match: "^101$", Apps: []esltest.App{{Name: "pre_answer"}, {Name: "sleep", Data: "3000"}, {Name: "answer"}, {Name: "park"}}},
			{Name: "refuse", Match: "^102$", Apps: []esltest.App{{Name: "hangup", Data: "CALL_REJECTED"}}},
		},
	}
}

func TestOriginate(t *testing.T) {
	const phone = "sofia/internal/%s@127.0.0.1:5080"
	at := func(user string) string { return strings.ReplaceAll(phone, "%s", user) }
	tests := []struct {
		name, args string
		want       string // with the uuid left out
		took       time.Duration
	}{
		{"answers", at("ok") + " &park()", "+OK <uuid>\n", 2 * time.Second},
		{"rings late", at("later") + " &park()", "+OK <uuid>\n", 2 * time.Second},
		{"busy", at("busy") + " &park()", "-ERR USER_BUSY\n", time.Second},
		{"declines", at("no") + " &park()", "-ERR CALL_REJECTED\n", time.Second},
		{"no such number", at("unknown") + " &park()", "-ERR UNALLOCATED_NUMBER\n", 0},
		{"nobody there", "sofia/internal/x@127.0.0.1:9 &park()", "-ERR NORMAL_TEMPORARY_FAILURE\n", 0},
		{"timeout", at("sleeps") + " &park() XML default name 7 5", "-ERR NO_ANSWER\n", 5 * time.Second},
		{"timeout left out", at("sleeps") + " &park() undef undef undef undef 5", "-ERR NO_ANSWER\n", 5 * time.Second},
		{"timeout by variable", "{originate_timeout=3}" + at("sleeps") + " &park()", "-ERR NO_ANSWER\n", 3 * time.Second},
		{"timeout of a leg", "[leg_timeout=4]" + at("sleeps") + " &park()", "-ERR ALLOTTED_TIMEOUT\n", 4 * time.Second},
		{"ring is enough", "{return_ring_ready=true}" + at("sleeps") + " &park()", "+OK <uuid>\n", 0},
		{"first of two", at("ok") + "," + at("quick") + " &park()", "+OK <uuid>\n", 0},
		{"one after another", at("busy") + "|" + at("ok") + " &park()", "+OK <uuid>\n", 3 * time.Second},
		{"again", "{originate_retries=3,originate_retry_sleep_ms=2000}" + at("busy") + " &park()", "-ERR USER_BUSY\n", 7 * time.Second},
		{"early media counts", "sofia/internal/101@127.0.0.1:5060 &park()", "+OK <uuid>\n", 0},
		{"early media ignored", "{ignore_early_media=true}sofia/internal/101@127.0.0.1:5060 &park()", "+OK <uuid>\n", 3 * time.Second},
		{"ourselves", "sofia/internal/100@127.0.0.1:5060 &park()", "+OK <uuid>\n", 0},
		{"ourselves refusing", "sofia/internal/102@127.0.0.1:5060 &park()", "-ERR CALL_REJECTED\n", 0},
		{"no route at ourselves", "sofia/internal/999@127.0.0.1:5060 &park()", "-ERR UNALLOCATED_NUMBER\n", 0},
		{"account", "user/ann &park()", "+OK <uuid>\n", 0},
		{"account by its registration", "user/quick@home &park()", "+OK <uuid>\n", 0},
		{"account on two phones", "user/two &park()", "+OK <uuid>\n", 0},
		{"account away", "user/away@home &park()", "-ERR USER_NOT_REGISTERED\n", 0},
		{"account without dial string", "user/none &park()", "-ERR MANDATORY_IE_MISSING\n", 0},
		{"no account", "user/nobody &park()", "-ERR SUBSCRIBER_ABSENT\n", 0},
		{"gateway", "sofia/gateway/trunk/ok &park()", "+OK <uuid>\n", 2 * time.Second},
		{"gateway down", "sofia/gateway/broken/1 &park()", "-ERR GATEWAY_DOWN\n", 0},
		{"gateway without number", "sofia/gateway/trunk &park()", "-ERR INVALID_URL\n", 0},
		{"no profile", "sofia/nosuch/1@h &park()", "-ERR INVALID_PROFILE\n", 0},
		{"not registered", "sofia/internal/1 &park()", "-ERR USER_NOT_REGISTERED\n", 0},
		{"named cause", "error/NO_ROUTE_DESTINATION &park()", "-ERR NO_ROUTE_DESTINATION\n", 0},
		{"null", "null/x &park()", "+OK <uuid>\n", 0},
		{"loopback", "loopback/100/default &park()", "+OK <uuid>\n", 0},
		{"loopback to nowhere", "loopback/999/default &park()", "-ERR NO_ROUTE_DESTINATION\n", 0},
		{"brackets that do not close", "{a=b" + at("ok") + " &park()", "-ERR DESTINATION_OUT_OF_ORDER\n", 0},
		{"one word", "null/x", "-USAGE: <call url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]\n", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, originateConfig(), func(t *testing.T, b *bench) {
				start := time.Now()
				got := b.api("originate " + test.args)
				if got = uuidPattern.ReplaceAllString(got, "<uuid>"); got != test.want {
					t.Errorf("want %q, got %q", test.want, got)
				}
				// The SIP messages of a call take some milliseconds.
				if took := time.Since(start); took.Truncate(100*time.Millisecond) != test.took {
					t.Errorf("want %v, took %v", test.took, took)
				}
			})
		})
	}
}

func TestOriginateVariables(t *testing.T) {
	tests := []struct {
		name, dial string
		want       map[string]string
	}{
		{"braces", "{a=1,b=two}null/x", map[string]string{"a": "1", "b": "two"}},
		{"escaped comma", `{a=x\,y}null/x`, map[string]string{"a": "x,y"}},
		{"escaped quote and blank", `{a=O\'Brien\sX}null/x`, map[string]string{"a": "O'Brien X"}},
		{"quoted space", "{a='c d'}null/x", map[string]string{"a": "c d"}},
		{"quotes do not save a comma", "{a='Doe, John',b=1}null/x", map[string]string{"a": "Doe", "b": "1"}},
		{"other delimiter", "{^^;a=1,2;b=x|y}null/x", map[string]string{"a": "1,2", "b": "x|y"}},
		{"braces win over brackets", "{a=1}[a=2,b=3]null/x", map[string]string{"a": "1", "b": "3"}},
		{"what would be expanded is dropped", "{a=${domain},b=1}null/x", map[string]string{"a": "_undef_", "b": "1"}},
		{"brace in a value ends the block", "{v=a}b}null/x", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, originateConfig(), func(t *testing.T, b *bench) {
				reply := b.api("originate " + test.dial + " &park()")
				id, ok := strings.CutPrefix(strings.TrimSuffix(reply, "\n"), "+OK ")
				if ok != (test.want != nil) {
					t.Fatalf("reply %q", reply)
				}
				for name, want := range test.want {
					if got := b.api("uuid_getvar " + id + " " + name); got != want {
						t.Errorf("%s: want %q, got %q", name, want, got)
					}
				}
			})
		})
	}
}

func TestOriginationUUID(t *testing.T) {
	const id = "00000000-0000-4000-8000-000000000001"
	inBubble(t, originateConfig(), func(t *testing.T, b *bench) {
		dial := "originate {origination_uuid=" + id + "}"
		if got := b.api(dial + "sofia/internal/quick@127.0.0.1:5080 &park()"); got != "+OK "+id+"\n" {
			t.Errorf("first: %q", got)
		}
		if got := b.api(dial + "sofia/internal/quick@127.0.0.1:5080 &park()"); got != "-ERR DESTINATION_OUT_OF_ORDER\n" {
			t.Errorf("the same id again: %q", got)
		}
		if got := b.api(dial + "null/x &park()"); !strings.HasPrefix(got, "+OK ") || got == "+OK "+id+"\n" {
			t.Errorf("an endpoint that takes any id: %q", got)
		}
		if got := b.api("uuid_kill " + id); got != "+OK\n" {
			t.Errorf("kill: %q", got)
		}
		b.life(10 * time.Millisecond) // to be gone
		if got := b.api(dial + "sofia/internal/quick@127.0.0.1:5080 &park()"); got != "+OK "+id+"\n" {
			t.Errorf("the id is free again: %q", got)
		}
	})
}

// TestCancel: uuid_kill while it rings ends an originate with that cause.
func TestCancel(t *testing.T) {
	const id = "00000000-0000-4000-8000-000000000002"
	inBubble(t, originateConfig(), func(t *testing.T, b *bench) {
		p := b.listener("BACKGROUND_JOB")
		b.command("bgapi originate {origination_uuid=" + id + "}sofia/internal/sleeps@127.0.0.1:5080 &park()")
		b.life(3 * time.Second)
		if got := b.api("uuid_kill " + id + " USER_BUSY"); got != "+OK\n" {
			t.Errorf("kill: %q", got)
		}
		if got := lookup(p.event(1, "Event-Name", "BACKGROUND_JOB").event, "_body"); got != "-ERR USER_BUSY\n" {
			t.Errorf("job: %q", got)
		}
	})
}

func TestLifeOfACall(t *testing.T) {
	const all = "CHANNEL_CREATE CHANNEL_OUTGOING CHANNEL_ORIGINATE CHANNEL_PROGRESS CHANNEL_ANSWER CHANNEL_HANGUP" +
		" CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_PARK CHANNEL_UNPARK"
	tests := []struct{ name, args, channel, want string }{
		{"parked, phone hangs up", "sofia/internal/short@127.0.0.1:5080 &park()", "sofia/internal/short",
			"CHANNEL_OUTGOING CHANNEL_ORIGINATE CHANNEL_CREATE CHANNEL_PROGRESS CHANNEL_ANSWER CHANNEL_PARK CHANNEL_HANGUP CHANNEL_UNPARK CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY"},
		{"refused", "sofia/internal/busy@127.0.0.1:5080 &park()", "sofia/internal/busy",
			"CHANNEL_OUTGOING CHANNEL_ORIGINATE CHANNEL_CREATE CHANNEL_PROGRESS CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY"},
		{"bridged: the caller's leg", "sofia/internal/short@127.0.0.1:5080 &bridge(sofia/internal/ok@127.0.0.1:5080)", "sofia/internal/short",
			"CHANNEL_OUTGOING CHANNEL_ORIGINATE CHANNEL_CREATE CHANNEL_PROGRESS CHANNEL_ANSWER CHANNEL_BRIDGE CHANNEL_HANGUP CHANNEL_UNBRIDGE CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY"},
		{"bridged: the other leg", "sofia/internal/short@127.0.0.1:5080 &bridge(sofia/internal/ok@127.0.0.1:5080)", "sofia/internal/ok",
			"CHANNEL_OUTGOING CHANNEL_ORIGINATE CHANNEL_CREATE CHANNEL_PROGRESS CHANNEL_ANSWER CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY"},
		{"the second is busy", "sofia/internal/quick@127.0.0.1:5080 &bridge(sofia/internal/busy@127.0.0.1:5080)", "sofia/internal/quick",
			"CHANNEL_OUTGOING CHANNEL_ORIGINATE CHANNEL_CREATE CHANNEL_PROGRESS CHANNEL_ANSWER CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_DESTROY"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, originateConfig(), func(t *testing.T, b *bench) {
				p := b.listener(all)
				b.api("originate " + test.args)
				b.life(10 * time.Second)
				if got := p.events(test.channel); got != test.want {
					t.Errorf("want %s\ngot  %s", test.want, got)
				}
				if got := b.api("show channels count"); got != "\n0 total.\n" {
					t.Errorf("left over: %q", got)
				}
			})
		})
	}
}
