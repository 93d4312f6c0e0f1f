package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestRunStages(t *testing.T) {
	boom := errors.New("boom")
	for _, tt := range []struct {
		name    string
		fail    error // the last part ends so
		cancel  bool
		hang    bool // the first part ignores its context
		want    string
		wantLog string
	}{
		{name: "stops from the outside in", cancel: true, wantLog: "edge,core,store,"},
		{name: "a failing part stops the rest", fail: boom, want: "edge: boom", wantLog: "core,store,"},
		{name: "a part that ends by itself is a failure", want: "edge: ended by itself", wantLog: "edge,core,store,"},
		{name: "a hanging part is named", cancel: true, hang: true, want: "not stopped in 9s: core", wantLog: "edge,store,"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var log strings.Builder
				release := make(chan struct{})
				say := func(name string) {
					mu.Lock()
					defer mu.Unlock()
					log.WriteString(name + ",")
				}
				stage := func(name string, hang bool) []part {
					return []part{{name, func(ctx context.Context) error {
						<-ctx.Done()
						if hang {
							<-release
							return nil
						}
						say(name)
						return nil
					}}}
				}
				edge := stage("edge", false)
				if !tt.cancel {
					edge[0].run = func(context.Context) error {
						time.Sleep(time.Second)
						if tt.fail == nil {
							say("edge")
						}
						return tt.fail
					}
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.cancel {
					time.AfterFunc(time.Second, cancel)
				}
				err := runStages(ctx, slog.New(slog.DiscardHandler), stage("store", false), stage("core", tt.hang), edge)
				close(release)
				synctest.Wait()
				if got := errText(err); !strings.Contains(got, tt.want) || (tt.want == "") != (err == nil) {
					t.Errorf("got error %q, want %q", got, tt.want)
				}
				if got := log.String(); got != tt.wantLog {
					t.Errorf("stopped in order %q, want %q", got, tt.wantLog)
				}
			})
		})
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
