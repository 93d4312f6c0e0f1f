package secret_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"callgate/internal/secret"
)

func box(t *testing.T, fill byte) *secret.Box {
	t.Helper()
	b, err := secret.NewBox(bytes.Repeat([]byte{fill}, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBox(t *testing.T) {
	b := box(t, 1)
	for _, text := range []string{"", "x", "пароль \x00", strings.Repeat("long ", 1000), b.Seal("a", "sealed twice")} {
		sealed := b.Seal("a", text)
		if text != "" && (!secret.Sealed(sealed) || len(text) > 1 && strings.Contains(sealed, text) || sealed == b.Seal("a", text)) {
			t.Errorf("%q is sealed as %q", text, sealed)
		}
		if got, err := b.Open("a", sealed); got != text || err != nil {
			t.Errorf("opened as %q, %v; want %q", got, err, text)
		}
	}
	if _, err := secret.NewBox(make([]byte, 31)); err == nil {
		t.Error("31 bytes make a box")
	}
}

func TestBoxStaysShut(t *testing.T) {
	b := box(t, 1)
	sealed := b.Seal("a", "secret")
	for _, c := range []struct {
		name, purpose, sealed string
		box                   *secret.Box
	}{
		{"another key", "a", sealed, box(t, 2)},
		{"another purpose", "b", sealed, b},
		{"cut", "a", sealed[:len(sealed)-2], b},
		{"cut to the mark", "a", "sealed:1:", b},
		{"one bit changed", "a", sealed[:20] + string(sealed[20]^1) + sealed[21:], b},
		{"not sealed", "a", "secret", b},
		{"without its mark", "a", strings.TrimPrefix(sealed, "sealed:1:"), b},
	} {
		if got, err := c.box.Open(c.purpose, c.sealed); got != "" || !errors.Is(err, secret.ErrKey) {
			t.Errorf("%s: %q, %v; want %v", c.name, got, err, secret.ErrKey)
		}
	}
}

// TestBoxKey: a purpose always has the same key, which is no other purpose's nor the box's own.
func TestBoxKey(t *testing.T) {
	b := box(t, 1)
	key := b.Key("a")
	if !bytes.Equal(key, box(t, 1).Key("a")) || len(key) != secret.KeySize {
		t.Errorf("got %x", key)
	}
	for name, other := range map[string][]byte{"another purpose": b.Key("b"), "another box": box(t, 2).Key("a"), "the box's own": bytes.Repeat([]byte{1}, secret.KeySize)} {
		if bytes.Equal(key, other) {
			t.Errorf("%s has the same", name)
		}
	}
}
