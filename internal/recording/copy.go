package recording

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"
)

const (
	copyTime      = 10 * time.Second // between two passes
	copyPass      = 16
	leaseTime     = 5 * time.Minute // of a copy, and a second more for each leaseBytes
	leaseBytes    = 64 << 10
	leaseMargin   = 30 * time.Second // a copy is given up so long before somebody else may take it
	copyRetry     = 10 * time.Second // the pause after the first failure; it doubles
	longestCopy   = time.Hour        // the longest pause
	mostDoublings = 20
)

// Copy copies recordings that are due to the object store, at most copyPass of them and one after the other. Each is taken by a lease, so
// that several processes share the work. It stops at the first failure, which is likely to be the store's, and says whether there may be more.
func (l *Library) Copy(ctx context.Context) (more bool, err error) {
	s := l.o.Plan().S3
	if s.Endpoint == "" {
		return false, nil
	}
	due, err := l.o.Store.DueRecordings(ctx, []State{Uploaded, Complete, Uploading}, l.o.Now(), copyPass)
	if err != nil {
		return false, err
	}
	for _, e := range due {
		if ctx.Err() != nil {
			return false, nil
		}
		if e.State == Uploaded {
			if err := l.dropLocal(ctx, e); err != nil {
				return false, err
			}
			continue
		}
		if err := l.copyOne(ctx, s, e); err != nil {
			return false, err
		}
	}
	return len(due) == copyPass, nil
}

// copyOne takes an entry, copies its file and says so.
func (l *Library) copyOne(ctx context.Context, s S3, e Entry) error {
	lease := leaseTime + time.Duration(e.Size/leaseBytes)*time.Second
	e.State, e.Due = Uploading, l.o.Now().Add(lease)
	mine, err := l.o.Store.ChangeRecording(ctx, e)
	if err != nil || !mine {
		return err
	}
	e.Revision++
	within, stop := context.WithTimeout(ctx, lease-leaseMargin)
	defer stop()
	next, failure := l.transfer(within, s, e)
	if failure != nil && ctx.Err() != nil {
		next.Due = l.o.Now() // told to stop: nobody's fault
	}
	// The copy is there, or is not: that is to be kept though we are told to stop.
	saving, done := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer done()
	kept, err := l.o.Store.ChangeRecording(saving, next)
	if failure == nil && kept {
		l.metrics.copies.WithLabelValues("verified").Inc()
		l.metrics.copiedBytes.Add(float64(next.Size))
		if s.DeleteLocal && err == nil {
			next.Revision++
			err = l.dropLocal(saving, next)
		}
	}
	return errors.Join(failure, err)
}

// transfer copies the file of an entry and returns what the entry is then.
func (l *Library) transfer(ctx context.Context, s S3, e Entry) (next Entry, failure error) {
	key := s.Prefix + filepath.ToSlash(e.Name)
	sums, size, err := l.send(ctx, s, key, e.Name)
	switch {
	case err == nil:
		e.State, e.Object, e.Digest, e.Size, e.Attempts, e.Due = Uploaded, key, sums.sha256, size, 0, time.Time{}
		if s.DeleteLocal {
			e.Due = l.o.Now() // should this process end before it has deleted the file
		}
		return e, nil
	case errors.Is(err, fs.ErrNotExist):
		e.State, e.InFolder, e.Due = Lost, false, time.Time{}
		l.metrics.settled.WithLabelValues(string(Lost)).Inc()
		return e, nil
	case denied(err):
		l.metrics.copies.WithLabelValues("denied").Inc()
		err = fmt.Errorf("the object store refuses our credentials: %w", err)
	default:
		l.metrics.copies.WithLabelValues("failed").Inc()
	}
	e.State, e.Attempts = Complete, e.Attempts+1
	e.Due = l.o.Now().Add(min(copyRetry<<min(e.Attempts-1, mostDoublings), longestCopy))
	return e, err
}

// send copies a file of the folder to the store and verifies it there.
func (l *Library) send(ctx context.Context, s S3, key, name string) (digests, int64, error) {
	client, err := l.objects.get(s)
	if err != nil {
		return digests{}, 0, err
	}
	f, _, err := l.open(name)
	if err != nil {
		return digests{}, 0, err
	}
	defer f.Close()
	sums, size, err := digest(f)
	if err != nil {
		return digests{}, 0, err
	}
	return sums, size, putObject(ctx, client, s.Bucket, key, f, size, sums)
}

// dropLocal deletes the file of an entry whose copy has been verified, if it is still the file that was copied.
func (l *Library) dropLocal(ctx context.Context, e Entry) error {
	e.Due = time.Time{}
	if l.o.Plan().S3.DeleteLocal && e.Object != "" {
		f, _, err := l.open(e.Name)
		if err == nil {
			sums, _, err := digest(f)
			_ = f.Close()
			if err != nil {
				return err
			}
			if sums.sha256 == e.Digest {
				if err := l.root.Remove(e.Name); err != nil {
					return fmt.Errorf("delete a copied recording: %w", err)
				}
				e.InFolder = false
			}
		} else if errors.Is(err, fs.ErrNotExist) {
			e.InFolder = false
		}
	}
	_, err := l.o.Store.ChangeRecording(ctx, e)
	return err
}
