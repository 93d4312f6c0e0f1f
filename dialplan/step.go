package dialplan

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"callgate/esl"
	"callgate/internal/project"
)

// prepare says what FreeSWITCH is to do when the other party of a queue or bridge hangs up: without the first the caller
// would then go on to the next action of his dialplan, the fallback, and without the second one who was not reached would
// be hung up. Source: switch_ivr_bridge.c uuid_bridge_on_soft_execute, switch_channel.c switch_channel_handle_cause.
func (c *call) prepare(ctx context.Context, more ...[2]string) error {
	if !c.prepared {
		more = append(more, [2]string{"hangup_after_bridge", "true"}, [2]string{"continue_on_fail", "true"})
	}
	c.prepared = true
	return c.set(ctx, more...)
}

// queue puts the caller into a queue until an agent has answered, or he leaves it otherwise. The application callcenter
// tells how by channel variables, and sets none when there is no such queue. Source: mod_callcenter.c callcenter_function.
func (c *call) queue(ctx context.Context, name string) (outcome string, next project.Step, err error) {
	if err := c.answer(ctx); err != nil {
		return "", next, err
	}
	c.doing = "queue"
	var more [][2]string
	if keys := c.match.Plan.Keys(); keys != c.keys { // an earlier route's would lead nowhere
		more = append(more, [2]string{"cc_exit_keys", keys})
		c.keys = keys
	}
	if c.stale {
		more = append(more, [2]string{"cc_cause", ""})
	}
	if err := c.prepare(ctx, more...); err != nil {
		return "", next, err
	}
	if c.noQueues(ctx) {
		c.note(AfterFailed, "mod_callcenter is not loaded")
		return "", c.match.Plan.Failed(), nil
	}
	c.note(Queued, name)
	if strings.Contains(name, " ") {
		name = "'" + name + "'"
	}
	e, err := c.s.Execute(ctx, "callcenter", name)
	if err != nil {
		return "", next, err
	}
	cause, reason := e.Get("variable_cc_cause"), e.Get("variable_cc_cancel_reason")
	c.stale = cause != ""
	// A caller who hangs up has the reason BREAK_OUT, or whatever was the reason a moment before.
	gone := c.up() != nil || e.Get("Answer-State") == "hangup"
	plan := c.match.Plan
	if cause == "answered" {
		c.note(Answered, c.agent(ctx, e.Get("variable_cc_agent_uuid")))
		return answered, next, nil
	}
	c.left(e)
	switch {
	case gone:
		return "", next, esl.ErrHungUp
	case c.away:
		return "", next, errAway
	case cause == "":
		c.note(AfterFailed, "no such queue")
		return "", plan.Failed(), nil
	case reason == "TIMEOUT":
		c.note(AfterTimeout, "")
		return "", plan.Timeout(), nil
	case reason == "NO_AGENT_TIMEOUT":
		c.note(AfterNoAgents, "")
		return "", plan.NoAgents(), nil
	case reason == "EXIT_WITH_KEY":
		key := e.Get("variable_cc_exit_key")
		c.note(AfterKey, key)
		return "", plan.Key(key), nil
	}
	c.note(Continued, "the queue was broken off")
	return givenBack, next, nil
}

// noQueues tells whether mod_callcenter is known to be missing, as while it is loaded anew: FreeSWITCH hangs up a call that is
// to execute what it does not know. Source: switch_core_session.c switch_core_session_execute_application_get_flags.
func (c *call) noQueues(ctx context.Context) bool {
	if !c.s.Full() {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, applicationTime)
	defer cancel()
	loaded, err := c.s.API(ctx, "module_exists", "mod_callcenter")
	return err == nil && strings.TrimSpace(loaded) == "false"
}

// agent is the name of the agent whose leg it is, "" when it cannot be known. The caller's own cc_agent is set only when both
// are bridged already, and may be there from an earlier queue. Source: mod_callcenter.c outbound_agent_thread_run.
func (c *call) agent(ctx context.Context, leg string) string {
	if !c.s.Full() || !plainID.MatchString(leg) {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, applicationTime)
	defer cancel()
	name, err := c.s.API(ctx, "uuid_getvar", leg, "cc_agent")
	if name = strings.TrimSpace(name); err != nil || name == "_undef_" {
		return ""
	}
	return name
}

// bridge rings somebody until he answers, and then until one of them hangs up.
func (c *call) bridge(ctx context.Context, dial string) (outcome string, next project.Step, err error) {
	c.doing = "bridge"
	if err := c.prepare(ctx); err != nil {
		return "", next, err
	}
	c.note(Bridged, dial)
	e, err := c.s.Execute(ctx, "bridge", dial)
	if err != nil {
		return "", next, err
	}
	c.left(e)
	// Source: switch_ivr_originate.c; every attempt sets it.
	if disposition := e.Get("variable_originate_disposition"); disposition != "SUCCESS" {
		if c.up() != nil {
			return "", next, esl.ErrHungUp
		}
		if c.away {
			return "", next, errAway
		}
		c.note(AfterFailed, disposition)
		return "", c.match.Plan.Failed(), nil
	}
	c.note(Answered, "")
	return bridged, next, nil
}

func (c *call) transfer(ctx context.Context, step project.Step) (outcome string, next project.Step, err error) {
	c.doing = "transfer"
	before, _ := strconv.Atoi(c.s.Data().Get("variable_callgate_transfers")) // it may lead to us again
	if before >= maxSteps {
		c.note(Continued, fmt.Sprintf("more than %d transfers", maxSteps))
		return givenBack, next, nil
	}
	if err := c.set(ctx, [2]string{"callgate_transfers", strconv.Itoa(before + 1)}); err != nil {
		return "", next, err
	}
	c.note(Transferred, strings.TrimPrefix(step.String(), string(project.Transfer)+":"))
	_, err = c.execute(ctx, applicationTime, "transfer", strings.TrimSpace(step.Target+" XML "+step.Context))
	if errors.Is(err, errAway) {
		err = nil // that is what it is for
	}
	return transferred, next, err
}

func (c *call) hangup(ctx context.Context, cause string) (outcome string, next project.Step, err error) {
	c.doing = "hangup"
	ctx, cancel := context.WithTimeout(ctx, applicationTime)
	defer cancel()
	c.note(HungUp, cause)
	if err := c.s.Hangup(ctx, cause); err != nil && c.up() == nil {
		return "", next, err
	}
	return hungUp, next, nil
}
