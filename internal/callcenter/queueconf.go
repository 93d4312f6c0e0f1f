package callcenter

import (
	"context"
	"encoding/xml"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"callgate/internal/fault"
)

// QueueDefinition is a queue as data: what the switches are told when they ask for callcenter.conf.
type QueueDefinition struct {
	Hostname string // the switchname of the FreeSWITCH it is for; empty: all of them
	Name     string
	Params   QueueParams
	At       time.Time // of the last change
	By       string    // who made it
}

// QueueParams are all parameters of a queue that mod_callcenter reads. What is left out has FreeSWITCH's own default.
// The name in JSON, with - for _, is the parameter's name. Times are whole seconds, at most a day.
//
// Source: mod_callcenter.c queue_set_config.
type QueueParams struct {
	Strategy                          string `json:"strategy,omitempty"`
	MOHSound                          string `json:"moh_sound,omitempty"`
	AnnounceSound                     string `json:"announce_sound,omitempty"`
	AnnounceFrequency                 *int   `json:"announce_frequency,omitempty"`
	RecordTemplate                    string `json:"record_template,omitempty"`
	TimeBaseScore                     string `json:"time_base_score,omitempty"`
	RingProgressivelyDelay            *int   `json:"ring_progressively_delay,omitempty"`
	TierRulesApply                    *bool  `json:"tier_rules_apply,omitempty"`
	TierRuleWaitSecond                *int   `json:"tier_rule_wait_second,omitempty"`
	TierRuleWaitMultiplyLevel         *bool  `json:"tier_rule_wait_multiply_level,omitempty"`
	TierRuleNoAgentNoWait             *bool  `json:"tier_rule_no_agent_no_wait,omitempty"`
	DiscardAbandonedAfter             *int   `json:"discard_abandoned_after,omitempty"`
	AbandonedResumeAllowed            *bool  `json:"abandoned_resume_allowed,omitempty"`
	MaxWaitTime                       *int   `json:"max_wait_time,omitempty"`
	MaxWaitTimeWithNoAgent            *int   `json:"max_wait_time_with_no_agent,omitempty"`
	MaxWaitTimeWithNoAgentTimeReached *int   `json:"max_wait_time_with_no_agent_time_reached,omitempty"`
	AgentNoAnswerStatus               string `json:"agent_no_answer_status,omitempty"`
	SkipAgentsWithExternalCalls       *bool  `json:"skip_agents_with_external_calls,omitempty"`
}

// param is one parameter that is set, by FreeSWITCH's name.
type param struct{ name, value string }

// params lists what is set, in the order of the fields.
func (p QueueParams) params() []param {
	var set []param
	fields := reflect.ValueOf(p)
	for i := range fields.NumField() {
		name, _, _ := strings.Cut(fields.Type().Field(i).Tag.Get("json"), ",")
		if value := fields.Field(i); !value.IsZero() {
			set = append(set, param{strings.ReplaceAll(name, "_", "-"), fmt.Sprint(reflect.Indirect(value))})
		}
	}
	return set
}

var strategies = [...]string{"longest-idle-agent", "agent-with-least-talk-time", "agent-with-fewest-calls", "ring-all",
	"ring-progressively", "random", "sequentially-by-agent-order", "top-down", "round-robin"}

var timeBases = [...]string{"queue", "system"}

var (
	// encoded is what mod_xml_curl does not encode again, so that such a name would arrive as another.
	encoded  = regexp.MustCompile(`%[0-9A-F]{2}`)
	hostForm = regexp.MustCompile(`^[A-Za-z0-9._-]{0,255}$`)
)

const maxSeconds = 86400 // of every time in a queue's parameters

// check finds what FreeSWITCH would not take, or take for something else.
func (d QueueDefinition) check() error {
	if err := checkName("name", d.Name); err != nil {
		return err
	}
	if encoded.MatchString(d.Name) || strings.Contains(d.Name, "/") {
		// ${cc_queue} in the path of recordings is the name.
		return wrong("name", `a queue's name cannot hold "/", nor % before two digits`)
	}
	if !hostForm.MatchString(d.Hostname) {
		return wrong("hostname", "want letters, digits and . _ -")
	}
	p := d.Params
	for _, c := range []struct {
		field, value string
		list         []string
	}{
		{"strategy", p.Strategy, strategies[:]},
		{"time_base_score", p.TimeBaseScore, timeBases[:]},
		{"agent_no_answer_status", p.AgentNoAnswerStatus, statusTexts()},
	} {
		if c.value != "" && !slices.Contains(c.list, c.value) {
			return wrong(c.field, "want one of: "+strings.Join(c.list, ", "))
		}
	}
	fields := reflect.ValueOf(p)
	for i := range fields.NumField() {
		if n, ok := fields.Field(i).Interface().(*int); ok && n != nil && (*n < 0 || *n > maxSeconds) {
			name, _, _ := strings.Cut(fields.Type().Field(i).Tag.Get("json"), ",")
			return wrong(name, "want 0 to 86400 seconds")
		}
	}
	if err := CheckSound("moh_sound", p.MOHSound); err != nil {
		return err
	}
	if err := CheckSound("announce_sound", p.AnnounceSound); err != nil {
		return err
	}
	return CheckRecordTemplate(p.RecordTemplate)
}

func statusTexts() []string {
	texts := make([]string, len(Statuses))
	for i, s := range Statuses {
		texts[i] = string(s)
	}
	return texts
}

// SameTexts tells whether what FreeSWITCH executes is the same in both.
func (p QueueParams) SameTexts(other QueueParams) bool {
	return p.MOHSound == other.MOHSound && p.AnnounceSound == other.AnnounceSound && p.RecordTemplate == other.RecordTemplate
}

// DefineQueue keeps a definition, in the place of one of that hostname and name, unless allow, which sees that one or nil, has
// an objection. Nothing runs by it before the queue is loaded. What is wrong is fault.WrongField or fault.EmptyField; a name that differs from another's in its case only,
// which FreeSWITCH could not tell apart, is fault.Conflict.
func (a *Administrator) DefineQueue(ctx context.Context, d QueueDefinition, allow func(old *QueueDefinition) error) error {
	if err := d.check(); err != nil {
		return err
	}
	d.At = a.o.Now()
	if err := a.o.Book.SetQueue(ctx, d, allow); err != nil {
		return fmt.Errorf("define a queue: %w", err)
	}
	return nil
}

// RemoveQueue forgets a definition, unless allow has an objection, or answers fault.NotFound "Queue". A queue that runs goes
// on until it is unloaded.
func (a *Administrator) RemoveQueue(ctx context.Context, hostname, name string, allow func(old *QueueDefinition) error) error {
	if err := a.o.Book.RemoveQueue(ctx, hostname, name, allow); err != nil {
		return fmt.Errorf("remove a queue: %w", err)
	}
	return nil
}

// QueueDefinitions lists all definitions by name and hostname.
func (a *Administrator) QueueDefinitions(ctx context.Context) ([]QueueDefinition, error) {
	all, err := a.o.Book.QueueDefinitions(ctx)
	if err != nil {
		return nil, fmt.Errorf("list queues: %w", err)
	}
	return all, nil
}

// Configuration is callcenter.conf for the FreeSWITCH of that switchname, with all of its queues, or the one named. It
// is nil when there is none: FreeSWITCH then goes on to the file on its disk. There are no agents and tiers in it:
// FreeSWITCH would set them back with every loading of a queue.
func (a *Administrator) Configuration(ctx context.Context, hostname, queue string) ([]byte, error) {
	all, err := a.QueueDefinitions(ctx)
	if err != nil {
		return nil, err
	}
	return document(choose(all, hostname, queue)), nil
}

// choose takes the queues of one switch; one that is defined for it in particular stands in the place of that for all.
func choose(all []QueueDefinition, hostname, queue string) []QueueDefinition {
	own := func(d QueueDefinition) bool { return d.Hostname != "" && d.Hostname == hostname }
	var chosen []QueueDefinition
	for _, d := range all {
		if queue != "" && d.Name != queue || d.Hostname != "" && !own(d) {
			continue
		}
		if !own(d) && slices.ContainsFunc(all, func(o QueueDefinition) bool { return own(o) && lower(o.Name) == lower(d.Name) }) {
			continue
		}
		chosen = append(chosen, d)
	}
	return chosen
}

// lower writes a name as FreeSWITCH compares it: it knows no capitals beyond A to Z.
func lower(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}, name)
}

// settingsInclude has FreeSWITCH read the module's own settings, such as where its database is, from a file in its
// configuration folder when there is one: they belong to the machine, and may hold a password.
//
// Source: switch_xml.c preprocess_glob; switch_xml_parse_file for the folder.
const settingsInclude = `<X-PRE-PROCESS cmd="include" data="` + SettingsFile + "\"/>\n"

// SettingsFile is that file, below the configuration folder of FreeSWITCH.
const SettingsFile = "callgate/callcenter.settings.xml"

// document writes the queues as FreeSWITCH's XML; nil when there is none.
func document(queues []QueueDefinition) []byte {
	if len(queues) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteString(xml.Header + `<document type="freeswitch/xml"><section name="configuration">` +
		"<configuration name=\"callcenter.conf\">\n<settings>\n" + settingsInclude + "</settings>\n<queues>\n")
	for _, q := range queues {
		b.WriteString(`<queue name="` + reference(q.Name) + "\">\n")
		for _, p := range q.Params.params() {
			b.WriteString(`<param name="` + p.name + `" value="` + reference(p.value) + "\"/>\n")
		}
		b.WriteString("</queue>\n")
	}
	b.WriteString("</queues>\n</configuration></section></document>\n")
	return []byte(b.String())
}

// reference writes a text for an attribute. All but the plainest signs are character references: FreeSWITCH reads an
// answer line by line for $${…}, <!--#… and X-PRE-PROCESS before it reads it as XML, and would execute what it finds.
//
// Source: switch_xml.c preprocess, expand_vars.
func reference(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune(" @._/", r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "&#%d;", r)
		}
	}
	return b.String()
}

// queueUnknown is the failure about a queue that is not there.
func queueUnknown() error { return fault.New(fault.NotFound, "Queue") }
