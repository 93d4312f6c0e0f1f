package history_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"callgate/cdr"
	"callgate/internal/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// around is what is known where the calls were captured: the numbers of one project, and every agent's wrap-up time.
type around struct{}

func (around) Owner(number string) string {
	if strings.HasPrefix(strings.TrimPrefix(number, "+"), "7495111") {
		return "9876"
	}
	return ""
}

func (around) Normal(_, number string) string {
	if len(number) == 11 && number[0] == '7' {
		return "+" + number
	}
	return number
}

func (around) Switch(string) string                { return "main" }
func (around) WrapUp(string, string) (int64, bool) { return 2, true }
func (around) CountedSince(string) int64           { return 0 }

// captured are legs as a running FreeSWITCH posted them.
func captured(t testing.TB, dir string) []*history.Leg {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.cdr.xml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no CDRs in %s: %v", dir, err)
	}
	var legs []*history.Leg
	for i, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r := cdr.Parse(strings.TrimSuffix(filepath.Base(file), ".cdr.xml"), body)
		legs = append(legs, history.NewLeg(r, int64(i+1), around{}))
	}
	return legs
}

// joined are the calls that legs make which are tied by their names, the earliest first.
func joined(legs []*history.Leg) []*history.Call {
	group := map[string]int{} // by name
	groups := map[int][]*history.Leg{}
	for i, l := range legs {
		groups[i] = []*history.Leg{l}
		for _, name := range l.Names() {
			if other, known := group[name]; known && other != i {
				groups[i] = append(groups[i], groups[other]...)
				delete(groups, other)
				for n, g := range group {
					if g == other {
						group[n] = i
					}
				}
			}
			group[name] = i
		}
	}
	var calls []*history.Call
	for _, g := range groups {
		calls = append(calls, history.Join(g))
	}
	slices.SortFunc(calls, func(a, b *history.Call) int { return cmp.Compare(a.Started, b.Started) })
	return calls
}

// What a running FreeSWITCH posted becomes the calls in the golden file of the same name.
func TestCapturedCalls(t *testing.T) {
	entries, err := os.ReadDir("testdata/calls")
	if err != nil {
		t.Fatal(err)
	}
	dirs := 0
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		dirs++
		dir := filepath.Join("testdata/calls", e.Name())
		t.Run(e.Name(), func(t *testing.T) { golden(t, dir+".json", joined(captured(t, dir))) })
	}
	if dirs != 14 {
		t.Errorf("found %d captures, want 14", dirs)
	}
}

// counted is a Key with its Figures.
type counted struct {
	history.Key
	Figures map[string]any // those that are not zero
}

// golden compares calls, without what their legs say themselves, and their figures with a file.
func golden(t *testing.T, file string, calls []*history.Call) {
	t.Helper()
	type entry struct {
		Call    history.Call
		Legs    []string
		Figures []counted
	}
	var all []entry
	for _, c := range calls {
		e := entry{Call: *c}
		e.Call.Legs = nil
		for _, l := range c.Legs {
			e.Legs = append(e.Legs, l.Leg)
		}
		for k, f := range c.Figures() {
			e.Figures = append(e.Figures, counted{k, filled(t, f)})
		}
		slices.SortFunc(e.Figures, func(a, b counted) int {
			return cmp.Or(cmp.Compare(a.Queue, b.Queue), cmp.Compare(a.Agent, b.Agent), cmp.Compare(a.Quarter, b.Quarter))
		})
		all = append(all, e)
	}
	var got bytes.Buffer
	e := json.NewEncoder(&got)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(all); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// filled are the figures that are not zero.
func filled(t *testing.T, f history.Figures) map[string]any {
	t.Helper()
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for name, v := range all {
		if v == 0.0 || name == "AnsweredIn" && f.AnsweredIn == [11]int64{} || name == "LostIn" && f.LostIn == [11]int64{} {
			delete(all, name)
		}
	}
	return all
}
