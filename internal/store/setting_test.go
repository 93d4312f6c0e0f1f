package store_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/account"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestModules(t *testing.T) {
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

func TestSettings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		if got, ok, err := s.Setting(ctx, "a"); ok || err != nil || got != (store.Setting{}) {
			t.Errorf("got %v, %v, %v", got, ok, err)
		}
		must(t, s.SetSetting(ctx, store.Setting{Key: "b", Value: "1", At: at(1), By: "x"}))
		must(t, s.SetSetting(ctx, store.Setting{Key: "a", Value: "", By: "y"}))
		must(t, s.SetSetting(ctx, store.Setting{Key: "b", Value: "два\x00\xff", At: at(2), By: "z"}))
		b := store.Setting{Key: "b", Value: "два\uFFFD\uFFFD", At: at(2), By: "z"}
		if got, ok, err := s.Setting(ctx, "b"); got != b || !ok || err != nil {
			t.Errorf("got %v, %v, %v", got, ok, err)
		}
		all, err := s.Settings(ctx)
		if diff := cmp.Diff([]store.Setting{{Key: "a", By: "y"}, b}, all); diff != "" || err != nil {
			t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
		}
	})
}
