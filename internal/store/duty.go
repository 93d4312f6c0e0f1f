package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/jmoiron/sqlx"

	"callgate/internal/fault"
)

// The times of duties. A holder whose last answer is dutyTime old stops by itself; PostgreSQL ends a session that has
// been silent for dutySilence, and dutyProof later another may begin: what is between is the holder's to stop in.
const (
	dutyBeat    = 500 * time.Millisecond // between two questions of a holder, and of who waits
	dutyProof   = 2                      // in beats; a holder whose session was ended, by whomever, has asked meanwhile
	dutyTime    = 2 * time.Second
	dutySilence = 2500 * time.Millisecond
)

// dutyClass is the first of the two numbers of a duty's lock: "duty". The second stands for the name.
const dutyClass = 0x64757479

func (s *Store) openDuties() (err error) {
	if s.duties, err = postgresPool(s.address, dutyTime/2); err != nil {
		return err
	}
	s.duties.SetMaxOpenConns(0)
	s.duties.SetMaxIdleConns(-1) // who gives a connection back gives the lock back with it
	return nil
}

// Hold waits until the named duty is this store's alone, of all processes on the database, and runs f. When the duty
// is lost the context of f ends, with a cause other than context.Canceled, and f has a second and a half to stop before
// anybody else can have the duty. Hold gives the duty back when f has returned.
//
// It returns the error of f; when the duty could not be had or was lost, fault.StorageDown; when ctx ends before there
// is a duty, nil.
//
// On PostgreSQL a duty is an advisory lock of a session. A holder that dies loses it at once; one that cannot reach the database
// any more stops after two seconds, and PostgreSQL, from version 14 on, ends its session after two and a half. Nothing can stop a process
// that does not run, such as one on a machine that is suspended: it learns what it has lost when it runs again. A pooler has to pool
// sessions; others are noticed and refused. On SQLite all duties of a file belong to one process, the first that asks, until it ends.
func (s *Store) Hold(ctx context.Context, name string, f func(ctx context.Context) error) error {
	if s.duties == nil {
		return s.holdFile(ctx, f)
	}
	conn, err := s.duties.Connx(ctx)
	if err != nil {
		return s.notHeld(ctx, err, name)
	}
	defer conn.Close() // the session ends, whether or not it can say so
	return s.holdOn(ctx, conn, name, f)
}

// holdOn is Hold in a session.
func (s *Store) holdOn(ctx context.Context, conn *sqlx.Conn, name string, f func(context.Context) error) error {
	d := &dutySession{Conn: conn, name: name, token: rand.Text()}
	asked, err := d.take(ctx)
	if err != nil {
		return s.notHeld(ctx, err, name)
	}
	if asked.IsZero() {
		return nil
	}
	return d.hold(ctx, asked, f)
}

// notHeld is why there is no duty; nil when that is wanted.
func (s *Store) notHeld(ctx context.Context, err error, name string) error {
	if ctx.Err() != nil {
		return nil
	}
	return s.failed(err, "take the duty "+name)
}

// errShared is a session that is not ours alone.
var errShared = errors.New("the database session is shared: a pooler has to pool sessions")

// dutySession is a session that has a duty or waits for it. Its token stands in the session's own settings: within one
// session everybody has every lock.
type dutySession struct {
	*sqlx.Conn
	name, token string
}

// take waits for the duty and returns when it was asked for; the zero time when ctx has ended.
func (d *dutySession) take(ctx context.Context) (asked time.Time, err error) {
	if _, err := d.ExecContext(context.WithoutCancel(ctx), `SELECT set_config('idle_session_timeout', $1, false),
		CASE WHEN COALESCE(current_setting('callgate.duty', true), '') = '' THEN set_config('callgate.duty', $2, false) END`,
		strconv.FormatInt(dutySilence.Milliseconds(), 10), d.token); err != nil {
		return asked, err
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(d.name)) // never fails
	beat := time.NewTicker(dutyBeat)
	defer beat.Stop()
	for taken := 0; ; {
		var answer struct {
			Own   bool `db:"own"`
			Taken bool `db:"taken"`
		}
		asked = time.Now()
		if err := d.GetContext(context.WithoutCancel(ctx), &answer, `SELECT s.own, CASE WHEN s.own THEN pg_try_advisory_lock($1::int, $2::int) ELSE false END AS taken
			FROM (SELECT COALESCE(current_setting('callgate.duty', true), '') = $3 AS own) s`, dutyClass, int32(hash.Sum32()), d.token); err != nil {
			return asked, err
		}
		switch {
		case !answer.Own:
			return asked, errShared
		case !answer.Taken:
			taken = 0
		case taken == dutyProof:
			return asked, nil
		default:
			taken++
		}
		select {
		case <-ctx.Done():
			return time.Time{}, nil
		case <-beat.C:
		}
	}
}

// hold runs f while the session answers, and keeps it until f has returned. Its questions are not cut short by the end
// of ctx: that would cost a connection to say so, and the driver waits for the answer all the same.
func (d *dutySession) hold(ctx context.Context, asked time.Time, f func(context.Context) error) error {
	held, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	// The clock strikes whether or not a question is under way.
	clock := time.AfterFunc(time.Until(asked.Add(dutyTime)), func() { lose(errors.New("the database does not answer")) })
	defer clock.Stop()
	done := make(chan error, 1)
	go func() { done <- f(held) }()
	beat := time.NewTicker(dutyBeat)
	defer beat.Stop()
	for lost := false; ; {
		select {
		case err := <-done:
			if cause := context.Cause(held); cause != nil && ctx.Err() == nil {
				return fault.Wrap(fault.StorageDown, cause, "hold the duty "+d.name)
			}
			return err
		case <-beat.C:
		}
		if lost {
			continue
		}
		asked = time.Now()
		var own bool
		err := d.GetContext(context.WithoutCancel(ctx), &own, `SELECT COALESCE(current_setting('callgate.duty', true), '') = $1`, d.token)
		if err == nil && !own {
			err = errShared
		}
		if lost = err != nil; lost {
			lose(err)
		} else {
			clock.Reset(time.Until(asked.Add(dutyTime)))
		}
	}
}

// holdFile is Hold on SQLite.
func (s *Store) holdFile(ctx context.Context, f func(context.Context) error) error {
	beat := time.NewTicker(dutyBeat)
	defer beat.Stop()
	for {
		taken, err := s.dutyLock.take(s.dutyFile)
		if err != nil {
			return s.failed(err, "take the file's duties")
		}
		if taken {
			return f(ctx)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-beat.C:
		}
	}
}

// fileLock is a lock on a file that the kernel takes back when the process ends.
type fileLock struct {
	mu   sync.Mutex
	file *os.File // while it is held
}

// take tells whether the lock is ours; once it is, it stays so until release.
func (l *fileLock) take(path string) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file != nil {
		return true, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return false, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return false, nil
		}
		return false, fmt.Errorf("lock %s: %w", path, err)
	}
	l.file = file
	return true, nil
}

func (l *fileLock) release() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.file == nil {
		return nil
	}
	file := l.file
	l.file = nil
	return file.Close()
}
