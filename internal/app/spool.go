package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callgate/cdr"
	"callgate/internal/fault"
	"callgate/internal/history"
	"callgate/internal/project"
	"callgate/internal/setting"
	"callgate/internal/store"
)

// deliverTo saves CDR files in the database. All wait for a database that is down; else it is the file that it refuses.
func deliverTo(intake *history.Intake) cdr.Deliver {
	return func(ctx context.Context, f *cdr.SpoolFile) (duplicate bool, err error) {
		outcome, err := intake.Keep(ctx, f.Record)
		if err != nil && ctx.Err() == nil && !errors.Is(err, fault.New(fault.StorageDown, "")) {
			err = fmt.Errorf("%w: %w", cdr.ErrRefused, err)
		}
		return outcome == history.Duplicate, err
	}
}

// startIntake runs an intake for a command, until stop, which waits for it.
func startIntake(ctx context.Context, s *store.Store, projects *project.Service, settings *setting.Service) (deliver cdr.Deliver, stop func() error) {
	intake := history.NewIntake(history.IntakeOptions{Store: s, Now: time.Now, Surroundings: unlinked{surroundings{projects: projects, settings: settings,
		cores: history.NewCores(history.CoresOptions{Store: s, Now: time.Now})}}})
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- intake.Run(ctx) }()
	return deliverTo(intake), func() error { cancel(); return <-ended }
}

// unlinked is what is known where there is no link to a switch.
type unlinked struct{ surroundings }

// WrapUp implements history.Surroundings.
func (unlinked) WrapUp(string, string) (seconds int64, known bool) { return 0, false }
