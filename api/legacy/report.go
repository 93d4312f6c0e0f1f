package legacy

import (
	"context"
	"iter"
	"strconv"
	"time"

	"callgate/internal/fault"
	"callgate/internal/report"
	"callgate/internal/sms"
)

// Reports reads what the reports show.
type Reports interface {
	// Requests yields the requests with from <= At < to that passed, or with passed false all others, by id. After an
	// error it ends.
	Requests(ctx context.Context, from, to time.Time, passed bool) iter.Seq2[report.Request, error]
	// Messages yields the text messages with from <= At < to by id. After an error it ends.
	Messages(ctx context.Context, from, to time.Time) iter.Seq2[sms.Message, error]
}

// report is the module that tells what happened.
func (f *Face) report() {
	for name, passed := range map[string]bool{"request": true, "badRequest": false} {
		f.actions[path{"report", name}] = action{run: func(ctx context.Context, q *request) (answer, error) {
			return f.requests(ctx, q, passed)
		}}
	}
	f.actions[path{"report", "sms"}] = action{run: f.messages}
	f.actions[path{"report", "users"}] = action{run: f.users}
	f.actions[path{"report", "demoReport"}] = action{run: f.centre}
}

const (
	dayForm    = "2006-01-02"
	secondForm = "2006-01-02 15:04:05"
)

// requests shows the request log as it is when the request comes, of any length.
func (f *Face) requests(ctx context.Context, q *request, passed bool) (answer, error) {
	p, err := q.period(f.o.Zone)
	if err != nil {
		return answer{}, err
	}
	if err := f.o.Requests.Flush(ctx); err != nil {
		return answer{}, err
	}
	numbers := q.who.May("numbers", "see")
	return inRows(func(ctx context.Context, out *rows) error {
		from, to := p.bounds()
		clock := clock{zone: p.zone}
		for entry, err := range f.o.Reports.Requests(ctx, from, to, passed) {
			if err != nil {
				return err
			}
			if !p.holds(entry.At) || !q.reads(entry.UserID, entry.Project) {
				continue
			}
			if !numbers {
				entry.Body = report.HideNumbers(entry.Body)
				entry.Module, entry.Action = report.ShownText(entry.Module, false), report.ShownText(entry.Action, false) // of any path
			}
			if err := out.add(text("id", strconv.FormatInt(entry.ID, 10)), text("body_request", entry.Body), text("module", entry.Module),
				text("action", entry.Action), text("code_response", strconv.Itoa(entry.Code)), text("error_message", entry.Error),
				text("created_at", clock.show(entry.At))); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

// messages shows the text messages that somebody asked to send, of a period of any length.
func (f *Face) messages(_ context.Context, q *request) (answer, error) {
	p, err := q.period(f.o.Zone)
	if err != nil {
		return answer{}, err
	}
	numbers := q.who.May("numbers", "see")
	return inRows(func(ctx context.Context, out *rows) error {
		from, to := p.bounds()
		clock := clock{zone: p.zone}
		for m, err := range f.o.Reports.Messages(ctx, from, to) {
			if err != nil {
				return err
			}
			if !p.holds(m.At) || !q.reads(m.UserID, m.Project) {
				continue
			}
			if err := out.add(text("Id", strconv.FormatInt(m.ID, 10)), text("phone", report.ShownNumber(m.Phone, numbers)),
				text("originator", report.ShownText(m.Originator, numbers)), text("message", report.ShownText(m.Text, numbers)),
				text("result", string(m.Result)), text("project_id", m.Project), text("session_id", m.Session),
				text("date_time", clock.show(m.At))); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

// users shows the users whom somebody may see, deleted ones included.
func (f *Face) users(ctx context.Context, q *request) (answer, error) {
	all, err := f.o.Accounts.Managed(ctx, q.who)
	if err != nil {
		return answer{}, err
	}
	return inRows(func(_ context.Context, out *rows) error {
		for _, u := range all {
			if err := out.add(text("username", u.Login), text("status", strconv.Itoa(int(u.Status)))); err != nil {
				return err
			}
		}
		return nil
	}), nil
}

// reads tells whether the user may read of what a user has asked for, about a project or about none.
func (q *request) reads(userID int64, project string) bool {
	return userID == q.who.UserID || q.who.Sees(project)
}

// period is what clocks in a zone show from one second to another, both included. A second that they show twice, when
// summer ends, is in it both times; one that they skip is in no period.
type period struct {
	zone        *time.Location
	first, last int64 // seconds from 1970 to what the clock shows
}

// period reads the fields start_date and stop_date, each a day or a second. A day is meant as a whole.
func (q *request) period(zone *time.Location) (period, error) {
	p := period{zone: zone}
	for _, field := range []struct {
		name string
		to   *int64
		rest time.Duration // of a day that is meant
	}{{"start_date", &p.first, 0}, {"stop_date", &p.last, 24*time.Hour - time.Second}} {
		text, err := q.required(field.name)
		if err != nil {
			return p, err
		}
		form, rest := secondForm, time.Duration(0)
		if len(text) == len(dayForm) {
			form, rest = dayForm, field.rest
		}
		at, err := time.Parse(form, text)
		if err != nil || at.Format(form) != text { // the parser takes 9:00:00 and fractions too
			return p, fault.New(fault.WrongField, field.name)
		}
		*field.to = at.Add(rest).Unix()
	}
	if p.last < p.first {
		return p, fault.New(fault.WrongField, "stop_date")
	}
	return p, nil
}

// holds tells whether a clock in the zone shows a time of the period then.
func (p period) holds(at time.Time) bool {
	_, offset := at.In(p.zone).Zone()
	shown := at.Unix() + int64(offset)
	return p.first <= shown && shown <= p.last
}

// clock shows times of a zone. Most are of the same second as the one before.
type clock struct {
	zone   *time.Location
	second int64
	text   string // what it showed at that second
}

func (c *clock) show(at time.Time) string {
	if second := at.Unix(); c.text == "" || second != c.second {
		c.second, c.text = second, at.In(c.zone).Format(secondForm)
	}
	return c.text
}

// bounds are moments between which, the last one excluded, all of the period lies, and little else.
func (p period) bounds() (from, to time.Time) {
	_, most := p.offsets(p.first)
	least, _ := p.offsets(p.last)
	return time.Unix(p.first-most, 0), time.Unix(p.last-least+1, 0)
}

// offsets are the zone's least and greatest distance from UTC, in seconds, about the time that a clock shows.
func (p period) offsets(shown int64) (least, most int64) {
	const around = 26 * 60 * 60 // no clock is further from UTC, so a change that matters lies between these
	for i, near := range []int64{shown - around, shown, shown + around} {
		_, seconds := time.Unix(near, 0).In(p.zone).Zone()
		offset := int64(seconds)
		if i == 0 {
			least, most = offset, offset
		}
		least, most = min(least, offset), max(most, offset)
	}
	return least, most
}
