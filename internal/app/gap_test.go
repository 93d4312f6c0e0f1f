package app_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	v1 "callgate/api/v1"
	"callgate/esl/esltest"
	"callgate/internal/account"
	"callgate/internal/history"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// gate stands between a switch and the intake of its CDRs, and lets them pass or not.
type gate struct {
	shut   atomic.Bool
	passed atomic.Int64
	url    string
}

func newGate(t *testing.T, addr string) *gate {
	t.Helper()
	g := &gate{}
	pass := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.shut.Load() {
			http.Error(w, "closed", http.StatusServiceUnavailable)
			return
		}
		pass.ServeHTTP(w, r)
		g.passed.Add(1)
	}))
	t.Cleanup(s.Close)
	g.url = s.URL
	return g
}

// gapLand is a switch with extensions for every kind of leg: "talk" and "dial" are of project 9876, "quiet", "rare" and
// "skip" leave their CDRs out. What it cannot post it leaves in spool.
func gapLand(t *testing.T, database string, noBLeg bool) (l *land, g *gate, spool string) {
	t.Helper()
	spool = t.TempDir()
	ext := func(name string, apps ...esltest.App) esltest.Extension {
		return esltest.Extension{Match: "^" + name + "$", Apps: append([]esltest.App{{Name: "set", Data: "callgate_project=9876"}, {Name: "answer"}}, apps...)}
	}
	wait := esltest.App{Name: "sleep", Data: "60000"}
	l = newLand(t, database, func(c *esltest.Config) {
		g = newGate(t, strings.TrimSuffix(strings.TrimPrefix(c.CDR.URL, "http://"), "/cdr"))
		c.CDR.URL, c.CDR.ErrLogDir, c.CDR.NoBLeg, c.CDR.Retries = g.url+"/cdr", spool, noBLeg, 1
		c.Extensions = []esltest.Extension{ext("talk", wait), ext("dial", esltest.App{Name: "bridge", Data: "sofia/internal/far@127.0.0.1:5080"}),
			ext("quiet", esltest.App{Name: "set", Data: "process_cdr=false"}, wait), ext("skip", esltest.App{Name: "set", Data: "skip_cdr_causes=NORMAL_CLEARING"}, wait),
			ext("rare", esltest.App{Name: "set", Data: "process_cdr=b_only"}, esltest.App{Name: "bridge", Data: "sofia/internal/far@127.0.0.1:5080"})}
	})
	return l, g, spool
}

// rings makes a call, ends it, and returns the uuid of its first leg.
func (m *modern) rings(t *testing.T, extension string) string {
	t.Helper()
	c, err := m.sw.Call(esltest.Call{Number: "78001112233", Extension: extension})
	if err != nil {
		t.Fatal(err)
	}
	legs := 1
	if extension == "dial" || extension == "rare" {
		legs = 2
	}
	eventually(t, extension, func() bool {
		return strings.Count(m.command(t, "show channels as json"), c.UUID()) > 0 && strings.Contains(m.command(t, "show channels count"), fmt.Sprintf("\n%d total", legs))
	})
	c.Hangup()
	<-c.Done()
	eventually(t, "the end", func() bool { return strings.Contains(m.command(t, "show channels count"), "\n0 total") })
	return c.UUID()
}

// metric reads a counter or gauge.
func (m *modern) metric(name string) (value float64) {
	for line := range strings.SplitSeq(m.get("/metrics").body, "\n") {
		if rest, ok := strings.CutPrefix(line, name+" "); ok {
			_, _ = fmt.Sscan(rest, &value)
		}
	}
	return value
}

// looked waits until so many hangups have been looked at.
func (m *modern) looked(t *testing.T, n float64) {
	t.Helper()
	eventually(t, fmt.Sprintf("%v hangups", n), func() bool { return m.metric("callgate_cdr_hangups_written_total") >= n })
	if got := m.metric("callgate_cdr_hangups_written_total"); got != n {
		t.Errorf("%v hangups, want %v", got, n)
	}
}

// missing lists all gaps in the database, however young, as direction and uuid.
func missing(t *testing.T, s *store.Store) (all []history.Hangup, legs []string) {
	t.Helper()
	all, err := s.Gaps(t.Context(), history.GapQuery{To: math.MaxInt64, Noted: math.MaxInt64, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range all {
		legs = append(legs, h.Direction+" "+h.Leg)
	}
	slices.Sort(legs)
	return all, legs
}

// age makes all gaps older than they are.
func age(t *testing.T, s *store.Store) {
	t.Helper()
	all, _ := missing(t, s)
	if _, err := s.SweepGaps(t.Context(), math.MaxInt64, history.GapPlace{}); err != nil {
		t.Fatal(err)
	}
	for i := range all {
		all[i].Noted -= (history.Grace + time.Second).Microseconds()
	}
	if err := s.SaveHangups(t.Context(), all); err != nil {
		t.Fatal(err)
	}
}

type gapPage struct {
	Gaps    []v1.Gap
	Next    string
	Watched []v1.Watched
}

func (m *modern) gaps(t *testing.T, token, query string) (p gapPage) {
	t.Helper()
	got := m.as(token, "GET", "/cdr-gaps"+query, "")
	if err := json.Unmarshal([]byte(got.body), &p); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	return p
}

// TestGapOfARefusedCDR: what a switch could not post is missed, half a minute later, and is no more once it has come from
// its folder. What a switch does not post is not missed.
func TestGapOfARefusedCDR(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		l, g, spool := gapLand(t, database, true)
		m := newModern(t, l)
		s := storetest.Open(t, database, store.Options{})
		began := time.Now()
		m.rings(t, "talk")
		m.rings(t, "dial")
		m.looked(t, 3)
		if _, legs := missing(t, s); len(legs) != 0 {
			t.Errorf("all came, missing are %q", legs)
		}
		g.shut.Store(true)
		talk := m.rings(t, "talk")
		for _, extension := range []string{"quiet", "skip"} {
			m.rings(t, extension)
		}
		dial := m.rings(t, "dial")
		m.looked(t, 6)
		_, legs := missing(t, s)
		want := []string{"inbound " + talk, "inbound " + dial}
		if slices.Sort(want); !slices.Equal(legs, want) {
			t.Errorf("missing are %q, want %q", legs, want)
		}
		p := m.gaps(t, m.token, "")
		if len(p.Gaps) != 0 || len(p.Watched) != 1 || p.Watched[0].Switch != "main" || p.Watched[0].Since.Before(began.Add(-time.Minute)) {
			t.Errorf("too early: %+v", p)
		}
		age(t, s)
		p = m.gaps(t, m.token, "")
		if len(p.Gaps) != 2 {
			t.Fatalf("%+v", p)
		}
		got := p.Gaps[1]
		if got.UUID != talk || got.Switch != "main" || got.Core != l.sw.CoreUUID() || got.Project != "9876" || got.Direction != "inbound" || got.Cause != "NORMAL_CLEARING" ||
			got.Caller != "78001112233" || got.Called != "talk" || got.Started.IsZero() || got.Answered.Before(got.Started) || got.Ended.Before(got.Answered) {
			t.Errorf("%+v", got)
		}
		if blind := m.gaps(t, m.user("blind", "cdr/gaps"), "").Gaps; len(blind) != 2 || blind[0].Caller != "*****" || blind[0].Called != "*****" {
			t.Errorf("without numbers/see: %+v", blind)
		}

		files, err := os.ReadDir(spool)
		if err != nil || len(files) != 2 {
			t.Fatalf("%d files, %v", len(files), err)
		}
		for _, f := range files {
			body, err := os.ReadFile(filepath.Join(spool, f.Name()))
			if err != nil {
				t.Fatal(err)
			}
			m.posted(t, strings.TrimSuffix(f.Name(), ".cdr.xml"), string(body))
		}
		if p := m.gaps(t, m.token, ""); len(p.Gaps) != 0 {
			t.Errorf("they have come: %+v", p)
		}
	})
}

// posted posts a CDR as a switch does.
func (m *modern) posted(t *testing.T, name, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, m.url+"/cdr?uuid="+url.QueryEscape(name), strings.NewReader("cdr="+body))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(cdrUser, cdrPass)
	resp, err := m.http.Do(req)
	if err != nil || resp.Body.Close() != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v %v", name, resp, err)
	}
}

// TestGapOfABLeg: where B legs are posted they are missed, too.
func TestGapOfABLeg(t *testing.T) {
	t.Parallel() // it mostly waits
	l, g, _ := gapLand(t, storetest.SQLite(t), false)
	m := newModern(t, l)
	s := storetest.Open(t, l.database, store.Options{})
	g.shut.Store(true)
	m.rings(t, "dial") // whether its B leg is missing nobody can know yet
	m.looked(t, 2)
	if _, legs := missing(t, s); len(legs) != 1 || !strings.HasPrefix(legs[0], "inbound ") {
		t.Errorf("missing are %q", legs)
	}
	g.shut.Store(false)
	m.rings(t, "dial")
	m.looked(t, 4)
	g.shut.Store(true)
	m.rings(t, "dial")
	m.rings(t, "rare")
	m.looked(t, 7)
	_, legs := missing(t, s)
	if text := strings.Join(legs, " "); len(legs) != 4 || strings.Count(text, "inbound ") != 2 || strings.Count(text, "outbound ") != 2 {
		t.Errorf("missing are %q", legs)
	}
}

// TestGapsUnseen: while the link is down nobody tells of hangups, and the report says since when it is up.
func TestGapsUnseen(t *testing.T) {
	t.Parallel() // it mostly waits
	l, g, _ := gapLand(t, storetest.SQLite(t), true)
	m := newModern(t, l)
	g.shut.Store(true)
	c, err := l.sw.Call(esltest.Call{Number: "78001112233", Extension: "talk"})
	if err != nil {
		t.Fatal(err)
	}
	before := m.gaps(t, m.token, "").Watched[0].Since
	l.sw.RefuseByACL(true)
	l.sw.CutConnections()
	eventually(t, "no link", func() bool { return m.get("/readyz").status == http.StatusServiceUnavailable })
	if got := m.gaps(t, m.token, "").Watched; len(got) != 1 || !got[0].Since.IsZero() {
		t.Errorf("watched: %+v", got)
	}
	c.Hangup()
	<-c.Done()
	l.sw.RefuseByACL(false)
	m.ready()
	if after := m.gaps(t, m.token, "").Watched[0].Since; !after.After(before) {
		t.Errorf("watched since %v, and then %v", before, after)
	}
	m.rings(t, "talk")
	m.looked(t, 1)
}

// TestGapList: pages, switches, wrong questions, and only the projects that a user is limited to.
func TestGapList(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database string) {
		l := newLand(t, database, nil)
		m := newModern(t, l)
		s := storetest.Open(t, database, store.Options{})
		now := time.Now().Add(-time.Minute).UnixMicro()
		for i, project := range []string{"a", "b", "a", ""} {
			at := now - int64(i)*3600*1e6
			if err := s.SaveHangups(t.Context(), []history.Hangup{{Core: "core", Leg: fmt.Sprintf("leg%d", i), Switch: "main", Project: project, Started: at, Ended: at, Noted: at}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := m.app.Accounts().Add(t.Context(), "limited", password, []account.Right{{Module: "cdr", Action: "gaps"}}, []string{"a"}); err != nil {
			t.Fatal(err)
		}
		signed := m.post("/auth/login", fmt.Sprintf(`{"login":"limited","password":%q}`, password), "")
		limited := strings.TrimSuffix(strings.TrimPrefix(signed.body, `{"access_token":"`), `"}`)
		legs := func(p gapPage) (all []string) {
			for _, g := range p.Gaps {
				all = append(all, g.UUID)
			}
			return all
		}
		first := m.gaps(t, m.token, "?limit=3&switch=main")
		if got := legs(first); !slices.Equal(got, []string{"leg0", "leg1", "leg2"}) || first.Next == "" {
			t.Errorf("%q, next %q", got, first.Next)
		}
		if last := m.gaps(t, m.token, "?limit=3&cursor="+first.Next); !slices.Equal(legs(last), []string{"leg3"}) || last.Next != "" {
			t.Errorf("%+v", last)
		}
		if got := legs(m.gaps(t, limited, "")); !slices.Equal(got, []string{"leg0", "leg2"}) {
			t.Errorf("one project's: %q", got)
		}
		last := time.UnixMicro(now).UTC()
		second := func(hours int) string {
			return last.Add(-time.Duration(hours) * time.Hour).Truncate(time.Second).Format(time.RFC3339)
		}
		for query, want := range map[string]string{
			"?from=" + second(2) + "&to=" + second(0):                                               "leg1 leg2",
			"?from=" + strings.TrimSuffix(second(2), "Z") + "&zone=UTC":                             "leg0 leg1 leg2",
			"?zone=UTC&from=" + second(4)[:10]:                                                      "leg0 leg1 leg2 leg3",
			"?zone=UTC&from=" + second(4)[:10] + "&to=" + last.Add(time.Hour).Format(time.DateOnly): "leg0 leg1 leg2 leg3",
			"?to=2026-01-01": "",
		} {
			if got := strings.Join(legs(m.gaps(t, m.token, query)), " "); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
		for query, field := range map[string]string{"?cursor=x": "cursor", "?cursor=MQ": "cursor", "?limit=0": "limit", "?from=1795413600": "from", "?to=x": "to",
			"?from=2026-11-02&to=2026-11-01": "to", "?zone=x": "zone"} {
			refused(t, m.v1("GET", "/cdr-gaps"+query, ""), 422, field)
		}
		refused(t, m.v1("GET", "/cdr-gaps?switch=none", ""), 404, "")
	})
}

// TestCoreOfAnEarlierRun: a CDR that was left in a folder by an instance that has ended still belongs to its switch, told
// by a process that was not there then.
func TestCoreOfAnEarlierRun(t *testing.T) {
	t.Parallel() // it mostly waits
	eachDatabase(t, func(t *testing.T, database string) {
		l, g, spool := gapLand(t, database, true)
		m := newModern(t, l)
		s := storetest.Open(t, database, store.Options{})
		g.shut.Store(true)
		leg, core := m.rings(t, "talk"), l.sw.CoreUUID()
		eventually(t, "a core", func() bool { names, err := s.Cores(t.Context()); return err == nil && names[core] == "main" })
		m.stop()
		l.sw.Restart()
		m = newModern(t, l)
		if l.sw.CoreUUID() == core {
			t.Fatal("the core is the same")
		}
		body, err := os.ReadFile(filepath.Join(spool, "a_"+leg+".cdr.xml"))
		if err != nil {
			t.Fatal(err)
		}
		m.posted(t, "a_"+leg, string(body))
		m.posted(t, "a_other", strings.ReplaceAll(strings.ReplaceAll(string(body), core, "nobody"), leg, "other"))
		for id, want := range map[string]string{leg: "main", "other": ""} {
			if c, err := s.Call(t.Context(), id, nil); err != nil || c.Switch != want {
				t.Errorf("the switch of %s is %q, want %q (%v)", id, c.Switch, want, err)
			}
		}
		if found, _ := m.found(t, m.token, "from", "2026-01-01", "switch", history.UnknownSwitch); !slices.Equal(found, []string{"other"}) {
			t.Errorf("of no known switch: %q", found)
		}
		if rows := m.want(t, 200, "GET", "/calls/export?id=other&format=csv", "").body; !strings.Contains(rows, "\nother,unknown,") {
			t.Errorf("exported: %s", rows)
		}
		if got := m.metric("callgate_cdr_unknown_core_total"); got != 1 {
			t.Errorf("%v CDRs of unknown cores", got)
		}
	})
}
