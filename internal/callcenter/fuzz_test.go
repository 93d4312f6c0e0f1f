package callcenter_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/callcenter"
)

// answering is a link whose switch answers each list with a text.
type answering map[string]string

func (answering) Name() string     { return "fuzz" }
func (answering) CoreUUID() string { return "core" }
func (answering) Since() time.Time { return time.Unix(1, 0) }

func (a answering) API(_ context.Context, name string, args ...string) (string, error) {
	text, ok := a[name+" "+strings.Join(args, " ")]
	if !ok {
		return "", errors.New("unknown")
	}
	return text, nil
}

// FuzzLists reads whatever a switch may answer. What is read must hold together.
func FuzzLists(f *testing.F) {
	f.Add(queueHeader+"a@d|random|x|1\n+OK\n", "queue|agent|state|level|position\na@d|1000|Ready|1|1\n+OK\n",
		`{"status":"success","response":[{"name":"1000","status":"Available","state":"Waiting","contact":"[x=1]user/1000"}]}`,
		`{"status":"success","response":[{"queue":"a@d","uuid":"u","joined_epoch":"1","state":"Waiting"}]}`,
		`{"row_count":1,"rows":[{"uuid":"c","name":"sofia/internal/1000@h","callstate":"ACTIVE"}]}`)
	f.Add("+OK\n", "+OK\n", `{"status":"success","response":[]}`, `{"status":"success","response":null}`, `{"row_count": 0}`)
	f.Add("name\n|\n+OK\n", "queue|agent\na|b|c\n+OK\n", `{"status":"success","response":[{"name":1e9,"status":null,"wrap_up_time":true}]}`,
		`{"status":"success","response":[{}]}`, "-ERR SQL disabled, no data available!\n")
	f.Fuzz(func(t *testing.T, queues, tiers, agents, members, channels string) {
		synctest.Test(t, func(t *testing.T) {
			c := callcenter.New(callcenter.Options{Interval: always(time.Hour), MaxAge: always(time.Hour), Zone: time.UTC, Links: []callcenter.Link{answering{
				"callcenter_config queue list": queues, "callcenter_config tier list": tiers, jsonList("agent list"): agents,
				jsonList("member list"): members, "show channels as json": channels}}})
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan error)
			go func() { done <- c.Run(ctx) }()
			synctest.Wait()
			for _, s := range c.Snapshots() {
				if len(s.Queues) > strings.Count(queues, "\n") || len(s.Tiers) > strings.Count(tiers, "\n") {
					t.Errorf("%d queues, %d tiers out of %q and %q", len(s.Queues), len(s.Tiers), queues, tiers)
				}
				for _, l := range c.Live() {
					if len(l.Agents) != len(s.Agents) || len(l.Queues) != len(s.Queues) || len(l.Waiting) > len(s.Members) {
						t.Errorf("%+v", l)
					}
				}
				var names []string
				for _, q := range s.Queues {
					names = append(names, q.Name)
				}
				if stat, _, err := c.Online(names); err != nil || stat.LoggedIn != stat.Ready+stat.NotReady+stat.Talking || stat.LoggedIn > len(s.Agents) {
					t.Errorf("%+v %v", stat, err)
				}
			}
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	})
}
