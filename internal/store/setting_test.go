package store_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/account"
	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestModules(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		if all, err := s.Modules(ctx); len(all) != 0 || err != nil {
			t.Errorf("got %v, %v", all, err)
		}
		for _, m := range []account.Module{
			{Name: "sms", Action: "*", On: true, At: at(1), By: "root"},
			{Name: "contact", Action: "add", On: false, At: at(2), By: "анна"},
			{Name: "sms", Action: "*", On: false, At: at(3), By: "anna"},
		} {
			must(t, s.SetModule(ctx, m))
		}
		got, err := s.Modules(ctx)
		want := []account.Module{
			{Name: "contact", Action: "add", On: false, At: at(2), By: "анна"},
			{Name: "sms", Action: "*", On: false, At: at(3), By: "anna"},
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
		}
	})
}

// putSetting sets a setting whatever was set before.
func putSetting(ctx context.Context, s *store.Store, set setting.Stored) error {
	return s.ChangeSettings(ctx, []setting.Stored{set}, nil, func([]setting.Stored) error { return nil })
}

func TestSettings(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s, other := t.Context(), open(), open()
		if got, err := s.Settings(ctx); len(got) != 0 || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
		must(t, putSetting(ctx, s, setting.Stored{Key: "b", Value: "1", At: at(1), By: "x"}))
		must(t, putSetting(ctx, s, setting.Stored{Key: "a", Value: "", By: "y"}))
		must(t, putSetting(ctx, s, setting.Stored{Key: "b", Value: "два\x00\xff", At: at(2), By: "z"}))
		want := []setting.Stored{{Key: "a", By: "y"}, {Key: "b", Value: "два\uFFFD\uFFFD", At: at(2), By: "z"}}
		objection := errors.New("objection")
		err := other.ChangeSettings(ctx, []setting.Stored{{Key: "b", Value: "3"}}, nil, func(before []setting.Stored) error {
			if diff := cmp.Diff(want, before); diff != "" {
				t.Errorf("before, mismatch (-want, +got):\n%s", diff)
			}
			return objection
		})
		if !errors.Is(err, objection) {
			t.Errorf("got %v, want the objection", err)
		}
		all, err := s.Settings(ctx)
		if diff := cmp.Diff(want, all); diff != "" || err != nil {
			t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
		}
	})
}

// TestSettingsInTurn lets two processes set the same settings, each only those that it finds unset: no setting is
// found unset by both.
func TestSettingsInTurn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		const keys = 20
		taken := errors.New("taken")
		var both sync.WaitGroup
		var done atomic.Int32
		for _, s := range []*store.Store{open(), open()} {
			both.Go(func() {
				for i := range keys {
					key := strconv.Itoa(i)
					err := s.ChangeSettings(t.Context(), []setting.Stored{{Key: key}}, nil, func(before []setting.Stored) error {
						if slices.ContainsFunc(before, func(b setting.Stored) bool { return b.Key == key }) {
							return taken
						}
						return nil
					})
					switch {
					case err == nil:
						done.Add(1)
					case !errors.Is(err, taken):
						t.Error(err)
					}
				}
			})
		}
		both.Wait()
		if got := done.Load(); got != keys {
			t.Errorf("%d settings were found unset, want %d", got, keys)
		}
	})
}
