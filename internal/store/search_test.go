package store_test

import (
	"fmt"
	"testing"

	"callgate/internal/history"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestSearchPages: whatever drives a search, its pages are the calls that match, each once, the newest first, also where
// several began at the same moment.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	no, known, unknown := false, "main", ""
	tests := []struct {
		name  string
		query history.Query
		want  int
	}{
		{"time", history.Query{To: at(3600).UnixMicro()}, 24},
		{"from and to", history.Query{From: at(1).UnixMicro(), To: at(2).UnixMicro()}, 6},
		{"number", history.Query{Number: "+79001"}, 12},
		{"prefix", history.Query{Beginnings: []string{"+7900"}}, 24},
		{"prefix of some", history.Query{Beginnings: []string{"+79001"}, Queue: "queue1", Recorded: &no}, 12},
		{"prefix and another queue", history.Query{Beginnings: []string{"+7900"}, Queue: "queue2"}, 0},
		{"id", history.Query{ID: "leg3"}, 1},
		{"id and number", history.Query{ID: "leg3", Number: "+79001"}, 1},
		{"id and prefix", history.Query{ID: "leg3", Beginnings: []string{"+7900"}}, 1},
		{"id and another prefix", history.Query{ID: "leg3", Beginnings: []string{"+7901"}}, 0},
		{"queue", history.Query{Queue: "queue1", From: at(0).UnixMicro()}, 24},
		{"another project", history.Query{Beginnings: []string{"+7900"}, Projects: []string{"p"}}, 0},
		{"no project", history.Query{Beginnings: []string{"+7900"}, Projects: []string{"p", ""}}, 24},
		{"switch", history.Query{Queue: "queue1", To: at(3600).UnixMicro(), Switch: &known}, 0},
		{"unknown switch", history.Query{Queue: "queue1", To: at(3600).UnixMicro(), Switch: &unknown}, 24},
		{"NUL", history.Query{Beginnings: []string{"+7900\x00"}}, 0},
		{"invalid UTF-8", history.Query{ID: "leg3\xff"}, 0},
	}
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for n := range 24 {
			r := lost(fmt.Sprint("leg", n), "queue1", n/6, 40)
			r.Caller = fmt.Sprint("+7900", n%2)
			save(t, s, r)
		}
		for _, test := range tests {
			for _, limit := range [...]int{1, 5, 6, 24, 25} {
				q := test.query
				q.Limit = limit
				var all []history.Cursor
				for {
					page, err := s.Calls(t.Context(), q)
					must(t, err)
					for _, f := range page {
						if last := q.After; last.ID != 0 && (f.Place.Started > last.Started || f.Place.Started == last.Started && f.Place.ID >= last.ID) {
							t.Errorf("%s: %v comes after %v", test.name, f.Place, last)
						}
						all, q.After = append(all, f.Place), f.Place
					}
					if len(page) < limit {
						break
					}
				}
				if len(all) != test.want {
					t.Errorf("%s, %d a page: %d calls, want %d", test.name, limit, len(all), test.want)
				}
			}
		}
	})
}
