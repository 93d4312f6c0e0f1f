package call_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"callgate/esl"
	"callgate/internal/call"
)

// FuzzTake: whatever events say, what is known stays coherent: every call is under its own UUID, and who talks with
// somebody known is talked with.
func FuzzTake(f *testing.F) {
	for _, seed := range []string{
		"CHANNEL_CREATE\na\n\n", "CHANNEL_BRIDGE\na\na\nb", "CHANNEL_UUID\nb\na\n", "CHANNEL_HANGUP\na\n\n", "CHANNEL_UNBRIDGE\na\na\nb", "CHANNEL_BRIDGE\na\na\na",
		"CHANNEL_CREATE\na\n\n;CHANNEL_CREATE\nb\n\n;CHANNEL_BRIDGE\na\na\nb;CHANNEL_BRIDGE\na\na\nc;CHANNEL_UUID\nd\na\n", "RECORD_START\na\n/x\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		live := call.NewLive(call.LiveOptions{Links: []call.Link{&talker{}}})
		for one := range strings.SplitSeq(text, ";") {
			part := append(strings.SplitN(one, "\n", 4), "", "", "")
			body, err := json.Marshal(map[string]string{"Event-Name": part[0], "Unique-ID": part[1], "Old-Unique-ID": part[2], "Bridge-A-Unique-ID": part[2],
				"Bridge-B-Unique-ID": part[3], "Record-File-Path": part[2], "Channel-Call-State": part[3], "variable_callgate_user": part[3], "CC-Member-Session-UUID": part[1],
				"CC-Agent-UUID": part[2], "CC-Action": part[3]})
			if err != nil {
				t.Fatal(err)
			}
			e, err := esl.ParseEvent("text/event-json", string(body))
			if err != nil {
				continue
			}
			call.Take(live, e)
		}
		for _, c := range live.List()[0].Calls {
			if got, ok := live.Get(c.UUID); !ok || got.UUID != c.UUID || c.UUID == "" {
				t.Errorf("%q is under another UUID: %q", c.UUID, got.UUID)
			}
			if other, ok := live.Get(c.With); c.With != "" && ok && other.With != c.UUID {
				t.Errorf("%q is bridged with %q, which is with %q", c.UUID, c.With, other.With)
			}
		}
	})
}

// listed is a switch that answers any question with one text.
type listed struct {
	talker
	text string
}

func (l *listed) API(context.Context, string, ...string) (string, error) { return l.text, nil }

// FuzzAudit: whatever a switch prints as its list, reading it neither fails to end nor finds calls without a UUID.
func FuzzAudit(f *testing.F) {
	for _, seed := range []string{`{"row_count":0}`, `{"row_count":1,"rows":[null]}`, `{"row_count":1,"rows":[{"uuid":"a","b_uuid":"a","callstate":"ACTIVE"}]}`,
		`{"row_count":2,"rows":[{"uuid":"a","b_uuid":"b"},{"uuid":"b","created_epoch":"x"}]}`, "-ERR", "[]", `{"row_count":1,"rows":[{"uuid":"a b"}]}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		live := call.NewLive(call.LiveOptions{Links: []call.Link{&listed{text: text}}})
		for range 2 {
			_, _ = call.Audit(t.Context(), live) // what cannot be read is an error
		}
		for _, c := range live.List()[0].Calls {
			if other, ok := live.Get(c.With); c.UUID == "" || c.With != "" && (!ok || other.With != c.UUID) {
				t.Errorf("%+v", c)
			}
		}
	})
}

// FuzzBugs: the targets read are those that were written, one line each.
func FuzzBugs(f *testing.F) {
	f.Add("/rec/a.wav")
	f.Add("</target>")
	f.Add("<function>x</function>")
	f.Fuzz(func(t *testing.T, target string) {
		text := "<media-bugs>\n <media-bug>\n  <function>session_record</function>\n  <target>" + target + "</target>\n  <thread-locked>0</thread-locked>\n </media-bug>\n</media-bugs>\n"
		got := call.ParseBugs(text)
		if strings.ContainsAny(target, "\n\r\v\f\u0085\u2028\u2029") {
			return // then it is several lines
		}
		if want := []string{"session_record", target}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
