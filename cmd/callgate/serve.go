package main

import (
	"context"

	"callgate/internal/app"
)

type serveCmd struct{}

// Run serves until a signal comes.
func (serveCmd) Run(ctx context.Context, f *flags, w *outside) error {
	c, err := f.config()
	if err != nil {
		return err
	}
	a, err := app.New(ctx, c, app.Options{Logger: w.logger})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}
