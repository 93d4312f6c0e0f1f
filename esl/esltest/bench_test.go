package esltest_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"callgate/esl/esltest"
)

// dialRaw logs in over TCP and leaves the socket to the caller, since reading
// frame by frame would be what is measured.
func dialRaw(b *testing.B, s *esltest.Switch, commands string) net.Conn {
	b.Helper()
	nc, err := net.Dial("tcp", s.Addr())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { nc.Close() })
	if _, err := nc.Write([]byte("auth ClueCon\n\n" + commands + "api echo begin\n\n")); err != nil {
		b.Fatal(err)
	}
	readUntil(b, nc, 1, "begin")
	return nc
}

func readUntil(t testing.TB, r io.Reader, n int, mark string) {
	t.Helper()
	if left, err := count(r, n, mark); err != nil {
		t.Fatalf("%d of %d %q never came: %v", left, n, mark, err)
	}
}

// count reads until mark has come n times, or how often it has not.
func count(r io.Reader, n int, mark string) (left int, err error) {
	buf, kept := make([]byte, 1<<16), 0
	for n > 0 {
		got, err := r.Read(buf[kept:])
		if err != nil {
			return n, err
		}
		all := buf[:kept+got]
		n -= bytes.Count(all, []byte(mark))
		// What could be the beginning of a mark stays.
		kept = copy(buf, all[max(0, len(all)-len(mark)+1):])
	}
	return 0, nil
}

// BenchmarkAPI answers api commands that arrive many at a time.
func BenchmarkAPI(b *testing.B) {
	s := run(b, esltest.Config{Heartbeat: -1})
	nc := dialRaw(b, s, "")
	const many = 1000
	batch := []byte(strings.Repeat("api echo x\n\n", many))
	b.ResetTimer()
	for left := b.N; left > 0; left -= many {
		n := min(left, many)
		if _, err := nc.Write(batch[:n*len("api echo x\n\n")]); err != nil {
			b.Fatal(err)
		}
		readUntil(b, nc, n, "api/response")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
}

// BenchmarkAPIOneByOne answers api commands that wait for each other.
func BenchmarkAPIOneByOne(b *testing.B) {
	s := run(b, esltest.Config{Heartbeat: -1})
	nc := dialRaw(b, s, "")
	b.ResetTimer()
	for range b.N {
		if _, err := nc.Write([]byte("api echo x\n\n")); err != nil {
			b.Fatal(err)
		}
		readUntil(b, nc, 1, "api/response")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commands/s")
}

// BenchmarkStorm brings 100,000 events to one client.
func BenchmarkStorm(b *testing.B) {
	const many = 100_000
	for range b.N {
		s := run(b, esltest.Config{Heartbeat: -1})
		nc := dialRaw(b, s, "event plain CUSTOM x::y\n\n")
		go s.Storm(many, "CUSTOM", "x::y", nil)
		readUntil(b, nc, many, "Storm-Number")
		s.Close()
	}
	b.ReportMetric(float64(b.N)*many/b.Elapsed().Seconds(), "events/s")
}

// bigCentre is 500 queues, 5,000 agents on a break or logged out, 20,000 tiers
// and, once they have rung, 1,000 members.
func bigCentre(b *testing.B) *esltest.Switch {
	const queues, agents, tiers, members = 500, 5000, 20_000, 1000
	cfg := esltest.Config{Heartbeat: -1, MaxSessions: members, Extensions: []esltest.Extension{
		{Match: `^q(\d+)$`, Apps: []esltest.App{{Name: "callcenter", Data: "queue$1@default"}}}}}
	for i := range queues {
		cfg.Queues = append(cfg.Queues, esltest.Queue{Name: fmt.Sprintf("queue%d@default", i), MOH: "local_stream://moh"})
	}
	for i := range agents {
		cfg.Agents = append(cfg.Agents, esltest.Agent{Name: fmt.Sprintf("%d@default", i), Status: []string{"On Break", "Logged Out"}[i%2],
			Contact: fmt.Sprintf("[leg_timeout=10]user/%d@pbx.example.com", i)})
	}
	for i := range tiers {
		cfg.Tiers = append(cfg.Tiers, esltest.Tier{Queue: cfg.Queues[i%queues].Name, Agent: cfg.Agents[(i%queues+i/queues*125)%agents].Name,
			Level: 1 + i%3, Position: 1 + i%7})
	}
	s := run(b, cfg)
	for i := range members {
		if _, err := s.Call(esltest.Call{Number: fmt.Sprintf("7900%07d", i), Extension: fmt.Sprintf("q%d", i%queues)}); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

// BenchmarkLists prints the lists of a big contact centre.
func BenchmarkLists(b *testing.B) {
	s := bigCentre(b)
	for _, list := range []struct {
		name, command, mark string
		rows                int
	}{
		{"queues", "callcenter_config queue list", "@default|", 500},
		{"tiers", "callcenter_config tier list", "|Ready|", 20_000},
		{"agents", "callcenter_config agent list", "|Waiting|", 5000},
		{"agents in JSON", `json {"command":"callcenter_config","data":{"arguments":"agent list"}}`, `"name":`, 5000},
		{"members in JSON", `json {"command":"callcenter_config","data":{"arguments":"member list"}}`, `"score":`, 1000},
		{"channels in JSON", "show channels as json", `"call_uuid":`, 1000},
	} {
		b.Run(list.name, func(b *testing.B) {
			nc := dialRaw(b, s, "")
			for b.Loop() {
				if _, err := nc.Write([]byte("api " + list.command + "\n\n")); err != nil {
					b.Fatal(err)
				}
				readUntil(b, nc, list.rows, list.mark)
			}
		})
	}
}
