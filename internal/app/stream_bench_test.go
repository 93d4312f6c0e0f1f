package app_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	v1 "callgate/api/v1"
	"callgate/esl/esltest"
	"callgate/internal/account"
	"callgate/internal/app"
	"callgate/internal/store/storetest"
)

const (
	streamClients = 1000
	streamUsers   = 50 // each may have 20
	streamChanges = 50
	streamPause   = 250 * time.Millisecond // between two changes
)

// BenchmarkStream opens a thousand streams over TCP against callgate in a process of its own, a fifth of them of each of five kinds, and
// changes the status of one agent of a hundred by a command to the switch. A change has reached all when the last of the clients, who
// share the two cores, has read its event to the end: from when the command was sent. At most 200 ms are allowed.
func BenchmarkStream(b *testing.B) {
	c := manualSwitch()
	for i := range 98 {
		c.Agents = append(c.Agents, esltest.Agent{Name: fmt.Sprintf("%d@default", 2000+i), Status: "Available", Contact: "user/1000"})
	}
	sw, err := esltest.New(c)
	if err != nil {
		b.Fatal(err)
	}
	runUntilCleanup(b, "switch", sw.Run)
	link := byHand(b, sw)
	ours := &served{Database: storetest.SQLite(b), Recordings: b.TempDir(), Switch: sw.Addr()}
	ours.start(b)
	ours.signIn(b)
	kinds := []string{"contact/queues queues/see agents/see calls/see numbers/see", "queues/see agents/see calls/see", "agents/see", "queues/see agents/see", "*/*"}
	err = app.Administer(b.Context(), on(ours.Database), nil, func(a *app.Administration) error {
		for i := range streamUsers {
			var rights []account.Right
			for _, text := range strings.Fields(kinds[i%len(kinds)]) {
				r, err := account.ParseRight(text)
				if err != nil {
					return err
				}
				rights = append(rights, r)
			}
			if _, err := a.Accounts.Add(b.Context(), fmt.Sprintf("board%d", i), password, rights, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	heard := make(chan time.Time, streamClients)
	var all sync.WaitGroup
	var conns []net.Conn
	tokens := make([]string, streamUsers)
	for i := range tokens {
		_, text := ours.ask(b, "/auth/login", object("login", fmt.Sprintf("board%d", i), "password", password), "")
		tokens[i] = strings.TrimSuffix(strings.TrimPrefix(text, `{"access_token":"`), `"}`)
	}
	// Hashing passwords takes much memory, which another process has not had.
	if err := ours.end(syscall.SIGTERM); err != nil {
		b.Fatal(err)
	}
	ours.cmd, ours.Users = nil, true
	ours.start(b)
	ours.ready(b, tokens[0])
	before := ours.status(b, "VmRSS:")
	for _, token := range tokens {
		for range streamClients / streamUsers {
			conn, err := net.Dial("tcp", ours.addr)
			if err != nil {
				b.Fatal(err)
			}
			conns = append(conns, conn)
			if _, err := fmt.Fprintf(conn, "GET %s/stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", v1.Base, token); err != nil {
				b.Fatal(err)
			}
			all.Go(func() { hear(conn, heard) })
		}
	}
	defer all.Wait()
	for _, conn := range conns {
		defer conn.Close()
	}
	wait := func(what string) (times []time.Time) {
		deadline := time.After(10 * time.Second)
		for len(times) < streamClients {
			select {
			case at := <-heard:
				times = append(times, at)
			case <-deadline:
				b.Fatalf("%s has reached %d clients", what, len(times))
			}
		}
		return times
	}
	wait("the snapshot")
	memory := (ours.status(b, "VmRSS:") - before) / streamClients * 1024
	pace := time.NewTicker(streamPause)
	defer pace.Stop()
	idle := ours.processor(b)
	for range streamChanges {
		<-pace.C
	}
	begun := ours.processor(b)
	idle = begun - idle
	var last, each []float64
	for i := range streamChanges {
		<-pace.C
		status := [...]string{"'On Break'", "Available"}[i%2]
		sent := time.Now()
		if _, err := link.API(b.Context(), "callcenter_config", "agent", "set", "status", "1000@default", status); err != nil {
			b.Fatal(err)
		}
		times := wait("a change")
		for _, at := range times {
			each = append(each, float64(at.Sub(sent))/float64(time.Millisecond))
		}
		last = append(last, slices.Max(each[len(each)-streamClients:]))
	}
	busy := ours.processor(b) - begun
	slices.Sort(last)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(each), "p50-ms-to-a-client")
	b.ReportMetric(median(last), "p50-ms-to-the-last")
	b.ReportMetric(last[len(last)*95/100], "p95-ms-to-the-last")
	b.ReportMetric(last[len(last)-1], "max-ms-to-the-last")
	b.ReportMetric(float64((busy-idle).Microseconds())/1000/streamChanges, "processor-ms-per-change")
	b.ReportMetric(float64(idle.Microseconds())/1000/(streamChanges*streamPause.Seconds()), "processor-ms-per-idle-second")
	b.ReportMetric(memory, "KiB-per-client")
	if err := ours.end(syscall.SIGTERM); err != nil {
		b.Errorf("callgate ended with %v", err)
	}
}

// hear tells when a client has read the snapshot of agents, and then each event of one to its end.
func hear(conn net.Conn, heard chan<- time.Time) {
	in := bufio.NewReaderSize(conn, 4<<10)
	snapped, ours, middle := false, false, false
	for {
		line, err := in.ReadSlice('\n')
		long := errors.Is(err, bufio.ErrBufferFull)
		if err != nil && !long {
			return
		}
		switch {
		case middle:
		case !snapped && bytes.HasPrefix(line, []byte(`data: {"topic":"agents"`)):
			snapped, ours = true, true
		case bytes.Equal(line, []byte("event: agent\n")):
			ours = true
		case ours && bytes.Equal(line, []byte("\n")):
			heard <- time.Now()
			ours = false
		}
		middle = long
	}
}

// processor is how much time on a processor the process has had.
func (s *served) processor(b *testing.B) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	var user, system int64
	if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
		b.Fatal(err)
	}
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel counts in hundredths
}
