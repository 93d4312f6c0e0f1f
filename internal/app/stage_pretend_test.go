package app_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"callgate/esl/esltest"
)

// pretendStage is the pretend switch.
type pretendStage struct {
	sw    *esltest.Switch
	addrs map[string][]string // of phones, by account
}

const (
	pretendFar  = "127.0.0.1:5080"
	pretendHome = "127.0.0.1:5060"
)

func openPretend(t *testing.T, w world, around surroundings) stage {
	t.Helper()
	s := &pretendStage{addrs: map[string][]string{"": {pretendFar}}}
	c := esltest.Config{
		SIPAddr: pretendHome, SIPContext: "public", RecordingsDir: around.recordings, Extensions: append(shared(), shippedDialplan(t, around.edits(w.encode))...),
		Gateways: []esltest.Gateway{{Name: "carrier", Addr: pretendFar}},
		Queues:   w.queues, Agents: w.agents, Tiers: w.tiers,
		CDR: esltest.CDRConfig{URL: around.cdr, User: cdrUser, Password: cdrPass, Encode: w.encode,
			Retries: 2, Delay: time.Second, ErrLogDir: around.undelivered},
	}
	for i, p := range w.phones {
		p.Addr = fmt.Sprintf("127.0.0.1:%d", 5100+i)
		s.addrs[p.User] = append(s.addrs[p.User], p.Addr)
		c.Phones = append(c.Phones, p)
	}
	w.far.Addr = pretendFar
	c.Phones = append(c.Phones, w.far)
	for account, addrs := range s.addrs {
		if account == "" {
			continue
		}
		u := esltest.User{ID: account}
		for i, addr := range addrs {
			if i > 0 {
				u.Registered, u.DialString = u.Registered+",", u.DialString+","
			}
			u.Registered += addr
			u.DialString += "sofia/internal/" + account + "@" + addr
		}
		c.Users = append(c.Users, u)
	}
	for _, account := range w.absent {
		c.Users = append(c.Users, esltest.User{ID: account})
	}
	sw, err := esltest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	s.sw = sw
	runUntilCleanup(t, "switch", sw.Run)
	return s
}

func (s *pretendStage) addr() string     { return s.sw.Addr() }
func (s *pretendStage) password() string { return "ClueCon" }

func (s *pretendStage) rings(_ *testing.T, account string) []esltest.Ring {
	var all []esltest.Ring
	for _, r := range s.sw.Rings() {
		for _, addr := range s.addrs[account] {
			if r.Addr == addr {
				all = append(all, r)
			}
		}
	}
	return all
}

func (s *pretendStage) crash(*testing.T) {
	s.sw.RefuseByACL(true)
	s.sw.Restart()
}

func (s *pretendStage) start(*testing.T) { s.sw.RefuseByACL(false) }

func (s *pretendStage) spoilTiers(_ *testing.T, on bool) {
	s.sw.SpoilList("tiers", esltest.ListFault{Fails: on})
}

type pretendCustomer struct{ *esltest.Caller }

func (s *pretendStage) customer(t *testing.T, c incoming) customer {
	t.Helper()
	caller, err := s.sw.Call(esltest.Call{Number: c.number, Name: c.name, Extension: c.to, HangupAfter: c.stays})
	if err != nil {
		t.Fatal(err)
	}
	if c.presses != "" {
		stop := time.AfterFunc(time.Second, func() {
			for i := range len(c.presses) {
				caller.Press(c.presses[i])
			}
		})
		t.Cleanup(func() { stop.Stop() })
	}
	return pretendCustomer{caller}
}

func (c pretendCustomer) hangup(*testing.T) { c.Hangup() }

func (c pretendCustomer) outcome(*testing.T) string {
	select {
	case <-c.Done():
	default:
		return ""
	}
	if status := c.Refused(); status != 0 {
		return strconv.Itoa(status)
	}
	return "answered"
}
