package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/lib/pq"

	"callgate/internal/fault"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestFailed(t *testing.T) {
	t.Parallel()
	s := storetest.Open(t, storetest.SQLite(t), store.Options{})
	for _, tt := range []struct {
		name string
		err  error
		want fault.Kind
	}{
		{"unique", &pq.Error{Code: "23505"}, fault.Conflict},
		{"foreign key", &pq.Error{Code: "23503"}, fault.Conflict},
		{"too many connections", &pq.Error{Code: "53300"}, fault.StorageDown},
		{"disk full", &pq.Error{Code: "53100"}, fault.StorageDown},
		{"shut down", &pq.Error{Code: "57P01"}, fault.StorageDown},
		{"statement timeout", &pq.Error{Code: "57014"}, fault.StorageDown},
		{"deadlock", &pq.Error{Code: "40P01"}, fault.StorageDown},
		{"password", &pq.Error{Code: "28P01"}, fault.StorageDown},
		{"standby", &pq.Error{Code: "25006"}, fault.StorageDown},
		{"no such table", &pq.Error{Code: "42P01"}, fault.Internal},
		{"bad text", &pq.Error{Code: "22021"}, fault.Internal},
		{"refused", &net.OpError{Op: "dial", Err: errors.New("refused")}, fault.StorageDown},
		{"cut off", fmt.Errorf("read: %w", io.ErrUnexpectedEOF), fault.StorageDown},
		{"out of time", context.DeadlineExceeded, fault.StorageDown},
		{"given up", context.Canceled, fault.Internal},
		{"ours", fault.New(fault.NotFound, "Login"), fault.NotFound},
		{"unknown", errors.New("x"), fault.Internal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := s.Failed(tt.err, "try")
			wantKind(t, "failure", err, tt.want)
			if !errors.Is(err, tt.err) || !strings.Contains(err.Error(), "try") {
				t.Errorf("%v hides its cause or what was tried", err)
			}
		})
	}
	if s.Failed(nil, "try") != nil {
		t.Error("nothing failed")
	}
}
