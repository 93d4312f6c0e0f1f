package report_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"callgate/internal/report"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestDue: a report comes once on each of its days, whatever clocks do on them.
func TestDue(t *testing.T) {
	const form = "2006-01-02 15:04 MST"
	for _, tt := range []struct {
		name     string
		schedule report.Schedule
		zone     string
		from     string // by UTC
		want     []string
	}{
		{"daily", report.Schedule{Every: report.Daily, At: "08:00"}, "Europe/Moscow", "2026-11-27 04:59 UTC",
			[]string{"2026-11-27 08:00 MSK", "2026-11-28 08:00 MSK"}},
		{"not twice at the same time", report.Schedule{Every: report.Daily, At: "08:00"}, "Europe/Moscow", "2026-11-27 05:00 UTC",
			[]string{"2026-11-28 08:00 MSK"}},
		{"hour that is skipped", report.Schedule{Every: report.Daily, At: "02:30"}, "Europe/Berlin", "2026-03-28 00:00 UTC",
			[]string{"2026-03-28 02:30 CET", "2026-03-29 03:00 CEST", "2026-03-30 02:30 CEST"}},
		{"hour that comes twice", report.Schedule{Every: report.Daily, At: "02:30"}, "Europe/Berlin", "2026-10-24 12:00 UTC",
			[]string{"2026-10-25 02:30 CEST", "2026-10-26 02:30 CET"}},
		{"midnight that is skipped", report.Schedule{Every: report.Daily, At: "00:00"}, "Africa/Cairo", "2026-04-22 23:00 UTC",
			[]string{"2026-04-24 01:00 EEST", "2026-04-25 00:00 EEST"}},
		{"midnight that comes twice", report.Schedule{Every: report.Daily, At: "00:00"}, "America/Havana", "2026-10-31 12:00 UTC",
			[]string{"2026-11-01 00:00 CDT", "2026-11-02 00:00 CST"}},
		{"evening before clocks go on", report.Schedule{Every: report.Daily, At: "23:59"}, "Africa/Cairo", "2026-04-22 23:00 UTC",
			[]string{"2026-04-23 23:59 EET", "2026-04-24 23:59 EEST"}},
		{"half an hour that is skipped", report.Schedule{Every: report.Daily, At: "02:15"}, "Australia/Lord_Howe", "2026-10-03 00:00 UTC",
			[]string{"2026-10-04 02:30 +11", "2026-10-05 02:15 +11"}},
		{"day that never came", report.Schedule{Every: report.Daily, At: "08:00"}, "Pacific/Apia", "2011-12-29 00:00 UTC",
			[]string{"2011-12-29 08:00 -10", "2011-12-31 00:00 +14", "2011-12-31 08:00 +14"}},
		{"Mondays", report.Schedule{Every: report.Weekly, Weekday: 1, At: "09:00"}, "Europe/Moscow", "2026-11-27 00:00 UTC",
			[]string{"2026-11-30 09:00 MSK", "2026-12-07 09:00 MSK"}},
		{"Sundays", report.Schedule{Every: report.Weekly, Weekday: 7, At: "02:30"}, "Europe/Berlin", "2026-03-23 00:00 UTC",
			[]string{"2026-03-29 03:00 CEST", "2026-04-05 02:30 CEST"}},
		{"the first of the month", report.Schedule{Every: report.Monthly, MonthDay: 1, At: "00:05"}, "UTC", "2026-12-01 00:05 UTC",
			[]string{"2027-01-01 00:05 UTC", "2027-02-01 00:05 UTC"}},
		{"the last of the month", report.Schedule{Every: report.Monthly, MonthDay: 31, At: "12:00"}, "UTC", "2027-12-31 12:00 UTC",
			[]string{"2028-01-31 12:00 UTC", "2028-02-29 12:00 UTC", "2028-03-31 12:00 UTC", "2028-04-30 12:00 UTC"}},
		{"the thirtieth", report.Schedule{Every: report.Monthly, MonthDay: 30, At: "12:00"}, "UTC", "2027-01-30 12:00 UTC",
			[]string{"2027-02-28 12:00 UTC", "2027-03-30 12:00 UTC"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, err := time.Parse(form, tt.from)
			if err != nil {
				t.Fatal(err)
			}
			z := zone(t, tt.zone)
			for _, want := range tt.want {
				if at, _ = tt.schedule.After(at, z); at.In(z).Format(form) != want {
					t.Fatalf("got %s, want %s", at.In(z).Format(form), want)
				}
			}
		})
	}
}

// TestDueByTheMinute holds random times of random days, most of them near a change of the clocks, against the clock itself,
// looked at every minute.
func TestDueByTheMinute(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 17))
	zones := []string{"Europe/Berlin", "Africa/Cairo", "America/Havana", "Australia/Lord_Howe", "America/New_York", "Europe/Moscow", "Asia/Tehran",
		"America/Santiago", "Atlantic/Azores", "Africa/Casablanca", "Antarctica/Troll", "Pacific/Apia"}
	for range 400 {
		z := zone(t, zones[r.IntN(len(zones))])
		near := time.Date(2005+r.IntN(25), time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), 0, 0, z)
		if _, until := near.ZoneBounds(); r.IntN(4) > 0 && !until.IsZero() {
			near = until.Add(time.Duration(r.IntN(120)-60) * time.Minute)
		}
		clock := fmt.Sprintf("%02d:%02d", near.In(z).Hour(), near.In(z).Minute())
		s := report.Schedule{Every: report.Daily, At: clock}
		at := near.Add(-50 * time.Hour)
		// On each day the first minute that shows the time or, where none does, a later one.
		var want []time.Time
		seen := map[report.Date]time.Time{}
		for m := at.Add(-50 * time.Hour).Truncate(time.Minute); m.Before(at.Add(150 * time.Hour)); m = m.Add(time.Minute) {
			d := report.DateOf(m.In(z))
			if shown := m.In(z).Format("15:04"); shown == clock && seen[d].IsZero() {
				seen[d] = m
			}
		}
		for d := report.DateOf(at.In(z)).Add(-1); !report.DateOf(at.Add(100 * time.Hour).In(z)).Before(d); d = d.Add(1) {
			due := seen[d]
			for m := at.Add(-80 * time.Hour).Truncate(time.Minute); due.IsZero(); m = m.Add(time.Minute) {
				if shown := report.DateOf(m.In(z)); d.Before(shown) || shown == d && m.In(z).Format("15:04") > clock {
					due = m
				}
			}
			if due.After(at) && (len(want) == 0 || due.After(want[len(want)-1])) {
				want = append(want, due)
			}
		}
		for _, w := range want {
			next, _ := s.After(at, z)
			if !next.Equal(w) {
				t.Fatalf("%s at %s after %s: %s, want %s", clock, z, at.In(z), next.In(z), w.In(z))
			}
			at = next
		}
	}
}

// FuzzDue: whatever a schedule and its zone are, it comes later than it did, within a month and two days.
func FuzzDue(f *testing.F) {
	f.Add(int64(1_800_000_000), uint16(150), uint8(3), "Europe/Berlin")
	f.Add(int64(1_325_203_200), uint16(480), uint8(40), "Pacific/Apia")
	f.Fuzz(func(t *testing.T, at int64, minutes uint16, day uint8, name string) {
		z, err := time.LoadLocation(name)
		if err != nil || at < 0 || at > 1<<35 {
			return
		}
		s := report.Schedule{Every: report.Daily, At: fmt.Sprintf("%02d:%02d", minutes/60%24, minutes%60)}
		switch {
		case day >= 1 && day <= 7:
			s.Every, s.Weekday = report.Weekly, int(day)
		case day > 7 && day <= 38:
			s.Every, s.MonthDay = report.Monthly, int(day)-7
		}
		from := time.Unix(at, 0)
		due, on := s.After(from, z)
		if !due.After(from) || due.Sub(from) > 33*24*time.Hour {
			t.Errorf("%+v in %s after %s: %s", s, name, from, due)
		}
		for _, p := range []report.Period{report.Yesterday, report.LastWeek, report.LastMonth} {
			if first, last := p.Days(on); last.Before(first) || !last.Before(on) {
				t.Errorf("%s before %s: %s to %s", p, on, first, last)
			}
		}
	})
}

func TestPeriods(t *testing.T) {
	for _, tt := range []struct{ name, on, period, first, last string }{
		{"yesterday", "2026-03-01", "yesterday", "2026-02-28", "2026-02-28"},
		{"week on a Monday", "2026-11-30", "last_week", "2026-11-23", "2026-11-29"},
		{"week on a Sunday", "2026-11-29", "last_week", "2026-11-16", "2026-11-22"},
		{"month on its first day", "2027-01-01", "last_month", "2026-12-01", "2026-12-31"},
		{"month on its last day", "2028-03-31", "last_month", "2028-02-01", "2028-02-29"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			on, err := report.ParseDate(tt.on)
			if err != nil {
				t.Fatal(err)
			}
			if first, last := report.Period(tt.period).Days(on); first.String() != tt.first || last.String() != tt.last {
				t.Errorf("%s to %s", first, last)
			}
		})
	}
}
