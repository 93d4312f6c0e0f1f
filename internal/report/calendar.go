package report

import (
	"fmt"
	"time"

	"callgate/internal/fault"
)

// Interval is how long the spans of a report are, by the clocks of a zone.
type Interval string

// The intervals. A week begins on Monday.
const (
	Quarter Interval = "quarter"
	Hour    Interval = "hour"
	Day     Interval = "day"
	Week    Interval = "week"
	Month   Interval = "month"
	Whole   Interval = "whole" // all of the time asked for
)

// MaxSpans is how many spans a report may have: the hours of a year, or the quarter hours of three months.
const MaxSpans = 10_000

// Span is a time from From on and before To, in microseconds since 1970 UTC.
type Span struct{ From, To int64 }

// Date is a day of the calendar, without a zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

const dateForm = "2006-01-02"

// ParseDate reads YYYY-MM-DD.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(dateForm, text)
	if err != nil || t.Format(dateForm) != text {
		return Date{}, fmt.Errorf("%.20q is no day, want YYYY-MM-DD", text)
	}
	return DateOf(t), nil
}

// DateOf is the day that a clock in t's zone shows.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{y, m, d}
}

// String is YYYY-MM-DD.
func (d Date) String() string { return d.noon().Format(dateForm) }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.noon().Weekday() }

// Add is the day so many days later.
func (d Date) Add(days int) Date { return DateOf(d.noon().AddDate(0, 0, days)) }

// Before tells whether d comes before o.
func (d Date) Before(o Date) bool { return d.noon().Before(o.noon()) }

func (d Date) noon() time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }

// days counts the days of the calendar.
func (d Date) days() int { return int(d.noon().Unix() / (24 * 60 * 60)) }

// Begins is the first moment of the day by the clocks of a zone: midnight, the first one where summer's end brings two,
// or where its beginning skips it what the clocks show instead.
func (d Date) Begins(zone *time.Location) time.Time { return d.at(0, 0, zone) }

// at is when the clocks of a zone show a time on a day: the first time where they show it twice, and where they skip it the
// moment in which they do.
func (d Date) at(hour, minute int, zone *time.Location) time.Time {
	t := time.Date(d.Year, d.Month, d.Day, hour, minute, 0, 0, zone)
	since, until := t.ZoneBounds()
	wanted := time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
	h, m, s := t.Clock()
	clock := time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second
	if shown := DateOf(t); shown != d || clock != wanted { // there is no such time: which side of the leap t is on is not said
		if shown.Before(d) || shown == d && clock < wanted {
			return until
		}
		return since
	}
	if !since.IsZero() {
		_, now := t.Zone()
		_, before := since.Add(-time.Second).Zone()
		if first := t.Add(time.Duration(now-before) * time.Second); first.Before(since) {
			return first
		}
	}
	return t
}

// ISOWeekday counts the days of a week from Monday, which is 1.
func ISOWeekday(d time.Weekday) int { return (int(d)+6)%7 + 1 }

// Spans are the intervals from the beginning of the first day to the end of the last one; see [Split].
func Spans(first, last Date, interval Interval, zone *time.Location) ([]Span, error) {
	if last.Before(first) {
		return nil, wrong("to", "%s is before %s", last, first)
	}
	return Split(first.Begins(zone), last.Add(1).Begins(zone), interval)
}

// Split are the intervals from one moment to another, by the clocks of the first one's zone, in order and without gaps. The
// first and the last may be parts: of a week, or of a month. An hour that clocks show twice is two spans. More than
// MaxSpans is fault.WrongField "interval", an end that is not after the beginning "to".
func Split(at, end time.Time, interval Interval) ([]Span, error) {
	next := interval.next(at.Location())
	switch {
	case !at.Before(end):
		return nil, wrong("to", "want a time after from")
	case next == nil:
		return nil, wrong("interval", "%.20q is none of quarter, hour, day, week, month and whole", string(interval))
	case interval == Whole:
		return []Span{{at.UnixMicro(), end.UnixMicro()}}, nil
	}
	var all []Span
	for at.Before(end) {
		if len(all) == MaxSpans {
			return nil, wrong("interval", "there would be more than %d", MaxSpans)
		}
		to := next(at)
		if end.Before(to) {
			to = end
		}
		all = append(all, Span{at.UnixMicro(), to.UnixMicro()})
		at = to
	}
	return all, nil
}

// Previous is the time directly before one, and as long by the calendar of its zone: as many months where it begins and ends
// with months, as many days where it does so with days, else as many seconds.
func Previous(at, end time.Time) (time.Time, time.Time) {
	zone := at.Location()
	end = end.In(zone)
	from, to := DateOf(at), DateOf(end)
	switch days := to.days() - from.days(); {
	case !from.Begins(zone).Equal(at) || !to.Begins(zone).Equal(end):
		return at.Add(-end.Sub(at)), at
	case from.Day == 1 && to.Day == 1:
		months := (to.Year-from.Year)*12 + int(to.Month-from.Month)
		return DateOf(Date{from.Year, from.Month - time.Month(months), 1}.noon()).Begins(zone), at
	default:
		return from.Add(-days).Begins(zone), at
	}
}

func wrong(field, format string, args ...any) error {
	return &fault.Error{Kind: fault.WrongField, Subject: field, Err: fmt.Errorf(format, args...)}
}

// next returns what tells when the interval ends that a moment is in; nil of what is no interval.
func (i Interval) next(zone *time.Location) func(time.Time) time.Time {
	switch i {
	case Quarter:
		return func(t time.Time) time.Time { return part(t, 15*time.Minute) }
	case Hour:
		return func(t time.Time) time.Time { return part(t, time.Hour) }
	case Day:
		return func(t time.Time) time.Time { return DateOf(t).Add(1).Begins(zone) }
	case Week:
		return func(t time.Time) time.Time {
			d := DateOf(t)
			return d.Add(8 - ISOWeekday(d.Weekday())).Begins(zone)
		}
	case Month:
		return func(t time.Time) time.Time {
			return DateOf(Date{t.Year(), t.Month() + 1, 1}.noon()).Begins(zone)
		}
	case Whole:
		return func(t time.Time) time.Time { return t }
	}
	return nil
}

// part is the end of the hour, or of the part of one, that a clock shows at t; sooner where the clock is put on or back.
func part(t time.Time, length time.Duration) time.Time {
	_, minutes, seconds := t.Clock()
	shown := time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second
	end := t.Add(length - shown%length)
	if _, until := t.ZoneBounds(); !until.IsZero() && until.Before(end) {
		return until
	}
	return end
}
