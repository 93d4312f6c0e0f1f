package project_test

import (
	"strings"
	"testing"
	"time"

	"callgate/internal/project"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestHours: 2026-05-04 is a Monday. In Berlin clocks go forward at 01:00 UTC on 2026-03-29 and back at 01:00 UTC on
// 2026-10-25, both Sundays.
func TestHours(t *testing.T) {
	const office = "Mon-Fri 09:00-18:00; Sat 10:00-14:00"
	for _, tt := range []struct {
		name, hours, at string // UTC
		want            bool
	}{
		{"always", "", "2026-05-04T03:00:00Z", true},
		{"only blanks", " ;\n; ", "2026-05-04T03:00:00Z", true},
		{"begins", office, "2026-05-04T07:00:00Z", true},
		{"a second before", office, "2026-05-04T06:59:59Z", false},
		{"the last second", office, "2026-05-04T15:59:59Z", true},
		{"ends", office, "2026-05-04T16:00:00Z", false},
		{"Saturday", office, "2026-05-09T08:30:00Z", true},
		{"Saturday by Friday's hours", office, "2026-05-09T12:30:00Z", false},
		{"Sunday", office, "2026-05-10T09:00:00Z", false},
		{"before noon", "Mon,Wed 09:00-12:00,13:00-17:00", "2026-05-06T09:59:00Z", true},
		{"at noon", "Mon,Wed 09:00-12:00,13:00-17:00", "2026-05-06T10:30:00Z", false},
		{"after noon", "Mon,Wed 09:00-12:00,13:00-17:00", "2026-05-06T11:30:00Z", true},
		{"a day between", "Mon,Wed 09:00-12:00,13:00-17:00", "2026-05-05T09:59:00Z", false},
		{"two rules of one day", "mon 09:00-12:00;MON 13:00-17:00", "2026-05-04T11:30:00Z", true},
		{"days over the end of the week", "Sat-Mon 09:00-18:00", "2026-05-10T08:00:00Z", true},
		{"not within them", "Sat-Mon 09:00-18:00", "2026-05-08T08:00:00Z", false},
		{"the whole day", "Mon 00:00-24:00", "2026-05-04T21:59:59Z", true},
		{"the day after it", "Mon 00:00-24:00", "2026-05-04T22:00:00Z", false},

		{"night, in the evening", "Fri 22:00-06:00", "2026-05-08T20:00:00Z", true},
		{"night, in the morning", "Fri 22:00-06:00", "2026-05-09T03:59:59Z", true},
		{"night, it is over", "Fri 22:00-06:00", "2026-05-09T04:00:00Z", false},
		{"night, the morning of its day", "Fri 22:00-06:00", "2026-05-08T03:00:00Z", false},
		{"until midnight", "Fri 22:00-00:00", "2026-05-08T21:59:59Z", true},
		{"after midnight", "Fri 22:00-00:00", "2026-05-08T22:00:00Z", false},

		{"closed on a date", office + "; 2026-05-04 closed", "2026-05-04T08:00:00Z", false},
		{"the same day a year later", office + "; 2026-05-04 closed", "2027-05-04T08:00:00Z", true},
		{"other hours on a date", office + "; 2026-05-09 12:00-15:00", "2026-05-09T12:30:00Z", true},
		{"not those of the week", office + "; 2026-05-09 12:00-15:00", "2026-05-09T08:30:00Z", false},
		{"two parts of a date", "2026-05-09 08:00-09:00; 2026-05-09 12:00-15:00", "2026-05-09T06:30:00Z", true},
		{"only exceptions, the rest is open", "2026-12-31 closed", "2026-12-30T03:00:00Z", true},
		{"only exceptions", "2026-12-31 closed", "2026-12-31T03:00:00Z", false},
		{"by the date there, not in UTC", "2026-12-31 closed", "2026-12-30T23:00:00Z", false},
		{"the night before a date goes on", "Mon-Sun 22:00-06:00; 2026-12-31 closed", "2026-12-31T04:00:00Z", true},
		{"the night of a date does not begin", "Mon-Sun 22:00-06:00; 2026-12-31 closed", "2027-01-01T04:00:00Z", false},
		{"a date's own night", "2026-12-31 20:00-02:00; Mon-Sun 09:00-10:00", "2027-01-01T00:59:00Z", true},
		{"a leap day", "2028-02-29 closed", "2028-02-29T12:00:00Z", false},

		{"spring: the last minute before", "Sun 01:00-03:30", "2026-03-29T00:59:59Z", true},
		{"spring: an hour is left out", "Sun 01:00-03:30", "2026-03-29T01:00:00Z", true},
		{"spring: it ends by the new time", "Sun 01:00-03:30", "2026-03-29T01:30:00Z", false},
		{"spring: times that do not come", "Sun 02:00-03:00", "2026-03-29T01:00:00Z", false},
		{"spring: a night ends by the new time", "Sat 22:00-06:00", "2026-03-29T03:59:59Z", true},
		{"spring: and not an hour later", "Sat 22:00-06:00", "2026-03-29T04:00:00Z", false},
		{"spring: office hours on the Monday after", office, "2026-03-30T07:00:00Z", true},
		{"autumn: the hour for the first time", "Sun 02:00-03:00", "2026-10-25T00:30:00Z", true},
		{"autumn: the hour for the second time", "Sun 02:00-03:00", "2026-10-25T01:30:00Z", true},
		{"autumn: then it is over", "Sun 02:00-03:00", "2026-10-25T02:00:00Z", false},
		{"autumn: a night ends by the new time", "Sat 22:00-06:00", "2026-10-25T04:59:59Z", true},
		{"autumn: and not an hour later", "Sat 22:00-06:00", "2026-10-25T05:00:00Z", false},
		{"autumn: office hours on the Monday after", office, "2026-10-26T07:59:59Z", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			h, err := project.ParseHours(tt.hours)
			if got := h.Open(at.In(zone(t, "Europe/Berlin"))); got != tt.want || err != nil {
				t.Errorf("open %v, %v", got, err)
			}
		})
	}
}

// TestNoMidnight: in a zone where clocks go forward at midnight the day before is still the day before.
func TestNoMidnight(t *testing.T) {
	h, err := project.ParseHours("Sun 22:00-06:00")
	at := time.Date(2026, 9, 7, 4, 30, 0, 0, time.UTC).In(zone(t, "America/Santiago")) // Monday 01:30; Sunday began at 01:00
	if err != nil || !h.Open(at) {
		t.Errorf("%v: closed at %v", err, at)
	}
}

func TestHoursRefused(t *testing.T) {
	for _, text := range []string{
		"Mon", "09:00-18:00", "Mon 9:00-18:00", "Mon 09:00", "Mon 09:00-", "Mon 09:00-18:60", "Mon 24:00-25:00", "Mon 24:00-06:00", "Mon 24:01-06:00",
		"Mon 09:00-24:30", "Mon 09:00-09:00", "Mon 09:00 - 18:00", "Monday 09:00-18:00", "Mon-Foo 09:00-18:00", "Mon-Tue-Wed 09:00-18:00", "Mon,,Tue 09:00-18:00", "Mon closed",
		"2026-13-01 closed", "2026-02-30 closed", "2027-02-29 closed", "2026-1-1 closed", "2026-01-01", "2026-01-01 open", "2026-01-01 closed; 2026-01-01 09:00-10:00",
		"2026-01-01 closed; 2026-01-01 closed", "Mon ٠٩:٠٠-18:00", "Mon 09:00-18:00 please", "\x00 \x00", strings.Repeat("Mon 09:00-18:00;", 300),
	} {
		if _, err := project.ParseHours(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzHours(f *testing.F) {
	for _, text := range []string{"Mon-Fri 09:00-18:00; Sat 10:00-14:00", "2026-12-31 closed", "Sat-Mon 22:00-06:00,07:00-08:00\n2026-05-09 10:00-24:00", "é;\x00 -"} {
		f.Add(text, int64(1_790_000_000))
	}
	f.Fuzz(func(t *testing.T, text string, at int64) {
		h, err := project.ParseHours(text)
		if err == nil {
			h.Open(time.Unix(at%(1<<40), 0).UTC())
		}
	})
}

// TestNoSMSUntil: when messages of a project wait, by the clock of its zone, and until when.
func TestNoSMSUntil(t *testing.T) {
	for _, tt := range []struct{ name, hours, zone, at, want string }{
		{"always", "", "Europe/Moscow", "2026-05-04T23:00:00Z", ""},
		{"by day", "Mon-Sun 09:00-21:00", "Europe/Moscow", "2026-05-04T06:00:00Z", ""},
		{"in the evening", "Mon-Sun 09:00-21:00", "Europe/Moscow", "2026-05-04T18:00:00Z", "2026-05-05T06:00:00Z"},
		{"in the morning", "Mon-Sun 09:00-21:00", "Europe/Moscow", "2026-05-04T05:59:30Z", "2026-05-04T06:00:00Z"},
		{"another zone", "Mon-Sun 09:00-21:00", "Asia/Vladivostok", "2026-05-04T12:00:00Z", "2026-05-04T23:00:00Z"},
		{"over the weekend", "Mon-Fri 10:00-19:00", "Europe/Moscow", "2026-05-08T20:00:00Z", "2026-05-11T07:00:00Z"},
		{"holidays of more than a week: then it is looked again", "Mon-Sun 09:00-21:00; 2026-12-31 closed; 2027-01-01 closed; 2027-01-02 closed; 2027-01-03 closed; 2027-01-04 closed; " +
			"2027-01-05 closed; 2027-01-06 closed; 2027-01-07 closed; 2027-01-08 closed", "Europe/Moscow", "2026-12-31T06:00:00Z", "2027-01-07T06:00:00Z"},
		{"a quarter hour", "Mon-Sun 10:00-10:15", "UTC", "2026-05-08T10:15:00Z", "2026-05-09T10:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := project.New(storetest.Open(t, storetest.SQLite(t), store.Options{}), project.Options{Zone: time.UTC})
			p := project.Project{ID: "1", Name: "One", SLSeconds: 20, Zone: tt.zone, SMSHours: tt.hours}
			if err := s.Add(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			at, err := time.Parse(time.RFC3339, tt.at)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if until := s.NoSMSUntil("1", at); !until.IsZero() {
				got = until.UTC().Format(time.RFC3339)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if !s.NoSMSUntil("none such", at).IsZero() {
				t.Error("a project that is not there has hours")
			}
		})
	}
}
