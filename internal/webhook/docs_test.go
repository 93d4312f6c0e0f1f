package webhook_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"callgate/internal/webhook"
)

// TestVerifyInDocs: by the lines of docs/webhooks.md a receiver knows what is genuine, with one secret or two, and what is not.
func TestVerifyInDocs(t *testing.T) {
	document, err := os.ReadFile("../../docs/webhooks.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```sh\n(.*?)^```$").FindAllStringSubmatch(string(document), -1)
	if len(blocks) != 2 || !strings.Contains(blocks[1][1], "openssl") {
		t.Fatalf("%d blocks", len(blocks))
	}
	dir, body, at := t.TempDir(), `{"id":"evt_1","data":{"имя":"Анна\n"}}`, time.Unix(1700000000, 0)
	if err := os.WriteFile(filepath.Join(dir, "body"), []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, signature, want string }{
		{"one secret", webhook.Sign("evt_1", at, []byte(body), "whsec_a"), "genuine"},
		{"two secrets", webhook.Sign("evt_1", at, []byte(body), "whsec_new", "whsec_a"), "genuine"},
		{"another secret", webhook.Sign("evt_1", at, []byte(body), "whsec_b"), "forged"},
		{"another time", webhook.Sign("evt_1", at.Add(time.Second), []byte(body), "whsec_a"), "forged"},
		{"another id", webhook.Sign("evt_2", at, []byte(body), "whsec_a"), "forged"},
		{"nothing", "", "forged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), "bash", "-eu", "-o", "pipefail", "-c", blocks[1][1])
			cmd.Dir, cmd.Env = dir, append(os.Environ(), "ID=evt_1", "TIMESTAMP=1700000000", "SECRET=whsec_a", "SIGNATURE="+tt.signature)
			out, err := cmd.CombinedOutput()
			if got := strings.TrimSpace(string(out)); err != nil || got != tt.want {
				t.Errorf("%q, %v, want %s", got, err, tt.want)
			}
		})
	}
}
