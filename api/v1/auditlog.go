package v1

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/audit"
	"callgate/internal/report"
)

// AuditLog has what administrators changed.
type AuditLog interface {
	// AuditLog lists what was changed, the newest first.
	AuditLog(ctx context.Context, q audit.Query) ([]audit.Entry, error)
}

const auditSee right = "audit/see"

// auditLog is the operation on the audit log.
func (f *Face) auditLog() {
	operation(f, huma.Operation{OperationID: "list-audit", Method: http.MethodGet, Path: "/audit", Summary: "What administrators changed, the newest first",
		Description: "Each change with who made it, what was before and after. Entries are never changed. Who is limited to projects does not see it."}, auditSee, f.listAudit)
}

// Change is one entry of the audit log.
type Change struct {
	ID      int64          `json:"id"`
	At      time.Time      `json:"at"`
	UserID  int64          `json:"user_id,omitempty" doc:"Who made it; absent when it was no user of the API."`
	Login   string         `json:"login" doc:"His login; or command line; empty when callgate itself made it."`
	Address string         `json:"address" doc:"Where his request came from."`
	Request string         `json:"request" doc:"Its X-Request-Id, under which the process log knows it."`
	Kind    string         `json:"kind" doc:"Of what was changed, such as project, user, setting, module, tier."`
	Name    string         `json:"name" doc:"Which one. What may be numbers in it, in before and in after is hidden from users without the right numbers/see."`
	Before  map[string]any `json:"before,omitempty" doc:"Absent when it was not there. Secrets are not shown."`
	After   map[string]any `json:"after,omitempty" doc:"Absent when it is not there any more."`
}

type changePage struct {
	Body struct {
		Changes []Change `json:"changes" nullable:"false"`
		Next    string   `json:"next,omitempty" doc:"What to give as cursor for those that follow; there are none without it."`
	}
}

func (f *Face) listAudit(ctx context.Context, who *asker, in *struct {
	Span
	Kind   string `query:"kind" maxLength:"32" doc:"Only of this kind."`
	Name   string `query:"name" maxLength:"255" doc:"Only of what has this name."`
	Login  string `query:"login" maxLength:"128" doc:"Only what this user changed."`
	Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"1000"`
	Cursor string `query:"cursor" maxLength:"20" doc:"next of the answer before."`
}) (*changePage, error) {
	if err := allProjects(who, "the audit log tells of all projects"); err != nil {
		return nil, err
	}
	from, to, _, err := f.span(&in.Span)
	if err != nil {
		return nil, err
	}
	q := audit.Query{From: micro(from), To: micro(to), Kind: in.Kind, Name: in.Name, Login: in.Login, Limit: in.Limit}
	if in.Cursor != "" {
		if q.Before, err = strconv.ParseInt(in.Cursor, 10, 64); err != nil || q.Before < 1 {
			return nil, wrongParameter("cursor", "want next of an answer")
		}
	}
	all, err := f.o.AuditLog.AuditLog(ctx, q)
	if err != nil {
		return nil, err
	}
	out, numbers := &changePage{}, who.May("numbers", "see")
	out.Body.Changes = make([]Change, len(all))
	for i := range all {
		if out.Body.Changes[i], err = changeView(&all[i], numbers); err != nil {
			return nil, err
		}
	}
	if len(all) == in.Limit {
		out.Body.Next = strconv.FormatInt(all[len(all)-1].ID, 10)
	}
	return out, nil
}

func changeView(e *audit.Entry, numbers bool) (Change, error) {
	c := Change{ID: e.ID, At: e.At, UserID: e.Actor.UserID, Login: e.Actor.Login, Address: e.Actor.Address, Request: e.Actor.Request, Kind: e.Kind,
		Name: report.ShownText(e.Name, numbers)}
	for _, of := range []struct {
		object json.RawMessage
		shown  *map[string]any
	}{{e.Before, &c.Before}, {e.After, &c.After}} {
		if len(of.object) == 0 {
			continue
		}
		text := string(of.object)
		if !numbers {
			text = report.HideNumbers(text)
		}
		if err := json.Unmarshal([]byte(text), of.shown); err != nil {
			return Change{}, fmt.Errorf("read entry %d of the audit log: %w", e.ID, err)
		}
	}
	return c, nil
}
