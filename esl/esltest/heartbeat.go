package esltest

import (
	"fmt"
	"strconv"
	"time"
)

// sessionStats counts sessions as FreeSWITCH's status does.
type sessionStats struct {
	total, peak   int
	second        int64 // the one being counted
	current, last int   // sessions made in it, and in the one before
	rate          int   // the highest rate
	recent        []sample
}

// sample is one second's sessions, kept for the figures of five minutes.
type sample struct{ second, rate, count int }

func (st *sessionStats) session(now time.Time, count int) {
	st.total++
	st.tick(now)
	st.current++
	st.rate = max(st.rate, st.current)
	st.peak = max(st.peak, count)
	if n := len(st.recent); n > 0 && int64(st.recent[n-1].second) == st.second {
		st.recent[n-1].rate = st.current
		st.recent[n-1].count = max(st.recent[n-1].count, count)
		return
	}
	st.recent = append(st.recent, sample{int(st.second), st.current, count})
}

// tick moves on to the current second.
func (st *sessionStats) tick(now time.Time) {
	sec := now.Unix()
	if sec == st.second {
		return
	}
	st.last = 0
	if sec == st.second+1 {
		st.last = st.current
	}
	st.second, st.current = sec, 0
	for len(st.recent) > 0 && int64(st.recent[0].second) < sec-300 {
		st.recent = st.recent[1:]
	}
}

func (st *sessionStats) fiveMinutes() (rate, count int) {
	for _, x := range st.recent {
		rate, count = max(rate, x.rate), max(count, x.count)
	}
	return rate, count
}

// heartbeats announces HEARTBEAT for as long as the switch runs.
func (s *Switch) heartbeats() {
	if s.cfg.Heartbeat < 0 {
		return
	}
	for s.sleep(s.cfg.Heartbeat) {
		s.heartbeat()
	}
}

// Heartbeat announces a HEARTBEAT now.
func (s *Switch) Heartbeat() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heartbeat()
}

func (s *Switch) heartbeat() {
	now := s.now()
	s.stats.tick(now)
	rate, count := s.stats.fiveMinutes()
	n := strconv.Itoa
	e := s.begin(siteHeartbeat, "HEARTBEAT")
	h := &e.headers
	h.add("Event-Info", "System Ready")
	h.add("Up-Time", upTime(now.Sub(s.started)))
	h.add("FreeSWITCH-Version", s.fullVersion())
	h.add("Uptime-msec", strconv.FormatInt(now.Sub(s.started).Milliseconds(), 10))
	h.add("Session-Count", n(len(s.sessions)))
	h.add("Max-Sessions", n(s.cfg.MaxSessions))
	h.add("Session-Per-Sec", n(s.cfg.SessionsRate))
	h.add("Session-Per-Sec-Last", n(s.stats.last))
	h.add("Session-Per-Sec-Max", n(s.stats.rate))
	h.add("Session-Per-Sec-FiveMin", n(rate))
	h.add("Session-Since-Startup", n(s.stats.total))
	h.add("Session-Peak-Max", n(s.stats.peak))
	h.add("Session-Peak-FiveMin", n(count))
	h.add("Idle-CPU", fmt.Sprintf("%f", idleCPU))
	s.fire(e)
}

// idleCPU is what a pretend switch always has.
const idleCPU = 97.5

// upTime is a duration in FreeSWITCH's words.
func upTime(d time.Duration) string {
	us := d.Microseconds()
	parts := []struct {
		unit string
		size int64
	}{
		{"year", 365 * 24 * 3600e6}, {"day", 24 * 3600e6}, {"hour", 3600e6}, {"minute", 60e6},
		{"second", 1e6}, {"millisecond", 1e3}, {"microsecond", 1},
	}
	out := ""
	for i, p := range parts {
		n := us / p.size
		us %= p.size
		if i > 0 {
			out += ", "
		}
		out += strconv.FormatInt(n, 10) + " " + p.unit
		if n != 1 {
			out += "s"
		}
	}
	return out
}

// status is what "api status" prints.
func (s *Switch) status() string {
	now := s.now()
	s.stats.tick(now)
	rate, count := s.stats.fiveMinutes()
	return fmt.Sprintf("UP %s\nFreeSWITCH (Version %s %s) is ready\n%d session(s) since startup\n"+
		"%d session(s) - peak %d, last 5min %d \n%d session(s) per Sec out of max %d, peak %d, last 5min %d \n"+
		"%d session(s) max\nmin idle cpu 0.00/%.2f\nCurrent Stack Size/Max 240K/8192K\n",
		upTime(now.Sub(s.started)), s.cfg.Version, s.cfg.BuildFor, s.stats.total,
		len(s.sessions), s.stats.peak, count, s.stats.last, s.cfg.SessionsRate, s.stats.rate, rate,
		s.cfg.MaxSessions, idleCPU)
}
