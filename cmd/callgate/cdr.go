package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"callgate/cdr"
	"callgate/internal/app"
)

type cdrCmd struct {
	Import  cdrImportCmd  `cmd:"" help:"Save the CDR files of folders in the database. Exit code 1 when one could not be saved; it stays where it is."`
	Rebuild cdrRebuildCmd `cmd:"" help:"Compare the figures of reports with the calls that they are made of, and set them right."`
	Push    cdrPushCmd    `cmd:"" help:"Post the CDR files of a folder to a callgate on another host."`
}

type cdrImportCmd struct {
	Paths []string `arg:"" name:"path" help:"A folder, or single files named [a_]UUID.cdr.xml."`
	Keep  bool     `name:"keep" noenv:"" help:"Leave the files where they are; without it they go to done/ and bad/ in their folder."`
}

// Run saves what is in the files and prints how many there were.
func (c *cdrImportCmd) Run(ctx context.Context, f *flags, w *outside) error {
	return administer(ctx, f, w, func(a *app.Administration) error {
		var total cdr.Tally
		var failures []error
		for _, path := range c.Paths {
			tally, err := importFiles(ctx, path, a.DeliverCDR, cdr.SpoolOptions{InPlace: c.Keep, Log: w.logger})
			total.Stored += tally.Stored
			total.Duplicate += tally.Duplicate
			total.Bad += tally.Bad
			total.Failed += tally.Failed
			failures = append(failures, err)
		}
		fmt.Fprintf(w.out, "%d stored, %d known already, %d bad, %d failed\n", total.Stored, total.Duplicate, total.Bad, total.Failed)
		return incomplete(total, errors.Join(failures...))
	})
}

// importFiles takes a folder, or a single file.
func importFiles(ctx context.Context, path string, deliver cdr.Deliver, o cdr.SpoolOptions) (cdr.Tally, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return cdr.Tally{}, err
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return cdr.NewSpool(path, deliver, o).Once(ctx)
	}
	return cdr.NewSpool(filepath.Dir(path), deliver, o).Once(ctx, filepath.Base(path))
}

// incomplete is an error when files are left that should have been taken.
func incomplete(t cdr.Tally, err error) error {
	if err != nil {
		return fmt.Errorf("files stay where they are: %w", err)
	}
	if t.Failed > 0 {
		return fmt.Errorf("files that stay where they are: %d", t.Failed)
	}
	return nil
}

type cdrPushCmd struct {
	Dir      string `arg:"" help:"The folder: mod_xml_cdr's err-log-dir, or its log-dir."`
	URL      string `arg:"" name:"url" help:"The other callgate's /cdr."`
	User     string `name:"user" noenv:"" default:"${cdr_user}" help:"Its CALLGATE_CDR_USER. The password is CALLGATE_CDR_PASSWORD here too, or read from standard input."`
	Watch    bool   `name:"watch" noenv:"" help:"Go on until a signal comes: post what is there, and what comes."`
	KeepDays int    `name:"keep-days" noenv:"" default:"${cdr_spool_keep_days}" placeholder:"DAYS" help:"With --watch: how long what was posted is kept in done/; 0 is for ever."`
}

// Run posts what is in the folder.
func (c *cdrPushCmd) Run(ctx context.Context, f *flags, w *outside) error {
	if c.KeepDays < 0 {
		return usageError{errors.New("--keep-days: want 0 or more")}
	}
	password := f.CDRPassword
	if password == "" {
		var err error
		if password, err = readPassword(w); err != nil {
			return err
		}
	}
	pusher, err := cdr.NewPusher(cdr.PushOptions{URL: c.URL, User: c.User, Password: password})
	if err != nil {
		return usageError{err}
	}
	defer pusher.Close()
	spool := cdr.NewSpool(c.Dir, pusher.Deliver, cdr.SpoolOptions{KeepDays: c.KeepDays, Log: w.logger})
	if c.Watch {
		return spool.Run(ctx)
	}
	tally, err := spool.Once(ctx)
	fmt.Fprintf(w.out, "%d posted, %d bad, %d failed\n", tally.Stored, tally.Bad, tally.Failed)
	return incomplete(tally, err)
}

type cdrRebuildCmd struct {
	From  time.Time `name:"from" noenv:"" format:"2006-01-02" placeholder:"DAY" help:"The first day, by UTC; without it the first there is."`
	To    time.Time `name:"to" noenv:"" format:"2006-01-02" placeholder:"DAY" help:"The last day, by UTC; without it the last there is."`
	Check bool      `name:"check" noenv:"" help:"Only compare. Exit code 1 when something is wrong."`
}

// Run prints how many figures were wrong.
func (c *cdrRebuildCmd) Run(ctx context.Context, f *flags, w *outside) error {
	to := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if !c.To.IsZero() {
		to = c.To.AddDate(0, 0, 1)
	}
	from := c.From
	if from.IsZero() {
		from = time.Unix(0, 0)
	}
	if !to.After(from) {
		return usageError{errors.New("--to lies before --from")}
	}
	return administer(ctx, f, w, func(a *app.Administration) error {
		wrong, err := a.RebuildFigures(ctx, from, to, !c.Check)
		if err != nil {
			return err
		}
		fmt.Fprintf(w.out, "%d wrong\n", wrong)
		if c.Check && wrong > 0 {
			return errors.New("figures are not those of the calls; the command without --check sets them right")
		}
		return nil
	})
}
