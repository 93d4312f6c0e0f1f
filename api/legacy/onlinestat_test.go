package legacy_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"callgate/api/legacy"
	"callgate/internal/account"
	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// onlineStat is that part of the world behind the face; without a failure of the world's it would panic.
type onlineStat struct{ *world }

func (o onlineStat) Get(context.Context, string) (callcenter.Stat, time.Duration, error) {
	return callcenter.Stat{}, 0, o.fail()
}

func (o onlineStat) All(context.Context, func(string) bool) ([]callcenter.ProjectStat, time.Duration, error) {
	return nil, 0, o.fail()
}

// viewer signs everybody in as one who sees some projects only.
type viewer struct {
	*world
	projects []string
}

func (v viewer) Authenticate(context.Context, string, func() string) (*account.Identity, error) {
	return &account.Identity{Projects: v.projects}, nil
}

// agents are projects and their agents, as old as a minute.
type agents []callcenter.ProjectStat

func (a agents) Get(_ context.Context, id string) (callcenter.Stat, time.Duration, error) {
	for _, p := range a {
		if p.Project == id {
			return p.Stat, time.Minute, nil
		}
	}
	return callcenter.Stat{}, 0, fault.New(fault.NotFound, "Project")
}

func (a agents) All(_ context.Context, sees func(string) bool) (all []callcenter.ProjectStat, _ time.Duration, _ error) {
	for _, p := range a {
		if sees(p.Project) {
			all = append(all, p)
		}
	}
	return all, time.Minute, nil
}

func TestOnlineStat(t *testing.T) {
	known := agents{
		{Project: "9876", Stat: callcenter.Stat{LoggedIn: 57, Ready: 6, NotReady: 49, Talking: 2}},
		{Project: `5"<я`, Stat: callcenter.Stat{}},
		{Project: "1111", Stat: callcenter.Stat{LoggedIn: 111, Ready: 80, NotReady: 29, Talking: 2}},
	}
	const of9876 = `{"cntLoggedIn":57,"cntReady":6,"cntNotReady":49,"cntTalking":2}`
	const of1111 = `{"cntLoggedIn":111,"cntReady":80,"cntNotReady":29,"cntTalking":2}`
	const none = `{"cntLoggedIn":0,"cntReady":0,"cntNotReady":0,"cntTalking":0}`
	for _, tt := range []struct {
		name         string
		projects     []string // what the user sees; none is all
		method, path string
		body         string
		agents       agents
		wantStatus   int
		want         string
		wantAge      string
	}{
		{"one", nil, "POST", "/onlinestat/get", `{"project_id":"9876"}`, known, 200, of9876, "60"},
		{"one by GET", nil, "GET", "/onlinestat/get?project_id=1111", "", known, 200, of1111, "60"},
		{"none named", nil, "POST", "/onlinestat/get", `{}`, known, 419, `{"error":"Empty project_id!"}`, ""},
		{"a blank named", nil, "POST", "/onlinestat/get", `{"project_id":" "}`, known, 419, `{"error":"Empty project_id!"}`, ""},
		{"named by a number", nil, "POST", "/onlinestat/get", `{"project_id":1111}`, known, 419, `{"error":"Wrong project_id!"}`, ""},
		{"unknown", nil, "POST", "/onlinestat/get", `{"project_id":"x"}`, known, 404, `{"error":"Project not found"}`, ""},
		{"one that may be seen", []string{"1111"}, "POST", "/onlinestat/get", `{"project_id":"1111"}`, known, 200, of1111, "60"},
		{"one that may not", []string{"1111"}, "POST", "/onlinestat/get", `{"project_id":"9876"}`, known, 404, `{"error":"Project not found"}`, ""},
		{"all", nil, "POST", "/onlinestat/all", "", known, 200, `{"9876":` + of9876 + `,"5\"<я":` + none + `,"1111":` + of1111 + `}`, "60"},
		{"all by GET", nil, "GET", "/onlinestat/all", "", known[:1], 200, `{"9876":` + of9876 + `}`, "60"},
		{"all that may be seen", []string{"1111", "x"}, "POST", "/onlinestat/all", "", known, 200, `{"1111":` + of1111 + `}`, "60"},
		{"all of none", nil, "POST", "/onlinestat/all", "", nil, 200, `{}`, "60"},
		{"other methods", nil, "DELETE", "/onlinestat/all", "", known, 405, `{"error":"Access denied!"}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &world{}
			face := legacy.New(legacy.Options{Accounts: viewer{w, tt.projects}, OnlineStat: tt.agents, Requests: w})
			rec := httptest.NewRecorder()
			req := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(tt.body))
			_ = face.Serve(rec, req, nowhere, "id")
			if got := rec.Body.String(); rec.Code != tt.wantStatus || got != tt.want {
				t.Errorf("got %d %s, want %d %s", rec.Code, got, tt.wantStatus, tt.want)
			}
			if got := rec.Header().Get("Age"); got != tt.wantAge {
				t.Errorf("Age %q, want %q", got, tt.wantAge)
			}
			if len(w.logged) != 1 || tt.method != http.MethodDelete && w.logged[0].Module != "onlinestat" {
				t.Errorf("logged %+v", w.logged)
			}
		})
	}
}
