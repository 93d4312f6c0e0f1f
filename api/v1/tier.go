package v1

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/callcenter"
)

// tiers are the operations on tiers.
func (f *Face) tiers() {
	operation(f, huma.Operation{OperationID: "list-tiers", Method: http.MethodGet, Path: "/tiers", Summary: "Tiers as they are now",
		Errors: []int{http.StatusNotFound}},
		tiersSee, f.listTiers)
	operation(f, huma.Operation{OperationID: "get-tier", Method: http.MethodGet, Path: "/tier", Summary: "A tier as it is now",
		Description: "The ETag is of level and position.", Errors: []int{http.StatusNotFound}}, tiersSee, f.getTier)
	operation(f, huma.Operation{OperationID: "add-tier", Method: http.MethodPost, Path: "/tiers", Summary: "Put an agent into a queue",
		Errors: []int{http.StatusNotFound, http.StatusConflict}}, tiersChange, f.addTier)
	operation(f, huma.Operation{OperationID: "change-tier", Method: http.MethodPatch, Path: "/tiers", Summary: "Change level and position of a tier",
		Errors: []int{http.StatusNotFound}}, tiersChange, f.changeTier)
	operation(f, huma.Operation{OperationID: "delete-tier", Method: http.MethodDelete, Path: "/tiers", Summary: "Take an agent out of a queue",
		Errors: []int{http.StatusNotFound}}, tiersChange, f.deleteTier)
}

type tierList struct {
	Age  int `header:"Age" doc:"Seconds since the oldest reading in the answer."`
	Body []Tier
}

func (f *Face) listTiers(_ context.Context, who *asker, in *struct {
	OnSwitch
	Queue string `query:"queue" doc:"Only tiers of this queue."`
}) (*tierList, error) {
	all, age, err := rows(f.o, in.Switch, func(l *callcenter.Live) []Tier {
		views, sees := make([]Tier, 0, len(l.Tiers)), &sight{all: f.o.Projects}
		for _, t := range l.Tiers {
			if (in.Queue == "" || t.Queue == in.Queue) && sees.queue(who.Projects, t.Queue) {
				views = append(views, tierView(l.Switch, t))
			}
		}
		return views
	})
	return &tierList{Age: age, Body: all}, err
}

type oneTier struct {
	Age  int    `header:"Age" doc:"Seconds since the reading."`
	ETag string `header:"ETag" doc:"For If-Match of a change."`
	Body Tier
}

func (f *Face) getTier(_ context.Context, who *asker, in *ByTier) (*oneTier, error) {
	if err := f.seesQueue(who, in.Queue, "Tier"); err != nil {
		return nil, err
	}
	type found struct {
		view  Tier
		place tierPlace
	}
	one, age, err := only(f.o, in.Switch, "Tier", func(l *callcenter.Live) []found {
		i := slices.IndexFunc(l.Tiers, func(t callcenter.Tier) bool { return t.Queue == in.Queue && t.Agent == in.Agent })
		if i < 0 {
			return nil
		}
		return []found{{tierView(l.Switch, l.Tiers[i]), placeOf(&l.Tiers[i])}}
	})
	if err != nil {
		return nil, err
	}
	tag, err := f.etag(one.place)
	return &oneTier{age, tag, one.view}, err
}

// tierPlace is what is set of a tier.
type tierPlace struct{ Level, Position string }

func placeOf(t *callcenter.Tier) tierPlace { return tierPlace{t.Level, t.Position} }

// Place is where in a queue an agent stands.
type Place struct {
	Level    *int `json:"level,omitempty" minimum:"0" maximum:"10000"`
	Position *int `json:"position,omitempty" minimum:"0" maximum:"10000"`
}

func (f *Face) addTier(ctx context.Context, who *asker, in *struct {
	Body struct {
		Switch string `json:"switch,omitempty" doc:"Needed where several have the queue and the agent."`
		Queue  string `json:"queue"`
		Agent  string `json:"agent"`
		Place
	}
}) (*doneAnswer, error) {
	if err := f.seesQueue(who, in.Body.Queue, "Queue"); err != nil {
		return nil, err
	}
	if err := f.seesAgent(who, in.Body.Switch, in.Body.Agent, false); err != nil {
		return nil, err
	}
	return done(f.o.Centre.AddTier(ctx, in.Body.Switch, in.Body.Queue, in.Body.Agent, callcenter.TierChange(in.Body.Place)))
}

// ByTier names a tier.
type ByTier struct {
	OnSwitch
	Queue string `query:"queue" required:"true"`
	Agent string `query:"agent" required:"true"`
}

func (f *Face) changeTier(ctx context.Context, who *asker, in *struct {
	ByTier
	Known
	Body Place
}) (*doneAnswer, error) {
	if in.Body == (Place{}) {
		return nil, errNoChange
	}
	if err := f.seesQueue(who, in.Queue, "Tier"); err != nil {
		return nil, err
	}
	return done(f.o.Centre.ChangeTier(ctx, in.Switch, in.Queue, in.Agent, callcenter.TierChange(in.Body), ifAsked(f, &in.Known, "Tier", placeOf)))
}

func (f *Face) deleteTier(ctx context.Context, who *asker, in *struct {
	ByTier
	Known
}) (*doneAnswer, error) {
	if err := f.seesQueue(who, in.Queue, "Tier"); err != nil {
		return nil, err
	}
	return done(f.o.Centre.DeleteTier(ctx, in.Switch, in.Queue, in.Agent, ifAsked(f, &in.Known, "Tier", placeOf)))
}
