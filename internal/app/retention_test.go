package app_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"callgate/internal/app"
	"callgate/internal/project"
	"callgate/internal/setting"
	"callgate/internal/store/storetest"
)

// TestCallsAreKeptForDays: calls whose time is over are gone from what the API shows, those of a project that keeps them
// longer are not, and neither are figures; what comes again after that is shown until it goes, and not counted again.
func TestCallsAreKeptForDays(t *testing.T) {
	t.Parallel() // it mostly waits
	for _, db := range databases {
		t.Run(db.name, func(t *testing.T) {
			address := db.url(t)
			l := newLand(t, address, nil)
			l.administer(t, func(a *app.Administration) error {
				return a.Projects.Add(t.Context(), project.Project{ID: "9876", Name: "Line", SLSeconds: 20, Numbers: []string{"+" + ourNumber}, KeepCDRsDays: project.KeepAsSet})
			})
			house := func() *house {
				h := l.build(t, nil)
				h.ready()
				h.signIn()
				return h
			}
			h := house()
			p := newPosts(t, l.addr)
			old, now := time.Now().AddDate(0, 0, -60), time.Now()
			send := func() {
				t.Helper()
				for call, began := range map[int64]time.Time{1: old, 2: now} {
					for _, leg := range []int{1, 2} {
						if err := p.send(call, leg, began); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			shown := func(what string, first, second int) {
				t.Helper()
				for call, status := range map[int64]int{1: first, 2: second} {
					eventually(t, what, func() bool { return h.call("/contact/cdr", fmt.Sprintf(`{"id":%q}`, legID(call, 1))).status == status })
				}
				var queued int
				if err := openDatabase(t, address).QueryRow(`SELECT SUM(queued) FROM rollups WHERE queue = '' AND agent = '' AND project = '9876'`).Scan(&queued); err != nil || queued != 2 {
					t.Errorf("%s: %d calls are counted, %v", what, queued, err)
				}
			}
			send()
			shown("at first", 200, 200)
			for _, step := range []struct {
				name  string
				days  string // of the setting
				own   int    // of the project
				first int    // what asking for the first call is answered
			}{
				{"for ever", "0", project.KeepAsSet, 200},
				{"the project for longer", "1", 90, 200},
				{"the project for ever", "1", 0, 200},
				{"as the installation says", "30", project.KeepAsSet, 404},
			} {
				h.stop()
				l.set(t, setting.CDRKeepDays, step.days)
				l.administer(t, func(a *app.Administration) error {
					return a.Projects.Set(t.Context(), "9876", project.Change{KeepCDRsDays: &step.own}, nil)
				})
				h = house()
				shown(step.name, step.first, 200)
			}
			send()
			shown("what comes again", 200, 200)
			h.stop()
			h = house()
			shown("after another pass", 404, 200)
			// It is gone a moment before that is counted.
			eventually(t, "counted", func() bool {
				body := h.get("/metrics").body
				return strings.Contains(body, "callgate_cdr_pruned_total{what=\"cdrs\"} 2\n") || strings.Contains(body, "callgate_cdr_pruned_total{what=\"months\"} 1\n")
			})
		})
	}
}

// TestScalingInDocs: the metrics and settings that docs/scaling.md names are those there are.
func TestScalingInDocs(t *testing.T) {
	document := string(readFile(t, "../../docs/scaling.md"))
	h := newHouse(t, storetest.SQLite(t))
	body := h.get("/metrics").body
	for _, name := range regexp.MustCompile("`(callgate_[a-z_]+)").FindAllStringSubmatch(document, -1) {
		if !strings.Contains(body, "\n"+name[1]) {
			t.Errorf("there is no metric %s", name[1])
		}
	}
	for _, name := range []string{"callgate_cdr_pruned_total", "callgate_cdr_pruned_timestamp_seconds", "callgate_cdr_prune_hold_seconds", setting.CDRKeepDays} {
		if !strings.Contains(document, "`"+name) {
			t.Errorf("it does not tell of %s", name)
		}
	}
}
