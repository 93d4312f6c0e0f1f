package v1

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

func TestNamedProjects(t *testing.T) {
	t.Parallel()
	type message struct {
		Project string `json:"project,omitempty"`
		Text    string `json:"text"`
	}
	type request struct {
		ByCall
		Project []string `query:"project,explode"`
		Body    struct {
			message
			Message  *message  `json:"message"`
			Others   []message `json:"others"`
			Owner    *string   `json:"project"`
			Projects []string  `json:"projects"`
			At       time.Time `json:"at"`
		}
	}
	of := namingOf(reflect.TypeFor[request]())
	got := func(r request) (all []string) {
		of(reflect.ValueOf(r), func(project string) { all = append(all, project) })
		slices.Sort(all)
		return all
	}
	if all := got(request{}); all != nil {
		t.Errorf("an empty request names %q", all)
	}
	owner, r := "f", request{Project: []string{"a", "", "b"}}
	r.Body.Message, r.Body.Others, r.Body.Owner, r.Body.Projects = &message{Project: "c", Text: "x"}, []message{{Project: "d"}, {Text: "y"}, {Project: "e"}}, &owner, []string{"g"}
	if all := got(r); !slices.Equal(all, []string{"a", "b", "c", "d", "e", "f", "g"}) {
		t.Errorf("named are %q", all)
	}
	if namingOf(reflect.TypeFor[struct{ ByCall }]()) != nil || namingOf(reflect.TypeFor[struct{}]()) != nil {
		t.Error("a request that cannot name a project does")
	}
}
