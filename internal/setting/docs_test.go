package setting_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"callgate/internal/setting"
)

var settingRow = regexp.MustCompile("^\\| `[a-z0-9]+\\.[a-z0-9_]+` \\|")

// TestDocumented: docs/settings.md has a row for every setting, as it is defined, and no other.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, d := range setting.Definitions() {
		std := ""
		if d.Default != "" {
			std = "`" + d.Default + "`"
		}
		want = append(want, fmt.Sprintf("| `%s` | %s | %s | %s |", d.Key, std, d.Accepts(), d.Help))
	}
	var got []string
	for line := range strings.Lines(string(page)) {
		if settingRow.MatchString(line) {
			got = append(got, strings.TrimSpace(line))
		}
	}
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("row %d differs; the table ought to be\n%s", i+1, strings.Join(want, "\n"))
		}
	}
}

// TestAdministratorsSettingsInDocs: the page names those that only an administrator may change.
func TestAdministratorsSettingsInDocs(t *testing.T) {
	page, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "has the right `*/*` only: ")
	list, _, _ := strings.Cut(rest, ".\n\n")
	var want []string
	for _, d := range setting.Definitions() {
		if d.Administrator {
			want = append(want, "`"+d.Key+"`")
		}
	}
	if got := strings.Join(strings.Fields(list), " "); got != strings.Join(want, ", ") {
		t.Errorf("got %s, want %s", got, strings.Join(want, ", "))
	}
}

// TestDefinitions: every default is accepted.
func TestDefinitions(t *testing.T) {
	for _, d := range setting.Definitions() {
		if _, err := setting.New(nil, setting.Options{First: map[string]string{d.Key: d.Default}}); err != nil {
			t.Errorf("the default: %v", err)
		}
	}
}
