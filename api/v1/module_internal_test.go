package v1

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"callgate/internal/account"
)

// TestCatalogueHasAllRights reads the rights of this package's operations out of its source: the catalogue has each of them,
// and no other.
func TestCatalogueHasAllRights(t *testing.T) {
	t.Parallel()
	rights := map[string]bool{}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		source, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(source, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if of, ok := spec.Type.(*ast.Ident); !ok || of.Name != "right" {
				return true
			}
			for _, v := range spec.Values {
				text, err := strconv.Unquote(v.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(text, "/") { // what everybody may is none
					rights[text] = true
				}
			}
			return true
		})
	}
	if len(rights) < 40 {
		t.Fatalf("only %d rights were found", len(rights))
	}
	known := map[string]bool{}
	for _, k := range account.Catalogue() {
		for _, a := range k.Actions {
			if a.Modern {
				known[k.Name+"/"+a.Name] = true
			}
		}
	}
	for right := range rights {
		if !known[right] {
			t.Errorf("the catalogue does not have %s", right)
		}
		delete(known, right)
	}
	if len(known) > 0 {
		t.Errorf("nobody needs %v", slices.Sorted(maps.Keys(known)))
	}
}
