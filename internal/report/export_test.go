package report

import (
	"context"
	"time"
)

// Turn is one look of Run.
func (s *Scheduler) Turn(ctx context.Context) (more bool, err error) { return s.turn(ctx) }

// After is when a schedule comes next.
func (s *Schedule) After(t time.Time, zone *time.Location) (time.Time, Date) { return s.after(t, zone) }

// Days is what a report is of that comes on a day.
func (p Period) Days(d Date) (first, last Date) { return p.days(d) }
