package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/secret"
	"callgate/internal/store"
)

// openStore opens the database with the key that seals its secrets.
func (c *Config) openStore(ctx context.Context, registerer prometheus.Registerer) (*store.Store, error) {
	return c.open(ctx, store.Options{Registerer: registerer, Key: c.box})
}

func (c *Config) open(ctx context.Context, o store.Options) (*store.Store, error) {
	s, err := store.Open(ctx, c.DatabaseURL, o)
	if errors.Is(err, secret.ErrKey) {
		err = fmt.Errorf("%w than %s: give the one that was used before, or if it is lost see callgate key renew", err, c.keyName())
	}
	return s, err
}

// box seals with the key that is given, or else with that of the key file, which is made when nothing is sealed yet.
func (c *Config) box(sealed bool) (*secret.Box, error) {
	var key []byte
	var err error
	if c.SecretKey != "" {
		key, err = secret.ParseKey(c.SecretKey)
	} else {
		key, err = secret.KeyFile(c.keyPath(), !sealed)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist) && sealed:
		return nil, fmt.Errorf("the secrets here are sealed, and their key is not there: put it back, or if it is lost see callgate key renew: %w", err)
	case err != nil:
		return nil, fmt.Errorf("key of secrets: %w", err)
	}
	return secret.NewBox(key)
}

// keyPath is the key file that is given, or else callgate.key; beside a SQLite database it has that one's name.
func (c *Config) keyPath() string {
	if c.SecretKeyPath != "" {
		return c.SecretKeyPath
	}
	if path, ok := strings.CutPrefix(c.DatabaseURL, "sqlite:"); ok {
		return strings.TrimSuffix(path, filepath.Ext(path)) + ".key"
	}
	return "callgate.key"
}

// keyName is where the key comes from.
func (c *Config) keyName() string {
	if c.SecretKey != "" {
		return "CALLGATE_SECRET_KEY"
	}
	return c.keyPath()
}

// RenewKey seals all secrets in the database with the configured key instead of the former one, which is nil when it is
// lost: what it has sealed cannot be read any more then, and stays as it is until it is given anew. Nobody else may have the
// database open.
func RenewKey(ctx context.Context, c Config, former []byte) error {
	var renewal store.Renewal
	if former != nil {
		box, err := secret.NewBox(former)
		if err != nil {
			return err
		}
		renewal.Former = box
	}
	key := func(bool) (*secret.Box, error) { return c.box(false) }
	s, err := c.open(ctx, store.Options{Key: key, Renew: &renewal})
	if err != nil {
		return err
	}
	return s.Close()
}
