package recording

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
)

const (
	expireTime  = 10 * time.Minute // between two passes
	expirePause = time.Second      // between two passes when there is more: so many files a second go at most
	expirePass  = 50
	day         = 24 * time.Hour
)

// Expire deletes recordings whose time is over, at most expirePass of each project, and says whether there may be more. Only files
// that the index knows are deleted, and only when nobody has written them since. A failure with one leaves the others.
func (l *Library) Expire(ctx context.Context) (more bool, err error) {
	keep := l.o.Plan().KeepDays
	if keep == nil {
		return false, nil
	}
	projects, err := l.o.Store.RecordingProjects(ctx)
	if err != nil {
		return false, err
	}
	deleted, failed, freed := 0, 0, int64(0)
	for _, project := range projects {
		days := keep(project)
		if days <= 0 {
			continue
		}
		now := l.o.Now()
		before := now.Add(-time.Duration(days) * day)
		expired, err := l.o.Store.ExpiredRecordings(ctx, project, before, now, expirePass)
		if err != nil {
			return false, err
		}
		for _, e := range expired {
			if ctx.Err() != nil {
				return false, nil
			}
			result, err := l.expire(ctx, e, before)
			if err != nil {
				failed++
				l.o.Logger.Error("a recording is not deleted though its time is over", "recording", e.Name, "error", err)
			}
			if result == "deleted" {
				deleted++
				freed += e.Size
			}
			if result != "" {
				l.metrics.expired.WithLabelValues(result).Inc()
			}
		}
		more = more || len(expired) == expirePass
	}
	l.metrics.freedBytes.Add(float64(freed))
	if deleted+failed > 0 {
		l.o.Logger.Info("recordings whose time was over are deleted", "deleted", deleted, "failed", failed, "bytes", freed)
	}
	return more, nil
}

// expire deletes one recording. The result is empty when somebody else was quicker.
func (l *Library) expire(ctx context.Context, e Entry, before time.Time) (result string, err error) {
	result, err = l.remove(ctx, e, before)
	switch {
	case err != nil:
		e.Attempts++
		e.Due = l.o.Now().Add(min(copyRetry<<min(e.Attempts, mostDoublings), day))
	case result == "spared":
		e.Due = l.o.Now().Add(day)
	default:
		e.State, e.InFolder, e.Object, e.Due, e.Deleted = Deleted, false, "", time.Time{}, l.o.Now()
	}
	changed, failure := l.o.Store.ChangeRecording(ctx, e)
	if failure != nil {
		return "failed", errors.Join(err, failure)
	}
	if !changed {
		return "", err
	}
	return result, err
}

// remove deletes the file and the object of an entry. What is not there has been deleted already.
func (l *Library) remove(ctx context.Context, e Entry, before time.Time) (result string, err error) {
	if e.InFolder {
		info, err := l.root.Lstat(e.Name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return "failed", fmt.Errorf("look at a recording: %w", err)
		case !info.Mode().IsRegular() || info.ModTime().After(before):
			return "spared", nil
		default:
			if err := l.root.Remove(e.Name); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return "failed", fmt.Errorf("delete a recording: %w", err)
			}
		}
	}
	if e.Object != "" {
		s := l.o.Plan().S3
		client, err := l.objects.get(s)
		if err == nil {
			err = client.RemoveObject(ctx, s.Bucket, e.Object, minio.RemoveObjectOptions{})
		}
		if err != nil {
			return "failed", fmt.Errorf("delete an object: %w", err)
		}
	}
	return "deleted", nil
}

// sweep deletes what dead processes left of uploads.
func (l *Library) sweep() {
	names, err := fs.ReadDir(l.root.FS(), ".")
	if err != nil {
		l.o.Logger.Warn("left uploads are not looked for", "error", err)
		return
	}
	for _, n := range names {
		if !strings.HasPrefix(n.Name(), temporary) {
			continue
		}
		info, err := n.Info()
		if err != nil || !info.Mode().IsRegular() || l.o.Now().Sub(info.ModTime()) < temporaryTime {
			continue
		}
		if err := l.root.Remove(filepath.Base(n.Name())); err != nil {
			l.o.Logger.Warn("a left upload is not deleted", "error", err)
		}
	}
}
