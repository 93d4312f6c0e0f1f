package app_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/app"
	"callgate/internal/store/storetest"
)

var described = regexp.MustCompile(`^Desc\{fqName: "([^"]+)", help: ("(?:[^"\\]|\\.)*"), unit: "[a-z]*", constLabels: \{([^}]*)\}, variableLabels: \{([^}]*)\}\}$`)

// tableHeading is that of a table of metrics: what their names begin with.
var tableHeading = regexp.MustCompile("^\\| `(\\w+_)…` ")

var ourMetric = regexp.MustCompile(`^(callgate|callcenter|freeswitch)_`)

// TestMetricsInDocs: docs/metrics.md lists every metric there is, with its labels and what it tells, and no other, and promtool
// has nothing to say against their names.
func TestMetricsInDocs(t *testing.T) {
	t.Parallel() // it mostly waits
	l := newLand(t, storetest.SQLite(t), nil)
	h := l.build(t, func(c *app.Config) { c.CDRSpoolDir = t.TempDir() })
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		h.app.Metrics().Describe(descs)
	}()
	rows := map[string]bool{}
	var exposition bytes.Buffer
	for d := range descs {
		found := described.FindStringSubmatch(d.String())
		if found == nil {
			t.Fatalf("cannot be read: %s", d)
		}
		name, help := found[1], strings.Trim(strings.ReplaceAll(found[2], `\"`, `"`), `"`)
		if !ourMetric.MatchString(name) {
			continue
		}
		kind := "gauge"
		if strings.HasSuffix(name, "_total") {
			kind = "counter"
		}
		if family := fmt.Sprintf("# HELP %[1]s %[2]s\n# TYPE %[1]s %[3]s\n%[1]s 0\n", name, help, kind); !strings.Contains(exposition.String(), family) {
			exposition.WriteString(family) // several of a name differ in a constant label
		}
		var labels []string
		for _, list := range found[3:] {
			for label := range strings.SplitSeq(list, ",") {
				label, _, _ = strings.Cut(label, "=")
				if label != "" {
					labels = append(labels, "`"+label+"`")
				}
			}
		}
		slices.Sort(labels)
		rows[fmt.Sprintf("| `%s` | %s | %s |\n", name, strings.Join(labels, " "), strings.TrimSuffix(help, "."))] = true
	}
	promtool(t, &exposition, "check", "metrics")
	page := filepath.Join("../..", "docs", "metrics.md")
	document := string(readFile(t, page))
	if *update {
		document = withRows(document, rows)
		if err := os.WriteFile(page, []byte(document), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for row := range rows {
		if !strings.Contains(document, row) {
			t.Errorf("not told of: %s", row)
		}
	}
	for line := range strings.Lines(document) {
		if strings.HasPrefix(line, "| `") && !rows[line] && !tableHeading.MatchString(line) {
			t.Errorf("there is not: %s", line)
		}
	}
}

// promtool has Prometheus look at something.
func promtool(t *testing.T, input io.Reader, args ...string) (said string) {
	t.Helper()
	check := exec.CommandContext(t.Context(), "promtool", args...)
	check.Stdin = input
	out, err := check.CombinedOutput()
	if err != nil || input != nil && len(out) > 0 {
		t.Errorf("promtool, which Debian has in its package prometheus, %v: %v\n%s", args, err, out)
	}
	return string(out)
}

// TestPromQLInDocs: Prometheus takes what docs/metrics.md gives it.
func TestPromQLInDocs(t *testing.T) {
	document := string(readFile(t, "../../docs/metrics.md"))
	config, rules := filepath.Join(t.TempDir(), "prometheus.yml"), filepath.Join(t.TempDir(), "rules.yml")
	var text strings.Builder
	text.WriteString("groups: [{name: x, rules: [")
	for i := range 2 {
		fmt.Fprintf(&text, "{record: 'x:%d', expr: %q},", i, section(t, document, "promql", i))
	}
	text.WriteString("]}]\n")
	for path, content := range map[string]string{config: section(t, document, "yaml", 0), rules: text.String()} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	promtool(t, nil, "check", "config", config)
	if said := promtool(t, nil, "check", "rules", rules); !strings.Contains(said, "2 rules found") {
		t.Errorf("%s", said)
	}
}

// withRows puts each row into the table whose heading begins its name.
func withRows(document string, rows map[string]bool) string {
	var out strings.Builder
	prefix := ""
	for line := range strings.Lines(document) {
		if heading := tableHeading.FindStringSubmatch(line); heading != nil {
			prefix = heading[1]
		} else if strings.HasPrefix(line, "| `") {
			continue
		}
		out.WriteString(line)
		if strings.HasPrefix(line, "|---") {
			for _, row := range slices.Sorted(func(yield func(string) bool) {
				for row := range rows {
					if strings.HasPrefix(row, "| `"+prefix) && !yield(row) {
						return
					}
				}
			}) {
				out.WriteString(row)
			}
		}
	}
	return out.String()
}
