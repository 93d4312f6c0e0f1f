package app

import (
	"context"
	"errors"
	"log/slog"

	"callgate/internal/account"
	"callgate/internal/store"
)

// Administer runs do on the accounts of a database and closes it again. A process that serves on the same
// database sees every change with its next request.
func Administer(ctx context.Context, databaseURL string, logger *slog.Logger, do func(*account.Service) error) (err error) {
	st, err := store.Open(ctx, databaseURL, store.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	return do(account.New(st, account.Options{Logger: logger}))
}
