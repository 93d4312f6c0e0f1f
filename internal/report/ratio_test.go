package report_test

import (
	"encoding/json"
	"testing"

	"callgate/internal/history"
	"callgate/internal/report"
)

// TestRatio: half is rounded up, by integers, and what has nothing to be divided by is null.
func TestRatio(t *testing.T) {
	for _, tt := range []struct {
		name     string
		sum, n   int64
		decimals int
		want     string
	}{
		{"whole", 30, 10, 2, "3"}, {"half up", 165, 2, 0, "83"}, {"just below", 1649, 20, 0, "82"}, {"6.25 per cent", 100 * 1, 16, 1, "6.3"},
		{"a third", 1, 3, 4, "0.3333"}, {"two thirds", 2, 3, 2, "0.67"}, {"0.005", 1, 200, 2, "0.01"}, {"0.285, which no float is", 57, 200, 2, "0.29"},
		{"nothing", 0, 7, 2, "0"}, {"no denominator", 5, 0, 2, "null"}, {"a year of seconds for each", 31_536_000 * 1_000_000, 1_000_000, 4, "31536000"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := json.Marshal(report.Ratio(tt.sum, tt.n, tt.decimals))
			if err != nil || string(got) != tt.want {
				t.Errorf("%s, %v, want %s", got, err, tt.want)
			}
		})
	}
}

// TestLevel: which share each service level is, and that there is none where what it needs is not known or not there.
func TestLevel(t *testing.T) {
	all := []report.ServiceLevel{report.OfAnswered, report.OfOffered, report.OfOfferedLessShort, report.OfAnsweredAndLateLost, report.LostInTimeKept, "another"}
	known := report.Waited{InTime: 60, LostInTime: 10, Short: 4, Known: true, ShortKnown: true}
	for _, tt := range []struct {
		name   string
		f      history.Figures
		waited report.Waited
		want   string // in per cent
	}{
		{"of a hundred", history.Figures{Queued: 100, Answered: 80, Lost: 20}, known, `[75,60,62.5,66.7,70,null]`},
		{"waits not known", history.Figures{Queued: 100, Answered: 80, Lost: 20}, report.Waited{Short: 4, ShortKnown: true}, `[null,null,null,null,null,null]`},
		{"short abandons not known", history.Figures{Queued: 100, Answered: 80, Lost: 20}, report.Waited{InTime: 60, LostInTime: 10, Known: true}, `[75,60,null,66.7,70,null]`},
		{"none answered", history.Figures{Queued: 14, Lost: 14}, report.Waited{LostInTime: 14, Short: 4, Known: true, ShortKnown: true}, `[null,0,0,null,100,null]`},
		{"nobody", history.Figures{}, report.Waited{Known: true, ShortKnown: true}, `[null,null,null,null,null,null]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := report.Row{Waited: tt.waited}
			r.Figures = tt.f
			var levels []*float64
			for _, of := range all {
				levels = append(levels, r.Level(of))
			}
			if got, err := json.Marshal(levels); err != nil || string(got) != tt.want {
				t.Errorf("%s, %v, want %s", got, err, tt.want)
			}
		})
	}
}
