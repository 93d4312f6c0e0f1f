package callcenter_test

import (
	"errors"
	"testing"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

func TestTextsThatFreeSWITCHExecutes(t *testing.T) {
	sound := func(text string) error { return callcenter.CheckSound("moh_sound", text) }
	for _, tt := range []struct {
		name  string
		check func(string) error
		text  string
		want  bool // taken
	}{
		{"user", callcenter.CheckContact, "user/1000@example.org", true},
		{"registered phone", callcenter.CheckContact, "sofia/internal/1000%example.org", true},
		{"gateway", callcenter.CheckContact, "sofia/gateway/a::b/+74950000001", true},
		{"address with transport", callcenter.CheckContact, "sofia/internal/1000@10.0.0.1:5070;transport=tls", true},
		{"extension", callcenter.CheckContact, "loopback/1000/default", true},
		{"extension of a dialplan", callcenter.CheckContact, "loopback/1000/default/XML", true},
		{"variables", callcenter.CheckContact, "[leg_timeout=20,origination_caller_id_name=Sales]user/1000", true},
		{"nothing", callcenter.CheckContact, "", false},
		{"no endpoint", callcenter.CheckContact, "1000", false},
		{"expansion", callcenter.CheckContact, "user/${system(reboot)}", false},
		{"expansion of globals", callcenter.CheckContact, "user/$${domain}", false},
		{"back-quote", callcenter.CheckContact, "user/`id`", false},
		{"line break", callcenter.CheckContact, "user/1000\n", false},
		{"NUL", callcenter.CheckContact, "user/10\x0000", false},
		{"blank", callcenter.CheckContact, "user/10 00", false},
		{"application in an endpoint", callcenter.CheckContact, "loopback/app=system:reboot", false},
		{"dialplan that runs applications", callcenter.CheckContact, "loopback/system:reboot/default/inline", false},
		{"plain extension of that dialplan", callcenter.CheckContact, "loopback/answer/default/inline", false},
		{"another endpoint behind a good one", callcenter.CheckContact, "user/1000,pickup/x", false},
		{"another endpoint, the rare way", callcenter.CheckContact, "sofia/internal/1000:_:error/x", false},
		{"execute on answer", callcenter.CheckContact, "[execute_on_answer=system]user/1000", false},
		{"variable that is code", callcenter.CheckContact, "[leg_timeout=${x}]user/1000", false},
		{"braces", callcenter.CheckContact, "{leg_timeout=20}user/1000", false},
		{"header", callcenter.CheckContact, "sofia/internal/1000@h?Replaces=x", false},

		{"no sound", sound, "", true},
		{"stream", sound, "local_stream://moh", true},
		{"tone", sound, "tone_stream://%(1000,4000,440);loops=-1", true},
		{"silence", sound, "silence_stream://-1", true},
		{"file", sound, "/usr/share/freeswitch/sounds/ring.wav", true},
		{"file of a sound folder", sound, "ivr/8000/wait.wav", true},
		{"program", sound, "shell_stream://reboot", false},
		{"program by its extension", sound, "reboot.shell_stream", false},
		{"channel variable", sound, "${moh}", false},
		{"outside", sound, "http://example.org/x.mp3", false},
		{"upwards", sound, "../../etc/x.wav", false},
		{"parameters", sound, "{vol=1}/x.wav", false},
		{"tone from a file", sound, "tone_stream://path=/etc/passwd", false},

		{"no template", callcenter.CheckRecordTemplate, "", true},
		{"template", callcenter.CheckRecordTemplate, "/rec/${strftime(%Y-%m-%d)}/${cc_queue}-${uuid}.wav", true},
		{"member", callcenter.CheckRecordTemplate, "/rec/${cc_member_uuid}.wav", true},
		{"relative", callcenter.CheckRecordTemplate, "${uuid}.wav", false},
		{"caller's number", callcenter.CheckRecordTemplate, "/rec/${caller_id_number}.wav", false},
		{"command", callcenter.CheckRecordTemplate, "/rec/${system(reboot)}.wav", false},
		{"command in a format", callcenter.CheckRecordTemplate, "/rec/${strftime(${system(x)})}.wav", false},
		{"format with a blank", callcenter.CheckRecordTemplate, "/rec/${strftime(%Y %m)}.wav", false},
		{"globals", callcenter.CheckRecordTemplate, "/$${recordings_dir}/x.wav", false},
		{"up", callcenter.CheckRecordTemplate, "/rec/../${uuid}.wav", false},
		{"no sound file", callcenter.CheckRecordTemplate, "/etc/cron.d/${uuid}", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.check(tt.text); (err == nil) != tt.want || err != nil && !errors.Is(err, fault.New(fault.WrongField, "")) {
				t.Errorf("%q: %v, want taken %v", tt.text, err, tt.want)
			}
		})
	}
}
