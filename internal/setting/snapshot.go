package setting

import (
	"errors"
	"time"
)

// Source is where the value in use comes from.
type Source uint8

// The sources, the weakest first.
const (
	Default Source = iota
	Environment
	Database
)

// String names the source for people.
func (s Source) String() string { return [...]string{"default", "environment", "database"}[s] }

// What is shown in the place of a secret.
const (
	IsSet    = "(set)"
	IsNotSet = "(not set)"
)

// Entry is one setting as it is shown.
type Entry struct {
	Definition
	Value   string // in use; of a Secret only whether there is one
	Source  Source
	At      time.Time // when it was set in the database, and by whom
	By      string
	Refused error // why the database's value is not in use, nil when it is or when there is none
}

// entry is one setting as it is used.
type entry struct {
	Entry
	value  string
	amount int64 // of a Duration or an Integer
}

// shown is what may be seen of it.
func (e *entry) shown() Entry {
	s := e.Entry
	switch {
	case s.Kind != Secret:
		s.Value = e.value
	case e.value == "":
		s.Value = IsNotSet
	default:
		s.Value = IsSet
	}
	return s
}

// snapshot is all settings as they were at one moment. It is immutable.
type snapshot struct {
	revision int64 // of the database, or unread
	entries  []*entry
	byKey    map[string]*entry
}

const unread = -1

// list is what may be seen of all.
func (s *snapshot) list() []Entry {
	all := make([]Entry, len(s.entries))
	for i, e := range s.entries {
		all[i] = e.shown()
	}
	return all
}

func (s *snapshot) text(key string) string { return s.byKey[key].value }

func (s *snapshot) duration(key string) time.Duration { return time.Duration(s.byKey[key].amount) }

func (s *snapshot) integer(key string) int { return int(s.byKey[key].amount) }

// build puts together what is in use: the strongest of the values that are accepted.
func build(first map[string]string, stored []Stored, revision int64) *snapshot {
	s := &snapshot{revision: revision, byKey: map[string]*entry{}}
	for i := range definitions {
		e := &entry{Entry: Entry{Definition: definitions[i]}}
		_ = e.use(definitions[i].Default, Default) // a test holds that it is accepted
		if value, ok := first[e.Key]; ok {
			_ = e.use(value, Environment) // New has made sure of it
		}
		s.add(e)
	}
	for _, set := range stored {
		e := s.byKey[set.Key]
		if e == nil { // its kind is unknown too: the value is not shown
			e = &entry{Entry: Entry{Definition: Definition{Key: set.Key, Kind: Secret}, Source: Database,
				Refused: errors.New("this version does not know it")}, value: set.Value}
			s.add(e)
		} else if set.Err != nil {
			e.Refused = set.Err
		} else if err := e.use(set.Value, Database); err != nil {
			e.Refused = err
		}
		e.At, e.By = set.At, set.By
	}
	return s
}

func (s *snapshot) add(e *entry) {
	s.entries = append(s.entries, e)
	s.byKey[e.Key] = e
}

// use takes a value of a stronger source, if it is accepted.
func (e *entry) use(value string, from Source) error {
	amount, err := e.parse(value)
	if err != nil {
		return err
	}
	e.value, e.amount, e.Source = value, amount, from
	return nil
}
