package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers is the diagram of this house: a package may import packages of lower layers, never of its own or a
// higher one; the parts of one entry ("api" and "api/legacy") may see each other.
var layers = [][]string{
	{"cmd/callgate"},
	{"internal/app"},
	{"api", "web", "internal/store"},
	{"internal/callcenter", "internal/call", "internal/account", "internal/sms", "internal/report", "internal/webhook", "internal/exporter", "internal/check", "dialplan"},
	{"internal/project", "internal/setting", "internal/recording", "internal/history"},
	{"esl", "cdr", "internal/outside", "internal/backlog", "internal/secret"},
}

// never are imports that the layers alone would allow: fault and audit are everybody's but the protocols', and an edge must
// not see what lies behind another.
var never = []struct{ name, importer, imported string }{
	{"protocols have errors of their own", "esl", "internal/fault"},
	{"protocols have errors of their own", "cdr", "internal/fault"},
	{"protocols know no users", "esl", "internal/audit"},
	{"protocols know no users", "cdr", "internal/audit"},
	{"the API sees no SQL", "api", "internal/store"},
	{"the API sees no Event Socket", "api", "esl"},
}

// doors names the one package (and what lies below it) that may import a dependency.
var doors = map[string][]string{
	"github.com/percipia/eslgo":     {"esl"},
	"github.com/gin-gonic/gin":      {"api"},
	"github.com/danielgtaylor/huma": {"api"},
	"github.com/jmoiron/sqlx":       {"internal/store"},
	"github.com/lib/pq":             {"internal/store"},
	"modernc.org/sqlite":            {"internal/store"},
	"github.com/pressly/goose":      {"internal/store"},
	"database/sql":                  {"internal/store"},
	"github.com/minio/minio-go":     {"internal/recording"},
	"github.com/alecthomas/kong":    {"cmd"},
	"github.com/xuri/excelize":      {"api/v1"},
	"github.com/swaggest/swgui":     {"api"},
	"github.com/wneessen/go-mail":   {"internal/outside/mail"},
	"github.com/emersion/go-smtp":   {"internal/outside/mail/mailtest"},
	"github.com/linxGnu/gosmpp":     {"internal/outside/smpp"},
	"github.com/pquerna/otp":        {"internal/account"},
	"flag":                          {"cmd"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestImportsPointDown(t *testing.T) {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "callgate/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 10 {
		t.Fatalf("only %d packages listed", len(packages))
	}
	for _, p := range packages {
		importer := strings.TrimPrefix(p.ImportPath, "callgate/")
		if !everybodys(importer) && layer(importer) < 0 {
			t.Errorf("%s stands in no layer of the diagram", importer)
		}
		for _, path := range p.Imports {
			imported, ours := strings.CutPrefix(path, "callgate/")
			if !ours {
				for dependency, owners := range doors {
					if under(path, dependency) && !slices.ContainsFunc(owners, func(o string) bool { return under(importer, o) }) {
						t.Errorf("%s imports %s, whose door is %v", importer, path, owners)
					}
				}
				continue
			}
			for _, n := range never {
				if under(importer, n.importer) && under(imported, n.imported) {
					t.Errorf("%s imports %s: %s", importer, imported, n.name)
				}
			}
			if everybodys(imported) || part(importer) == part(imported) {
				continue
			}
			if layer(imported) <= layer(importer) {
				t.Errorf("%s imports %s, which does not lie below it", importer, imported)
			}
		}
	}
}

// everybodys tells which packages all may import that are not forbidden to.
func everybodys(pkg string) bool { return pkg == "internal/fault" || pkg == "internal/audit" }

// part is the entry of the diagram that pkg belongs to.
func part(pkg string) string {
	for _, names := range layers {
		for _, name := range names {
			if under(pkg, name) {
				return name
			}
		}
	}
	return pkg
}

func layer(pkg string) int {
	return slices.IndexFunc(layers, func(names []string) bool { return slices.Contains(names, part(pkg)) })
}

func under(path, root string) bool { return path == root || strings.HasPrefix(path, root+"/") }
