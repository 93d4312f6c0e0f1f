package project

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"callgate/internal/fault"
)

// Project is one customer of the contact centre: the numbers it is called at and the queues that serve it.
type Project struct {
	ID        string
	Name      string
	Zone      string   // IANA name of the zone its days are counted in; "" is the installation's
	Country   string   // ISO 3166 code of the one by whose numbering plan its numbers are read; "" is the installation's
	Numbers   []string // as the switch shows them; each belongs to this project only
	Queues    []string // mod_callcenter's names; a queue may serve several projects
	SLSeconds int      // a call answered sooner counts for the service level
	Record    bool     // whether its calls are to be recorded

	SMSHours string // when text messages are sent for it, as ParseHours reads them, by its zone; "" is always

	// After how many days its recordings are deleted, and its CDRs and calls; 0 is never, KeepAsSet what the installation says.
	KeepRecordingsDays, KeepCDRsDays int
}

// KeepAsSet stands for the setting recordings.keep_days or cdr.keep_days.
const KeepAsSet = -1

// DefaultSLSeconds is the service level's threshold of a project that has no other.
const DefaultSLSeconds = 20

const (
	maxID        = 64  // bytes
	maxName      = 128 // characters
	maxQueue     = 128 // bytes
	maxList      = 1000
	maxSLSeconds = 3600
	maxKeepDays  = 36500
)

var numberForm = regexp.MustCompile(`^\+?[0-9]{1,32}$`)

// Possible tells whether a project could have that id. Accounts that are limited to projects name them by it.
func Possible(id string) bool {
	return id != "" && len(id) <= maxID && printable(id) && !strings.ContainsFunc(id, unicode.IsSpace)
}

// check answers fault.WrongField with the field that is wrong.
func (p *Project) check() error {
	switch {
	case !Possible(p.ID):
		return wrong("id", "want 1 to %d printable characters without blanks", maxID)
	case strings.TrimSpace(p.Name) != p.Name || p.Name == "" || utf8.RuneCountInString(p.Name) > maxName || !printable(p.Name):
		return wrong("name", "want 1 to %d printable characters without blanks around them", maxName)
	case p.SLSeconds < 1 || p.SLSeconds > maxSLSeconds:
		return wrong("sl_seconds", "want 1 to %d", maxSLSeconds)
	case p.KeepRecordingsDays < KeepAsSet || p.KeepRecordingsDays > maxKeepDays:
		return wrong("keep_recordings_days", "want 0 to %d, or %d for what the installation says", maxKeepDays, KeepAsSet)
	case p.KeepCDRsDays < KeepAsSet || p.KeepCDRsDays > maxKeepDays:
		return wrong("keep_cdrs_days", "want 0 to %d, or %d for what the installation says", maxKeepDays, KeepAsSet)
	case len(p.Numbers) > maxList:
		return wrong("number", "want at most %d", maxList)
	case len(p.Queues) > maxList:
		return wrong("queue", "want at most %d", maxList)
	}
	hours, err := ParseHours(p.SMSHours)
	switch {
	case err != nil:
		return wrong("sms_hours", "%w", err)
	case hours.next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero():
		return wrong("sms_hours", "want some that are open within a week")
	}
	if p.Zone != "" {
		// Local would be another one on every machine.
		if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "Local" {
			return wrong("zone", "%q is no zone; want a name such as Europe/Moscow", p.Zone)
		}
	}
	if _, ok := FindCountry(p.Country); !ok && p.Country != "" {
		return wrong("country", "%.10q is not known; want one of %s", p.Country, strings.Join(Countries(), " "))
	}
	for i, n := range p.Numbers {
		if !numberForm.MatchString(n) {
			return wrong("number", "number %d of the list: want up to 32 digits, with or without a + before them", i+1)
		}
		if slices.Contains(p.Numbers[:i], n) {
			return wrong("number", "number %d of the list stands there twice", i+1)
		}
	}
	for i, q := range p.Queues {
		if q == "" || len(q) > maxQueue || !printable(q) || strings.TrimSpace(q) != q {
			return wrong("queue", "queue %d of the list: want 1 to %d printable characters without blanks around them", i+1, maxQueue)
		}
		if slices.Contains(p.Queues[:i], q) {
			return wrong("queue", "%q stands there twice", q)
		}
	}
	return nil
}

// printable tells whether text is UTF-8 without control characters.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

func wrong(field, format string, args ...any) error {
	return &fault.Error{Kind: fault.WrongField, Subject: field, Err: fmt.Errorf(format, args...)}
}

// Taken is the failure to give a project a number that another one has: fault.Conflict "number". It tells the end
// of the number only, since it may reach the log.
func Taken(number, owner string) error {
	return &fault.Error{Kind: fault.Conflict, Subject: "number",
		Err: errors.New("…" + number[max(0, len(number)-4):] + " belongs to project " + owner)}
}
