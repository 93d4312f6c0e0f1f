package v1

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/account"
	"callgate/internal/audit"
	"callgate/internal/fault"
)

// Modules are what the API offers; account.Service switches it on and off.
type Modules interface {
	// Modules lists what was ever switched, as it stands now.
	Modules(ctx context.Context) ([]account.Module, error)
	Switch(ctx context.Context, m account.Module) error
	// Keep forgets what was to come, or is fault.NotFound "Switch".
	Keep(ctx context.Context, module, action, project, by string) error
}

const (
	modulesSee  right = "modules/see"
	modulesEdit right = "modules/edit"
)

// modules are the operations on what the API offers.
func (f *Face) modules() {
	const path, one = "/modules", "/modules/{module}/{action}"
	gone := []int{http.StatusNotFound}
	operation(f, huma.Operation{OperationID: "list-modules", Method: http.MethodGet, Path: path, Summary: "What the API offers, and what of it is switched off"}, modulesSee, f.listModules)
	operation(f, huma.Operation{OperationID: "switch-module", Method: http.MethodPut, Path: one, Summary: "Switch an action, or a module, on or off",
		Description: "For all, or for one project; at once, or from a time on. What was to come of the same action and project is forgotten. An action and its module, a project and all of them " +
			"are kept apart: each that is off is enough. Who is limited to projects switches for those. That modules can be switched is itself switched off on the command line only.", Errors: gone},
		modulesEdit, f.switchModule)
	operation(f, huma.Operation{OperationID: "keep-module", Method: http.MethodDelete, Path: one, Summary: "Forget what was to come of an action: it stays as it is", Errors: gone}, modulesEdit, f.keepModule)
	operation(f, huma.Operation{OperationID: "list-module-history", Method: http.MethodGet, Path: path + "/history", Summary: "Who switched what, the newest first",
		Description: "Who is limited to projects sees what was switched for all and for those: an answer may hold fewer than limit, or none, and be followed by others."}, modulesSee, f.moduleHistory)
}

// Wording is a text in the languages of the panel.
type Wording struct {
	English string `json:"en"`
	Russian string `json:"ru"`
}

// ModuleSwitch is how something was switched.
type ModuleSwitch struct {
	Project string    `json:"project" doc:"For which project; empty for all."`
	On      bool      `json:"on"`
	Since   time.Time `json:"since"`
	At      time.Time `json:"at" doc:"When it was said."`
	By      string    `json:"by"`
	Next    *Upcoming `json:"next,omitempty" doc:"What holds in its place later."`
}

// Upcoming is how something will be switched.
type Upcoming struct {
	On   bool      `json:"on"`
	From time.Time `json:"from"`
	At   time.Time `json:"at" doc:"When it was said."`
	By   string    `json:"by"`
}

// ModuleAction is one action of a module.
type ModuleAction struct {
	Action     string         `json:"action"`
	Title      Wording        `json:"title"`
	About      Wording        `json:"about"`
	Off        Wording        `json:"off" doc:"What a client gets while it is off."`
	Documented bool           `json:"documented" doc:"It is an action of the documented API."`
	Modern     bool           `json:"modern" doc:"It is a right of this API."`
	Switchable bool           `json:"switchable"`
	On         bool           `json:"on" doc:"For all, just now: neither it nor its module is off."`
	Switches   []ModuleSwitch `json:"switches" nullable:"false" doc:"How it was switched, for all and for projects; what never was is on."`
}

// Module is what the API offers of one kind.
type Module struct {
	Module   string         `json:"module"`
	Title    Wording        `json:"title"`
	About    Wording        `json:"about"`
	On       bool           `json:"on" doc:"The module as a whole, for all, just now."`
	Switches []ModuleSwitch `json:"switches" nullable:"false" doc:"How it was switched as a whole."`
	Actions  []ModuleAction `json:"actions" nullable:"false"`
}

// moduleView shows a module as it was switched, as far as who asks may see it.
func moduleView(k account.Known, switched []account.Module, who *asker) Module {
	of := func(action string) (all []ModuleSwitch, on bool) {
		all, on = []ModuleSwitch{}, true
		for _, m := range switched {
			if m.Name != k.Name || m.Action != action || m.Project != "" && !who.Sees(m.Project) {
				continue
			}
			s := ModuleSwitch{Project: m.Project, On: m.On, Since: m.Since, At: m.At, By: m.By}
			if n := m.Next; n != nil {
				s.Next = &Upcoming{On: n.On, From: n.From, At: n.At, By: n.By}
			}
			all, on = append(all, s), on && (m.On || m.Project != "")
		}
		return all, on
	}
	v := Module{Module: k.Name, Title: Wording(k.Title), About: Wording(k.About), Actions: make([]ModuleAction, len(k.Actions))}
	v.Switches, v.On = of(account.Any)
	for i, a := range k.Actions {
		switches, on := of(a.Name)
		v.Actions[i] = ModuleAction{Action: a.Name, Title: Wording(a.Title), About: Wording(a.About), Off: Wording(a.Off()), Documented: a.Documented, Modern: a.Modern, Switchable: !a.Right,
			On: a.Right || v.On && on, Switches: switches}
	}
	return v
}

type moduleList struct{ Body []Module }

func (f *Face) listModules(ctx context.Context, who *asker, _ *struct{}) (*moduleList, error) {
	switched, err := f.o.Modules.Modules(ctx)
	if err != nil {
		return nil, err
	}
	out := &moduleList{}
	for _, k := range account.Catalogue() {
		out.Body = append(out.Body, moduleView(k, switched, who))
	}
	return out, nil
}

// ByAction names an action of a module, for all or for one project.
type ByAction struct {
	Module  string `path:"module" maxLength:"64"`
	Action  string `path:"action" maxLength:"64" doc:"* for the module as a whole."`
	Project string `query:"project" maxLength:"64" doc:"For this project; without it for all."`
}

// find tells which module is meant, if who asks may switch it there.
func (f *Face) find(who *asker, in *ByAction) (account.Known, error) {
	k, ok := account.FindAction(in.Module, in.Action)
	switch {
	case !ok:
		return k, fault.New(fault.NotFound, "Action")
	case in.Project == "" && len(who.Projects) > 0:
		return k, &fault.Error{Kind: fault.Denied, Subject: "who is limited to projects switches for one of those"}
	case in.Project == "":
		return k, nil
	case !who.Sees(in.Project):
		return k, fault.New(fault.NotFound, "Project")
	}
	_, err := f.o.Projects.Get(in.Project)
	return k, err
}

type oneModule struct{ Body Module }

func (f *Face) switchModule(ctx context.Context, who *asker, in *struct {
	ByAction
	Body struct {
		On   bool      `json:"on"`
		From time.Time `json:"from,omitempty" doc:"From when on, within a year; without it, or when it is over, at once."`
	}
}) (*oneModule, error) {
	k, err := f.find(who, &in.ByAction)
	if err != nil {
		return nil, err
	}
	if module, action, _ := strings.Cut(string(modulesEdit), "/"); !in.Body.On && in.Module == module && (in.Action == action || in.Action == account.Any) {
		return nil, &fault.Error{Kind: fault.Denied, Subject: string(modulesEdit) + " is switched off on the command line only"}
	}
	if err := f.o.Modules.Switch(ctx, account.Module{Name: in.Module, Action: in.Action, Project: in.Project, On: in.Body.On, Since: in.Body.From, By: who.Login}); err != nil {
		return nil, err
	}
	return f.module(ctx, who, k)
}

func (f *Face) keepModule(ctx context.Context, who *asker, in *ByAction) (*oneModule, error) {
	k, err := f.find(who, in)
	if err != nil {
		return nil, err
	}
	if err := f.o.Modules.Keep(ctx, in.Module, in.Action, in.Project, who.Login); err != nil {
		return nil, err
	}
	return f.module(ctx, who, k)
}

// module shows a module after a change.
func (f *Face) module(ctx context.Context, who *asker, k account.Known) (*oneModule, error) {
	switched, err := f.o.Modules.Modules(ctx)
	if err != nil {
		return nil, err
	}
	return &oneModule{moduleView(k, switched, who)}, nil
}

// SwitchState is how something was switched, in the history.
type SwitchState struct {
	On   bool         `json:"on"`
	From *time.Time   `json:"from,omitempty" doc:"From when on; absent for at once."`
	Next *SwitchState `json:"next,omitempty" doc:"What was to come."`
}

// ModuleChange is one entry of the history.
type ModuleChange struct {
	ID      int64        `json:"id"`
	At      time.Time    `json:"at"`
	Login   string       `json:"login" doc:"Who switched it; or command line."`
	Module  string       `json:"module"`
	Action  string       `json:"action" doc:"* for the module as a whole."`
	Project string       `json:"project" doc:"Empty for all."`
	Before  *SwitchState `json:"before,omitempty" doc:"Absent when it had never been switched."`
	After   *SwitchState `json:"after,omitempty"`
}

type moduleChangePage struct {
	Body struct {
		Changes []ModuleChange `json:"changes" nullable:"false"`
		Next    string         `json:"next,omitempty" doc:"What to give as cursor for those that follow; there are none without it."`
	}
}

func (f *Face) moduleHistory(ctx context.Context, who *asker, in *struct {
	Module  string `query:"module" maxLength:"64" doc:"Only of this one, with action."`
	Action  string `query:"action" maxLength:"64" doc:"Only of this one; * for the module as a whole."`
	Project string `query:"project" maxLength:"64" doc:"With module and action: as it was switched for this project; without it for all."`
	Limit   int    `query:"limit" default:"50" minimum:"1" maximum:"1000"`
	Cursor  string `query:"cursor" maxLength:"20" doc:"next of the answer before."`
}) (*moduleChangePage, error) {
	q := audit.Query{Kind: "module", Limit: in.Limit}
	switch {
	case in.Module != "" && in.Action != "":
		q.Name = account.SwitchName(in.Module, in.Action, in.Project)
	case in.Module+in.Action+in.Project != "":
		return nil, wrongParameter("action", "want module and action, or neither and no project")
	}
	var err error
	if in.Cursor != "" {
		if q.Before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || q.Before < 1 {
			return nil, wrongParameter("cursor", "want next of an answer")
		}
	}
	all, err := f.o.AuditLog.AuditLog(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &moduleChangePage{}
	out.Body.Changes = []ModuleChange{}
	for i := range all {
		c, err := moduleChange(&all[i])
		if err != nil {
			return nil, err
		}
		if c.Project == "" || who.Sees(c.Project) {
			out.Body.Changes = append(out.Body.Changes, c)
		}
	}
	if len(all) == in.Limit {
		out.Body.Next = strconv.FormatInt(all[len(all)-1].ID, 10)
	}
	return out, nil
}

func moduleChange(e *audit.Entry) (ModuleChange, error) {
	c := ModuleChange{ID: e.ID, At: e.At, Login: e.Actor.Login}
	c.Module, c.Action, c.Project = account.ParseSwitchName(e.Name)
	for _, of := range []struct {
		object json.RawMessage
		shown  **SwitchState
	}{{e.Before, &c.Before}, {e.After, &c.After}} {
		if len(of.object) == 0 {
			continue
		}
		if err := json.Unmarshal(of.object, of.shown); err != nil {
			return ModuleChange{}, fmt.Errorf("read entry %d of the audit log: %w", e.ID, err)
		}
	}
	return c, nil
}
