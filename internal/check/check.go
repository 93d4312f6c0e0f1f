// Package check examines a FreeSWITCH that runs, as callgate needs it: what is loaded, how it is configured, whether its
// recordings and CDRs reach us. It looks and changes nothing, but for a file of its own in the folder of recordings that it
// removes again and, when told so, one short call to nobody.
//
// It reads the configuration as the switch has it in memory (xml_locate). A module has taken over what it found there when it
// was loaded, so that after an edit it may still work with the old values.
//
// No finding holds a password. Every question to the switch is bounded in time; an answer that makes no sense becomes a finding
// of the level Unknown. The package owns no goroutines.
package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"callgate/esl"
)

// Level is what a finding means.
type Level string

// The levels. Only Wrong says that something has to be changed.
const (
	OK      Level = "ok"
	Advice  Level = "advice" // works, and could be better or safer
	Wrong   Level = "wrong"
	Unknown Level = "unknown" // could not be found out
)

// Finding is one thing that was looked at.
type Finding struct {
	Level Level  `json:"level"`
	Where string `json:"where"` // the switch and the part of it, or the part of callgate
	Text  string `json:"text"`
	Fix   string `json:"fix,omitempty"` // what to do; empty where there is nothing to do
}

// Link is the way to the switch under examination.
type Link interface {
	Name() string
	API(ctx context.Context, name string, args ...string) (string, error)
}

// Expected is what the switch should be configured for.
type Expected struct {
	HTTPAddr             string // where our API listens
	TLS                  bool   // with TLS
	CDRUser, CDRPassword string
	XMLUser, XMLPassword string
	OutboundAddr         string // where dialplans hand calls over
	SwitchAddr, Password string // of the Event Socket
	RecordingsDir        string // as we read it
	RecordingsSwitchDir  string // as the switch names it
	Then                 string // the setting originate.then
	ProbeCall            bool   // make a call to nobody, to see it recorded
	ProbeTime            time.Duration
	Rand                 io.Reader        // names the probe file
	Now                  func() time.Time // the clock that the switch's is compared with
}

// askTime bounds one question.
const askTime = 5 * time.Second

// placeholders are passwords that everybody knows.
var placeholders = map[string]bool{"ClueCon": true, "CHOOSE-A-PASSWORD": true}

// examination is one switch being looked at.
type examination struct {
	Expected
	link  Link
	part  string
	mute  bool // knows none of the commands asked for
	found []Finding
}

// Switch examines one switch and returns what it found, part by part.
func Switch(ctx context.Context, link Link, e Expected) []Finding {
	x := &examination{Expected: e, link: link}
	for _, part := range []struct {
		name string
		look func(context.Context)
	}{
		{"version", x.version}, {"modules", x.modules}, {"event socket", x.eventSocket}, {"cdr", x.cdr}, {"xml_curl", x.xmlCurl},
		{"dialplan", x.dialplan}, {"api_expansion", x.expansion}, {"limits", x.limits}, {"clock", x.clock}, {"recordings", x.recordings},
	} {
		x.part = part.name
		if part.look(ctx); x.mute {
			break // nothing else could be answered
		}
	}
	return x.found
}

// Unreachable is the finding about a switch that no command can be sent to: err is what the link failed with.
func Unreachable(name, addr string, err error) Finding {
	f := Finding{Level: Wrong, Where: name + ": event socket"}
	switch {
	case errors.Is(err, esl.ErrAuth):
		f.Text = "the password is refused"
		f.Fix = "make the password in CALLGATE_SWITCHES that of event_socket.conf.xml (percent-encode signs of it); reload mod_event_socket after an edit"
	case errors.Is(err, esl.ErrRefused):
		f.Text = "our address is refused by the access list"
		f.Fix = "allow it in the list that apply-inbound-acl names (acl.conf.xml), then reloadacl; a list that does not exist refuses everybody"
	case errors.Is(err, esl.ErrSilent):
		f.Text = addr + " accepts connections and says nothing"
		f.Fix = "see that the port is that of mod_event_socket; a switch whose event socket is stuck is restarted"
	case errors.Is(err, esl.ErrProtocol):
		f.Text = "what answers at " + addr + " is no event socket"
		f.Fix = "set host and port in CALLGATE_SWITCHES; esls:// is for a TLS wrapper alone"
	default:
		f.Text = fmt.Sprintf("%s cannot be reached: %v", addr, err)
		f.Fix = "start FreeSWITCH, load mod_event_socket, and set listen-ip and listen-port to what CALLGATE_SWITCHES says"
	}
	return f
}

func (x *examination) say(level Level, text, fix string) {
	x.found = append(x.found, Finding{level, x.link.Name() + ": " + x.part, text, fix})
}

func (x *examination) ok(text string)          { x.say(OK, text, "") }
func (x *examination) advise(text, fix string) { x.say(Advice, text, fix) }
func (x *examination) wrong(text, fix string)  { x.say(Wrong, text, fix) }

// unknown says what could not be found out, and shows the beginning of what was answered unless it may be secret.
func (x *examination) unknown(what, answer string) {
	if answer != "" {
		what += fmt.Sprintf(": %.60q", strings.TrimSpace(answer))
	}
	x.say(Unknown, what, "")
}

// ask runs a command; ok is false, and the reason found, when there is no answer. A command that prints that it failed has
// answered, with that text.
func (x *examination) ask(ctx context.Context, name string, args ...string) (answer string, ok bool) {
	ctx, stop := context.WithTimeout(ctx, askTime)
	defer stop()
	answer, err := x.link.API(ctx, name, args...)
	var reply *esl.ReplyError
	if errors.As(err, &reply) {
		return reply.Text, true
	}
	if err != nil {
		x.unknown(err.Error(), "")
		return "", false
	}
	return strings.TrimSpace(answer), true
}
