package app

import (
	"context"
	"errors"
	"fmt"

	"callgate/cdr"
	"callgate/internal/fault"
	"callgate/internal/store"
)

// deliverTo saves CDR files in the database. All wait for a database that is down; else it is the file that it refuses.
func deliverTo(s *store.Store) cdr.Deliver {
	return func(ctx context.Context, f *cdr.SpoolFile) (duplicate bool, err error) {
		outcome, err := s.SaveCDR(ctx, f.Record)
		if err != nil && ctx.Err() == nil && !errors.Is(err, fault.New(fault.StorageDown, "")) {
			err = fmt.Errorf("%w: %w", cdr.ErrRefused, err)
		}
		return outcome == store.Duplicate, err
	}
}
