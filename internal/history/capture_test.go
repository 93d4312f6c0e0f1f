package history_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/cdr"
	"callgate/internal/history"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// around is what is known of the captured calls: one project with all numbers that begin so, and every agent's wrap-up time.
type around struct{}

func (around) Owner(number string) string {
	if strings.HasPrefix(number, "7495111") {
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

// captured are the legs of a call as a running FreeSWITCH posted them.
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
		extract(r, string(body))
		legs = append(legs, history.NewLeg(r, int64(i+1), around{}))
	}
	return legs
}

// The calls that a running FreeSWITCH posted are joined as their golden files say. CALLS in the environment names a folder
// of further ones to look at.
func TestCapturedCalls(t *testing.T) {
	dirs, err := filepath.Glob("testdata/calls/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			legs := captured(t, dir)
			got := golden(t, history.Join(legs))
			file := dir + ".json"
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("call (-want +got):\n%s", diff)
			}
		})
	}
}

// golden is a call without its legs, and its figures.
func golden(t *testing.T, c *history.Call) []byte {
	t.Helper()
	figures := map[string]history.Figures{}
	for k, f := range c.Figures() {
		figures[strings.Join([]string{k.Project, k.Number, k.Queue, k.Agent}, "|")] = f
	}
	shown := *c
	shown.Legs = nil
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(struct {
		Call    history.Call
		Figures map[string]history.Figures
	}{shown, figures}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
