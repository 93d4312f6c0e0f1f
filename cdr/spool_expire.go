package cdr

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"
)

const expireTime = time.Hour // between two looks at done/

// expire deletes what has been long enough in done/, until ctx ends.
func (s *Spool) expire(ctx context.Context) {
	if s.o.KeepDays <= 0 {
		return
	}
	for failing := false; ; {
		deleted, err := s.expireOnce(ctx, time.Now())
		if deleted > 0 {
			s.o.Log.Info("delivered CDR files are deleted, their time was over", "folder", s.dir, "files", deleted)
		}
		if err != nil && !failing {
			s.o.Log.Warn("delivered CDR files are not deleted though their time is over", "folder", s.dir, "error", err)
		}
		failing = err != nil
		if !pause(ctx, expireTime) {
			return
		}
	}
}

// expireOnce deletes the files of the days that are over, and the days' folders when they are empty.
func (s *Spool) expireOnce(ctx context.Context, now time.Time) (deleted int, err error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return 0, nil // the watcher says so
	}
	defer root.Close()
	var over []string
	err = each(root, doneDir, func(e fs.DirEntry) {
		day, err := time.Parse(time.DateOnly, e.Name())
		if err == nil && e.IsDir() && !now.Before(day.AddDate(0, 0, s.o.KeepDays+1)) {
			over = append(over, path.Join(doneDir, e.Name()))
		}
	})
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	var failure error // the first
	for _, day := range over {
		err = errors.Join(err, each(root, day, func(e fs.DirEntry) {
			if ctx.Err() != nil || failure != nil || !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), suffix) {
				return
			}
			if failure = root.Remove(path.Join(day, e.Name())); failure == nil {
				deleted++
			}
		}))
		if ctx.Err() != nil || failure != nil {
			break
		}
		_ = root.Remove(day) // unless somebody has put something else there
	}
	return deleted, errors.Join(err, failure)
}
