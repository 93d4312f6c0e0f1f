package v1

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
	"callgate/internal/sms"
)

const smsOptOuts right = "sms/optouts"

// optOuts are the operations on who does not want text messages.
func (f *Face) optOuts() {
	const path, one = "/sms/optouts", "/sms/optouts/{number}"
	operation(f, huma.Operation{OperationID: "list-opt-outs", Method: http.MethodGet, Path: path, Summary: "Who does not want text messages, by number",
		Description: "Needs the right `numbers/see` as well. Who is limited to projects sees those of his projects.", Errors: []int{http.StatusNotFound}}, smsOptOuts, f.listOptOuts)
	operation(f, huma.Operation{OperationID: "put-opt-out", Method: http.MethodPut, Path: one, Summary: "Send somebody no messages any more",
		Description: "Those that wait for him fail at once. Who is limited to projects names one of his.", Errors: []int{http.StatusNotFound}}, smsOptOuts, f.putOptOut)
	operation(f, huma.Operation{OperationID: "delete-opt-out", Method: http.MethodDelete, Path: one, Summary: "Send somebody messages again",
		Description: "Those that have failed stay as they are.", Errors: []int{http.StatusNotFound}}, smsOptOuts, f.deleteOptOut)
}

// OptOut is somebody who does not want text messages.
type OptOut struct {
	Number  string    `json:"number" doc:"As messages have it."`
	Project string    `json:"project" doc:"Whose messages he does not want; empty for any's."`
	At      time.Time `json:"at"`
	By      string    `json:"by" doc:"Who said so."`
}

type optOutPage struct {
	Body struct {
		OptOuts []OptOut `json:"optouts" nullable:"false"`
		Next    string   `json:"next,omitempty" doc:"What to give as cursor for those that follow; there are none without it."`
	}
}

func (f *Face) listOptOuts(ctx context.Context, who *asker, in *struct {
	Project []string `query:"project,explode" maxItems:"100" doc:"One of these."`
	Phone   string   `query:"phone" maxLength:"24" doc:"In any spelling, by the country of the project where one is asked for."`
	Limit   int      `query:"limit" default:"100" minimum:"1" maximum:"1000"`
	Cursor  string   `query:"cursor" maxLength:"128" doc:"next of the answer before."`
}) (*optOutPage, error) {
	if err := f.may(ctx, who, numbersSee); err != nil {
		return nil, err
	}
	q := sms.OptOutQuery{Projects: who.Projects, Limit: in.Limit}
	for i, id := range in.Project {
		if i == 0 {
			q.Projects = nil
		}
		if !who.Sees(id) {
			return nil, fault.New(fault.NotFound, "Project")
		}
		q.Projects = append(q.Projects, id)
	}
	if in.Phone != "" {
		var err error
		if q.Number, err = f.textNumber(in.Project, in.Phone); err != nil {
			return nil, err
		}
	}
	if in.Cursor != "" {
		var whole bool
		if q.After.Number, q.After.Project, whole = strings.Cut(in.Cursor, "/"); !whole {
			return nil, wrongParameter("cursor", "want next of an earlier answer")
		}
	}
	all, err := f.o.TextList.OptOuts(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &optOutPage{}
	out.Body.OptOuts = make([]OptOut, len(all))
	for i, o := range all {
		out.Body.OptOuts[i] = OptOut(o)
	}
	if len(all) == in.Limit {
		last := all[len(all)-1]
		out.Body.Next = last.Number + "/" + last.Project
	}
	return out, nil
}

// ByOptOut names an opt-out.
type ByOptOut struct {
	Number  string `path:"number" maxLength:"24" doc:"In any spelling, by the country of the project."`
	Project string `query:"project" maxLength:"64" doc:"Whose messages; without it any's."`
}

// check refuses what is no number, and projects that are not the user's.
func (by *ByOptOut) check(f *Face, who *asker) error {
	if !sms.IsPhone(by.Number) {
		return wrongParameter("number", "want 5 to 24 digits, blanks, dashes and brackets, a + before them or not")
	}
	if !who.Sees(by.Project) {
		return fault.New(fault.Denied, "")
	}
	if by.Project == "" {
		return nil
	}
	_, err := f.o.Projects.Get(by.Project)
	return err
}

type optedOut struct {
	Body struct {
		OptOut
		Stopped int `json:"stopped" doc:"How many messages waited for him, and failed."`
	}
}

func (f *Face) putOptOut(ctx context.Context, who *asker, in *ByOptOut) (*optedOut, error) {
	if err := in.check(f, who); err != nil {
		return nil, err
	}
	kept, stopped, err := f.o.Texts.AddOptOut(ctx, in.Project, in.Number, who.Login)
	if err != nil {
		return nil, err
	}
	out := &optedOut{}
	out.Body.OptOut, out.Body.Stopped = OptOut(kept), stopped
	return out, nil
}

func (f *Face) deleteOptOut(ctx context.Context, who *asker, in *ByOptOut) (*struct{}, error) {
	if err := in.check(f, who); err != nil {
		return nil, err
	}
	return nil, f.o.Texts.RemoveOptOut(ctx, in.Project, in.Number)
}
