package v1

import (
	"context"
	"iter"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/report"
)

// Requests is what was asked of the documented face.
type Requests interface {
	// Flush waits until what was asked before can be read.
	Flush(ctx context.Context) error
	// NewestRequests yields those of a time with ids below before, if that is not 0, the newest first. After an error it ends.
	NewestRequests(ctx context.Context, from, to time.Time, before int64) iter.Seq2[report.Request, error]
}

const requestsSee right = "requests/see"

// requests are the operation on the request log.
func (f *Face) requests() {
	operation(f, huma.Operation{OperationID: "list-requests", Method: http.MethodGet, Path: "/requests", Summary: "What was asked of the documented API, the newest first",
		Description: "Without from those of a day before to, without to up to now. Who is limited to projects sees those that name one of them, and his own. A page may be shorter than " +
			"its limit, even empty, and others follow: as long as there is next there are more."}, requestsSee, f.listRequests)
}

// Request is one request to the documented API.
type Request struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	Module  string    `json:"module" doc:"The first part of its path; as action what may be a number in it is hidden from users without the right numbers/see."`
	Action  string    `json:"action" doc:"The second."`
	Status  int       `json:"status" doc:"Of the answer."`
	Error   string    `json:"error" doc:"Its text, when it was refused."`
	Why     string    `json:"why" doc:"Why it was refused, in a word: no_token, unknown_token, expired_token, revoked_token, no_right, unknown_action, switched_off, switched_off_for_project or hidden_project, or else what was wrong, such as wrong_field. Empty when it was not, and in what earlier versions kept."`
	Reason  string    `json:"reason,omitempty" doc:"Why it was refused, in more words than its client was told; absent for who is limited to projects."`
	UserID  int64     `json:"user_id,omitempty" doc:"Absent when nobody knows who asked."`
	User    string    `json:"user" doc:"The login of who asked."`
	Project string    `json:"project" doc:"The one that it named, if any."`
	Request string    `json:"request" doc:"Its X-Request-Id, under which the process log knows it."`
	Body    string    `json:"body" doc:"As it came, up to 4 KiB, without passwords and tokens. Numbers in it are hidden from users without the right numbers/see."`
}

type requestPage struct {
	Body struct {
		Requests []Request `json:"requests" nullable:"false"`
		Next     string    `json:"next,omitempty" doc:"What to give as cursor for those that follow; there are none without it."`
	}
}

// mostRequestsRead is how many are looked at for one answer.
const mostRequestsRead = 50_000

func (f *Face) listRequests(ctx context.Context, who *asker, in *struct {
	Span
	Module  string `query:"module" maxLength:"64" doc:"Only of this one."`
	Action  string `query:"action" maxLength:"64" doc:"Only this one."`
	Status  int    `query:"status" minimum:"100" maximum:"599" doc:"Only those answered with it."`
	User    string `query:"user" maxLength:"128" doc:"Only those of who has this login."`
	Why     string `query:"why" maxLength:"64" doc:"Only those that were refused for it."`
	Refused bool   `query:"refused" doc:"Only those that were not answered with a status of the 200s."`
	Limit   int    `query:"limit" default:"50" minimum:"1" maximum:"1000"`
	Cursor  string `query:"cursor" maxLength:"20" doc:"next of the answer before; what else is asked for stays the same."`
}) (*requestPage, error) {
	from, to, _, err := f.span(&in.Span)
	if err != nil {
		return nil, err
	}
	if to == 0 {
		to = time.Now().Add(time.Minute).UnixMicro() // of replicas whose clocks differ
	}
	if from == 0 {
		from = to - listSpan.Microseconds()
	}
	var before int64
	if in.Cursor != "" {
		if before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || before < 1 {
			return nil, wrongParameter("cursor", "want next of an answer")
		}
	}
	if err := f.o.Requests.Flush(ctx); err != nil {
		return nil, err
	}
	out, read := &requestPage{}, 0
	out.Body.Requests = []Request{}
	for r, err := range f.o.Requests.NewestRequests(ctx, micro(from), micro(to), before) {
		if err != nil {
			return nil, err
		}
		if len(out.Body.Requests) == in.Limit || read == mostRequestsRead {
			out.Body.Next = strconv.FormatInt(r.ID+1, 10)
			break
		}
		read++
		if (in.Module == "" || r.Module == in.Module) && (in.Action == "" || r.Action == in.Action) && (in.Status == 0 || r.Code == in.Status) &&
			(in.User == "" || r.Login == in.User) && (in.Why == "" || r.Why == in.Why) && (!in.Refused || !r.Passed()) && (r.UserID != 0 && r.UserID == who.UserID || who.Sees(r.Project)) {
			out.Body.Requests = append(out.Body.Requests, requestView(&r, who))
		}
	}
	return out, nil
}

func requestView(r *report.Request, who *asker) Request {
	numbers := who.May("numbers", "see")
	v := Request{ID: r.ID, At: r.At, Module: report.ShownText(r.Module, numbers), Action: report.ShownText(r.Action, numbers), Status: r.Code, Error: r.Error, Why: r.Why, UserID: r.UserID,
		User: r.Login, Project: r.Project, Request: r.RequestID, Body: r.Body}
	if len(who.Projects) == 0 {
		v.Reason = report.ShownText(r.Reason, numbers)
	}
	if !numbers {
		v.Body = report.HideNumbers(r.Body)
	}
	return v
}
