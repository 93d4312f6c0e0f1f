package project

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Verb is what a step does with a call.
type Verb string

// The verbs. Continue gives the call back to the dialplan that handed it over, whose next action is the fallback.
const (
	Queue    Verb = "queue"
	Bridge   Verb = "bridge"
	Transfer Verb = "transfer"
	Hangup   Verb = "hangup"
	Continue Verb = "continue"
)

// Step is one thing that is done with a call. The zero value does nothing and stands for one that is not set.
type Step struct {
	Verb   Verb
	Target string // the queue, dial string, extension or cause
	// Context is where a transfer goes; "" is the context the call is in.
	Context string
}

const maxTarget = 1024 // bytes

// What FreeSWITCH executes has a narrow grammar, so that nothing in it is code: no ${…}, which may call any command
// of the switch, no application by loopback/app=, no dialplan that runs what it is given.
var (
	legForm = regexp.MustCompile(`^(\[([^\[\]]*)\])?(user/[A-Za-z0-9@._+-]+|verto\.rtc/[A-Za-z0-9@._+-]+|` +
		`sofia/[A-Za-z0-9@._+%*/:-]+(;transport=(udp|tcp|tls|ws|wss))?|loopback/[A-Za-z0-9._+*-]+(/[A-Za-z0-9._-]+(/XML)?)?)$`)
	legVar = regexp.MustCompile(`^((leg_timeout|leg_delay_start|leg_progress_timeout)=[0-9]{1,5}|` +
		`(origination_caller_id_name|origination_caller_id_number)=[A-Za-z0-9+._-]{1,64})$`)
	dialParts     = regexp.MustCompile(`(?:\[[^\[\]]*\]|[^,|\[\]])+`) // a comma in brackets parts variables, not legs
	extensionForm = regexp.MustCompile(`^[A-Za-z0-9+*#._][A-Za-z0-9+*#._-]{0,63}$`)
	contextForm   = regexp.MustCompile(`^[A-Za-z0-9._][A-Za-z0-9._-]{0,63}$`)
	soundForm     = regexp.MustCompile(`^((tone_stream://[A-Za-z0-9%(),.;:=*+-]+)|(silence_stream://[0-9]{1,6}(,[0-9]{1,6})?)|` +
		`([A-Za-z0-9._/][A-Za-z0-9._/-]*\.(wav|mp3|ogg|opus|flac|au|gsm|r8|r16)))$`)
	// A tone is made in memory, as long as it says and as often as l or L says, before it is played as often as loops says.
	// Source: libteletone_generate.c teletone_run.
	toneTooLong = regexp.MustCompile(`^tone_stream://.*((?i)loops=(-|[0-9]{5})|\bl=(-|[0-9]{4})|[0-9]{7})`)
)

// causes are those of FreeSWITCH's hang-up causes that a dialplan may want to say: another word would be
// NORMAL_CLEARING without a warning. Source: switch_channel.c CAUSE_CHART.
var causes = map[string]bool{"UNALLOCATED_NUMBER": true, "NO_ROUTE_DESTINATION": true, "NORMAL_CLEARING": true, "USER_BUSY": true, "NO_USER_RESPONSE": true, "NO_ANSWER": true, "SUBSCRIBER_ABSENT": true, "CALL_REJECTED": true, "NUMBER_CHANGED": true, "DESTINATION_OUT_OF_ORDER": true, "INVALID_NUMBER_FORMAT": true, "FACILITY_REJECTED": true, "NORMAL_UNSPECIFIED": true, "NORMAL_CIRCUIT_CONGESTION": true, "NETWORK_OUT_OF_ORDER": true, "NORMAL_TEMPORARY_FAILURE": true, "SWITCH_CONGESTION": true, "REQUESTED_CHAN_UNAVAIL": true, "FACILITY_NOT_SUBSCRIBED": true, "OUTGOING_CALL_BARRED": true, "INCOMING_CALL_BARRED": true, "BEARERCAPABILITY_NOTAUTH": true, "SERVICE_UNAVAILABLE": true, "INCOMPATIBLE_DESTINATION": true, "RECOVERY_ON_TIMER_EXPIRE": true, "INTERWORKING": true, "ORIGINATOR_CANCEL": true, "USER_NOT_REGISTERED": true, "GATEWAY_DOWN": true}

// ParseStep reads queue:NAME, bridge:DIALSTRING, transfer:EXT or transfer:EXT@CONTEXT, hangup or hangup:CAUSE, continue.
// The empty text is a step that is not set. What FreeSWITCH would execute, or take for something else than is meant, is
// refused; the error says what is wanted.
func ParseStep(text string) (Step, error) {
	verb, target, found := strings.Cut(text, ":")
	s := Step{Verb: Verb(verb), Target: target}
	if len(text) > maxTarget {
		return Step{}, fmt.Errorf("a step has at most %d bytes", maxTarget)
	}
	switch s.Verb {
	case "":
		if text == "" {
			return Step{}, nil
		}
	case Queue:
		return s, checkQueueName(target)
	case Bridge:
		return s, checkDial(target)
	case Transfer:
		s.Target, s.Context, found = strings.Cut(target, "@")
		if !extensionForm.MatchString(s.Target) || found && !contextForm.MatchString(s.Context) {
			return Step{}, errors.New("want transfer:EXT or transfer:EXT@CONTEXT, of letters, digits and + * # . _ -")
		}
		return s, nil
	case Hangup:
		if !found {
			s.Target = "NORMAL_CLEARING"
		}
		if !causes[s.Target] {
			return Step{}, fmt.Errorf("%.40q is no cause to hang up with; want one such as NORMAL_CLEARING, USER_BUSY or NO_ANSWER", s.Target)
		}
		return s, nil
	case Continue:
		if !found {
			return s, nil
		}
	}
	return Step{}, errors.New("want queue:NAME, bridge:DIALSTRING, transfer:EXT[@CONTEXT], hangup:CAUSE or continue")
}

// String is the form that ParseStep reads.
func (s Step) String() string {
	switch {
	case s.Target == "":
		return string(s.Verb)
	case s.Context != "":
		return string(s.Verb) + ":" + s.Target + "@" + s.Context
	}
	return string(s.Verb) + ":" + s.Target
}

// checkQueueName takes the names of queues that can be written as an argument of the application callcenter. Quotes and
// backslashes in it are read twice, differently. Source: switch_channel.c switch_channel_expand_variables_check,
// switch_utils.c separate_string_blank_delim.
func checkQueueName(name string) error {
	if name == "" || len(name) > maxQueue || !printable(name) || strings.TrimSpace(name) != name ||
		strings.ContainsAny(name, "'\"`\\$|") || strings.HasPrefix(name, "^^") {
		return fmt.Errorf("want the name of a queue: up to %d bytes without quotes, backslashes, $ and |", maxQueue)
	}
	return nil
}

// checkDial takes dial strings: endpoints that ring, parted by , (all at once) or | (one after the other).
func checkDial(dial string) error {
	wanted := errors.New("want user/…, sofia/…, loopback/… or verto.rtc/… of letters, digits and @ . _ + % * / : -, several parted by , or |")
	legs := dialParts.FindAllString(dial, -1)
	size := max(len(legs)-1, 0) // of what parts them
	for _, leg := range legs {
		size += len(leg)
		parts := legForm.FindStringSubmatch(leg)
		if parts == nil || strings.Contains(leg, "..") || strings.Contains(leg, ":_:") {
			return wanted
		}
		if parts[1] == "" {
			continue
		}
		for v := range strings.SplitSeq(parts[2], ",") {
			if !legVar.MatchString(v) {
				return errors.New("want leg_timeout=N, leg_delay_start=N, leg_progress_timeout=N or origination_caller_id_name|number=… in the brackets")
			}
		}
	}
	if len(legs) == 0 || size != len(dial) {
		return wanted
	}
	return nil
}

// checkSound takes what can be announced: a tone, a silence or a file, which come to an end by themselves.
func checkSound(field, text string) error {
	if text == "" {
		return nil
	}
	if len(text) > maxTarget || !soundForm.MatchString(text) || strings.Contains(text, "..") || toneTooLong.MatchString(text) {
		return wrong(field, "want a sound file, tone_stream://… or silence_stream://…, that ends by itself")
	}
	return nil
}
