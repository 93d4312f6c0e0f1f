package callcenter

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"strings"
	"sync"
	"time"

	"callgate/esl"
	"callgate/internal/audit"
	"callgate/internal/fault"
)

// Board shows the contact centres as they were read last.
type Board interface {
	Snapshots() []*Snapshot
	// Refresh makes a reading of the named switch that begins after the call, and waits for it.
	Refresh(ctx context.Context, switchName string) error
}

// Book keeps what mod_callcenter has no place for. A database that is down is fault.StorageDown.
type Book interface {
	AddAgentStatus(ctx context.Context, s AgentStatus) error
	// AgentStatuses lists at most limit changes of an agent's status, the newest first; with no switch those of all.
	AgentStatuses(ctx context.Context, switchName, agent string, limit int) ([]AgentStatus, error)
	// SetQueue keeps a definition in the place of one of that hostname and name, unless allow, which sees that one or nil, has
	// an objection; fault.Conflict when another's name differs in its case only. Between the two nobody else changes it.
	SetQueue(ctx context.Context, d QueueDefinition, allow func(old *QueueDefinition) error) error
	// RemoveQueue removes a definition, unless allow has an objection, or answers fault.NotFound "Queue".
	RemoveQueue(ctx context.Context, hostname, name string, allow func(old *QueueDefinition) error) error
	AddAudit(ctx context.Context, e audit.Entry) error
	// QueueDefinitions lists all definitions by name and hostname.
	QueueDefinitions(ctx context.Context) ([]QueueDefinition, error)
}

// AdministratorOptions are an Administrator's collaborators.
type AdministratorOptions struct {
	Links  []Link
	Board  Board
	Book   Book
	Now    func() time.Time
	Logger *slog.Logger
}

// Administrator changes the contact centres. A command that FreeSWITCH has carried out is in the snapshots when its
// method returns, unless Done says otherwise; no command is ever sent twice. A command names its switch, which may be
// left out where only one can be meant. Its methods block on FreeSWITCH and the database, and may be called from any
// goroutine. A client that goes away does not end a command: what was begun is recorded.
//
// All of them answer fault.NotFound "Switch" for a switch that is none of ours, fault.EmptyField "switch" where it must
// be named, and fault.SwitchDown without a usable link. With the subject OutcomeUnknown the command may have been
// carried out.
type Administrator struct {
	o     AdministratorOptions
	seed  maphash.Seed
	turns [64]sync.Mutex // of things, by the hashes of their names
}

// NewAdministrator makes an Administrator.
func NewAdministrator(o AdministratorOptions) *Administrator {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Administrator{o: o, seed: maphash.MakeSeed()}
}

// inTurn lets one at a time change a thing, from its last look at it to its last command.
func (a *Administrator) inTurn(thing string, change func() error) error {
	turn := &a.turns[maphash.String(a.seed, thing)%uint64(len(a.turns))]
	turn.Lock()
	defer turn.Unlock()
	return change()
}

// Done is what a command that was carried out has to say.
type Done struct {
	Switch  string
	Stale   bool   // the state shown may not contain it yet
	Warning string // what else has happened, or has not
}

// OutcomeUnknown is the subject of a fault.SwitchDown after which nobody knows whether the command was carried out.
const OutcomeUnknown = "outcome unknown"

const (
	commandTime = 10 * time.Second // for one command
	refreshTime = 5 * time.Second  // for the reading after it
)

// link finds the switch that a command is for. With several and none named it is the one whose snapshot has what the
// command is about; has is nil for what exists nowhere yet.
func (a *Administrator) link(name, subject string, has func(*Snapshot) bool) (Link, error) {
	if name == "" && len(a.o.Links) > 1 {
		var err error
		if name, err = a.locate(subject, has); err != nil {
			return nil, err
		}
	}
	for _, l := range a.o.Links {
		if name == "" || l.Name() == name {
			return l, nil
		}
	}
	return nil, fault.New(fault.NotFound, "Switch")
}

func (a *Administrator) locate(subject string, has func(*Snapshot) bool) (string, error) {
	unclear := func(reason string) error {
		return &fault.Error{Kind: fault.EmptyField, Subject: "switch", Err: errors.New(reason)}
	}
	if has == nil {
		return "", unclear("there are several switches")
	}
	known, found := a.o.Board.Snapshots(), []string{}
	for _, s := range known {
		if has(s) {
			found = append(found, s.Switch)
		}
	}
	switch {
	case len(found) > 1:
		return "", unclear("it is on several switches")
	case len(known) < len(a.o.Links):
		return "", unclear("not every switch could be read")
	case len(found) == 0:
		return "", fault.New(fault.NotFound, subject)
	}
	return found[0], nil
}

// command runs callcenter_config once. The words are quoted here and nowhere else.
func (a *Administrator) command(ctx context.Context, link Link, words ...string) error {
	text, err := a.ask(ctx, link, words...)
	if err == nil && !strings.HasPrefix(text, "+OK") {
		return fmt.Errorf("callcenter_config %s %s on %s answers %.60q", words[0], words[1], link.Name(), text)
	}
	return err
}

// ask runs callcenter_config and returns what it printed.
func (a *Administrator) ask(ctx context.Context, link Link, words ...string) (string, error) {
	args := make([]string, len(words))
	for i, w := range words {
		var err error
		if args[i], err = quote("argument", w); err != nil {
			return "", err
		}
	}
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), commandTime)
	defer stop()
	text, err := link.API(ctx, "callcenter_config", args...)
	return text, verdict(err)
}

// refusals are what mod_callcenter says that means something to a client.
var refusals = map[string]fault.Error{
	"-ERR Agent already exist!":                 {Kind: fault.Conflict, Subject: "Agent"},
	"-ERR Agent not found!":                     {Kind: fault.NotFound, Subject: "Agent"},
	"-ERR Tier already exist!":                  {Kind: fault.Conflict, Subject: "Tier"},
	"-ERR Unknown Error!":                       {Kind: fault.NotFound, Subject: "Tier"},
	"-ERR Queue not found!":                     {Kind: fault.NotFound, Subject: "Queue"},
	"-ERR Invalid Queue not found!":             {Kind: fault.NotFound, Subject: "Queue"},
	"-ERR callcenter_config Command not found!": {Kind: fault.SwitchDown},
}

// verdict gives the failure of a command its kind.
func verdict(err error) error {
	var refused *esl.ReplyError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		if known, ok := refusals[refused.Text]; ok {
			known.Err = err
			return &known
		}
		return err
	case errors.Is(err, esl.ErrOutcomeUnknown):
		return &fault.Error{Kind: fault.SwitchDown, Subject: OutcomeUnknown, Err: err}
	case errors.Is(err, esl.ErrDown), errors.Is(err, esl.ErrBusy):
		return fault.Wrap(fault.SwitchDown, err, "callcenter_config")
	case errors.Is(err, esl.ErrArgument): // a name that together with the command reads as another command
		return &fault.Error{Kind: fault.WrongField, Subject: "name", Err: err}
	}
	return err
}

// finish lets the snapshots catch up with what was done.
func (a *Administrator) finish(ctx context.Context, link Link, warnings ...string) Done {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), refreshTime)
	defer stop()
	d := Done{Switch: link.Name(), Warning: strings.Join(warnings, " ")}
	if err := a.o.Board.Refresh(ctx, link.Name()); err != nil {
		d.Stale = true
		a.o.Logger.WarnContext(ctx, "a command was carried out, reading it back fails", "switch", link.Name(), "error", err)
	}
	return d
}

// rows reads a list now, whose column named wide may hold "|": a snapshot may be older than what somebody has just changed by other means.
func (a *Administrator) rows(ctx context.Context, link Link, wide string, words ...string) ([]map[string]string, error) {
	text, err := a.ask(ctx, link, words...)
	if err != nil {
		return nil, err
	}
	t, err := parseTable(text, greedy(wide))
	if err != nil {
		return nil, err
	}
	rows := make([]map[string]string, len(t.rows))
	for i, cells := range t.rows {
		rows[i] = make(map[string]string, len(cells))
		for j, name := range t.header {
			rows[i][name] = cells[j]
		}
	}
	return rows, nil
}
