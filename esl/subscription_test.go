package esl_test

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
)

func TestEventsKeepTheirOrder(t *testing.T) {
	const count = 5000
	f := newFake()
	c, _ := runUp(t, f, esl.Options{Addr: f.listen(t, nil), Subclasses: []string{"test::order"}})
	subs := []*esl.Subscription{
		c.Subscribe(esl.SubscribeOptions{Name: "a", Buffer: count}),
		c.Subscribe(esl.SubscribeOptions{Name: "b", Buffer: count, Subclasses: []string{"test::order"}}),
	}
	p := receive(t, f.events, "event connection")
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range count {
			p.event(fmt.Sprintf(`{"Event-Name":"CUSTOM","Event-Subclass":"test::order","Event-Sequence":"%d"}`, i+1))
		}
	})
	for _, sub := range subs {
		for i := range count {
			if e := receive(t, sub.C, "event"); e.Sequence() != uint64(i+1) {
				t.Fatalf("event %d, want %d", e.Sequence(), i+1)
			}
		}
	}
	wg.Wait()
}

func TestFilter(t *testing.T) {
	sent := []string{
		`{"Event-Name":"HEARTBEAT"}`, `{"Event-Name":"CHANNEL_ANSWER"}`,
		`{"Event-Name":"CUSTOM","Event-Subclass":"a::b"}`, `{"Event-Name":"CUSTOM","Event-Subclass":"A::B"}`, `{"Event-Name":"CUSTOM"}`,
		`{"Event-Name":"LAST"}`,
	}
	tests := []struct {
		name    string
		options esl.SubscribeOptions
		want    []string
	}{
		{"everything", esl.SubscribeOptions{}, []string{"HEARTBEAT", "CHANNEL_ANSWER", "CUSTOM a::b", "CUSTOM A::B", "CUSTOM ", "LAST "}},
		{"names", esl.SubscribeOptions{Events: []string{"HEARTBEAT", "LAST"}}, []string{"HEARTBEAT", "LAST "}},
		{"subclasses", esl.SubscribeOptions{Subclasses: []string{"a::b"}, Events: []string{"LAST"}}, []string{"CUSTOM a::b", "LAST "}},
		{"any custom", esl.SubscribeOptions{Events: []string{"CUSTOM", "LAST"}}, []string{"CUSTOM a::b", "CUSTOM A::B", "CUSTOM ", "LAST "}},
	}
	f := newFake()
	c, _ := runUp(t, f, esl.Options{})
	p := receive(t, f.events, "event connection")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			sub := c.Subscribe(tt.options)
			defer sub.Close()
			for _, e := range sent {
				p.event(e)
			}
			var got []string
			for {
				e := receive(t, sub.C, "event")
				text := e.Name()
				if text == "CUSTOM" || text == "LAST" {
					text += " " + e.Subclass()
				}
				got = append(got, text)
				if e.Name() == "LAST" {
					break
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSlowSubscriberStallsNobody(t *testing.T) {
	f := newFake()
	reg := prometheus.NewRegistry()
	c, _ := runUp(t, f, esl.Options{Registerer: reg})
	slow := c.Subscribe(esl.SubscribeOptions{Name: "slow", Buffer: 2})
	quick := c.Subscribe(esl.SubscribeOptions{Name: "quick", Buffer: 100})
	p := receive(t, f.events, "event connection")
	for i := range 50 {
		p.event(fmt.Sprintf(`{"Event-Name":"HEARTBEAT","Event-Sequence":"%d"}`, i+1))
	}
	for i := range 50 {
		if e := receive(t, quick.C, "event"); e.Sequence() != uint64(i+1) {
			t.Fatalf("event %d, want %d", e.Sequence(), i+1)
		}
	}
	if _, err := c.API(t.Context(), "status"); err != nil {
		t.Error(err)
	}
	j, err := c.BgAPI(t.Context(), "job-1", "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Wait(t.Context()); err != nil {
		t.Error(err)
	}
	receive(t, quick.C, "end of the job")
	c.Subscribe(esl.SubscribeOptions{Name: "slow"}).Close() // waits until everybody has been offered that event
	receive(t, slow.Lost(), "signal of loss")
	for i := range 2 { // the oldest were kept
		if e := receive(t, slow.C, "event"); e.Sequence() != uint64(i+1) {
			t.Errorf("event %d, want %d", e.Sequence(), i+1)
		}
	}
	select {
	case <-quick.Lost():
		t.Error("quick subscriber was told of a loss")
	default:
	}
	// 48 heartbeats and the end of the job.
	if got := metric(t, reg, "callgate_esl_dropped_events_total"); got != 49 {
		t.Errorf("%v drops counted, want 49", got)
	}
	if got := metric(t, reg, "callgate_esl_events_total"); got != 51 {
		t.Errorf("%v events counted, want 51", got)
	}
}

func TestSubscriptionOutlivesTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		subscribed := make(chan struct{})
		c, _ := run(t, f, esl.Options{Addr: "switch:8021", Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			<-subscribed
			return f.Dial(ctx, network, addr)
		}})
		sub := c.Subscribe(esl.SubscribeOptions{Name: "test"})
		close(subscribed)
		for i := range 3 {
			<-sub.Lost() // up, so look for yourself
			p := <-f.events
			p.event(fmt.Sprintf(`{"Event-Name":"HEARTBEAT","Event-Sequence":"%d"}`, i+1))
			if e := <-sub.C; e.Sequence() != uint64(i+1) {
				t.Errorf("event %d, want %d", e.Sequence(), i+1)
			}
			p.Close()
		}
	})
}

func TestCloseIsSafe(t *testing.T) {
	f := newFake()
	c, _ := runUp(t, f, esl.Options{Addr: f.listen(t, nil)})
	p := receive(t, f.events, "event connection")
	stop := make(chan struct{})
	var sender, wg sync.WaitGroup
	sender.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				p.event(`{"Event-Name":"HEARTBEAT"}`)
			}
		}
	})
	for range 8 {
		wg.Go(func() {
			for range 50 {
				sub := c.Subscribe(esl.SubscribeOptions{Name: "test", Buffer: 4})
				receive(t, sub.C, "event")
				wg.Go(sub.Close)
				sub.Close()
				for range sub.C { // ends
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	sender.Wait()
}
