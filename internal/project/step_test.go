package project_test

import (
	"fmt"
	"strings"
	"testing"

	"callgate/internal/project"
)

func TestSteps(t *testing.T) {
	for _, tt := range []struct {
		text string
		want project.Step
	}{
		{"", project.Step{}},
		{"continue", project.Step{Verb: project.Continue}},
		{"queue:support@default", project.Step{Verb: project.Queue, Target: "support@default"}},
		{"queue:Горячая линия: 2", project.Step{Verb: project.Queue, Target: "Горячая линия: 2"}},
		{"bridge:user/1000", project.Step{Verb: project.Bridge, Target: "user/1000"}},
		{"bridge:[leg_timeout=20,origination_caller_id_number=+7]sofia/gateway/t/+79261234567,user/1000@d|verto.rtc/x",
			project.Step{Verb: project.Bridge, Target: "[leg_timeout=20,origination_caller_id_number=+7]sofia/gateway/t/+79261234567,user/1000@d|verto.rtc/x"}},
		{"bridge:sofia/internal/1000@127.0.0.1:5070;transport=tcp", project.Step{Verb: project.Bridge, Target: "sofia/internal/1000@127.0.0.1:5070;transport=tcp"}},
		{"transfer:100", project.Step{Verb: project.Transfer, Target: "100"}},
		{"transfer:*98@voice.mail", project.Step{Verb: project.Transfer, Target: "*98", Context: "voice.mail"}},
		{"hangup:USER_BUSY", project.Step{Verb: project.Hangup, Target: "USER_BUSY"}},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got, err := project.ParseStep(tt.text)
			if err != nil || got != tt.want || got.String() != tt.text {
				t.Errorf("got %+v %q, %v", got, got, err)
			}
		})
	}
	if got, err := project.ParseStep("hangup"); err != nil || got.String() != "hangup:NORMAL_CLEARING" {
		t.Errorf("got %v, %v", got, err)
	}
}

// TestHostileSteps: nothing that FreeSWITCH executes, or takes for something else, comes through.
func TestHostileSteps(t *testing.T) {
	for _, text := range []string{
		"queue", "queue:", "bridge", "bridge:", "transfer", "transfer:", "transfer:@default", "transfer:1@", "hangup:", "hangup:BUSY", "hangup:user_busy", "continue:", "Queue:x",
		" continue", "continue ", "set:x=1", "system:id", ":", "queue:" + strings.Repeat("x", 129), "bridge:user/" + strings.Repeat("1", 1100),
		"queue: x", "queue:x ", "queue:^^;a;b", "queue:a|b", "queue:it's", `queue:a\sb`, `queue:"a"`, "queue:a\nb", "queue:\x00", "queue:\xff", "queue:$1",
		"transfer:-bleg", "transfer:1 inline", "transfer:1@-x", "transfer:1@a b", "transfer:set:a=b,park:",
		"bridge:,", "bridge:user/1,", "bridge:user/1||user/2", "bridge:|user/1", "bridge:user/1 user/2", "bridge:error/USER_BUSY", "bridge:group/all@d", "bridge:null/x",
		"bridge:loopback/app=system:id", "bridge:loopback/1/default/inline", "bridge:{a=b}user/1", "bridge:[api_on_answer=x]user/1", "bridge:[leg_timeout=20]",
		"bridge:[leg_timeout=20]error/x", "bridge:[a]b]user/1", "bridge:[leg_timeout=1,]user/1", "bridge:user/../1", "bridge:user/1:_:user/2", "bridge:&park()",
		"bridge:[origination_caller_id_name=${x}]user/1", "bridge:sofia/internal/1;fs_path=x", "bridge:[leg_timeout=20user/1",
	} {
		t.Run(text, func(t *testing.T) {
			if s, err := project.ParseStep(text); err == nil {
				t.Errorf("taken as %+v", s)
			}
		})
	}
	for _, before := range []string{"queue:", "bridge:user/", "transfer:", "transfer:1@", "hangup:"} {
		for _, bad := range []string{"${system(id)}", "$${domain}", "`id`", "\n", "\r\n\r\napi status", "\x00", "\x1b", "'", `"`, `\`} {
			if s, err := project.ParseStep(before + "a" + bad); err == nil {
				t.Errorf("%q is taken as %+v", before+"a"+bad, s)
			}
		}
	}
}

func FuzzStep(f *testing.F) {
	for _, text := range []string{"queue:support@default", "bridge:[leg_timeout=20]user/1000,sofia/gateway/t/7|loopback/1", "transfer:100@default", "hangup:USER_BUSY", "continue", "bridge:${a}"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := project.ParseStep(text)
		if err != nil {
			return
		}
		if strings.ContainsAny(text, "$'\"\\`{}\r\n\x00") {
			t.Errorf("%q is taken", text)
		}
		again, err := project.ParseStep(s.String())
		if err != nil || again != s {
			t.Errorf("%q is %+v, written %q, and then %+v, %v", text, s, fmt.Sprint(s), again, err)
		}
	})
}
