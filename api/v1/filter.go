package v1

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/report"
)

// Span is a stretch of time.
type Span struct {
	From string `query:"from" maxLength:"40" doc:"Then or later: RFC 3339, or YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS in zone."`
	To   string `query:"to" maxLength:"40" doc:"Before; a day is meant as a whole."`
	Zone string `query:"zone" maxLength:"64" doc:"IANA's name of the time zone that from, to and exports for people are in; the installation's without it."`
}

// CallFilter is what calls can be asked for by.
type CallFilter struct {
	Span
	Number      string   `query:"number" maxLength:"64" doc:"In any spelling: the project's own, or one that a leg came from or went to, inner ones and codes included. A * at the end makes it the beginning of a number, of three digits or more, as people type it: 8495*, 495* or +7495*. Needs the right numbers/see."`
	ID          string   `query:"id" maxLength:"256" doc:"UUID of any leg."`
	Project     []string `query:"project,explode" maxItems:"100" doc:"One of these."`
	Queue       string   `query:"queue" maxLength:"256" doc:"Visited."`
	Agent       string   `query:"agent" maxLength:"256" doc:"Answered in a queue, or was rung; or the login of who ordered the call."`
	Disposition []string `query:"disposition,explode" enum:"answered,abandoned,no_answer,busy,rejected,failed,unconnected" maxItems:"20" doc:"One of these."`
	Direction   string   `query:"direction" enum:"inbound,outbound"`
	Switch      string   `query:"switch" maxLength:"256" doc:"By its name; unknown finds the calls of switches that nobody knew."`
	MinDuration int64    `query:"min_duration" minimum:"0" maximum:"1000000000" doc:"Seconds from the start to the end."`
	MaxDuration int64    `query:"max_duration" minimum:"0" maximum:"1000000000"`
	Recorded    string   `query:"recorded" enum:"true,false"`
}

// wanted is what somebody asks for, and may see of it.
type wanted struct {
	query   history.Query
	nothing bool // none of the projects named are his
	numbers bool
	zone    *time.Location
}

// want reads a filter as who means it.
func (f *Face) want(ctx context.Context, who *asker, in *CallFilter, limit int) (*wanted, error) {
	w := &wanted{numbers: who.May("numbers", "see")}
	w.query = history.Query{ID: in.ID, Projects: who.Projects, Queue: in.Queue, Agent: in.Agent, Direction: in.Direction,
		MinDuration: in.MinDuration, MaxDuration: in.MaxDuration, Limit: limit}
	q := &w.query
	if len(in.Project) > 0 {
		q.Projects = slices.DeleteFunc(slices.Clone(in.Project), func(p string) bool { return !who.Sees(p) })
		w.nothing = len(q.Projects) == 0 // no project would be all of them
	}
	for _, d := range in.Disposition {
		q.Dispositions = append(q.Dispositions, history.Disposition(d))
	}
	if in.Switch != "" {
		name := in.Switch
		if name == history.UnknownSwitch {
			name = ""
		}
		q.Switch = &name
	}
	if in.Recorded != "" {
		recorded := in.Recorded == "true"
		q.Recorded = &recorded
	}
	var err error
	if q.From, q.To, w.zone, err = f.span(&in.Span); err != nil {
		return nil, err
	}
	if in.Number != "" {
		if err := f.mayAskForNumbers(ctx, who); err != nil {
			return nil, err
		}
		if q.Number, q.Beginnings, err = f.number(q.Projects, in.Number); err != nil {
			return nil, err
		}
	}
	return w, explained(q.Check())
}

// span reads when something is asked for, in microseconds since 1970, 0 where it is open, and in which zone.
func (f *Face) span(in *Span) (from, to int64, zone *time.Location, err error) {
	zone = f.o.Zone
	if in.Zone != "" {
		if zone, err = time.LoadLocation(in.Zone); err != nil || in.Zone == "Local" { // which is another one on every machine
			return 0, 0, nil, wrongParameter("zone", "want a name such as Europe/Moscow")
		}
	}
	if from, err = moment("from", in.From, zone, false); err != nil {
		return 0, 0, nil, err
	}
	if to, err = moment("to", in.To, zone, true); err != nil {
		return 0, 0, nil, err
	}
	if to != 0 && to <= from {
		return 0, 0, nil, wrongParameter("to", "want a time after from")
	}
	return from, to, zone, nil
}

// mayAskForNumbers refuses those who may not see numbers: what is found tells of them.
func (f *Face) mayAskForNumbers(ctx context.Context, who *asker) error {
	err := f.may(ctx, who, numbersSee)
	if errors.Is(err, fault.New(fault.Denied, "")) {
		return &fault.Error{Kind: fault.Denied, Subject: "a search by number tells of numbers, and needs the right " + string(numbersSee), Err: err}
	}
	return err
}

// explained says what a query lacks.
func explained(err error) error {
	failure, _ := fault.Of(err)
	reason, ok := map[string]string{"from": "give one of from, to, number and id", "max_duration": "want no less than min_duration"}[failure.Subject]
	if !ok {
		return err
	}
	failure.Err = errors.New(reason)
	return &failure
}

func wrongParameter(name, want string) error {
	return &fault.Error{Kind: fault.WrongField, Subject: name, Err: errors.New(want)}
}

// moment reads a time, in microseconds since 1970; the empty text is 0. A day is its beginning, or where it is to be the
// end of a range, its end.
func moment(name, text string, zone *time.Location, end bool) (int64, error) {
	if text == "" {
		return 0, nil
	}
	// The plus of an offset comes as a blank where nobody has escaped it.
	at, err := time.Parse(time.RFC3339, strings.ReplaceAll(text, " ", "+"))
	for _, form := range [...]string{time.DateOnly, "2006-01-02T15:04:05"} {
		if err == nil {
			break
		}
		// The parser takes 9:00:00 and fractions too, which are none of the forms that are told of.
		if as, bad := time.Parse(form, text); bad != nil || as.Format(form) != text {
			continue
		}
		if at, err = time.ParseInLocation(form, text, zone); err == nil && form == time.DateOnly {
			at = midnight(text, end, zone)
		}
	}
	if err != nil || at.Year() < 1970 || at.UnixMicro() <= 0 {
		return 0, wrongParameter(name, "want a time after 1970: RFC 3339, YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS")
	}
	return at.UnixMicro(), nil
}

// midnight is when a day begins, or where end is, the next one.
func midnight(day string, next bool, zone *time.Location) time.Time {
	d, _ := report.ParseDate(day) // has been read
	if next {
		d = d.Add(1)
	}
	return d.Begins(zone)
}

const minPrefix = 3 // digits of the shortest beginning of a number that is looked for

// number reads a number as a person writes it, by the way in which numbers are dialled in the only one of these projects,
// else in the installation's country.
func (f *Face) number(projects []string, text string) (number string, beginnings []string, err error) {
	project := ""
	if len(projects) == 1 {
		project = projects[0]
	}
	if text[0] == ' ' { // a plus that nobody has escaped
		text = "+" + text[1:]
	}
	if text, ok := strings.CutSuffix(text, "*"); ok {
		var digits strings.Builder
		for i, r := range text {
			switch {
			case r >= '0' && r <= '9', r == '+' && i == 0:
				digits.WriteRune(r)
			case !strings.ContainsRune(" -.()\u00a0", r):
				return "", nil, wrongParameter("number", "want digits before the *")
			}
		}
		if len(strings.TrimPrefix(digits.String(), "+")) < minPrefix {
			return "", nil, wrongParameter("number", "want three digits or more before the *")
		}
		return "", f.o.Beginnings(project, digits.String()), nil
	}
	return f.o.Normal(project, strings.TrimSpace(text)), nil, nil
}

// place writes a cursor.
func place(c history.Cursor) string {
	return strconv.FormatInt(c.Started, 10) + "." + strconv.FormatInt(c.ID, 10)
}

// readPlace reads it again.
func readPlace(text string) (history.Cursor, error) {
	started, id, _ := strings.Cut(text, ".")
	var c history.Cursor
	var first, second error
	c.Started, first = strconv.ParseInt(started, 10, 64)
	c.ID, second = strconv.ParseInt(id, 10, 64)
	if first != nil || second != nil || place(c) != text || c == (history.Cursor{}) {
		return history.Cursor{}, wrongParameter("cursor", "want next of an earlier answer")
	}
	return c, nil
}
