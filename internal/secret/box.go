// Package secret seals what is not to be read in the database: passwords of outside systems, keys of providers. Who has
// the database alone, or a backup of it, has none of them. It is not for passwords of our own users, which nobody needs to
// read again: those are hashed. It owns no goroutines; the key may lie in a file.
package secret

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// KeySize is how many bytes a key has.
const KeySize = chacha20poly1305.KeySize

// mark is what a sealed text begins with.
const mark = "sealed:1:"

// ErrKey is the failure to open what was sealed with another key, or for another purpose, or was changed since.
var ErrKey = errors.New("sealed with another key")

// Box seals and opens with one key. It may be used from any goroutine.
type Box struct {
	aead cipher.AEAD
	key  []byte
}

// NewBox makes a box of a key of KeySize bytes.
func NewBox(key []byte) (*Box, error) {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		return nil, fmt.Errorf("make a box for secrets: %w", err)
	}
	return &Box{aead, bytes.Clone(key)}, nil
}

// Key is another key, of KeySize bytes, for a purpose that seals nothing: whoever has it knows neither the box's own nor that
// of any other purpose.
func (b *Box) Key(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, b.key, nil, purpose, KeySize)
	if err != nil {
		panic(err) // of a size that is too large only
	}
	return key
}

// Seal makes of a text what opens with the same key for the same purpose only, such as "setting smtp.password": a sealed
// text put in another's place is no use. An empty text stays empty.
func (b *Box) Seal(purpose, text string) string {
	if text == "" {
		return ""
	}
	nonce := make([]byte, b.aead.NonceSize(), b.aead.NonceSize()+len(text)+b.aead.Overhead())
	_, _ = rand.Read(nonce) // never fails
	return mark + base64.RawStdEncoding.EncodeToString(b.aead.Seal(nonce, nonce, []byte(text), []byte(purpose)))
}

// Open is the text that was sealed for the purpose, or else ErrKey.
func (b *Box) Open(purpose, sealed string) (string, error) {
	if sealed == "" {
		return "", nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimPrefix(sealed, mark))
	if n := b.aead.NonceSize(); err == nil && Sealed(sealed) && len(raw) > n {
		if text, err := b.aead.Open(nil, raw[:n], raw[n:], []byte(purpose)); err == nil {
			return string(text), nil
		}
	}
	return "", ErrKey
}

// Sealed tells whether a text looks like one that was sealed.
func Sealed(text string) bool { return strings.HasPrefix(text, mark) }
