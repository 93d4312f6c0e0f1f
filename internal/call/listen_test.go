package call_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"callgate/esl"
	"callgate/internal/call"
)

// TestTake: what is known after some events, told in words: name, uuid and headers in pairs.
func TestTake(t *testing.T) {
	const both = "CREATE a, CREATE b, "
	for _, tt := range []struct{ name, events, want string }{
		{"created", "CREATE a", "a ringing"},
		{"begins with what was missed", "ANSWER a Channel-Call-State=ACTIVE", "a active"},
		{"states", "CREATE a Channel-Call-State=DOWN, CALLSTATE a Channel-Call-State=EARLY, CALLSTATE a Channel-Call-State=HELD, CALLSTATE a Channel-Call-State=UNHELD", "a active"},
		{"a state that is none", "CREATE a Channel-Call-State=ACTIVE, CALLSTATE a Channel-Call-State=ODD", "a active"},
		{"told late", "CREATE a Event-Sequence=1, CALLSTATE a Event-Sequence=3 Channel-Call-State=HELD, CALLSTATE a Event-Sequence=2 Channel-Call-State=ACTIVE", "a held"},
		{"over", "CREATE a, HANGUP a", ""},
		{"told after the end", "CREATE a, HANGUP a, CALLSTATE a Channel-Call-State=HANGUP, RECORD_STOP a Record-File-Path=/x", ""},
		{"bridged", both + "BRIDGE a Bridge-A-Unique-ID=a Bridge-B-Unique-ID=b", "a ringing with b, b ringing with a"},
		{"no longer", both + "BRIDGE a Bridge-A-Unique-ID=a Bridge-B-Unique-ID=b, UNBRIDGE a Bridge-A-Unique-ID=a Bridge-B-Unique-ID=b", "a ringing, b ringing"},
		{"with another by then", both + "CREATE c, BRIDGE a Bridge-A-Unique-ID=a Bridge-B-Unique-ID=b, BRIDGE b Bridge-A-Unique-ID=b Bridge-B-Unique-ID=c, " +
			"UNBRIDGE a Bridge-A-Unique-ID=a Bridge-B-Unique-ID=b", "a ringing, b ringing with c, c ringing with b"},
		{"the other is over", both + "BRIDGE a Bridge-A-Unique-ID=a Bridge-B-Unique-ID=b, HANGUP a", "b ringing"},
		{"renamed", both + "BRIDGE a Bridge-A-Unique-ID=a Bridge-B-Unique-ID=b, UUID n Old-Unique-ID=a", "b ringing with n, n ringing with b"},
		{"recorded", "CREATE a, RECORD_START a Record-File-Path=/x, RECORD_START a Record-File-Path=/y, RECORD_STOP a Record-File-Path=/x", "a ringing /y"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			live := call.NewLive(call.LiveOptions{Links: []call.Link{&talker{}}})
			for one := range strings.SplitSeq(tt.events, ", ") {
				words := strings.Fields(one)
				name := words[0]
				if !strings.HasPrefix(name, "RECORD") {
					name = "CHANNEL_" + name
				}
				headers := map[string]string{"Event-Name": name, "Unique-ID": words[1]}
				for _, w := range words[2:] {
					k, v, _ := strings.Cut(w, "=")
					headers[k] = v
				}
				body, err := json.Marshal(headers)
				if err != nil {
					t.Fatal(err)
				}
				e, err := esl.ParseEvent("text/event-json", string(body))
				if err != nil {
					t.Fatal(err)
				}
				call.Take(live, e)
			}
			var all []string
			for _, c := range live.List()[0].Calls {
				text := fmt.Sprint(c.UUID, " ", c.State)
				if c.With != "" {
					text += " with " + c.With
				}
				all = append(all, strings.Join(append([]string{text}, c.Recordings...), " "))
			}
			slices.Sort(all)
			if got := strings.Join(all, ", "); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
