package store_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/fault"
	"callgate/internal/sms"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// TestTemplates: templates come back as they were put, and who may not has changed nothing.
func TestTemplates(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		ctx, s := t.Context(), open()
		may := func(*sms.Template) error { return nil }
		a := sms.Template{Name: "a", Text: "Ваш код \"{code}\"\n😀 " + strings.Repeat("ю", 2000), ChangedAt: at(1), ChangedBy: "анна"}
		b := sms.Template{Name: "b", Project: "1111", Text: "x", ChangedAt: at(2), ChangedBy: "anna"}
		must(t, s.KeepTemplate(ctx, b, may))
		must(t, s.KeepTemplate(ctx, a, may))
		all, err := s.Templates(ctx)
		must(t, err)
		if diff := cmp.Diff([]sms.Template{a, b}, all); diff != "" {
			t.Errorf("mismatch (-want, +got):\n%s", diff)
		}
		changed := b
		changed.Text, changed.Project, changed.ChangedAt, changed.ChangedBy = "y", "2222", at(3), "boris"
		var seen *sms.Template
		must(t, s.KeepTemplate(ctx, changed, func(old *sms.Template) error { seen = old; return nil }))
		if seen == nil || !cmp.Equal(*seen, b) {
			t.Errorf("before the change it was %+v", seen)
		}
		denied := errors.New("denied")
		no := func(*sms.Template) error { return denied }
		for what, err := range map[string]error{"keep": s.KeepTemplate(ctx, b, no), "keep a new one": s.KeepTemplate(ctx, sms.Template{Name: "c"}, no), "remove": s.RemoveTemplate(ctx, "b", no)} {
			if !errors.Is(err, denied) {
				t.Errorf("%s: %v", what, err)
			}
		}
		got, err := s.Template(ctx, "b")
		if diff := cmp.Diff(changed, got); diff != "" || err != nil {
			t.Errorf("%v, mismatch (-want, +got):\n%s", err, diff)
		}
		must(t, s.RemoveTemplate(ctx, "b", may))
		wantKind(t, "removed twice", s.RemoveTemplate(ctx, "b", may), fault.NotFound)
		for _, name := range []string{"b", "c"} {
			_, err = s.Template(ctx, name)
			wantKind(t, name, err, fault.NotFound)
		}
		must(t, s.Close())
		_, err = s.Templates(ctx)
		wantKind(t, "closed", err, fault.StorageDown)
	})
}

// TestTemplatesInTurn: of several who make a template at once, each sees what the one before has made.
func TestTemplatesInTurn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, open func() *store.Store) {
		stores := [...]*store.Store{open(), open()}
		var work sync.WaitGroup
		var news atomic.Int32
		for i := range 8 {
			work.Go(func() {
				for {
					first := false
					err := stores[i%2].KeepTemplate(t.Context(), sms.Template{Name: "a", Text: fmt.Sprint(i)}, func(old *sms.Template) error {
						first = old == nil
						return nil
					})
					if failure, _ := fault.Of(err); failure.Kind == fault.StorageDown { // a busy file
						continue
					}
					if err != nil {
						t.Error(err)
					} else if first {
						news.Add(1)
					}
					return
				}
			})
		}
		work.Wait()
		if n := news.Load(); n != 1 {
			t.Errorf("it was new %d times", n)
		}
	})
}
