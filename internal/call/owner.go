package call

import (
	"errors"
	"slices"
	"strings"

	"callgate/esl"
	"callgate/internal/project"
)

// projectOf is the project that a call is for: the one named, else the owner of the caller's number among the user's
// projects, else the user's only or first one: a caller's number that nobody has must not take him out of his projects' rules.
func (c *Controller) projectOf(o *Order) (string, error) {
	if o.Project != "" {
		if !c.sees(o.Projects, o.Project) {
			return "", refuse("project", errors.New("it is none of the user's"))
		}
		return o.Project, nil
	}
	if owner := c.owner(o.Caller); owner != "" && (len(o.Projects) == 0 || slices.Contains(o.Projects, owner)) {
		return owner, nil
	}
	if len(o.Projects) > 0 {
		return o.Projects[0], nil
	}
	return "", nil
}

// sees tells whether a user limited to projects, or to none, may use one. To the others it has to exist.
func (c *Controller) sees(projects []string, id string) bool {
	if len(projects) > 0 {
		return slices.Contains(projects, id)
	}
	return slices.ContainsFunc(c.projects(), func(p project.Project) bool { return p.ID == id })
}

func (c *Controller) projects() []project.Project {
	if c.o.Projects == nil {
		return nil
	}
	return c.o.Projects.List()
}

// owner is the project that has a number, "" when none has.
func (c *Controller) owner(number string) string {
	number = strings.TrimPrefix(number, "+")
	for _, p := range c.projects() {
		if number != "" && slices.ContainsFunc(p.Numbers, func(n string) bool { return strings.TrimPrefix(n, "+") == number }) {
			return p.ID
		}
	}
	return ""
}

// owned are the variables that tell of a channel who ordered it and for which project. Logins and ids may hold signs that
// no dial string can, so they are escaped.
func owned(login, projectID string) (vars []esl.Var) {
	for _, v := range []esl.Var{{Name: userVariable, Value: login}, {Name: projectVariable, Value: projectID}} {
		if v.Value != "" {
			v.Value = esl.Escape(v.Value)
			vars = append(vars, v)
		}
	}
	return vars
}
