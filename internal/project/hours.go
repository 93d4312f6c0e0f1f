package project

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Hours are the times at which a route is open. The zero value is always open.
type Hours struct {
	week  [7][]span // by time.Weekday
	dates map[date][]span
	set   bool // the week counts; without it every day that is no exception is open
}

// span is a part of a day, in minutes of the clock on the wall; one whose end is not after its start ends on the next
// day.
type span struct{ from, to int }

type date struct {
	year  int
	month time.Month
	day   int
}

const (
	dayMinutes = 24 * 60
	maxHours   = 4096 // bytes of text
)

var weekdays = [...]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// ParseHours reads rules parted by ; or line breaks. Each is days and times, "Mon-Fri 09:00-18:00" or
// "Sat,Sun 10:00-13:00,14:00-16:00", or an exception, "2026-12-31 closed" or "2026-05-09 10:00-15:00". 24:00 is the end
// of the day; times that end before they begin, 22:00-06:00, go on until the next morning. The empty text is always open;
// where there are only exceptions, all other days are.
func ParseHours(text string) (Hours, error) {
	var h Hours
	if len(text) > maxHours {
		return h, fmt.Errorf("hours have at most %d bytes", maxHours)
	}
	for rule := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ';' || r == '\n' || r == '\r' }) {
		words := strings.Fields(rule)
		if len(words) == 0 {
			continue
		}
		if len(words) != 2 {
			return Hours{}, fmt.Errorf("%.60q: want days and times, such as Mon-Fri 09:00-18:00 or 2026-12-31 closed", strings.TrimSpace(rule))
		}
		if err := h.add(words[0], words[1]); err != nil {
			return Hours{}, fmt.Errorf("%.60q: %w", strings.Join(words, " "), err)
		}
	}
	return h, nil
}

// add takes one rule.
func (h *Hours) add(days, times string) error {
	spans, err := parseSpans(times)
	if err != nil {
		return err
	}
	if days[0] >= '0' && days[0] <= '9' {
		day, err := time.Parse(time.DateOnly, days)
		if err != nil {
			return errors.New("want a date such as 2026-12-31")
		}
		if h.dates == nil {
			h.dates = map[date][]span{}
		}
		// Two rules for one date are two parts of it, unless one of them closes it.
		d := dateOf(day)
		if old, twice := h.dates[d]; twice && (len(old) == 0 || len(spans) == 0) {
			return errors.New("the date is closed and has times as well")
		}
		h.dates[d] = append(h.dates[d], spans...)
		return nil
	}
	if len(spans) == 0 {
		return errors.New("a day of the week that has no times is closed; leave it out")
	}
	h.set = true
	for part := range strings.SplitSeq(days, ",") {
		first, last, ranged := strings.Cut(part, "-")
		from, to := weekday(first), weekday(last)
		if !ranged {
			to = from
		}
		if from < 0 || to < 0 {
			return errors.New("want days such as Mon-Fri or Sat,Sun")
		}
		for d := from; ; d = (d + 1) % 7 {
			h.week[d] = append(h.week[d], spans...)
			if d == to {
				break
			}
		}
	}
	return nil
}

func weekday(name string) int {
	for i, known := range weekdays {
		if strings.EqualFold(name, known) {
			return i
		}
	}
	return -1
}

// parseSpans reads closed, or 09:00-13:00,14:00-18:00.
func parseSpans(times string) (spans []span, err error) {
	if strings.EqualFold(times, "closed") {
		return nil, nil
	}
	for part := range strings.SplitSeq(times, ",") {
		first, last, _ := strings.Cut(part, "-")
		from, okFrom := minutes(first)
		to, okTo := minutes(last)
		if !okFrom || !okTo || from == dayMinutes {
			return nil, errors.New("want times such as 09:00-18:00, or closed")
		}
		if from == to {
			return nil, errors.New("it ends when it begins; the whole day is 00:00-24:00")
		}
		spans = append(spans, span{from, to})
	}
	return spans, nil
}

// minutes reads HH:MM, at most 24:00.
func minutes(text string) (int, bool) {
	if len(text) != 5 || text[2] != ':' {
		return 0, false
	}
	var digits [4]int
	for i, at := range [...]int{0, 1, 3, 4} {
		if text[at] < '0' || text[at] > '9' {
			return 0, false
		}
		digits[i] = int(text[at] - '0')
	}
	hour, minute := digits[0]*10+digits[1], digits[2]*10+digits[3]
	return hour*60 + minute, minute < 60 && hour*60+minute <= dayMinutes
}

// Open tells whether the clock on the wall of the zone that at carries shows an open time. Where it is put forward, the
// times it leaves out do not come; where it is put back, those it shows twice count twice.
func (h Hours) Open(at time.Time) bool {
	now := at.Hour()*60 + at.Minute()
	for _, s := range h.on(at) {
		if s.from <= now && (now < s.to || s.to < s.from) {
			return true
		}
	}
	// What began yesterday belongs to yesterday, whatever is today. Noon exists on every day, midnight does not.
	for _, s := range h.on(time.Date(at.Year(), at.Month(), at.Day()-1, 12, 0, 0, 0, at.Location())) {
		if s.to < s.from && now < s.to {
			return true
		}
	}
	return false
}

// next is the first minute from at on that is open, or the zero time when there is none for a week.
func (h Hours) next(at time.Time) time.Time {
	if h.Open(at) {
		return at
	}
	at = at.Truncate(time.Minute)
	for range 7*dayMinutes + 1 {
		if at = at.Add(time.Minute); h.Open(at) {
			return at
		}
	}
	return time.Time{}
}

// on are the spans that begin on the day of at.
func (h Hours) on(at time.Time) []span {
	if exception, ok := h.dates[dateOf(at)]; ok {
		return exception
	}
	if !h.set {
		return wholeDay[:]
	}
	return h.week[at.Weekday()]
}

var wholeDay = [...]span{{0, dayMinutes}}

func dateOf(t time.Time) date {
	year, month, day := t.Date()
	return date{year, month, day}
}
