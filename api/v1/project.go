package v1

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
	"callgate/internal/project"
	"callgate/internal/report"
)

// ProjectBook keeps the projects; project.Service is one.
type ProjectBook interface {
	List() []project.Project
	Get(id string) (project.Project, error)
	Add(ctx context.Context, p project.Project) error
	Set(ctx context.Context, id string, c project.Change, allow func(old project.Project) error) error
	Remove(ctx context.Context, id string, allow func(old project.Project) error) error
	// Lookup finds what is done with a call to a number.
	Lookup(dialled string) project.Match
}

const (
	projectsSee  right = "projects/see"
	projectsEdit right = "projects/edit"
)

// projects are the operations on projects and their numbers.
func (f *Face) projects() {
	const path, one = "/projects", "/projects/{id}"
	gone := []int{http.StatusNotFound}
	all := "Only for who is not limited to projects."
	operation(f, huma.Operation{OperationID: "list-projects", Method: http.MethodGet, Path: path, Summary: "Projects, in the order they were made",
		Description: "Who is limited to projects sees those."}, projectsSee, f.listProjects)
	operation(f, huma.Operation{OperationID: "get-project", Method: http.MethodGet, Path: one, Summary: "One project", Errors: gone}, projectsSee, f.getProject)
	operation(f, huma.Operation{OperationID: "add-project", Method: http.MethodPost, Path: path, DefaultStatus: http.StatusCreated, Summary: "Add a project",
		Description: all, Errors: []int{http.StatusConflict}}, projectsEdit, f.addProject)
	operation(f, huma.Operation{OperationID: "change-project", Method: http.MethodPatch, Path: one, Summary: "Change what is given of a project",
		Description: "Who is limited to projects changes name, sl_seconds and sms_hours of those.", Errors: append([]int{http.StatusConflict}, gone...)}, projectsEdit, f.changeProject)
	operation(f, huma.Operation{OperationID: "delete-project", Method: http.MethodDelete, Path: one, Summary: "Remove a project and its routes",
		Description: "Its numbers are free again; its calls stay. " + all, Errors: gone}, projectsEdit, f.deleteProject)
	operation(f, huma.Operation{OperationID: "find-number", Method: http.MethodGet, Path: "/numbers", Summary: "Where a number leads",
		Description: "It is found as that of a call that comes in. Needs the right `numbers/see` as well. For who is limited to projects there are their numbers only.", Errors: gone}, projectsSee, f.findNumber)
}

// Project is one customer of the contact centre.
type Project struct {
	ID                 string   `json:"id"`
	Name               string   `json:"name"`
	Numbers            []string `json:"numbers" nullable:"false" doc:"Those it is called at, as the switch shows them. Hidden from users without the right numbers/see."`
	Queues             []string `json:"queues" nullable:"false" doc:"Those that serve it; a queue may serve several."`
	Zone               string   `json:"zone" doc:"IANA's name of the zone its days are counted in; empty for the installation's."`
	Country            string   `json:"country" doc:"ISO 3166 code of the one by whose plan its numbers are read; empty for the installation's."`
	SLSeconds          int      `json:"sl_seconds" doc:"A call answered sooner counts for the service level."`
	Record             bool     `json:"record" doc:"Its calls are to be recorded."`
	KeepRecordingsDays int      `json:"keep_recordings_days" doc:"After so many days its recordings are deleted; 0 is never, -1 what the installation says."`
	KeepCDRsDays       int      `json:"keep_cdrs_days" doc:"After so many days its CDRs and calls are deleted; 0 is never, -1 what the installation says."`
	SMSHours           string   `json:"sms_hours" doc:"When text messages are sent for it, such as Mon-Fri 09:00-18:00, by its zone; empty for always."`
}

func projectView(p project.Project, numbers bool) Project {
	v := Project{ID: p.ID, Name: p.Name, Numbers: make([]string, len(p.Numbers)), Queues: append([]string{}, p.Queues...), Zone: p.Zone, Country: p.Country, SLSeconds: p.SLSeconds,
		Record: p.Record, KeepRecordingsDays: p.KeepRecordingsDays, KeepCDRsDays: p.KeepCDRsDays, SMSHours: p.SMSHours}
	for i, n := range p.Numbers {
		v.Numbers[i] = report.ShownNumber(n, numbers)
	}
	return v
}

func (f *Face) listProjects(_ context.Context, who *asker, _ *struct{}) (*struct{ Body []Project }, error) {
	out, numbers := &struct{ Body []Project }{[]Project{}}, who.May("numbers", "see")
	for _, p := range f.o.ProjectBook.List() {
		if who.Sees(p.ID) {
			out.Body = append(out.Body, projectView(p, numbers))
		}
	}
	return out, nil
}

// ByProject names a project.
type ByProject struct {
	ID string `path:"id" maxLength:"64"`
}

func (f *Face) getProject(_ context.Context, who *asker, in *ByProject) (*single[Project], error) {
	p, err := f.o.ProjectBook.Get(in.ID)
	if err == nil && !who.Sees(p.ID) {
		err = fault.New(fault.NotFound, "Project")
	}
	if err != nil {
		return nil, err
	}
	return singly(f, projectView(p, who.May("numbers", "see")), projectView(p, true))
}

// ProjectChange is what to change of a project; lists are replaced as a whole.
type ProjectChange struct {
	Name               *string   `json:"name,omitempty" maxLength:"128"`
	Zone               *string   `json:"zone,omitempty" maxLength:"64" doc:"IANA's name of the zone its days are counted in; empty for the installation's."`
	Country            *string   `json:"country,omitempty" maxLength:"4" doc:"ISO 3166 code, or none; empty for the installation's."`
	Numbers            *[]string `json:"numbers,omitempty" maxItems:"1000" doc:"Up to 32 digits each, a + before them or not; no other project has them in whatever spelling."`
	Queues             *[]string `json:"queues,omitempty" maxItems:"1000"`
	SMSHours           *string   `json:"sms_hours,omitempty" maxLength:"4096" doc:"Such as Mon-Fri 09:00-18:00; empty for always."`
	SLSeconds          *int      `json:"sl_seconds,omitempty" minimum:"1" maximum:"3600" doc:"20 when a project is added without it."`
	Record             *bool     `json:"record,omitempty"`
	KeepRecordingsDays *int      `json:"keep_recordings_days,omitempty" minimum:"-1" maximum:"36500" doc:"0 is never, -1, as without it when a project is added, what the installation says."`
	KeepCDRsDays       *int      `json:"keep_cdrs_days,omitempty" minimum:"-1" maximum:"36500"`
}

// mayChangeProject refuses numbers that were hidden from who gives them back, and what only those who see all projects may change.
func (f *Face) mayChangeProject(ctx context.Context, who *asker, c ProjectChange) error {
	if len(who.Projects) > 0 && c != (ProjectChange{Name: c.Name, SLSeconds: c.SLSeconds, SMSHours: c.SMSHours}) {
		return &fault.Error{Kind: fault.Denied, Subject: "who is limited to projects changes name, sl_seconds and sms_hours only"}
	}
	if c.Numbers == nil {
		return nil
	}
	return f.mayTell(ctx, who, *c.Numbers...)
}

// keptProject shows a project as it has become.
func (f *Face) keptProject(id string, who *asker) (*single[Project], error) {
	p, err := f.o.ProjectBook.Get(id)
	if err != nil {
		return nil, err
	}
	return singly(f, projectView(p, who.May("numbers", "see")), projectView(p, true))
}

func (f *Face) addProject(ctx context.Context, who *asker, in *struct {
	Body struct {
		ID   string `json:"id" maxLength:"64" doc:"Printable characters without blanks and /."`
		Name string `json:"name" maxLength:"128"`
		ProjectChange
	}
}) (*single[Project], error) {
	if err := allProjects(who, ""); err != nil {
		return nil, err
	}
	b := &in.Body
	if strings.Contains(b.ID, "/") || b.ID == "." || b.ID == ".." { // it would be no part of a path
		return nil, wrongParameter("id", "want no / in it")
	}
	c := b.ProjectChange
	c.Name = &b.Name
	if err := f.mayChangeProject(ctx, who, c); err != nil {
		return nil, err
	}
	p := project.Project{ID: b.ID, SLSeconds: project.DefaultSLSeconds, KeepRecordingsDays: project.KeepAsSet, KeepCDRsDays: project.KeepAsSet}
	if err := f.o.ProjectBook.Add(ctx, project.Change(c).Apply(p)); err != nil {
		return nil, err
	}
	return f.keptProject(b.ID, who)
}

// allProjects refuses who is limited to some, and tells him why if there is more to say.
func allProjects(who *asker, why string) error {
	if len(who.Projects) > 0 {
		return &fault.Error{Kind: fault.Denied, Why: fault.HiddenProject, Subject: why}
	}
	return nil
}

func (f *Face) changeProject(ctx context.Context, who *asker, in *struct {
	ByProject
	Known
	Body ProjectChange
}) (*single[Project], error) {
	if in.Body == (ProjectChange{}) {
		return nil, errNoChange
	}
	if !who.Sees(in.ID) {
		return nil, fault.New(fault.NotFound, "Project")
	}
	if err := f.mayChangeProject(ctx, who, in.Body); err != nil {
		return nil, err
	}
	if err := f.o.ProjectBook.Set(ctx, in.ID, project.Change(in.Body), func(old project.Project) error {
		return in.holds(f, "Project", projectView(old, true))
	}); err != nil {
		return nil, err
	}
	return f.keptProject(in.ID, who)
}

func (f *Face) deleteProject(ctx context.Context, who *asker, in *struct {
	ByProject
	Known
}) (*struct{}, error) {
	if err := allProjects(who, ""); err != nil {
		return nil, err
	}
	return nil, f.o.ProjectBook.Remove(ctx, in.ID, func(old project.Project) error { return in.holds(f, "Project", projectView(old, true)) })
}

// FoundNumber is where a number leads.
type FoundNumber struct {
	Number  string `json:"number" doc:"As it was asked for."`
	Normal  string `json:"normal" doc:"As E.164 writes it, by the country of its project; as it is when that cannot be told."`
	Project string `json:"project" doc:"Empty when nobody has it."`
	Given   string `json:"given" doc:"As the project has it."`
	Route   string `json:"route" doc:"Empty when the project has none for it, or nobody has the number and there is no default route."`
	Record  bool   `json:"record" doc:"Calls to it are to be recorded."`
}

// ByNumber names a number.
type ByNumber struct {
	Number string `query:"number" required:"true" minLength:"1" maxLength:"64" doc:"In any spelling."`
}

func (f *Face) found(number string, m project.Match) FoundNumber {
	return FoundNumber{Number: number, Normal: f.o.Normal(m.Project, number), Project: m.Project, Given: m.Number, Route: m.Route, Record: m.Record}
}

func (f *Face) findNumber(ctx context.Context, who *asker, in *ByNumber) (*struct{ Body FoundNumber }, error) {
	if err := f.mayAskForNumbers(ctx, who); err != nil {
		return nil, err
	}
	m := f.o.ProjectBook.Lookup(in.Number)
	if !who.Sees(m.Project) {
		return nil, fault.New(fault.NotFound, "Number")
	}
	return &struct{ Body FoundNumber }{f.found(in.Number, m)}, nil
}
