package history

import (
	"maps"
	"time"
)

// Horizons say from when on calls are kept, microseconds since 1970 UTC; 0 is ever.
type Horizons struct {
	Projects map[string]int64
	Others   int64 // of calls of no project, and of those that are not among Projects
}

// Of is that of a project.
func (h Horizons) Of(project string) int64 {
	if since, known := h.Projects[project]; known {
		return since
	}
	return h.Others
}

// First is the time before which no call is kept, whosever it is; 0 when some are kept for ever.
func (h Horizons) First() int64 {
	first := h.Others
	for _, since := range h.Projects {
		first = min(first, since)
	}
	return first
}

// forEver tells whether all calls are.
func (h Horizons) forEver() bool {
	for _, since := range h.Projects {
		if since > 0 {
			return false
		}
	}
	return h.Others == 0
}

func (h Horizons) equal(other Horizons) bool {
	return h.Others == other.Others && maps.Equal(h.Projects, other.Projects)
}

// Horizon is from when on calls are kept for so many days: a midnight, UTC, so that all processes agree for a day. So
// a call is kept for up to a day longer. 0 days is ever.
func Horizon(now time.Time, days int) int64 {
	if days <= 0 {
		return 0
	}
	return now.UTC().Truncate(24*time.Hour).AddDate(0, 0, -days).UnixMicro()
}

// FirstTime and LastTime bound the starts of calls that can be true. Calls from outside go by when their CDRs came.
const FirstTime = 1262304000 * second // 2010

// LastTime is how far a switch's clock may be ahead.
func LastTime(now time.Time) int64 { return now.AddDate(0, 1, 0).UnixMicro() }
