package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"callgate/internal/app"
	"callgate/internal/secret"
)

// keyCmd is about the key with which secrets in the database are sealed.
type keyCmd struct {
	Renew keyRenewCmd `cmd:"" help:"Seal the secrets in the database with the configured key, another one than before, while callgate is stopped."`
}

type keyRenewCmd struct {
	Former string `name:"former" noenv:"" placeholder:"FILE" xor:"former" help:"The file with the key that was used before."`
	Lost   bool   `name:"lost" noenv:"" xor:"former" help:"The key that was used before is lost: secrets that it has sealed have to be given anew."`
}

// Run renews the key.
func (k *keyRenewCmd) Run(ctx context.Context, f *flags) error {
	var former []byte
	switch {
	case k.Former != "":
		text, err := os.ReadFile(k.Former)
		if err != nil {
			return fmt.Errorf("read the former key: %w", err)
		}
		if former, err = secret.ParseKey(string(text)); err != nil {
			return usageError{fmt.Errorf("the former key: %w", err)}
		}
	case !k.Lost:
		return usageError{errors.New("say where the former key is, with --former, or that it is lost, with --lost")}
	}
	return app.RenewKey(ctx, f.administration(), former)
}
