package v1

import (
	"context"

	"callgate/internal/account"
)

// GivenModule is a module of which users are given rights.
type GivenModule struct {
	Module  string        `json:"module"`
	Title   Wording       `json:"title"`
	About   Wording       `json:"about"`
	Actions []GivenAction `json:"actions" nullable:"false"`
}

// GivenAction is one that a right allows.
type GivenAction struct {
	Action     string  `json:"action"`
	Title      Wording `json:"title"`
	About      Wording `json:"about"`
	Documented bool    `json:"documented" doc:"It is an action of the documented API."`
	Modern     bool    `json:"modern" doc:"It is a right of this API."`
}

type givenList struct{ Body []GivenModule }

func (f *Face) listRights(context.Context, *asker, *struct{}) (*givenList, error) {
	out := &givenList{}
	for _, k := range account.Catalogue() {
		if k.Name == "auth" { // can be switched off; but whoever has a password signs in
			continue
		}
		v := GivenModule{Module: k.Name, Title: Wording(k.Title), About: Wording(k.About), Actions: make([]GivenAction, len(k.Actions))}
		for i, a := range k.Actions {
			v.Actions[i] = GivenAction{Action: a.Name, Title: Wording(a.Title), About: Wording(a.About), Documented: a.Documented, Modern: a.Modern}
		}
		out.Body = append(out.Body, v)
	}
	return out, nil
}
