package check

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// oldest is the version of FreeSWITCH whose source callgate was written by, in its first two numbers.
const oldest = 110

var (
	versionNumber = regexp.MustCompile(`^([0-9]{1,3})\.([0-9]{1,3})\b`)
	lastWord      = regexp.MustCompile(`^\+OK .*[: ]([0-9]+|on|off|DISABLED|[0-9]+\.[0-9]+)%?$`)
)

func (x *examination) version(ctx context.Context) {
	answer, ok := x.ask(ctx, "version", "short")
	if !ok {
		return
	}
	if strings.HasSuffix(answer, "Command not found!") {
		x.mute = true
		x.wrong("mod_commands is not loaded, or we may not use its commands", "load mod_commands, and name it in modules.conf.xml for the next start")
		return
	}
	n := versionNumber.FindStringSubmatch(answer)
	if n == nil {
		x.unknown("version", answer)
		return
	}
	major, _ := strconv.Atoi(n[1])
	minor, _ := strconv.Atoi(n[2])
	if major*100+minor < oldest {
		x.advise(fmt.Sprintf("FreeSWITCH %.20s is older than what callgate is tested with", answer), "upgrade to 1.10 or later")
		return
	}
	x.ok(fmt.Sprintf("FreeSWITCH %.20s", answer))
}

// control asks for a setting of the core without changing it; value is empty, and the reason found, when there is no answer.
//
// Source: mod_commands.c ctl_function; switch_core.c switch_core_session_ctl.
func (x *examination) control(ctx context.Context, name string) (value string) {
	answer, ok := x.ask(ctx, "fsctl", name)
	if !ok {
		return ""
	}
	word := lastWord.FindStringSubmatch(strings.TrimSpace(answer))
	if word == nil {
		x.unknown("fsctl "+name, answer)
		return ""
	}
	return word[1]
}

// expansion tells whether ${name(…)} runs commands.
func (x *examination) expansion(ctx context.Context) {
	switch x.control(ctx, "api_expansion") {
	case "on":
		x.advise("on: a text from outside that finds its way into a dialplan or a dial string can run commands of the switch",
			"set api-expansion to false in switch.conf.xml once nothing of yours needs it: see callgate/switch.settings.xml")
	case "off":
		x.ok("off")
	}
}

// limits tells how many calls the switch takes, and whether it takes any.
func (x *examination) limits(ctx context.Context) {
	if answer, ok := x.ask(ctx, "fsctl", "pause_check"); ok && answer == "true" {
		x.wrong("the switch is paused: it takes no calls", "fsctl resume")
	} else if ok && answer != "false" {
		x.unknown("fsctl pause_check", answer)
	}
	sessions, rate, idle := x.control(ctx, "max_sessions"), x.control(ctx, "sps"), x.control(ctx, "min_idle_cpu")
	if sessions == "" || rate == "" || idle == "" {
		return
	}
	text := fmt.Sprintf("%s sessions at most, %s new ones a second", sessions, rate)
	if idle != "DISABLED" && idle != "0.00" {
		x.advise(text+", and none while less than "+idle+"% of the processor is idle: calls are then refused", "remove min-idle-cpu from switch.conf.xml unless it is meant so")
		return
	}
	x.ok(text)
}

const (
	clockApart = 2 * time.Second
	clockWrong = time.Minute
)

// clock compares the switch's clock with ours: CDRs carry times by the former.
//
// Source: mod_dptools.c strftime_api_function (switch_micro_time_now, the clock of events and CDRs).
func (x *examination) clock(ctx context.Context) {
	began := x.Now()
	answer, ok := x.ask(ctx, "strftime", "%Y-%m-%d %T %z")
	if !ok {
		return
	}
	took := x.Now().Sub(began)
	at, err := time.Parse("2006-01-02 15:04:05 -0700", answer)
	if err != nil {
		x.unknown("strftime", answer)
		return
	}
	// It is cut to the second.
	apart := at.Add(500 * time.Millisecond).Sub(began.Add(took / 2)).Abs()
	const fix = "keep both machines' clocks by NTP; fsctl sync_clock makes a running FreeSWITCH follow"
	text := fmt.Sprintf("the switch's clock and ours are about %v apart", apart.Round(time.Second))
	switch {
	case apart > clockWrong:
		x.wrong(text, fix)
	case apart > clockApart:
		x.advise(text, fix)
	default:
		x.ok("the same as ours, within two seconds")
	}
}
