package main

import (
	"context"
	"log/slog"
	"runtime"

	"callgate/internal/app"
)

type serveCmd struct{}

// Run serves until a signal comes.
func (serveCmd) Run(ctx context.Context, f *flags, w *outside) error {
	c, err := f.config()
	if err != nil {
		return err
	}
	// One more than there are: a transaction that waits for the disk keeps one for up to ten milliseconds, and on a
	// machine of two every second request would wait with it.
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
	lines := app.NewLines(w.err)
	defer lines.Close()
	a, err := app.New(ctx, c, app.Options{Logger: slog.New(slog.NewTextHandler(lines, nil)), Version: version})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}
