package call

import (
	"context"
	"errors"
	"strings"

	"callgate/esl"
	"callgate/internal/fault"
)

// eavesdropModes are the variables by which the application knows what the supervisor may do. whisper_bleg lets the party
// of the leg hear him, whisper_aleg the one that this party talks with. Without enable_dtmf=false he could change that
// with the keys 1, 2 and 3.
//
// Source: mod_dptools.c eavesdrop_function; switch_ivr_async.c eavesdrop_callback; heard on FreeSWITCH 1.11.2-dev.
var eavesdropModes = map[string][]esl.Var{
	"listen":  nil,
	"whisper": {{Name: "eavesdrop_whisper_bleg", Value: "true"}},
	"barge":   {{Name: "eavesdrop_whisper_aleg", Value: "true"}, {Name: "eavesdrop_whisper_bleg", Value: "true"}},
}

// listenVariable tells a supervisor's channel, which is no call that limits count.
const listenVariable = "callgate_listen"

// Listen rings an account, a supervisor's, and when it answers lets it hear a call: unheard ("listen"), heard by the leg's
// own party ("whisper"), or by both sides ("barge"). It blocks and answers as Originate does; a client that goes away
// stops the ringing.
func (c *Controller) Listen(ctx context.Context, who Asker, uuid, account, mode string) (reply string, err error) {
	vars, ok := eavesdropModes[mode]
	switch {
	case !ok:
		return "", refuse("mode", errors.New("want listen, whisper or barge"))
	case !IsAccount(account):
		return "", refuse("sip", errors.New("want an account's name"))
	}
	look, stop := context.WithTimeout(ctx, commandTime)
	defer stop()
	sw, call, err := c.find(look, who, uuid)
	if err == nil {
		err = answered(call)
	}
	if err != nil {
		c.controls.WithLabelValues(listen, "failed").Inc()
		return "", err
	}
	plan, id := c.o.Plan(), c.o.NewID()
	contacts, _ := c.contacts(ctx, sw, plan, account)
	fill := strings.NewReplacer("{sip}", account, "{called_number}", account, "{caller_number}", account, "{uuid}", id)
	dial, err := plan.dial(fill, id, contacts, append([]esl.Var{
		{Name: listenVariable, Value: id},
		{Name: "origination_caller_id_number", Value: account},
		{Name: "origination_caller_id_name", Value: mode},
		{Name: "eavesdrop_enable_dtmf", Value: "false"},
	}, vars...)...)
	if err != nil {
		return "", err
	}
	reply, err = c.ring(ctx, plan, sw, order{id: id, line: dial + " &eavesdrop(" + uuid + ")", contacts: contacts, variable: listenVariable})
	result := "ok"
	switch {
	case strings.HasPrefix(reply, outcomeUnknown(id)):
		result = "unknown"
	case err != nil || !strings.HasPrefix(reply, "+OK"):
		result = "failed"
	}
	c.controls.WithLabelValues(listen, result).Inc()
	if _, known := fault.Of(err); err == nil || known || errors.Is(err, errCancelled) {
		return reply, err
	}
	return reply, verdict(err)
}
