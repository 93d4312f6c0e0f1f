package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"callgate/internal/fault"
	"callgate/internal/report"
)

func zoneOf(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// TestDayBegins: where a day begins of which clocks show no midnight, or two of them.
func TestDayBegins(t *testing.T) {
	for _, tt := range []struct{ name, zone, day, want string }{
		{"an ordinary day", "Europe/Berlin", "2026-03-28", "2026-03-28T00:00:00+01:00"},
		{"summer begins", "Europe/Berlin", "2026-03-29", "2026-03-29T00:00:00+01:00"},
		{"in summer", "Europe/Berlin", "2026-03-30", "2026-03-30T00:00:00+02:00"},
		{"summer ends", "Europe/Berlin", "2026-10-25", "2026-10-25T00:00:00+02:00"},
		{"midnight is skipped", "America/Havana", "2026-03-08", "2026-03-08T01:00:00-04:00"},
		{"midnight comes at one o'clock's end", "America/Havana", "2026-11-01", "2026-11-01T00:00:00-04:00"},
		{"midnight is skipped in the east", "Asia/Beirut", "2026-03-29", "2026-03-29T01:00:00+03:00"},
		{"the evening is shown twice", "Asia/Beirut", "2026-10-25", "2026-10-25T00:00:00+02:00"},
		{"midnight comes twice", "Atlantic/Azores", "2026-10-25", "2026-10-25T00:00:00Z"},
		{"a zone that is put forward for good", "Asia/Omsk", "2016-03-27", "2016-03-27T00:00:00+06:00"},
		{"half an hour", "Australia/Lord_Howe", "2026-10-04", "2026-10-04T00:00:00+10:30"},
		{"a day there never was", "Pacific/Apia", "2011-12-30", "2011-12-31T00:00:00+14:00"},
		{"the day after it", "Pacific/Apia", "2011-12-31", "2011-12-31T00:00:00+14:00"},
		{"the day before it", "Pacific/Apia", "2011-12-29", "2011-12-29T00:00:00-10:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			day, err := report.ParseDate(tt.day)
			if err != nil {
				t.Fatal(err)
			}
			if got := day.Begins(zoneOf(t, tt.zone)).Format(time.RFC3339); got != tt.want {
				t.Errorf("%s begins at %s, want %s", tt.day, got, tt.want)
			}
		})
	}
}

// TestDaysBeginWithMidnight: in every zone of the world that moves its clocks in these years no day begins before the one before
// it, none is missed, and before its first moment clocks show an earlier day.
func TestDaysBeginWithMidnight(t *testing.T) {
	for _, name := range []string{"Europe/Berlin", "Europe/Moscow", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe", "Atlantic/Azores", "Pacific/Apia",
		"America/Sao_Paulo", "Asia/Tehran", "Africa/Cairo", "America/Asuncion", "Asia/Gaza", "America/Scoresbysund", "Asia/Kathmandu", "Antarctica/Troll"} {
		zone := zoneOf(t, name)
		for d, end := (report.Date{Year: 2010, Month: 1, Day: 1}), (report.Date{Year: 2030, Month: 1, Day: 1}); d.Before(end); d = d.Add(1) {
			begins := d.Begins(zone)
			if shown := report.DateOf(begins); shown.Before(d) || shown != d && name != "Pacific/Apia" {
				t.Errorf("%s in %s begins on %s", d, name, shown)
			}
			if before := report.DateOf(begins.Add(-time.Microsecond)); !before.Before(d) {
				t.Errorf("%s in %s has begun before %s", d, name, begins)
			}
		}
	}
}

// TestSpansWhenClocksChange: the spans of a day on which clocks are put forward or back, of each interval.
func TestSpansWhenClocksChange(t *testing.T) {
	for _, tt := range []struct {
		name, zone, first, last string
		interval                report.Interval
		want                    string
	}{
		{"quarters, spring", "Europe/Berlin", "2026-03-29", "2026-03-29", report.Quarter, "92 × 15m"},
		{"hours, spring", "Europe/Berlin", "2026-03-29", "2026-03-29", report.Hour, "23 × 1h"},
		{"days, spring", "Europe/Berlin", "2026-03-28", "2026-03-30", report.Day, "1 × 24h, 1 × 23h, 1 × 24h"},
		{"weeks, spring", "Europe/Berlin", "2026-03-23", "2026-04-05", report.Week, "1 × 167h, 1 × 168h"},
		{"months, spring", "Europe/Berlin", "2026-02-01", "2026-04-30", report.Month, "1 × 672h, 1 × 743h, 1 × 720h"},
		{"all of it, spring", "Europe/Berlin", "2026-03-28", "2026-03-30", report.Whole, "1 × 71h"},
		{"quarters, autumn", "Europe/Berlin", "2026-10-25", "2026-10-25", report.Quarter, "100 × 15m"},
		{"hours, autumn", "Europe/Berlin", "2026-10-25", "2026-10-25", report.Hour, "25 × 1h"},
		{"days, autumn", "Europe/Berlin", "2026-10-24", "2026-10-26", report.Day, "1 × 24h, 1 × 25h, 1 × 24h"},
		{"weeks, autumn", "Europe/Berlin", "2026-10-19", "2026-11-01", report.Week, "1 × 169h, 1 × 168h"},
		{"months, autumn", "Europe/Berlin", "2026-09-01", "2026-11-30", report.Month, "1 × 720h, 1 × 745h, 1 × 720h"},
		{"all of it, autumn", "Europe/Berlin", "2026-10-24", "2026-10-26", report.Whole, "1 × 73h"},

		{"quarters, half an hour forward", "Australia/Lord_Howe", "2026-10-04", "2026-10-04", report.Quarter, "94 × 15m"},
		{"hours, half an hour forward", "Australia/Lord_Howe", "2026-10-04", "2026-10-04", report.Hour, "2 × 1h, 1 × 30m, 21 × 1h"},
		{"days, half an hour forward", "Australia/Lord_Howe", "2026-10-04", "2026-10-05", report.Day, "1 × 23h30m, 1 × 24h"},
		{"weeks, half an hour forward", "Australia/Lord_Howe", "2026-09-28", "2026-10-11", report.Week, "1 × 167h30m, 1 × 168h"},
		{"months, half an hour forward", "Australia/Lord_Howe", "2026-10-01", "2026-10-31", report.Month, "1 × 743h30m"},
		{"quarters, half an hour back", "Australia/Lord_Howe", "2026-04-05", "2026-04-05", report.Quarter, "98 × 15m"},
		{"hours, half an hour back", "Australia/Lord_Howe", "2026-04-05", "2026-04-05", report.Hour, "2 × 1h, 1 × 30m, 22 × 1h"},
		{"days, half an hour back", "Australia/Lord_Howe", "2026-04-05", "2026-04-06", report.Day, "1 × 24h30m, 1 × 24h"},

		{"quarters without midnight", "America/Havana", "2026-03-08", "2026-03-08", report.Quarter, "92 × 15m"},
		{"hours without midnight", "America/Havana", "2026-03-08", "2026-03-08", report.Hour, "23 × 1h"},
		{"days without midnight", "America/Havana", "2026-03-07", "2026-03-09", report.Day, "1 × 24h, 1 × 23h, 1 × 24h"},
		{"weeks that begin in summer", "America/Havana", "2026-03-02", "2026-03-15", report.Week, "1 × 167h, 1 × 168h"},
		{"hours, an hour after midnight comes twice", "America/Havana", "2026-11-01", "2026-11-01", report.Hour, "25 × 1h"},
		{"days without midnight in the east", "Asia/Beirut", "2026-03-28", "2026-03-30", report.Day, "1 × 24h, 1 × 23h, 1 × 24h"},
		{"hours without midnight in the east", "Asia/Beirut", "2026-03-29", "2026-03-29", report.Hour, "23 × 1h"},
		{"an evening shown twice", "Asia/Beirut", "2026-10-24", "2026-10-25", report.Day, "1 × 25h, 1 × 24h"},
		{"midnight comes twice", "Atlantic/Azores", "2026-10-24", "2026-10-26", report.Day, "1 × 24h, 1 × 25h, 1 × 24h"},
		{"a month that begins with no midnight", "America/Asuncion", "2023-09-01", "2023-10-31", report.Month, "1 × 720h, 1 × 743h"},
		{"a day there never was", "Pacific/Apia", "2011-12-29", "2011-12-31", report.Day, "2 × 24h"},

		{"a part of a week", "Europe/Moscow", "2026-11-25", "2026-12-01", report.Week, "1 × 120h, 1 × 48h"},
		{"parts of months", "Europe/Moscow", "2026-01-31", "2026-03-01", report.Month, "1 × 24h, 1 × 672h, 1 × 24h"},
		{"a zone a quarter hour off", "Asia/Kathmandu", "2026-01-31", "2026-01-31", report.Hour, "24 × 1h"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			zone := zoneOf(t, tt.zone)
			var days [2]report.Date
			for i, text := range [...]string{tt.first, tt.last} {
				var err error
				if days[i], err = report.ParseDate(text); err != nil {
					t.Fatal(err)
				}
			}
			spans, err := report.Spans(days[0], days[1], tt.interval, zone)
			if err != nil {
				t.Fatal(err)
			}
			if got := lengths(spans); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
			for i, s := range spans {
				if i > 0 && s.From != spans[i-1].To {
					t.Errorf("a gap before %s", time.UnixMicro(s.From).In(zone))
				}
				if s.From%(15*60*1e6) != 0 {
					t.Errorf("%s is no quarter hour", time.UnixMicro(s.From))
				}
			}
			if from, to := spans[0].From, spans[len(spans)-1].To; from != days[0].Begins(zone).UnixMicro() || to != days[1].Add(1).Begins(zone).UnixMicro() {
				t.Errorf("from %d to %d is not all of it", from, to)
			}
		})
	}
}

// lengths tells how long spans are, equal ones together.
func lengths(spans []report.Span) string {
	var runs []string
	for len(spans) > 0 {
		length := spans[0].To - spans[0].From
		n := slices.IndexFunc(spans, func(s report.Span) bool { return s.To-s.From != length })
		if n < 0 {
			n = len(spans)
		}
		text := strings.TrimSuffix((time.Duration(length) * time.Microsecond).String(), "0s")
		runs = append(runs, fmt.Sprintf("%d × %s", n, strings.TrimSuffix(strings.Replace(text, "h0m", "h", 1), "0m0s")))
		spans = spans[n:]
	}
	return strings.Join(runs, ", ")
}

// TestSpansRefused: what makes no spans, and what is told of it.
func TestSpansRefused(t *testing.T) {
	zone := zoneOf(t, "Europe/Berlin")
	for _, tt := range []struct {
		name        string
		first, last report.Date
		interval    report.Interval
		want        string
	}{
		{"the last day before the first", report.Date{Year: 2026, Month: 3, Day: 2}, report.Date{Year: 2026, Month: 3, Day: 1}, report.Day, "to"},
		{"no interval", report.Date{Year: 2026, Month: 3, Day: 1}, report.Date{Year: 2026, Month: 3, Day: 1}, "year", "interval"},
		{"centuries of days", report.Date{Year: 1970, Month: 1, Day: 1}, report.Date{Year: 9999, Month: 12, Day: 31}, report.Day, "interval"},
		{"two years of hours", report.Date{Year: 2025, Month: 1, Day: 1}, report.Date{Year: 2026, Month: 12, Day: 31}, report.Hour, "interval"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			spans, err := report.Spans(tt.first, tt.last, tt.interval, zone)
			if failure, _ := fault.Of(err); failure.Kind != fault.WrongField || failure.Subject != tt.want || failure.Err == nil {
				t.Errorf("%d spans, %v, want one that tells of %s", len(spans), err, tt.want)
			}
		})
	}
	if spans, err := report.Spans(report.Date{Year: 1970, Month: 1, Day: 2}, report.Date{Year: 9999, Month: 12, Day: 31}, report.Whole, zone); err != nil || len(spans) != 1 {
		t.Errorf("centuries as one: %v, %v", spans, err)
	}
}

// TestPrevious: the time that something is compared with.
func TestPrevious(t *testing.T) {
	for _, tt := range []struct{ name, zone, from, to, want string }{
		{"a day", "Europe/Berlin", "2026-03-11T00:00", "2026-03-12T00:00", "2026-03-10T00:00"},
		{"the day clocks changed", "Europe/Berlin", "2026-03-30T00:00", "2026-03-31T00:00", "2026-03-29T00:00"},
		{"a week behind a change", "Europe/Berlin", "2026-10-26T00:00", "2026-11-02T00:00", "2026-10-19T00:00"},
		{"a month", "Europe/Berlin", "2026-03-01T00:00", "2026-04-01T00:00", "2026-02-01T00:00"},
		{"a quarter of a year", "Europe/Berlin", "2026-01-01T00:00", "2026-04-01T00:00", "2025-10-01T00:00"},
		{"days over the end of a month", "Europe/Berlin", "2026-03-01T00:00", "2026-04-02T00:00", "2026-01-28T00:00"},
		{"hours", "Europe/Berlin", "2026-03-29T08:00", "2026-03-29T16:00", "2026-03-28T23:00"},
		{"a day without midnight", "America/Havana", "2026-03-08T01:00", "2026-03-09T00:00", "2026-03-07T00:00"},
		{"the day behind it", "America/Havana", "2026-03-09T00:00", "2026-03-10T00:00", "2026-03-08T01:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const form = "2006-01-02T15:04"
			zone := zoneOf(t, tt.zone)
			var at [2]time.Time
			for i, text := range [...]string{tt.from, tt.to} {
				var err error
				if at[i], err = time.ParseInLocation(form, text, zone); err != nil {
					t.Fatal(err)
				}
			}
			if from, to := report.Previous(at[0], at[1].UTC()); from.Format(form) != tt.want || !to.Equal(at[0]) {
				t.Errorf("from %s to %s, want from %s", from, to, tt.want)
			}
		})
	}
}

// FuzzDate: a day that can be read is written as it was read, and none is read that is not.
func FuzzDate(f *testing.F) {
	for _, text := range []string{"2026-02-28", "2026-02-29", "0000-01-01", "9999-12-31", "2026-1-1", " 2026-01-01", "2026-01-01T00:00:00", "+026-01-01"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := report.ParseDate(text)
		if err != nil {
			return
		}
		if d.String() != text || d.Add(1).Add(-1) != d {
			t.Errorf("%q is %s", text, d)
		}
	})
}
