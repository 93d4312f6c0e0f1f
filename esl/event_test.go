package esl

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestPlainValues(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"as it is", "sofia/internal", "sofia/internal"},
		{"escapes", "On%20Break", "On Break"},
		{"plus is plus", "a+b%2Bc", "a+b+c"},
		{"lower case", "%2f", "/"},
		{"UTF-8", "%D0%98%D0%B2%D0%B0%D0%BD", "Иван"},
		{"not UTF-8", "%FF", "\xff"},
		{"line end", "a%0Ab", "a\nb"},
		{"bad escape", "-ERR 100% wrong", "-ERR 100% wrong"},
		{"half an escape", "100%", "100%"},
		{"cut escape", "%2", "%2"},
		{"bad digits", "%GG%2g", "%GG%2g"},
		{"twice escaped", "%252f", "%2f"},
		{"empty", "", ""},
		{"FreeSWITCH's empty", "_undef_", ""},
		{"array", "ARRAY::a|:b%20c", "ARRAY::a|:b c"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := ParseEvent("text/event-plain", "Event-Name: X\nvariable_v: "+tt.value+"\n\n")
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Get("variable_v"); got != tt.want {
				t.Errorf("Get() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestJSONValues(t *testing.T) {
	tests := []struct{ name, value, want string }{
		{"as it is", `"On Break"`, "On Break"},
		{"percent is percent", `"%41 100%"`, "%41 100%"},
		{"empty", `""`, ""},
		{"undef is a text", `"_undef_"`, "_undef_"},
		{"escapes", `"\"\\\/\b\f\n\r\t"`, "\"\\/\b\f\n\r\t"},
		{"unicode", `"\u0418\u0432"`, "Ив"},
		{"pair", `"\ud83d\ude00!"`, "😀!"},
		{"half a pair", `"\ud83dx"`, "\ufffdx"},
		{"two halves", `"\ud83d\ud83d\ude00"`, "\ufffd😀"},
		{"raw UTF-8", `"Иван"`, "Иван"},
		{"raw bytes", "\"a\xffb\"", "a\xffb"},
		{"raw control characters", "\"a\nb\"", "a\nb"},
		{"bad escape", `"\q\u12x"`, `\q\u12x`},
		{"number", `12.5e3`, "12.5e3"},
		{"true", `true`, "true"},
		{"null", `null`, ""},
		{"object", `{"a":["}"]}`, `{"a":["}"]}`},
		{"array", `["a", "b\n",3,{"x":1},["y"]]`, "ARRAY::a|:b\n|:3|:{\"x\":1}|:[\"y\"]"},
		{"empty array", `[]`, "ARRAY::"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := ParseEvent("text/event-json", `{"Event-Name":"X","variable_v" : `+tt.value+` , "z":"1"}`)
			if err != nil {
				t.Fatal(err)
			}
			if got := e.Get("variable_v"); got != tt.want || e.Get("z") != "1" {
				t.Errorf("Get() = %q, want %q; z is %q", got, tt.want, e.Get("z"))
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	events := map[string]string{
		"text/event-plain": "Event-Subclass: callcenter%3A%3Ainfo\nEvent-Name: CUSTOM\nEvent-Sequence: 628\nEvent-Date-Timestamp: 1795413765114183\n" +
			"variable_myCamelVar: one\nvariable_mycamelvar: two\nvariable_odd (name)/x: three\nvariable_имя: four\nvariable_a:b: five\n" +
			"List: ARRAY::a|:b\nTwice: 1\ntwice: 2\nContent-Length: 6\n\n+OK 1\nrest",
		"text/event-json": `{"Event-Subclass":"callcenter::info","Event-Name":"CUSTOM","Event-Sequence":"628","Event-Date-Timestamp":"1795413765114183",` +
			`"variable_myCamelVar":"one","variable_mycamelvar":"two","variable_odd (name)/x":"three","variable_\u0438мя":"four","variable_a:b":"five",` +
			`"List":["a","b"],"Twice":"1","twice":"2","Content-Length":"6","_body":"+OK 1\n"}`,
	}
	for format, text := range events {
		t.Run(format, func(t *testing.T) {
			e, err := ParseEvent(format, text)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]any{
				"name": e.Name(), "subclass": e.Subclass(), "body": e.Body(), "sequence": e.Sequence(), "time": e.Time().UTC(),
				"camel": e.Get("variable_myCamelVar"), "lower": e.Get("variable_mycamelvar"), "upper": e.Get("VARIABLE_MYCAMELVAR"),
				"odd": e.Get("variable_odd (name)/x"), "not ASCII": e.Get("variable_имя"), "colon": e.Get("variable_a:b"),
				"list": e.Values("list"), "twice": e.Values("Twice"), "first": e.Get("TWICE"), "none": e.Values("none"),
			}
			want := map[string]any{
				"name": "CUSTOM", "subclass": "callcenter::info", "body": "+OK 1\n", "sequence": uint64(628),
				"time":  time.Date(2026, 11, 23, 6, 2, 45, 114183000, time.UTC),
				"camel": "one", "lower": "two", "upper": "one", "odd": "three", "not ASCII": "four", "colon": "five",
				"list": []string{"a", "b"}, "twice": []string{"1", "2"}, "first": "1", "none": []string(nil),
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
			if v, ok := e.Lookup("none"); v != "" || ok {
				t.Errorf("Lookup() = %q, %v", v, ok)
			}
			var names []string
			for name := range e.All() {
				names = append(names, name)
			}
			if want := []string{"Event-Subclass", "Event-Name", "Event-Sequence", "Event-Date-Timestamp", "variable_myCamelVar", "variable_mycamelvar",
				"variable_odd (name)/x", "variable_имя", "variable_a:b", "List", "Twice", "twice", "Content-Length"}; !slices.Equal(names, want) {
				t.Errorf("All() = %q, want %q", names, want)
			}
			for range e.All() {
				break // the loop may be left
			}
		})
	}
}

func TestEventWithoutStamps(t *testing.T) {
	for _, text := range []string{`{"Event-Name":"X"}`, `{"Event-Name":"X","Event-Sequence":"99999999999999999999","Event-Date-Timestamp":"x"}`} {
		e, err := ParseEvent("text/event-json", text)
		if err != nil || e.Sequence() != 0 || !e.Time().IsZero() || e.Body() != "" || e.Subclass() != "" {
			t.Errorf("%s: %v %v %q %q %v", text, e.Sequence(), e.Time(), e.Body(), e.Subclass(), err)
		}
	}
}

func TestNotAnEvent(t *testing.T) {
	tests := []struct{ name, format, text string }{
		{"other format", "text/event-xml", "<event/>"},
		{"empty plain", "text/event-plain", ""},
		{"plain without a name", "text/event-plain", "A: 1\n\n"},
		{"empty", "text/event-json", ""},
		{"no name", "text/event-json", `{}`},
		{"array", "text/event-json", `["Event-Name"]`},
		{"cut in a name", "text/event-json", `{"Event-Name":"X","a`},
		{"cut in an escape", "text/event-json", `{"Event-Name":"X\`},
		{"cut after a name", "text/event-json", `{"Event-Name"`},
		{"cut after the colon", "text/event-json", `{"Event-Name":`},
		{"cut in a value", "text/event-json", `{"Event-Name":"X`},
		{"cut after a value", "text/event-json", `{"Event-Name":"X"`},
		{"cut in an array", "text/event-json", `{"Event-Name":"X","a":["b"`},
		{"no value", "text/event-json", `{"Event-Name":"X","a":}`},
		{"no comma", "text/event-json", `{"Event-Name":"X" "a":"b"}`},
		{"comma at the end", "text/event-json", `{"Event-Name":"X",}`},
		{"text behind", "text/event-json", `{"Event-Name":"X"}{`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if e, err := ParseEvent(tt.format, tt.text); !errors.Is(err, ErrProtocol) {
				t.Errorf("ParseEvent() = %v, %v; want ErrProtocol", e, err)
			}
		})
	}
}

func FuzzPlainEvent(f *testing.F) {
	for _, fr := range recordedFrames(f, typePlain) {
		f.Add(fr.body)
	}
	f.Add("Event-Name: X\nA: %\nB: %4\nC: ARRAY::|:\n\nbody")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseEvent("text/event-plain", text)
		if err != nil {
			return
		}
		for name, value := range e.all() {
			got, raw := value.decode(), value.raw
			// Where the standard library can decode, we agree; where it cannot, nothing is lost.
			if want, err := url.PathUnescape(raw); err == nil && got != want && raw != "_undef_" {
				t.Errorf("%q decodes to %q, want %q", raw, got, want)
			}
			if strings.Count(raw, "%") == 0 && raw != "_undef_" && got != raw {
				t.Errorf("%q became %q", raw, got)
			}
			found(t, e, name.decode())
		}
		if !strings.HasSuffix(text, e.Body()) && e.Get("Content-Length") == "" {
			t.Errorf("body %q of %q", e.Body(), text)
		}
	})
}

func FuzzJSONEvent(f *testing.F) {
	for _, fr := range recordedFrames(f, typeJSON) {
		f.Add(fr.body)
	}
	f.Add(`{"Event-Name":"X","a":["b","\ud83d\ude00"],"_body":"\n","a":null}`)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseEvent("text/event-json", text)
		var want map[string]any
		if json.Unmarshal([]byte(text), &want) != nil || !utf8.ValidString(text) {
			return // we take more than the standard asks for; not crashing is all there is to see
		}
		if err != nil {
			if name, ok := want["Event-Name"].(string); ok && name != "" && want != nil && !repeated(text) {
				t.Fatalf("%v, though it is valid", err)
			}
			return
		}
		for name := range want {
			// Of repeated members the standard library keeps the last.
			all := []string{e.Body()}
			for have, value := range e.All() {
				if have == name {
					all = append(all, value)
					found(t, e, name)
				}
			}
			if text, ok := want[name].(string); ok && !slices.Contains(all, text) {
				t.Errorf("%q is not %q", name, text)
			}
		}
	})
}

// found checks that the search finds the first header of exactly that name.
func found(t *testing.T, e *Event, name string) {
	t.Helper()
	for have, want := range e.All() {
		if have == name {
			if got, ok := e.Lookup(name); got != want || !ok {
				t.Errorf("Lookup(%q) = %q, %v; want %q", name, got, ok, want)
			}
			return
		}
	}
}

// repeated says whether the name of the event may occur twice, of which we take the first and others the last.
func repeated(text string) bool {
	return strings.Count(text, "vent") > 1 || strings.Contains(text, `\u`)
}

func recordedFrames(t testing.TB, contentType string) []frame {
	t.Helper()
	var frames []frame
	for _, file := range []string{"queue_call_abandoned_and_admin_plain_events", "heartbeat_plain", "bgapi_background_job_plain",
		"agent_status_json_events", "click_to_call_json_events"} {
		all, _ := readAll(strings.NewReader(joined(recorded(t, "testdata/"+file+".txt", "server"))))
		for _, f := range all {
			if f.kind == contentType {
				frames = append(frames, f)
			}
		}
	}
	if len(frames) == 0 {
		t.Fatal("no recorded frames of type ", contentType)
	}
	return frames
}

func joined(parts [][]byte) string {
	var b strings.Builder
	for _, p := range parts {
		b.Write(p)
	}
	return b.String()
}

// An event of 60 headers and 4 KB, read from the wire, of which three headers are looked at.
func BenchmarkEvent(b *testing.B) {
	var plain, object strings.Builder
	plain.WriteString("Event-Name: CHANNEL_ANSWER\n")
	object.WriteString(`{"Event-Name":"CHANNEL_ANSWER"`)
	for i := range 59 {
		name, value := fmt.Sprintf("variable_some_name_%02d", i), strings.Repeat("value of a header ", 2)
		fmt.Fprintf(&plain, "%s: %s\n", name, url.PathEscape(value))
		fmt.Fprintf(&object, `,%q:%q`, name, value)
	}
	plain.WriteString("\n")
	object.WriteString("}")
	for _, format := range []struct{ name, contentType, body string }{
		{"plain", typePlain, plain.String()}, {"json", typeJSON, object.String()},
	} {
		b.Run(format.name, func(b *testing.B) {
			wire := fmt.Sprintf("Content-Length: %d\nContent-Type: %s\n\n%s", len(format.body), format.contentType, format.body)
			source := strings.NewReader(wire)
			fr := newFrameReader(source, clientBuffer)
			b.SetBytes(int64(len(wire)))
			b.ReportAllocs()
			for b.Loop() {
				source.Reset(wire)
				fr.r.Reset(source)
				f, err := fr.next()
				if err != nil {
					b.Fatal(err)
				}
				e, err := ParseEvent(f.kind, f.body)
				if err != nil || e.Get("variable_some_name_07") == "" || e.Get("variable_some_name_58") == "" || e.Name() == "" {
					b.Fatal(err)
				}
			}
		})
	}
}
