package v1_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	v1 "callgate/api/v1"
	"callgate/internal/outside/npmtest"
)

// TestTypeScriptClient: of the document types are made by a generator that others use, and a client of these types compiles; what
// the document does not say does not.
func TestTypeScriptClient(t *testing.T) {
	t.Parallel()
	modules, err := npmtest.Packages("typescript", os.DirFS("testdata/typescript"))
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	engine(t, v1.Options{}).ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, v1.Base+"/openapi.json", nil))
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "openapi.json"), rec.Body.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"client.ts", "tsconfig.json"} {
		text, err := os.ReadFile(filepath.Join("testdata/typescript", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"node_modules/openapi-typescript/bin/cli.js", "openapi.json", "-o", "api.d.ts"}, {"node_modules/typescript/bin/tsc", "-p", "."}} {
		cmd := exec.CommandContext(t.Context(), "node", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
}
