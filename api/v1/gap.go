package v1

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/report"
)

// Gaps lists legs whose CDRs did not come.
type Gaps interface {
	Gaps(ctx context.Context, q history.GapQuery) ([]history.Hangup, error)
}

// Witness is who looks out for them.
type Witness interface {
	Watches() []history.Watch
}

const gapsSee right = "cdr/gaps"

// gaps are the operations on what is missing.
func (f *Face) gaps() {
	operation(f, huma.Operation{OperationID: "list-cdr-gaps", Method: http.MethodGet, Path: "/cdr-gaps", Summary: "Legs that ended and whose CDRs have not come, the newest first",
		Description: "from and to are about when a leg ended; without from a day before to, without to now. What a switch told of less than half a minute ago is left out: its CDR may be on its way. Legs that ended while the link to their switch was down are unknown.",
		Errors:      []int{http.StatusNotFound}}, gapsSee, f.listGaps)
}

// Gap is a leg that ended and whose CDR has not come. Times are by the switch's clock.
type Gap struct {
	UUID      string    `json:"uuid"`
	Switch    string    `json:"switch"`
	Core      string    `json:"core_uuid" doc:"Which run of the switch."`
	Project   string    `json:"project"`
	Direction string    `json:"direction" doc:"As FreeSWITCH has it: inbound, the party rang the switch; outbound."`
	Caller    string    `json:"caller" doc:"As the switch had it. Hidden, as is called, from users without the right numbers/see."`
	Called    string    `json:"called"`
	Started   time.Time `json:"started"`
	Answered  time.Time `json:"answered,omitzero" doc:"Absent when it was not."`
	Ended     time.Time `json:"ended"`
	Cause     string    `json:"cause"`
	Side      string    `json:"side" doc:"member or agent, of a queue."`
	Queue     string    `json:"queue"`
	Agent     string    `json:"agent"`
}

func gapView(h history.Hangup, numbers bool) Gap {
	return Gap{UUID: h.Leg, Switch: h.Switch, Core: h.Core, Project: h.Project, Direction: h.Direction, Caller: report.ShownNumber(h.Caller, numbers),
		Called: report.ShownNumber(h.Called, numbers), Started: micro(h.Started), Answered: micro(h.Answered), Ended: micro(h.Ended), Cause: h.Cause, Side: h.Side,
		Queue: h.Queue, Agent: h.Agent}
}

// Watched is since when a switch has told of every leg that it ended.
type Watched struct {
	Switch string    `json:"switch"`
	Since  time.Time `json:"since,omitzero" doc:"Absent while the link is down. What ended before may be missing without being listed, if this process did not run, the link was down, or events were lost."`
}

type gapList struct {
	Body struct {
		Gaps    []Gap     `json:"gaps" nullable:"false"`
		Next    string    `json:"next" doc:"The cursor of the next page; empty when there is none."`
		Watched []Watched `json:"watched" nullable:"false" doc:"What the list can know, by switch."`
	}
}

func (f *Face) listGaps(ctx context.Context, who *asker, in *struct {
	OnSwitch
	Span
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor string `query:"cursor" maxLength:"1024" doc:"next of the page before; what else is asked for stays the same."`
}) (*gapList, error) {
	if in.Switch != "" && !slices.Contains(f.o.Switches, in.Switch) {
		return nil, fault.New(fault.NotFound, "Switch")
	}
	from, to, _, err := f.span(&in.Span)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	if to == 0 {
		to = now.Add(time.Hour).UnixMicro() // by a switch's clock that is ahead of ours
	}
	if from == 0 {
		from = to - listSpan.Microseconds()
	}
	q := history.GapQuery{From: from, To: to, Noted: now.Add(-history.Grace).UnixMicro(), Switch: in.Switch, Projects: who.Projects, Limit: in.Limit}
	if in.Cursor != "" {
		var ok bool
		if q.After, ok = readGapCursor(in.Cursor); !ok {
			return nil, &fault.Error{Kind: fault.WrongField, Subject: "cursor", Err: errors.New("want the next of an answer")}
		}
	}
	all, err := f.o.Gaps.Gaps(ctx, q)
	if err != nil {
		return nil, err
	}
	out, numbers := &gapList{}, who.May("numbers", "see")
	out.Body.Gaps, out.Body.Watched = make([]Gap, len(all)), []Watched{}
	for i, h := range all {
		out.Body.Gaps[i] = gapView(h, numbers)
	}
	if len(all) == in.Limit {
		out.Body.Next = gapCursor(all[len(all)-1].Place())
	}
	for _, w := range f.o.Witness.Watches() {
		if in.Switch == "" || w.Switch == in.Switch {
			out.Body.Watched = append(out.Body.Watched, Watched{w.Switch, w.Since.UTC()})
		}
	}
	return out, nil
}

// gapCursor names a place in the list.
func gapCursor(p history.GapPlace) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(p.Ended, 10) + "\x00" + p.Core + "\x00" + p.Leg))
}

func readGapCursor(text string) (history.GapPlace, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	parts := strings.Split(string(raw), "\x00")
	if err != nil || len(parts) != 3 {
		return history.GapPlace{}, false
	}
	ended, err := strconv.ParseInt(parts[0], 10, 64)
	return history.GapPlace{Ended: ended, Core: parts[1], Leg: parts[2]}, err == nil && ended > 0
}
