package legacy

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"strconv"
	"time"

	"callgate/internal/fault"
	"callgate/internal/report"
)

// Reports reads what the reports show.
type Reports interface {
	// Requests yields the requests with from <= At < to that passed, or with passed false all others, by id. After an
	// error it ends.
	Requests(ctx context.Context, from, to time.Time, passed bool) iter.Seq2[report.Request, error]
}

// report is the module that tells what happened.
func (f *Face) report() {
	for name, passed := range map[string]bool{"request": true, "badRequest": false} {
		f.actions[path{"report", name}] = action{run: func(ctx context.Context, q *request) (answer, error) {
			return f.requests(ctx, q, passed)
		}}
	}
	f.actions[path{"report", "demoReport"}] = action{run: f.centre}
}

// requestRow is a row of the reports on requests.
type requestRow struct {
	ID      string `json:"id"`
	Body    string `json:"body_request"`
	Module  string `json:"module"`
	Action  string `json:"action"`
	Code    string `json:"code_response"`
	Error   string `json:"error_message"`
	Created string `json:"created_at"`
}

const (
	dayForm    = "2006-01-02"
	secondForm = "2006-01-02 15:04:05"
)

// requests shows the request log as it is when the request comes, of any length, row by row.
func (f *Face) requests(ctx context.Context, q *request, passed bool) (answer, error) {
	p, err := q.period(f.o.Zone)
	if err != nil {
		return answer{}, err
	}
	if err := f.o.Requests.Flush(ctx); err != nil {
		return answer{}, err
	}
	all := len(q.who.Projects) == 0
	numbers := q.who.May("numbers", "see")
	return answer{write: func(w http.ResponseWriter, r *http.Request) error {
		w.Header()["Content-Type"] = []string{jsonType}
		out := bufio.NewWriterSize(patient{w}, 32<<10)
		var row bytes.Buffer
		enc := json.NewEncoder(&row)
		enc.SetEscapeHTML(false)
		separator := `{"result":"OK","data":[`
		from, to := p.bounds()
		for entry, err := range f.o.Reports.Requests(r.Context(), from, to, passed) {
			if err != nil {
				return err
			}
			mine := entry.UserID == q.who.UserID || q.who.Sees(entry.Project)
			if !p.holds(entry.At) || !all && !mine {
				continue
			}
			if !numbers {
				entry.Body = report.HideNumbers(entry.Body)
				entry.Module, entry.Action = report.ShownText(entry.Module, false), report.ShownText(entry.Action, false) // of any path
			}
			row.Reset()
			row.WriteString(separator)
			separator = ","
			if err := enc.Encode(requestRow{ID: strconv.FormatInt(entry.ID, 10), Body: entry.Body, Module: entry.Module,
				Action: entry.Action, Code: strconv.Itoa(entry.Code), Error: entry.Error,
				Created: entry.At.In(p.zone).Format(secondForm)}); err != nil {
				return err
			}
			row.Truncate(row.Len() - 1) // the encoder's line end
			if _, err := out.Write(row.Bytes()); err != nil {
				return err
			}
		}
		if separator != "," {
			_, _ = out.WriteString(separator) // a failure shows in Flush
		}
		_, _ = out.WriteString("]}")
		return out.Flush()
	}}, nil
}

// patient gives the client the full time for every piece of a long answer.
type patient struct{ http.ResponseWriter }

func (w patient) Write(b []byte) (int, error) {
	extend(w.ResponseWriter)
	return w.ResponseWriter.Write(b)
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
