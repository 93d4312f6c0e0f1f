package call

import (
	"context"
	"errors"
	"regexp"

	"callgate/internal/fault"
)

// Transfer is where a call is to go: to a number or to a queue.
type Transfer struct {
	Number string
	Queue  string
	Leg    string // aleg, the one named, bleg, the one it is bridged with, or both; "" is aleg
}

// queueForm leaves out what an inline dialplan or the splitting of a command would take for something else.
var queueForm = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,127}$`)

// Transfer sends a leg, the one it is bridged with, or both, elsewhere. A number goes through the dialplan in the context
// of the plan, and has to be allowed by the rules as a call to it would be; a queue has to be there, and one of the
// user's projects'.
//
// Source: mod_commands.c transfer_function, which sends the leg named where there is no other.
func (c *Controller) Transfer(ctx context.Context, who Asker, uuid string, to Transfer) (Done, error) {
	flag, ok := map[string]string{"": "", "aleg": "", "bleg": "-bleg", "both": "-both"}[to.Leg]
	switch {
	case !ok:
		return Done{}, refuse("leg", errors.New("want aleg, bleg or both"))
	case (to.Number == "") == (to.Queue == ""):
		return Done{}, refuse("number", errors.New("want either a number or a queue"))
	case to.Number != "" && !IsNumber(to.Number):
		return Done{}, refuse("number", errors.New("want up to 32 digits, * and #, with or without a + before them"))
	case to.Queue != "" && !queueForm.MatchString(to.Queue):
		return Done{}, refuse("queue", errors.New("want letters, digits and _ . @ -"))
	}
	return c.steer(ctx, transfer, who, uuid, func(ctx context.Context, sw Switch, call Call) error {
		args := []string{uuid}
		if flag != "" {
			if up, err := c.partnerUp(ctx, sw, call); err != nil || !up {
				return errors.Join(err, refuse("leg", errors.New("the call is bridged with nobody")))
			}
			args = append(args, flag)
		}
		if to.Queue != "" {
			if err := c.queue(who, sw.Name(), to.Queue); err != nil {
				return err
			}
			return run(ctx, sw, "uuid_transfer", append(args, "answer,callcenter:"+to.Queue, "inline")...)
		}
		owner := call.Project
		if owner == "" && len(who.Projects) > 0 {
			owner = who.Projects[0]
		}
		rules, err := c.o.Rules.check("number", to.Number, who.Login, owner)
		if err == nil {
			err = c.o.Rules.count(ctx, rules)
		}
		if err != nil {
			return err
		}
		return run(ctx, sw, "uuid_transfer", append(args, to.Number, "XML", c.o.Plan().Context)...)
	})
}

// partnerUp tells whether the leg that a call is bridged with is there.
func (c *Controller) partnerUp(ctx context.Context, sw Switch, call Call) (bool, error) {
	if call.With == "" || !uuidForm.MatchString(call.With) {
		return false, nil
	}
	up, err := exists(ctx, sw, call.With)
	return up, fault.Wrap(fault.SwitchDown, err, "find the other leg")
}

// queue refuses a queue that is not there, or serves none of the user's projects.
func (c *Controller) queue(who Asker, switchName, name string) error {
	if c.o.Queue == nil || !c.o.Queue(switchName, name) || len(who.Projects) > 0 && !c.serves(who.Projects, name) {
		return refuse("queue", errors.New("no such queue"))
	}
	return nil
}
