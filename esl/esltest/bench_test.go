package esltest_test

import (
	"bytes"
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
