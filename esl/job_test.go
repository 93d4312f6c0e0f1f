package esl_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
)

func TestJobResults(t *testing.T) {
	tests := []struct {
		name, output, want string
		is                 error
	}{
		{name: "result", output: "+OK 568ea09a-7be6-421c-96b6-c506f404186a\n", want: "+OK 568ea09a-7be6-421c-96b6-c506f404186a\n"},
		{name: "cause", output: "-ERR SUBSCRIBER_ABSENT\n", is: esl.ErrReply},
		{name: "usage", output: "-USAGE: <call url>\n", is: esl.ErrUsage},
		{name: "nothing printed", output: "", is: esl.ErrEmpty},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake()
			f.bgapi = func(p *peer, id, _ string) {
				p.job("somebody-else", "+OK not yours\n")
				p.confirm(id)
				p.job(id, tt.output)
				p.job(id, "+OK a second one\n")
			}
			reg := prometheus.NewRegistry()
			c, _ := runUp(t, f, esl.Options{Registerer: reg})
			j, err := c.BgAPI(t.Context(), "job-1", "originate", "x")
			if err != nil {
				t.Fatal(err)
			}
			if j.ID() != "job-1" {
				t.Errorf("ID() = %q", j.ID())
			}
			for range 2 { // a result can be read again
				got, err := j.Wait(t.Context())
				if got != tt.want || !errors.Is(err, tt.is) || (err == nil) != (tt.is == nil) {
					t.Errorf("Wait() = %q, %v; want %q, %v", got, err, tt.want, tt.is)
				}
			}
			if got := metric(t, reg, "callgate_esl_jobs"); got != 0 {
				t.Errorf("%v jobs left", got)
			}
		})
	}
}

// The result may be on the wire together with the confirmation: the job must be known before the command is written.
func TestNoResultIsMissed(t *testing.T) {
	f := newFake()
	c, _ := runUp(t, f, esl.Options{Addr: f.listen(t, nil)})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 100 {
				cmd := fmt.Sprintf("eval %d-%d", g, i)
				j, err := c.BgAPI(t.Context(), fmt.Sprintf("job-%d-%d", g, i), "eval", fmt.Sprintf("%d-%d", g, i))
				if err != nil {
					t.Error(err)
					return
				}
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				got, err := j.Wait(ctx)
				cancel()
				if want := "+OK " + cmd + "\n"; got != want || err != nil {
					t.Errorf("Wait() = %q, %v; want %q", got, err, want)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestJobThatDoesNotStart(t *testing.T) {
	tests := []struct {
		name  string
		bgapi func(p *peer, id, cmd string)
		is    []error
		not   error
	}{
		{"refused", func(p *peer, _, _ string) { p.reply("-ERR permission denied") }, []error{esl.ErrReply}, esl.ErrOutcomeUnknown},
		{"link lost before the reply", func(p *peer, _, _ string) { p.Close() }, []error{esl.ErrOutcomeUnknown, esl.ErrClosed}, esl.ErrDown},
		{"no reply", func(*peer, string, string) {}, []error{esl.ErrOutcomeUnknown, context.DeadlineExceeded}, esl.ErrDown},
		{"another id", func(p *peer, _, _ string) { p.confirm("x") }, []error{esl.ErrOutcomeUnknown, esl.ErrProtocol}, esl.ErrDown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake()
				f.bgapi = tt.bgapi
				reg := prometheus.NewRegistry()
				c, _ := runUp(t, f, esl.Options{Registerer: reg})
				j, err := c.BgAPI(t.Context(), "job-1", "originate", "x")
				if j != nil || err == nil {
					t.Fatalf("BgAPI() = %v, %v", j, err)
				}
				for _, is := range tt.is {
					if !errors.Is(err, is) {
						t.Errorf("%v is not %v", err, is)
					}
				}
				if errors.Is(err, tt.not) {
					t.Errorf("%v is %v", err, tt.not)
				}
				if got := metric(t, reg, "callgate_esl_jobs"); got != 0 {
					t.Errorf("%v jobs left", got)
				}
			})
		})
	}
}

func TestLostLinkEndsJobs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.bgapi = func(p *peer, id, _ string) { p.confirm(id) }
		reg := prometheus.NewRegistry()
		c, stop := runUp(t, f, esl.Options{Registerer: reg})
		start := func(id string) *esl.Job {
			j, err := c.BgAPI(t.Context(), id, "originate", "x")
			if err != nil {
				t.Fatal(err)
			}
			return j
		}
		one, two := start("one"), start("two")
		time.Sleep(time.Hour) // a job may take its time
		(<-f.events).Close()
		for _, j := range []*esl.Job{one, two} {
			if _, err := j.Wait(t.Context()); !errors.Is(err, esl.ErrOutcomeUnknown) || !errors.Is(err, esl.ErrClosed) {
				t.Errorf("Wait() = %v", err)
			}
		}
		if _, err := c.BgAPI(t.Context(), "three", "x"); !errors.Is(err, esl.ErrDown) || errors.Is(err, esl.ErrOutcomeUnknown) {
			t.Errorf("BgAPI() without a link = %v, want ErrDown", err)
		}
		p := <-f.events
		synctest.Wait()
		p.job("one", "+OK too late\n")
		synctest.Wait()
		four := start("one") // the id is free again
		stop()
		if _, err := four.Wait(t.Context()); !errors.Is(err, esl.ErrOutcomeUnknown) {
			t.Errorf("Wait() after Run = %v", err)
		}
		if got := metric(t, reg, "callgate_esl_jobs"); got != 0 {
			t.Errorf("%v jobs left", got)
		}
	})
}

func TestGivingUpForgetsTheJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.bgapi = func(p *peer, id, _ string) { p.confirm(id) }
		reg := prometheus.NewRegistry()
		c, _ := runUp(t, f, esl.Options{Registerer: reg})
		j, err := c.BgAPI(t.Context(), "one", "originate", "x")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.BgAPI(t.Context(), "one", "originate", "x"); !errors.Is(err, esl.ErrArgument) {
			t.Errorf("second job of the id: %v, want ErrArgument", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := j.Wait(ctx); !errors.Is(err, esl.ErrOutcomeUnknown) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Wait() = %v", err)
		}
		if got := metric(t, reg, "callgate_esl_jobs"); got != 0 {
			t.Errorf("%v jobs left", got)
		}
		again, err := c.BgAPI(t.Context(), "one", "originate", "x")
		if err != nil {
			t.Fatal(err)
		}
		for range 50 { // with its result and the end of its context both there, it must not touch the later job
			if _, err := j.Wait(ctx); !errors.Is(err, esl.ErrOutcomeUnknown) {
				t.Errorf("Wait() again = %v", err)
			}
		}
		p := <-f.events
		p.job("one", "+OK\n")
		if got, err := again.Wait(t.Context()); got != "+OK\n" || err != nil {
			t.Errorf("Wait() of the second = %q, %v", got, err)
		}
	})
}

func TestJobsAreBounded(t *testing.T) {
	f := newFake()
	f.bgapi = func(p *peer, id, _ string) { p.confirm(id) }
	c, _ := runUp(t, f, esl.Options{})
	for i := range 4096 {
		if _, err := c.BgAPI(t.Context(), fmt.Sprint(i), "x"); err != nil {
			t.Fatalf("job %d: %v", i, err)
		}
	}
	if _, err := c.BgAPI(t.Context(), "one more", "x"); !errors.Is(err, esl.ErrArgument) {
		t.Errorf("BgAPI() = %v, want ErrArgument for the blank", err)
	}
	if _, err := c.BgAPI(t.Context(), "one-more", "x"); !errors.Is(err, esl.ErrBusy) {
		t.Errorf("BgAPI() = %v, want ErrBusy", err)
	}
}

func TestJobIDs(t *testing.T) {
	tests := []struct {
		name, id string
		want     error
	}{
		{"uuid", "11111111-2222-4333-8444-555555555555", nil},
		{"longest", strings.Repeat("x", 235), nil},
		{"reload of the event socket", "Mod_Event_Socket-1", esl.ErrArgument},
		{"empty", "", esl.ErrArgument},
		{"too long", strings.Repeat("x", 236), esl.ErrArgument},
		{"blank", "a b", esl.ErrArgument},
		{"line end", "a\nb", esl.ErrArgument},
		{"not ASCII", "ж", esl.ErrArgument},
	}
	f := newFake()
	c, _ := runUp(t, f, esl.Options{})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := c.BgAPI(t.Context(), tt.id, "x"); !errors.Is(err, tt.want) {
				t.Errorf("BgAPI() = %v, want %v", err, tt.want)
			}
		})
	}
}
