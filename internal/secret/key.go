package secret

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// ParseKey reads a key of KeySize bytes in hexadecimal or base64, white space around it or not. The error does not show it.
func ParseKey(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	for _, decode := range [...]func(string) ([]byte, error){hex.DecodeString, base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString} {
		if key, err := decode(strings.TrimRight(text, "=")); err == nil && len(key) == KeySize {
			return key, nil
		}
	}
	return nil, fmt.Errorf("want a key of %d bytes in base64 or hexadecimal", KeySize)
}

// KeyFile is the key in a file. With create one that is not there is made, readable by its owner only: it is on the disk when
// KeyFile returns, and of several processes that make it at once all have the same.
func KeyFile(path string, create bool) ([]byte, error) {
	key, err := readKey(path)
	if create && errors.Is(err, fs.ErrNotExist) {
		if err = makeKey(path); err == nil || errors.Is(err, fs.ErrExist) { // somebody else was quicker
			key, err = readKey(path)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	return key, nil
}

func readKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.Mode().Perm()&0o007 != 0:
		return nil, fmt.Errorf("%s: everybody on this machine may read or change it: chmod 600", path)
	}
	key, err := ParseKey(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// makeKey makes a key file that is whole from the moment it has its name.
func makeKey(path string) (err error) {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key)                                       // never fails
	f, err := os.CreateTemp(filepath.Dir(path), ".callgate-*~") // of mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil { // which replaces no file, as a new name would
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
