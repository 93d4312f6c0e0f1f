package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"callgate/internal/history"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestManyNewMonths: a batch from many months is saved in its time, also while somebody keeps those from being made.
func TestManyNewMonths(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		held bool
	}{{"free", false}, {"held", true}} {
		t.Run(test.name, func(t *testing.T) {
			s := storetest.Open(t, storetest.Postgres(t), store.Options{})
			var docs []*history.Document
			for month := range 150 {
				r := record(fmt.Sprint("leg", month), "", fmt.Sprintf("<cdr>%d</cdr>", month))
				r.Start = at(0).AddDate(0, -month, 0).UnixMicro()
				docs = append(docs, storetest.Document(s, r, at(0)))
			}
			if test.held {
				release, err := s.HoldTable(t.Context(), "calls_rest")
				must(t, err)
				defer func() { must(t, release()) }()
			}
			ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
			defer cancel()
			_, err := s.SaveCDRs(ctx, docs)
			must(t, err)
		})
	}
}
