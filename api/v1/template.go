package v1

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
	"callgate/internal/report"
	"callgate/internal/sms"
)

// Templates are the texts with places of which messages are made; sms.Templates has them.
type Templates interface {
	Templates(ctx context.Context) ([]sms.Template, error)
	// Template finds one, or fault.NotFound "Template".
	Template(ctx context.Context, name string) (sms.Template, error)
	Put(ctx context.Context, n sms.Template, by string, allow func(old *sms.Template) error) (sms.Template, error)
	RemoveTemplate(ctx context.Context, name string, allow func(old *sms.Template) error) error
}

const smsTemplates right = "sms/templates"

// templates are the operations on templates of text messages.
func (f *Face) templates() {
	const path, one = "/sms/templates", "/sms/templates/{name}"
	gone := []int{http.StatusNotFound}
	operation(f, huma.Operation{OperationID: "list-templates", Method: http.MethodGet, Path: path, Summary: "Templates of text messages, by name",
		Description: "Those of any project, and those of the user's."}, smsTemplates, f.listTemplates)
	operation(f, huma.Operation{OperationID: "get-template", Method: http.MethodGet, Path: one, Summary: "One template", Errors: gone}, smsTemplates, f.getTemplate)
	operation(f, huma.Operation{OperationID: "put-template", Method: http.MethodPut, Path: one, Summary: "Make a template, or put it in the place of the one of that name",
		Description: "One that cannot be rendered is refused, with the place of the fault. Who is limited to projects makes those of his projects.", Errors: gone}, smsTemplates, f.putTemplate)
	operation(f, huma.Operation{OperationID: "delete-template", Method: http.MethodDelete, Path: one, Summary: "Remove a template",
		Description: "Messages that were made of it stay as they are.", Errors: gone}, smsTemplates, f.deleteTemplate)
}

// Template is a text with places.
type Template struct {
	Name      string    `json:"name"`
	Project   string    `json:"project" doc:"Whose messages it is for; empty for any's."`
	Text      string    `json:"text" doc:"What may be numbers in it is hidden from users without the right numbers/see."`
	Places    []string  `json:"places" nullable:"false" doc:"Their names, in the order in which they come."`
	ChangedAt time.Time `json:"changed_at"`
	ChangedBy string    `json:"changed_by"`
}

func templateView(t *sms.Template, numbers bool) Template {
	return Template{Name: t.Name, Project: t.Project, Text: report.ShownText(t.Text, numbers), Places: t.Places(), ChangedAt: t.ChangedAt, ChangedBy: t.ChangedBy}
}

type templateList struct{ Body []Template }

func (f *Face) listTemplates(ctx context.Context, who *asker, _ *struct{}) (*templateList, error) {
	all, err := f.o.Templates.Templates(ctx)
	if err != nil {
		return nil, err
	}
	out, numbers := &templateList{Body: []Template{}}, who.May("numbers", "see")
	for i := range all {
		if all[i].Project == "" || who.Sees(all[i].Project) {
			out.Body = append(out.Body, templateView(&all[i], numbers))
		}
	}
	return out, nil
}

// ByTemplate names a template.
type ByTemplate struct {
	Name string `path:"name" maxLength:"32" doc:"Small letters, digits, - and _."`
}

// wholeTemplate is all of a template.
func wholeTemplate(t *sms.Template) Template { return templateView(t, true) }

func (f *Face) getTemplate(ctx context.Context, who *asker, in *ByTemplate) (*single[Template], error) {
	t, err := f.o.Templates.Template(ctx, in.Name)
	if err == nil && t.Project != "" && !who.Sees(t.Project) {
		err = fault.New(fault.NotFound, "Template")
	}
	if err != nil {
		return nil, err
	}
	return singly(f, templateView(&t, who.May("numbers", "see")), wholeTemplate(&t))
}

func (f *Face) putTemplate(ctx context.Context, who *asker, in *struct {
	ByTemplate
	KnownOrNew
	Body struct {
		Text    string `json:"text" doc:"A place is a name in braces, {code}: letters, digits and _, a letter first. {{ and }} are braces."`
		Project string `json:"project,omitempty" doc:"Whose messages it is for; without it any's."`
	}
}) (*single[Template], error) {
	if err := f.mayTell(ctx, who, in.Body.Text); err != nil {
		return nil, err
	}
	if in.Body.Project != "" && who.Sees(in.Body.Project) {
		if _, err := f.o.Projects.Get(in.Body.Project); err != nil {
			return nil, err
		}
	}
	t, err := f.o.Templates.Put(ctx, sms.Template{Name: in.Name, Project: in.Body.Project, Text: in.Body.Text}, who.Login, func(old *sms.Template) error {
		if !who.Sees(in.Body.Project) || old != nil && !who.Sees(old.Project) {
			return fault.New(fault.Denied, "")
		}
		return asKnown(f, &in.KnownOrNew, "Template", wholeTemplate)(old)
	})
	if err != nil {
		return nil, err
	}
	return singly(f, wholeTemplate(&t), wholeTemplate(&t)) // it is what he has sent
}

func (f *Face) deleteTemplate(ctx context.Context, who *asker, in *struct {
	ByTemplate
	Known
}) (*templateList, error) {
	if err := f.o.Templates.RemoveTemplate(ctx, in.Name, func(old *sms.Template) error {
		if !who.Sees(old.Project) {
			return fault.New(fault.Denied, "")
		}
		return asKnown(f, &in.Known, "Template", wholeTemplate)(old)
	}); err != nil {
		return nil, err
	}
	return f.listTemplates(ctx, who, nil)
}
