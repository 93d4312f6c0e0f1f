package call

import (
	"errors"
	"slices"

	"callgate/esl"
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
	if owner := c.o.Projects.Lookup(o.Caller).Project; owner != "" && (len(o.Projects) == 0 || slices.Contains(o.Projects, owner)) {
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
	_, err := c.o.Projects.Get(id)
	return err == nil
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
