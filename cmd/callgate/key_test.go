package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestKeyCommands walks through a life of keys: one of a file, one of the environment, one that is lost.
func TestKeyCommands(t *testing.T) {
	dir := t.TempDir()
	env := map[string]string{"CALLGATE_DATABASE_URL": "sqlite:" + filepath.Join(dir, "x.db")}
	with := func(key string) map[string]string {
		e := maps.Clone(env)
		e["CALLGATE_SECRET_KEY"] = key
		return e
	}
	second, third := with(strings.Repeat("02", 32)), with(strings.Repeat("03", 32))
	elsewhere := maps.Clone(env)
	elsewhere["CALLGATE_SECRET_KEY_PATH"] = filepath.Join(dir, "elsewhere")
	if err := os.WriteFile(filepath.Join(dir, "short"), []byte("s3cret"), 0o600); err != nil {
		t.Fatal(err)
	}
	const set, notSet = `^\(set\)\n$`, `^\(not set\)\n$`
	get, list := "settings get smtp.password", "settings list"
	for _, tt := range []struct {
		name, stdin, args string
		env               map[string]string
		wantCode          int
		wantOut, wantErr  string
	}{
		{"a secret", "s3cret\n", "settings set smtp.password -", env, 0, `^$`, ""},
		{"a provider", "s3cret\n", "sms provider set ours --kind http --preset smsru --set api_id=-", env, 0, ``, ""},
		{"is read with the key of the file", "", get, env, 0, set, ""},
		{"not with another", "", get, second, 1, `^$`, "sealed with another key than CALLGATE_SECRET_KEY: give the one"},
		{"nor is a new one made", "", get, elsewhere, 1, `^$`, "their key is not there: put it back"},
		{"nor with a pass phrase", "", get, with("s3cret"), 1, `^$`, "want a key of 32 bytes in base64 or hexadecimal"},
		{"nor is it renewed unasked", "", "key renew", second, 2, `^$`, "--former"},
		{"nor both ways", "", "key renew --lost --former x", second, 2, `^$`, ""},
		{"nor from what is no key", "", "key renew --former " + filepath.Join(dir, "short"), second, 2, `^$`, "want a key of 32 bytes"},
		{"renewed", "", "key renew --former " + filepath.Join(dir, "x.key"), second, 0, `^$`, ""},
		{"is read with the new one", "", get, second, 0, set, ""},
		{"the former one is none any more", "", get, env, 1, `^$`, "sealed with another key than " + filepath.Join(dir, "x.key")},
		{"lost", "", "key renew --lost", third, 0, `^$`, ""},
		{"the setting is lost", "", get, third, 0, notSet, ""},
		{"and it is said why", "", list, third, 0, `\nsmtp\.password: what command line set in the database is not used: sealed with another key\n`, ""},
		{"and the provider's values", "", "sms provider list", third, 0, `(?m)^ours +http, smsru +no, cannot be used: sealed with another key +.* - +-$`, ""},
		{"the setting anew", "s3cret\n", "settings set smtp.password -", third, 0, `^$`, ""},
		{"the provider anew", "s3cret\n", "sms provider set ours --set api_id=-", third, 0, ``, ""},
		{"the setting is there again", "", get, third, 0, set, ""},
		{"and the provider", "", "sms provider list", third, 0, `(?m)^ours +http, smsru +no +.* api_id=\(set\) +/`, ""},
	} {
		code, out, stderr := callgate(t, tt.env, tt.stdin, strings.Fields(tt.args)...)
		if code != tt.wantCode || !regexp.MustCompile(tt.wantOut).MatchString(out) || !strings.Contains(stderr, tt.wantErr) || strings.Contains(out+stderr, "s3cret") {
			t.Errorf("%s: got %d\nout: %s\nerr: %s\nwant %d %q %q", tt.name, code, out, stderr, tt.wantCode, tt.wantOut, tt.wantErr)
		}
	}
}
