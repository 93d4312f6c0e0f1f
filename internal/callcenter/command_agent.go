package callcenter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"callgate/internal/fault"
)

var agentTypes = [...]string{"callback", "uuid-standby"}

// exact finds the one of list that text is but for its case.
func exact[T ~string](field, text string, list []T) (T, error) {
	one, ok := spelled(list, text)
	if !ok {
		return "", wrong(field, fmt.Sprintf("want one of %q", list))
	}
	return one, nil
}

// AgentStatus is a change of an agent's status that was made here.
type AgentStatus struct {
	At     time.Time
	Switch string
	Agent  string
	Status string
	Reason string // may be empty; mod_callcenter knows none
	By     string // the login of who changed it
}

// AgentChange is what to change of an agent; nil is left as it is. The times are seconds.
type AgentChange struct {
	Status            *string // in any case
	Reason            string  // of the status
	By                string  // who changes it
	Contact           *string
	Type              *string
	WrapUpTime        *int
	MaxNoAnswer       *int // unanswered offers until the queue's agent-no-answer-status; 0 is never
	RejectDelayTime   *int
	BusyDelayTime     *int
	NoAnswerDelayTime *int
}

// AgentSetup is what is set of an agent, but for the status, which changes by itself. The times are seconds.
type AgentSetup struct {
	Type, Contact                                                              string
	MaxNoAnswer, WrapUpTime, RejectDelayTime, BusyDelayTime, NoAnswerDelayTime int
}

// Setup is what is set of the agent.
func (a *Agent) Setup() AgentSetup {
	return AgentSetup{a.Type, a.Contact, a.MaxNoAnswer, int(a.WrapUp.Seconds()), int(a.RejectDelay.Seconds()), int(a.BusyDelay.Seconds()), int(a.NoAnswerDelay.Seconds())}
}

func setupOf(row map[string]string) *AgentSetup {
	if row == nil {
		return nil
	}
	number := func(column string) int { n, _ := strconv.Atoi(row[column]); return n } // what is no number is 0 to mod_callcenter, too
	return &AgentSetup{row["type"], row["contact"], number("max_no_answer"), number("wrap_up_time"), number("reject_delay_time"),
		number("busy_delay_time"), number("no_answer_delay_time")}
}

// setting is one agent set command.
type setting struct{ key, value string }

// settings checks a change and writes it as commands. The status comes last: who is made available shall be rung at the
// new contact.
func (c AgentChange) settings() ([]setting, error) {
	var all []setting
	if c.Contact != nil {
		if err := CheckContact(*c.Contact); err != nil {
			return nil, err
		}
		all = append(all, setting{"contact", *c.Contact})
	}
	if c.Type != nil {
		kind, err := exact("type", *c.Type, agentTypes[:])
		if err != nil {
			return nil, err
		}
		all = append(all, setting{"type", kind})
	}
	for _, n := range []struct {
		key   string
		value *int
	}{
		{"wrap_up_time", c.WrapUpTime}, {"max_no_answer", c.MaxNoAnswer}, {"reject_delay_time", c.RejectDelayTime},
		{"busy_delay_time", c.BusyDelayTime}, {"no_answer_delay_time", c.NoAnswerDelayTime},
	} {
		if n.value == nil {
			continue
		}
		if *n.value < 0 || *n.value > maxSeconds {
			return nil, wrong(n.key, "want 0 to 86400")
		}
		all = append(all, setting{n.key, strconv.Itoa(*n.value)})
	}
	if _, err := quote("reason", c.Reason); err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(c.Reason) > maxReason || c.Reason != "" && c.Status == nil {
		return nil, wrong("reason", "want at most 255 characters, and a status")
	}
	if c.Status != nil {
		// mod_callcenter accepts any case, keeps what it was given, and never offers a call to an agent who is "available".
		status, err := exact("status", *c.Status, Statuses[:])
		if err != nil {
			return nil, err
		}
		all = append(all, setting{"status", string(status)})
	}
	return all, nil
}

func hasAgent(name string) func(*Snapshot) bool {
	return func(s *Snapshot) bool {
		return slices.ContainsFunc(s.Agents, func(a Agent) bool { return a.Name == name })
	}
}

// agentRow reads an agent as the switch has it now; nil when there is none.
func (a *Administrator) agentRow(ctx context.Context, link Link, name string) (map[string]string, error) {
	rows, err := a.rows(ctx, link, "contact", "agent", "list", name)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// agent checks a name and finds the switch that has the agent, fault.NotFound "Agent" when none has: mod_callcenter
// says +OK to removing what is not there.
func (a *Administrator) agent(ctx context.Context, switchName, name string) (Link, map[string]string, error) {
	if err := checkName("name", name); err != nil {
		return nil, nil, err
	}
	link, err := a.link(switchName, "Agent", hasAgent(name))
	if err != nil {
		return nil, nil, err
	}
	row, err := a.agentRow(ctx, link, name)
	if err == nil && row == nil {
		err = fault.New(fault.NotFound, "Agent")
	}
	return link, row, err
}

// AddAgent adds an agent of type callback or uuid-standby, logged out, and then sets what the change says. An agent of
// that name is fault.Conflict "Agent".
func (a *Administrator) AddAgent(ctx context.Context, switchName, name, kind string, with AgentChange) (Done, error) {
	if err := checkName("name", name); err != nil {
		return Done{}, err
	}
	kind, err := exact("type", kind, agentTypes[:])
	if err != nil {
		return Done{}, err
	}
	sets, err := with.settings()
	if err != nil {
		return Done{}, err
	}
	link, err := a.link(switchName, "Agent", nil)
	if err != nil {
		return Done{}, err
	}
	return a.set(ctx, link, name, with, sets, func(run func(...string) error) error { return run("agent", "add", name, kind) })
}

// ChangeAgent sets what the change says, in several commands: when one of them fails those before it stay done. It does
// nothing where allow, which may be nil, has an objection to what is set now, or to nil when the agent is no more. FreeSWITCH
// cannot compare and set: nobody changes the agent between the two but another process, or an operator at its console.
func (a *Administrator) ChangeAgent(ctx context.Context, switchName, name string, change AgentChange, allow func(now *AgentSetup) error) (Done, error) {
	sets, err := change.settings()
	if err != nil {
		return Done{}, err
	}
	link, _, err := a.agent(ctx, switchName, name)
	if err != nil {
		return Done{}, err
	}
	return a.set(ctx, link, name, change, sets, func(func(...string) error) error { return a.agentIs(ctx, link, name, allow) })
}

// agentIs asks allow, where there is one, of the agent as he is now.
func (a *Administrator) agentIs(ctx context.Context, link Link, name string, allow func(now *AgentSetup) error) error {
	if allow == nil {
		return nil
	}
	row, err := a.agentRow(ctx, link, name)
	if err != nil {
		return err
	}
	return allow(setupOf(row))
}

// set does what comes first, and carries out the commands that set something.
func (a *Administrator) set(ctx context.Context, link Link, name string, change AgentChange, sets []setting, first func(run func(...string) error) error) (Done, error) {
	var warnings []string
	d, err := a.carry(ctx, link, agentSubject(name), func(run func(...string) error) error {
		if err := first(run); err != nil {
			return err
		}
		for _, s := range sets {
			if err := run("agent", "set", s.key, name, s.value); err != nil {
				return err
			}
			if s.key != "status" {
				continue
			}
			keep, stop := context.WithTimeout(context.WithoutCancel(ctx), commandTime)
			err := a.o.Book.AddAgentStatus(keep, AgentStatus{At: a.o.Now(), Switch: link.Name(), Agent: name, Status: s.value,
				Reason: change.Reason, By: change.By})
			stop()
			if err != nil {
				warnings = append(warnings, "The status was set, but its history could not be kept.")
				a.o.Logger.ErrorContext(ctx, "an agent's status was set and not recorded", "switch", link.Name(), "error", err)
			}
		}
		return nil
	})
	d.Warning = strings.TrimSpace(strings.Join(append(warnings, d.Warning), " "))
	return d, err
}

// DeleteAgent removes an agent and its tiers; allow is as in ChangeAgent.
func (a *Administrator) DeleteAgent(ctx context.Context, switchName, name string, allow func(now *AgentSetup) error) (Done, error) {
	link, _, err := a.agent(ctx, switchName, name)
	if err != nil {
		return Done{}, err
	}
	return a.carry(ctx, link, agentSubject(name), func(run func(...string) error) error {
		if err := a.agentIs(ctx, link, name, allow); err != nil {
			return err
		}
		return run("agent", "del", name)
	})
}

// AgentHistory lists at most limit changes of an agent's status, the newest first; with no switch those of all.
func (a *Administrator) AgentHistory(ctx context.Context, switchName, name string, limit int) ([]AgentStatus, error) {
	if err := checkName("name", name); err != nil {
		return nil, err
	}
	return a.o.Book.AgentStatuses(ctx, switchName, name, limit)
}

// Registration says whether the phone of an agent can be reached: yes, no, or unknown where FreeSWITCH cannot tell,
// because the contact is an address, a gateway or something else that does not register.
type Registration struct {
	Switch     string
	Registered string
}

// AgentRegistered looks whether the agent's phone is registered.
func (a *Administrator) AgentRegistered(ctx context.Context, switchName, name string) (Registration, error) {
	link, row, err := a.agent(ctx, switchName, name)
	if err != nil {
		return Registration{}, err
	}
	r := Registration{Switch: link.Name(), Registered: "unknown"}
	account, sure := accountOf(row["contact"])
	if account == "" {
		return r, nil
	}
	ctx, stop := context.WithTimeout(ctx, commandTime)
	defer stop()
	// Source: mod_sofia sofia_contact_function; "*" looks in every profile.
	text, err := link.API(ctx, "sofia_contact", account)
	switch err = verdict(err); {
	case err == nil && strings.HasPrefix(text, "sofia/"):
		r.Registered = "yes"
	case errors.Is(err, fault.New(fault.SwitchDown, "")):
		return Registration{}, err
	case sure:
		r.Registered = "no"
	}
	return r, nil
}

// accountOf takes the account out of a contact, as sofia_contact wants it; "" when none is meant. sure tells that what
// is not registered cannot be reached: sofia/internal/1000@host also is an address.
func accountOf(contact string) (account string, sure bool) {
	if CheckContact(contact) != nil { // it was set by other means; who knows what it is
		return "", false
	}
	if _, after, ok := strings.Cut(contact, "]"); ok {
		contact = after
	}
	contact, _, _ = strings.Cut(contact, ";")
	if account, ok := strings.CutPrefix(contact, "user/"); ok {
		return "*/" + account, true
	}
	rest, ok := strings.CutPrefix(contact, "sofia/")
	profile, account, two := strings.Cut(rest, "/")
	if !ok || !two || profile == "gateway" || strings.ContainsAny(account, ":/") {
		return "", false
	}
	return profile + "/" + strings.Replace(account, "%", "@", 1), strings.Contains(account, "%")
}
