package app_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/outside/outsidetest"
	"callgate/internal/project"
)

// recordedLeg is the XML of a leg that FreeSWITCH recorded, which a test moves to another time and changes.
type recordedLeg struct {
	xml   string
	began int64 // epoch
}

var recordedEpoch = regexp.MustCompile(`\b17954137\d\d(\d{6})?\b`)

// recordedLegAt reads a capture and moves it: all that is said to have happened when the leg began did so then.
func recordedLegAt(t *testing.T, capture string, began time.Time) *recordedLeg {
	t.Helper()
	raw, err := os.ReadFile("../../cdr/testdata/captures/" + capture + ".http")
	if err != nil {
		t.Fatal(err)
	}
	_, body, _ := bytes.Cut(raw, []byte("cdr="))
	text, err := url.PathUnescape(strings.TrimSpace(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	l := &recordedLeg{xml: text, began: began.Unix()}
	first, err := strconv.ParseInt(l.get(t, "start_epoch"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	l.xml = recordedEpoch.ReplaceAllStringFunc(l.xml, func(epoch string) string {
		seconds, err := strconv.ParseInt(epoch[:10], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return strconv.FormatInt(l.began+seconds-first, 10) + epoch[10:]
	})
	return l
}

func (l *recordedLeg) get(t *testing.T, variable string) string {
	t.Helper()
	_, variables, _ := strings.Cut(l.xml, "<variables>")
	_, rest, found := strings.Cut(variables, "<"+variable+">")
	if value, _, ended := strings.Cut(rest, "</"+variable+">"); found && ended {
		return value
	}
	t.Fatalf("no variable %s", variable)
	return ""
}

// set sets variables, pair by pair; those that are not there are added.
func (l *recordedLeg) set(pairs ...string) {
	head, rest, _ := strings.Cut(l.xml, "<variables>")
	variables, tail, _ := strings.Cut(rest, "</variables>")
	for i := 0; i < len(pairs); i += 2 {
		text := "<" + pairs[i] + ">" + pairs[i+1] + "</" + pairs[i] + ">"
		if old := regexp.MustCompile("<" + pairs[i] + ">[^<]*</" + pairs[i] + ">"); old.MatchString(variables) {
			variables = old.ReplaceAllString(variables, text)
		} else {
			variables += "    " + text + "\n"
		}
	}
	l.xml = head + "<variables>" + variables + "</variables>" + tail
}

// ends sets when the leg ended, in seconds after its beginning.
func (l *recordedLeg) ends(after int64) {
	l.set("end_epoch", fmt.Sprint(l.began+after), "end_uepoch", fmt.Sprint(l.began+after, "000000"))
}

// rename puts one text in the place of another, everywhere.
func (l *recordedLeg) rename(pairs ...string) { l.xml = strings.NewReplacer(pairs...).Replace(l.xml) }

// postLeg posts the CDR of a leg as FreeSWITCH does.
func (h *house) postLeg(t *testing.T, prefix string, l *recordedLeg) {
	t.Helper()
	header := http.Header{"Content-Type": {"application/x-www-form-plaintext"},
		"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(cdrUser+":"+cdrPass))}}
	if got := h.do(http.MethodPost, "/cdr?uuid="+prefix+l.get(t, "uuid"), "cdr="+l.xml, header); got.status != http.StatusOK {
		t.Fatalf("CDR: %d %s", got.status, got.body)
	}
}

// manualDay is the day of the manual's report, in its installation's zone.
const manualDay, manualZone = "2022-11-10", "Europe/Moscow"

// manualNumbers are the two numbers of that report, which the manual does not show.
var manualNumbers = [...]string{"74951112233", "74951112244"}

// takeManualCalls posts the eleven calls that give the manual's figures: two that agents answered, whose wrap-up times are 3
// and 10, and nine that did not come to the queue.
func (h *house) takeManualCalls(t *testing.T) {
	t.Helper()
	zone, err := time.LoadLocation(manualZone)
	if err != nil {
		t.Fatal(err)
	}
	began, err := time.ParseInLocation(time.DateTime, manualDay+" 12:00:00", zone)
	if err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		wait, talk, hold int64
		agent            string
		told             bool // mod_callcenter has told when the member left, before his channel ended
	}{{11, 75, 0, "1000", true}, {27, 90, 42, "1001", false}} {
		member := recordedLegAt(t, "queue-member-answered-recorded-utf8-name", began)
		agent := recordedLegAt(t, "queue-agent-leg-held", began)
		names := []string{recordedStay, legID(int64(i), 0), recordedCaller, legID(int64(i), 1), recordedAgent, legID(int64(i), 2),
			"q_support", manualNumbers[i], "1001", c.agent}
		joined := began.Unix()
		answered, left := joined+c.wait, joined+c.wait+c.talk
		for _, l := range []*recordedLeg{member, agent} {
			l.rename(names...)
			l.ends(c.wait + c.talk)
			l.set("cc_queue_joined_epoch", fmt.Sprint(joined))
		}
		member.set("cc_queue_answered_epoch", fmt.Sprint(answered), "hold_accum_seconds", "0")
		if c.told {
			member.set("cc_queue_terminated_epoch", fmt.Sprint(left))
			member.ends(c.wait + c.talk + 4)
		}
		agent.set("answer_epoch", fmt.Sprint(answered), "answer_uepoch", fmt.Sprint(answered, "000000"), "hold_accum_seconds", fmt.Sprint(c.hold))
		h.postLeg(t, "", agent)
		h.postLeg(t, "a_", member)
		began = began.Add(5 * time.Minute)
	}
	for i := range 9 {
		l := recordedLegAt(t, "tone-inbound-recorded", began)
		l.rename(l.get(t, "uuid"), legID(int64(100+i), 1), "31001", manualNumbers[1])
		h.postLeg(t, "a_", l)
		began = began.Add(time.Minute)
	}
}

// TestManualTable: the calls of the manual's own table give every figure in it, with the numbers for those who may see
// them and without for others.
func TestManualTable(t *testing.T) {
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			l := newLand(t, db.url(t), func(c *esltest.Config) {
				c.Agents[0].WrapUp, c.Agents[1].WrapUp = 3, 10
			})
			if err := app.Administer(t.Context(), on(l.database), nil, func(a *app.Administration) error {
				return a.Projects.Add(t.Context(), project.Project{ID: "1002", Name: "Demo", Numbers: manualNumbers[:],
					Queues: []string{"support@default"}, SLSeconds: project.DefaultSLSeconds})
			}); err != nil {
				t.Fatal(err)
			}
			h := l.build(t, func(c *app.Config) { c.TimeZone = manualZone })
			h.ready()
			h.signIn()
			h.takeManualCalls(t)
			var compact bytes.Buffer
			if err := json.Compact(&compact, outsidetest.Table); err != nil {
				t.Fatal(err)
			}
			hidden := compact.String()
			shown := strings.Replace(strings.Replace(hidden, "*****", manualNumbers[0], 1), "*****", manualNumbers[1], 1)
			if strings.Contains(shown, "*") {
				t.Fatal("the manual's table hides more than two numbers")
			}
			asked := manual(t, "demoReport.request.json")
			if got := h.call("/report/demoReport", asked); got.status != http.StatusOK || got.body != shown {
				t.Errorf("with numbers: %d\n%s\nwant\n%s", got.status, got.body, shown)
			}
			token := h.user("blind", "report/demoReport")
			if got := h.post("/report/demoReport", asked, token); got.status != http.StatusOK || got.body != hidden {
				t.Errorf("without numbers: %d\n%s\nwant\n%s", got.status, got.body, hidden)
			}
			// Centuries are no burden, and days without calls have no rows.
			if got := h.call("/report/demoReport", `{"start_date":"1900-01-01","stop_date":"2199-12-31"}`); got.body != shown {
				t.Errorf("of centuries: %d %s", got.status, got.body)
			}
			if got := h.call("/report/demoReport", `{"start_date":"2022-11-11","stop_date":"2022-11-12"}`); got.status != http.StatusOK || got.body != "[]" {
				t.Errorf("without calls: %d %s", got.status, got.body)
			}
			for name, want := range map[string]string{"elsewhere": "[]", "here": shown} {
				projects := map[string][]string{"elsewhere": {"1"}, "here": {"1", "1002"}}[name]
				rights := []account.Right{{Module: "report", Action: "*"}, {Module: "numbers", Action: "see"}}
				if _, err := h.app.Accounts().Add(t.Context(), name, password, rights, projects); err != nil {
					t.Fatal(err)
				}
				if got := h.post("/report/demoReport", asked, h.signedIn(name)); got.body != want {
					t.Errorf("%s: %d %s", name, got.status, got.body)
				}
			}
			for _, bad := range []struct{ body, want string }{
				{`{}`, `{"error":"Empty start_date!"}`},
				{`{"start_date":"2022-11-10"}`, `{"error":"Empty stop_date!"}`},
				{`{"start_date":"2022-11-10 10:00:00","stop_date":"2022-11-11"}`, `{"error":"Wrong start_date!"}`},
				{`{"start_date":"2022-02-30","stop_date":"2022-11-11"}`, `{"error":"Wrong start_date!"}`},
				{`{"start_date":"10.11.2022","stop_date":"2022-11-11"}`, `{"error":"Wrong start_date!"}`},
				{`{"start_date":"2022-11-10","stop_date":"2022-11-9"}`, `{"error":"Wrong stop_date!"}`},
				{`{"start_date":"2022-11-10","stop_date":"2022-11-09"}`, `{"error":"Wrong stop_date!"}`},
				{`{"start_date":20221110,"stop_date":"2022-11-11"}`, `{"error":"Wrong start_date!"}`},
			} {
				if got := h.call("/report/demoReport", bad.body); got.status != 419 || got.body != bad.want {
					t.Errorf("%s: %d %s, want %s", bad.body, got.status, got.body, bad.want)
				}
			}
		})
	}
}
