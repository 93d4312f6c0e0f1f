// Package setting knows the settings that an operator changes while the process runs: what each accepts, what they
// owe to each other, and what holds now. It is not the configuration of the process, which is given at its start
// (addresses, the database), nor the place where settings are kept: it says what it needs of a Store.
//
// A value comes from the database; where none was ever set from the environment; else it is the default. Reading
// one takes no lock and asks nobody, so consumers read it whenever they need it and keep no copy. Follow brings in
// what other processes set. The package owns no goroutines.
package setting

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"callgate/internal/fault"
)

// Stored is a setting that somebody changed.
type Stored struct {
	Key   string
	Value string
	At    time.Time
	By    string // a login, or what the change came from
	Err   error  // why the value cannot be read: then it is empty
}

// Store keeps what was set.
type Store interface {
	// Settings lists what was set, by key.
	Settings(ctx context.Context) ([]Stored, error)
	// ChangeSettings keeps settings in the place of earlier values and forgets others, all or none, unless check, which
	// sees all that was set before, has an objection. Between the two nothing else is set, by whatever process.
	ChangeSettings(ctx context.Context, set []Stored, unset []string, check func(before []Stored) error) error
}

// Options of a Service. The zero value of every field is a safe default.
type Options struct {
	First  map[string]string // first values, by key: those of the environment
	Now    func() time.Time  // time.Now
	Logger *slog.Logger      // discards
}

// Service answers for the settings. It may be used from any goroutine.
type Service struct {
	store   Store
	o       Options
	loading sync.Mutex // an older reading never replaces a newer one
	current atomic.Pointer[snapshot]
}

// New makes a Service that knows the first values and the defaults; Follow tells it of the database. A first value
// that is not accepted is fault.WrongField.
func New(store Store, o Options) (*Service, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	for key, value := range o.First {
		d, err := find(key)
		if err != nil {
			return nil, err
		}
		if _, err := d.parse(value); err != nil {
			return nil, refused(key, err)
		}
	}
	s := &Service{store: store, o: o}
	s.current.Store(build(o.First, nil, unread))
	return s, nil
}

// Text is the value in use of a setting of any kind. The key is one of the constants.
func (s *Service) Text(key string) string { return s.current.Load().text(key) }

// Duration is the value in use of a setting of kind Duration.
func (s *Service) Duration(key string) time.Duration { return s.current.Load().duration(key) }

// Integer is the value in use of a setting of kind Integer.
func (s *Service) Integer(key string) int { return s.current.Load().integer(key) }

// Follow reads the settings again when what is in memory is not of that revision. When it fails what is known
// stays in use.
func (s *Service) Follow(ctx context.Context, revision int64) error {
	if s.current.Load().revision == revision {
		return nil
	}
	return s.load(ctx, revision)
}

// load reads what was set, at least as new as the revision says.
func (s *Service) load(ctx context.Context, revision int64) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	stored, err := s.store.Settings(ctx)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	before, now := s.current.Load(), build(s.o.First, stored, revision)
	s.current.Store(now)
	for _, e := range now.entries {
		old := before.byKey[e.Key]
		if e.Refused != nil && (old == nil || old.Refused == nil || !old.At.Equal(e.At)) {
			s.o.Logger.Warn("a setting in the database is not used", "setting", e.Key, "error", e.Refused)
		}
		if old != nil && old.value != e.value && before.revision != unread {
			s.o.Logger.Info("setting changed", "setting", e.Key, "by", e.By)
		}
	}
	return nil
}

// Change is what is changed of the settings at once: all of it or nothing.
type Change struct {
	Values map[string]string // by key
	Unset  []string          // go back to their first values, or to the defaults
	By     string            // who did it
	// Check sees all settings, as List does, just before they are changed, and may have an objection; nil has none.
	Check func(before []Entry) error
}

// Set changes one setting.
func (s *Service) Set(ctx context.Context, key, value, by string) error {
	return s.Change(ctx, Change{Values: map[string]string{key: value}, By: by})
}

// Change changes settings, for this process when it returns and for all others within a second. A key that does not exist is
// fault.NotFound "Setting"; a value that is not accepted, by itself or beside the others, is fault.WrongField with its key as
// the subject.
func (s *Service) Change(ctx context.Context, c Change) error {
	set, now := []Stored{}, s.o.Now()
	for _, key := range slices.Sorted(maps.Keys(c.Values)) {
		d, err := find(key)
		if err != nil {
			return err
		}
		if _, err := d.parse(c.Values[key]); err != nil {
			return refused(key, err)
		}
		set = append(set, Stored{Key: key, Value: c.Values[key], At: now, By: c.By})
	}
	for _, key := range c.Unset {
		if _, err := find(key); err != nil {
			return err
		}
		if _, both := c.Values[key]; both {
			return refused(key, errors.New("want it either set or unset"))
		}
	}
	changed := func(key string) bool { _, given := c.Values[key]; return given || slices.Contains(c.Unset, key) }
	err := s.store.ChangeSettings(ctx, set, c.Unset, func(before []Stored) error {
		if c.Check != nil {
			if err := c.Check(build(s.o.First, before, unread).list()); err != nil {
				return err
			}
		}
		after := slices.DeleteFunc(slices.Clone(before), func(b Stored) bool { return changed(b.Key) })
		return build(s.o.First, append(after, set...), unread).agree(changed)
	})
	if err != nil {
		return fmt.Errorf("change settings: %w", err)
	}
	return s.load(ctx, s.current.Load().revision) // of an unknown revision: the next Follow reads again
}

// agree asks what the settings that are changed owe to others.
func (s *snapshot) agree(changed func(key string) bool) error {
	for _, r := range rules {
		i := slices.IndexFunc(r.keys, changed)
		if i < 0 {
			continue
		}
		if err := r.check(s); err != nil {
			return refused(r.keys[i], err)
		}
	}
	return nil
}

// Draft are settings as they would be with other values, none of which are kept. It may be used from any goroutine.
type Draft struct{ *snapshot }

// Text is the value that a setting of any kind would have.
func (d Draft) Text(key string) string { return d.text(key) }

// Duration is the value that a setting of kind Duration would have.
func (d Draft) Duration(key string) time.Duration { return d.duration(key) }

// Integer is the value that a setting of kind Integer would have.
func (d Draft) Integer(key string) int { return d.integer(key) }

// Draft makes one, of values by key. It fails as Change does, but for what settings owe to each other.
func (s *Service) Draft(values map[string]string) (Draft, error) {
	next := &snapshot{byKey: map[string]*entry{}}
	for _, e := range s.current.Load().entries {
		other := *e
		next.add(&other)
	}
	for key, value := range values {
		if _, err := find(key); err != nil {
			return Draft{}, err
		}
		if err := next.byKey[key].use(value, Database); err != nil {
			return Draft{}, refused(key, err)
		}
	}
	return Draft{next}, nil
}

// List shows all settings as they are in use, in the order of their definitions, then those in the database that
// this version does not know.
func (s *Service) List() []Entry { return s.current.Load().list() }

// Get shows one setting; fault.NotFound "Setting" when there is none of that key.
func (s *Service) Get(key string) (Entry, error) {
	if _, err := find(key); err != nil {
		return Entry{}, err
	}
	return s.current.Load().byKey[key].shown(), nil
}

// Definitions lists all settings in the order in which they are shown.
func Definitions() []Definition { return slices.Clone(definitions) }

// IsSecret tells whether a setting's value is to be read by nobody. Of one that this version does not know it is not known.
func IsSecret(key string) bool {
	d, err := find(key)
	return err == nil && d.Kind == Secret
}

func find(key string) (*Definition, error) {
	for i := range definitions {
		if definitions[i].Key == key {
			return &definitions[i], nil
		}
	}
	return nil, &fault.Error{Kind: fault.NotFound, Subject: "Setting", Err: errors.New(key)}
}

func refused(key string, err error) error {
	return &fault.Error{Kind: fault.WrongField, Subject: key, Err: err}
}
