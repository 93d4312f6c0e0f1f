package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"callgate/internal/secret"
)

func TestParseKey(t *testing.T) {
	key := bytes.Repeat([]byte{0xfb, 0xff, 1, 2}, secret.KeySize/4)
	for name, text := range map[string]string{
		"base64":            base64.StdEncoding.EncodeToString(key),
		"base64 of a URL":   base64.URLEncoding.EncodeToString(key),
		"base64, no equals": base64.RawStdEncoding.EncodeToString(key),
		"hexadecimal":       strings.ToUpper(hex.EncodeToString(key)),
		"with a line's end": " " + hex.EncodeToString(key) + "\r\n",
	} {
		if got, err := secret.ParseKey(text); !bytes.Equal(got, key) || err != nil {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{
		"nothing": "", "a pass phrase": "correct horse battery staple", "31 bytes": hex.EncodeToString(key[1:]), "33 bytes": hex.EncodeToString(append(key, 0)),
	} {
		if got, err := secret.ParseKey(text); got != nil || err == nil || text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("%s: %x, %v", name, got, err)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add(strings.Repeat("ab", secret.KeySize))
	f.Fuzz(func(t *testing.T, text string) {
		if key, err := secret.ParseKey(text); (err == nil) != (len(key) == secret.KeySize) {
			t.Errorf("%d bytes, %v", len(key), err)
		}
	})
}

// TestKeyFile lets several make the same file at once.
func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "callgate.key")
	keys := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			var err error
			if keys[i], err = secret.KeyFile(path, true); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, key := range keys {
		if len(key) != secret.KeySize || !bytes.Equal(key, keys[0]) || bytes.Equal(key, make([]byte, secret.KeySize)) {
			t.Fatalf("got %x", keys)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); len(left) != 1 || err != nil {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

func TestKeyFileRefused(t *testing.T) {
	dir := t.TempDir()
	if key, err := secret.KeyFile(filepath.Join(dir, "key"), false); key != nil || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("not to be made: %x, %v", key, err)
	}
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := strings.Repeat("ab", secret.KeySize)
	for _, tt := range []struct{ name, path, want string }{
		{"open to all", write("open", good, 0o604), "chmod 600"},
		{"cut short", write("short", good[:20], 0o600), "want a key of 32 bytes"},
		{"empty, as after a full disk", write("empty", "", 0o600), "want a key of 32 bytes"},
		{"no such folder", filepath.Join(dir, "no", "key"), "no such file"},
	} {
		if key, err := secret.KeyFile(tt.path, true); key != nil || err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), good[:20]) {
			t.Errorf("%s: %x, %v", tt.name, key, err)
		}
	}
}
