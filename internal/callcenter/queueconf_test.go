package callcenter_test

import (
	"encoding/xml"
	"errors"
	"regexp"
	"strings"
	"testing"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

func TestDefinitionsThatAreTaken(t *testing.T) {
	type params = callcenter.QueueParams
	for _, tt := range []struct {
		name     string
		queue    string
		hostname string
		params   params
		want     string // the field that is wrong; empty: taken
	}{
		{"plain", "sales@default", "fs-1.example.org", params{}, ""},
		{"everything", "sales@default", "", params{Strategy: "ring-progressively", MOHSound: "local_stream://moh", AnnounceSound: "/s/a.wav",
			AnnounceFrequency: pointer(30), RecordTemplate: "/rec/${uuid}.wav", TimeBaseScore: "system", RingProgressivelyDelay: pointer(5),
			TierRulesApply: pointer(true), TierRuleWaitSecond: pointer(0), TierRuleWaitMultiplyLevel: pointer(false),
			TierRuleNoAgentNoWait: pointer(true), DiscardAbandonedAfter: pointer(86400), AbandonedResumeAllowed: pointer(true),
			MaxWaitTime: pointer(1), MaxWaitTimeWithNoAgent: pointer(2), MaxWaitTimeWithNoAgentTimeReached: pointer(3),
			AgentNoAnswerStatus: "Logged Out", SkipAgentsWithExternalCalls: pointer(false)}, ""},
		{"name of signs", `Продажи "1" & <2>`, "", params{}, ""},
		{"no name", "", "", params{}, "name"},
		{"name with a line break", "a\nb", "", params{}, "name"},
		{"name with a bar", "a|b", "", params{}, "name"},
		{"name that leaves a folder", "../x", "", params{}, "name"},
		{"name that mod_xml_curl would not encode", "a%41", "", params{}, "name"},
		{"hostname of signs", "q", "a b", params{}, "hostname"},
		{"strategy", "q", "", params{Strategy: "fastest"}, "strategy"},
		{"strategy in capitals", "q", "", params{Strategy: "Ring-All"}, "strategy"},
		{"time base", "q", "", params{TimeBaseScore: "x"}, "time_base_score"},
		{"status in small letters", "q", "", params{AgentNoAnswerStatus: "on break"}, "agent_no_answer_status"},
		{"below zero", "q", "", params{MaxWaitTime: pointer(-1)}, "max_wait_time"},
		{"over a day", "q", "", params{AnnounceFrequency: pointer(86401)}, "announce_frequency"},
		{"music that is code", "q", "", params{MOHSound: "${system(x)}"}, "moh_sound"},
		{"announcement that is code", "q", "", params{AnnounceSound: "$${x}"}, "announce_sound"},
		{"recording that is code", "q", "", params{RecordTemplate: "/`id`.wav"}, "record_template"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := &book{}
			a := callcenter.NewAdministrator(callcenter.AdministratorOptions{Book: b})
			err := a.DefineQueue(t.Context(), callcenter.QueueDefinition{Name: tt.queue, Hostname: tt.hostname, Params: tt.params}, nil)
			failure, _ := fault.Of(err)
			if (err == nil) != (tt.want == "") || failure.Subject != tt.want || len(b.queues) != 1 && err == nil || len(b.queues) != 0 && err != nil {
				t.Errorf("got %v, kept %v; want a failure about %q", err, b.queues, tt.want)
			}
			if err == nil && b.queues[0].At.IsZero() {
				t.Error("not dated")
			}
		})
	}
}

// configuration is callcenter.conf as FreeSWITCH reads it: its parser decodes attributes, and that is all.
type configuration struct {
	Queues []struct {
		Name   string `xml:"name,attr"`
		Params []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"param"`
	} `xml:"section>configuration>queues>queue"`
}

// active is what FreeSWITCH's preprocessor acts upon, or takes a whole line away for, in an answer; none of it may come
// from a text.
var active = regexp.MustCompile(`(?i)\$\$\{|<!--|<\?|<include>|</include>|x-pre-process`)

func parse(t *testing.T, document []byte) configuration {
	t.Helper()
	text := string(document)
	for _, own := range []string{xml.Header, `<X-PRE-PROCESS cmd="include" data="callgate/callcenter.settings.xml"/>`} {
		if strings.Count(text, own) != 1 {
			t.Errorf("%q is not in it once: %s", own, text)
		}
		text = strings.Replace(text, own, "", 1)
	}
	if found := active.FindString(text); found != "" {
		t.Errorf("FreeSWITCH would act upon %q in %s", found, document)
	}
	var c configuration
	if err := xml.Unmarshal([]byte(text), &c); err != nil {
		t.Fatalf("%v in %s", err, document)
	}
	return c
}

func TestConfiguration(t *testing.T) {
	general := callcenter.QueueDefinition{Name: "sales", Params: callcenter.QueueParams{Strategy: "ring-all"}}
	own := callcenter.QueueDefinition{Hostname: "fs1", Name: "Sales", Params: callcenter.QueueParams{Strategy: "random"}}
	other := callcenter.QueueDefinition{Name: "support", Params: callcenter.QueueParams{MaxWaitTime: pointer(0), TierRulesApply: pointer(true)}}
	all := []callcenter.QueueDefinition{own, general, other}
	for _, tt := range []struct {
		name, hostname, queue string
		defined               []callcenter.QueueDefinition
		want                  string // name: parameters; empty: no document
	}{
		{"nothing defined", "fs1", "", nil, ""},
		{"all", "fs2", "", all, "sales: strategy=ring-all; support: tier-rules-apply=true max-wait-time=0"},
		{"its own in the place of that for all", "fs1", "", all, "Sales: strategy=random; support: tier-rules-apply=true max-wait-time=0"},
		{"one", "fs2", "support", all, "support: tier-rules-apply=true max-wait-time=0"},
		{"one that is not here", "fs1", "other", all, ""},
		{"one in another case", "fs2", "SUPPORT", all, ""},
		{"capitals that FreeSWITCH does not know", "fs1", "", []callcenter.QueueDefinition{
			{Hostname: "fs1", Name: "ПРОДАЖИ", Params: own.Params}, {Name: "Продажи", Params: general.Params}},
			"ПРОДАЖИ: strategy=random; Продажи: strategy=ring-all"},
		{"of another switch only", "fs2", "", []callcenter.QueueDefinition{own}, ""},
		{"a switch without a name", "", "", []callcenter.QueueDefinition{own, general}, "sales: strategy=ring-all"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := callcenter.NewAdministrator(callcenter.AdministratorOptions{Book: &book{queues: tt.defined}})
			document, err := a.Configuration(t.Context(), tt.hostname, tt.queue)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			if document != nil {
				for _, q := range parse(t, document).Queues {
					var params []string
					for _, p := range q.Params {
						params = append(params, p.Name+"="+p.Value)
					}
					got = append(got, q.Name+": "+strings.Join(params, " "))
				}
			}
			if s := strings.Join(got, "; "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
	broken := callcenter.NewAdministrator(callcenter.AdministratorOptions{Book: &book{err: fault.New(fault.StorageDown, "")}})
	if _, err := broken.Configuration(t.Context(), "", ""); !errors.Is(err, fault.New(fault.StorageDown, "")) {
		t.Errorf("database down: %v", err)
	}
}

// FuzzDocument has whatever a definition may hold come back as it was, and nothing in it be acted upon.
func FuzzDocument(f *testing.F) {
	for _, seed := range []string{`<X-PRE-PROCESS cmd="exec" data="reboot"/>`, `x-pre-process`, `<!--#exec "reboot"-->`, `$${domain}`, `-->`, `"/><x a="`,
		`<include>`, `<?xml?>`, `&amp;&#10;`, `'Анна' 日本`, `]]>`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		b := &book{}
		a := callcenter.NewAdministrator(callcenter.AdministratorOptions{Book: b})
		if a.DefineQueue(t.Context(), callcenter.QueueDefinition{Name: name}, nil) != nil {
			// It would be refused; let it come out of the database all the same, with what XML cannot hold taken out.
			name = strings.Map(func(r rune) rune {
				if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff {
					return -1
				}
				return r
			}, strings.ToValidUTF8(name, "?"))
			b.queues = []callcenter.QueueDefinition{{Name: name, Params: callcenter.QueueParams{MOHSound: name}}}
		}
		document, err := a.Configuration(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		if got := parse(t, document); len(got.Queues) != 1 || got.Queues[0].Name != name {
			t.Errorf("%q became %+v", name, got)
		}
	})
}

func TestSameTexts(t *testing.T) {
	base := callcenter.QueueParams{MOHSound: "a.wav", AnnounceSound: "b.wav", RecordTemplate: "/c.wav"}
	for _, tt := range []struct {
		name   string
		change func(*callcenter.QueueParams)
		want   bool
	}{
		{"nothing", func(*callcenter.QueueParams) {}, true},
		{"a time", func(p *callcenter.QueueParams) { p.MaxWaitTime = pointer(1) }, true},
		{"music", func(p *callcenter.QueueParams) { p.MOHSound = "" }, false},
		{"announcement", func(p *callcenter.QueueParams) { p.AnnounceSound = "x.wav" }, false},
		{"recording", func(p *callcenter.QueueParams) { p.RecordTemplate = "/x.wav" }, false},
	} {
		p := base
		if tt.change(&p); p.SameTexts(base) != tt.want {
			t.Errorf("%s: want %v", tt.name, tt.want)
		}
	}
}
