package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"callgate/internal/app"
)

// administer runs do on the configured database, which a serving process may have open too.
func administer(ctx context.Context, f *flags, w *outside, do func(*app.Administration) error) error {
	return app.Administer(ctx, f.administration(), w.logger, do)
}

// administration is what of the configuration the database is opened with.
func (f *flags) administration() app.Config {
	return app.Config{DatabaseURL: f.DatabaseURL, SecretKey: f.SecretKey, SecretKeyPath: f.SecretKeyPath, Settings: f.first()}
}

// readPassword takes one line from standard input that is not empty.
func readPassword(w *outside) (string, error) {
	line, err := readSecret(w, "Password")
	if err == nil && line == "" {
		err = usageError{errors.New("no password on standard input")}
	}
	return line, err
}

// readSecret takes one line from standard input, never from the command line, where every user of the machine
// could read it.
func readSecret(w *outside, what string) (string, error) {
	if f, ok := w.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(w.err, what+": ")
		typed, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(w.err)
		if err != nil {
			return "", fmt.Errorf("read the %s: %w", strings.ToLower(what), err)
		}
		return string(typed), nil
	}
	line, err := bufio.NewReader(io.LimitReader(w.in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the %s: %w", strings.ToLower(what), err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
