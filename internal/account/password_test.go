package account

import (
	"bytes"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"callgate/internal/fault"
)

// What outside tests cannot reach: the form of a hash, the bounds of the queue and of the memory of failures.

func TestHash(t *testing.T) {
	h := newHasher(rand.Reader, hashMemory, newMetrics(nil))
	hash, err := h.hash(t.Context(), "пароль1234")
	if err != nil {
		t.Fatal(err)
	}
	again, err := h.hash(t.Context(), "пароль1234")
	if err != nil || again == hash {
		t.Errorf("two hashes of one password are equal, %v", err)
	}
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("hash %q", hash)
	}
	for _, tt := range []struct {
		name, hash, password string
		want, good           bool
	}{
		{"right", hash, "пароль1234", true, true},
		{"wrong", hash, "пароль12345", false, true},
		{"empty", hash, "", false, true},
		{"nobody's", nobody, "", false, true},
		{"cheaper, from elsewhere", "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$6J7bAVVSfJHSzGgYhcTJeGmHYkPmsuUcVYQ5T6fLZUM", "x", false, true},
		{"no hash", "", "x", false, false},
		{"other algorithm", strings.Replace(hash, "argon2id", "argon2i", 1), "пароль1234", false, false},
		{"other version", strings.Replace(hash, "v=19", "v=16", 1), "пароль1234", false, false},
		{"too dear", strings.Replace(hash, "m=19456", "m=19456000", 1), "пароль1234", false, false},
		{"no passes", strings.Replace(hash, "t=2", "t=0", 1), "пароль1234", false, false},
		{"no lanes", strings.Replace(hash, "p=1", "p=0", 1), "пароль1234", false, false},
		{"odd salt", strings.Replace(hash, "p=1$", "p=1$!", 1), "пароль1234", false, false},
		{"short key", hash[:len(hash)-4], "пароль1234", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := matches(tt.hash, tt.password)
			if got != tt.want || (err == nil) != tt.good {
				t.Errorf("got %v, %v, want %v", got, err, tt.want)
			}
		})
	}
	if _, err := newHasher(bytes.NewReader(nil), hashMemory, newMetrics(nil)).hash(t.Context(), "x"); err == nil {
		t.Error("hashed without a salt")
	}
}

func FuzzMatches(f *testing.F) {
	f.Add(nobody, "x")
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA", "x")
	f.Fuzz(func(t *testing.T, hash, password string) {
		if strings.Contains(hash, "m=") && !strings.Contains(hash, "m=8,t=1,p=1") {
			return // a costly one would only be slow
		}
		if right, err := matches(hash, password); right && err != nil {
			t.Errorf("%q matches and fails: %v", hash, err)
		}
	})
}

func TestAttemptsAreBounded(t *testing.T) {
	now := time.Unix(0, 0)
	a := newAttempts(3, newMetrics(nil))
	fail := func(login string, times int) {
		for range times {
			a.fail(attemptKey(login, ""), now)
		}
	}
	paused := func(login string) bool { return a.check(attemptKey(login, ""), now) != nil }
	fail("a", 5)
	fail("b", 5)
	fail("c", 5)
	fail("a", 1) // b is now the one that failed longest ago
	fail("d", 1)
	if !paused("a") || paused("b") || !paused("c") || paused("d") {
		t.Errorf("paused: a %v, b %v, c %v, d %v", paused("a"), paused("b"), paused("c"), paused("d"))
	}
	if len(a.byKey) != 3 || a.order.Len() != 3 {
		t.Errorf("remembers %d and %d", len(a.byKey), a.order.Len())
	}
	a.clear(attemptKey("a", ""))
	a.clear(attemptKey("nobody", ""))
	if paused("a") || len(a.byKey) != 2 || a.order.Len() != 2 {
		t.Error("a was not cleared")
	}
	fail("c", 1000) // the pause stays bounded
	failure, _ := fault.Of(a.check(attemptKey("c", ""), now))
	if failure.RetryAfter != longestPause {
		t.Errorf("pause %v", failure.RetryAfter)
	}
	if attemptKey("a", "b") == attemptKey("b", "a") || attemptKey("ab", "") == attemptKey("a", "b") {
		t.Error("keys collide")
	}
}
