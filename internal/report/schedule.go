package report

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"callgate/internal/fault"
	"callgate/internal/outside/mail"
)

// Every is how often a scheduled report comes.
type Every string

// How often.
const (
	Daily   Every = "daily"
	Weekly  Every = "weekly"
	Monthly Every = "monthly"
)

// Period is the time that a scheduled report is of, by the day that it comes on.
type Period string

// The periods. A week begins on Monday.
const (
	Yesterday Period = "yesterday"
	LastWeek  Period = "last_week"
	LastMonth Period = "last_month"
)

// days are the first and the last day of the period before a day.
func (p Period) days(day Date) (first, last Date) {
	switch p {
	case LastWeek:
		monday := day.Add(1 - ISOWeekday(day.Weekday()))
		return monday.Add(-7), monday.Add(-1)
	case LastMonth:
		last = Date{day.Year, day.Month, 1}.Add(-1)
		return Date{last.Year, last.Month, 1}, last
	}
	return day.Add(-1), day.Add(-1)
}

// Schedule says which report is mailed, when and to whom.
type Schedule struct {
	ID         string
	Name       string // for people; it is in the subject
	Report     string // one of the renderers
	Parameters url.Values
	Format     string
	Period     Period
	Every      Every
	Weekday    int    // of Weekly: 1 is Monday, 7 Sunday
	MonthDay   int    // of Monthly: 1 to 31, the last one of a shorter month
	At         string // HH:MM
	Zone       string // IANA name of the zone whose clocks count; "" is the installation's
	To         []string
	Owner      int64  // the user by whose rights it is made
	OwnerLogin string // is read, not kept
	Active     bool
	Next       time.Time // when it is due; zero when it is not active
	ChangedAt  time.Time
	ChangedBy  string // a login
}

const (
	// MaxSchedules is how many there may be.
	MaxSchedules = 1000
	// MaxRecipients of one schedule.
	MaxRecipients = 50
	maxName       = 128 // characters
	maxParameters = 8192
	maxZone       = 64
)

// check answers fault.WrongField with what is wrong. No error holds an address.
func (s *Schedule) check() error {
	switch {
	case s.Name == "" || strings.TrimSpace(s.Name) != s.Name || utf8.RuneCountInString(s.Name) > maxName || !printable(s.Name):
		return wrong("name", "want 1 to %d printable characters without blanks around them", maxName)
	case s.Period != Yesterday && s.Period != LastWeek && s.Period != LastMonth:
		return wrong("period", "want %s, %s or %s", Yesterday, LastWeek, LastMonth)
	case s.Every != Daily && s.Every != Weekly && s.Every != Monthly:
		return wrong("every", "want %s, %s or %s", Daily, Weekly, Monthly)
	case s.Every == Weekly && (s.Weekday < 1 || s.Weekday > 7):
		return wrong("weekday", "want 1 for Monday to 7 for Sunday")
	case s.Every != Weekly && s.Weekday != 0:
		return wrong("weekday", "it is of what comes %s only", Weekly)
	case s.Every == Monthly && (s.MonthDay < 1 || s.MonthDay > 31):
		return wrong("month_day", "want 1 to 31; a shorter month's last day stands for those that it has not")
	case s.Every != Monthly && s.MonthDay != 0:
		return wrong("month_day", "it is of what comes %s only", Monthly)
	case len(s.To) == 0 || len(s.To) > MaxRecipients:
		return wrong("to", "want 1 to %d addresses", MaxRecipients)
	case len(s.Parameters.Encode()) > maxParameters:
		return wrong("parameters", "want at most %d bytes", maxParameters)
	}
	if _, _, ok := s.clock(); !ok {
		return wrong("at", "want HH:MM, from 00:00 to 23:59")
	}
	// Local would be another one on every machine.
	if _, err := time.LoadLocation(s.Zone); err != nil || s.Zone == "Local" || len(s.Zone) > maxZone {
		return wrong("zone", "want a name such as Europe/Moscow")
	}
	for i, to := range s.To {
		if err := mail.CheckAddress(to); err != nil {
			return wrong("to", "address %d of the list: %w", i+1, err)
		}
		if slices.ContainsFunc(s.To[:i], func(other string) bool { return strings.EqualFold(other, to) }) {
			return wrong("to", "address %d of the list stands there twice", i+1)
		}
	}
	return nil
}

// clock is the time of day.
func (s *Schedule) clock() (hour, minute int, ok bool) {
	t, err := time.Parse("15:04", s.At)
	return t.Hour(), t.Minute(), err == nil && t.Format("15:04") == s.At
}

// on tells whether the schedule comes on a day.
func (s *Schedule) on(d Date) bool {
	switch s.Every {
	case Weekly:
		return ISOWeekday(d.Weekday()) == s.Weekday
	case Monthly:
		return d.Day == s.MonthDay || d.Day < s.MonthDay && d.Add(1).Day == 1
	}
	return true
}

// after is when the schedule comes next after a moment, and on which day: the one that its period counts from. A time of day
// that clocks skip is when they do so, one that they show twice is the first; so it comes once a day, whatever clocks do.
func (s *Schedule) after(t time.Time, zone *time.Location) (time.Time, Date) {
	hour, minute, _ := s.clock()
	for d := DateOf(t.In(zone)); ; d = d.Add(1) {
		if !s.on(d) {
			continue
		}
		if due := d.at(hour, minute, zone); due.After(t) {
			return due, d
		}
	}
}

// printable tells whether text is UTF-8 without control characters.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

// errGone is a schedule that is none any more.
var errGone = fault.New(fault.NotFound, "Schedule")

// of is a period for people.
func of(first, last Date) string {
	if first == last {
		return first.String()
	}
	return fmt.Sprintf("%s – %s", first, last)
}
