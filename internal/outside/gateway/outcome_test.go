package gateway_test

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"callgate/internal/outside/gateway"
)

// jsonProvider is one whose description has no refused rule; formProvider's has; getProvider is asked with GET.
const (
	jsonProvider = `{"title":"x","number":"plus","send":{"method":"POST","url":"SCHEME://gate.example/send","json":{"to":"{number}","text":"{text}"},
		"taken":[{"where":[{"path":"ok","equals":true}]}],"later":[{"where":[{"path":"code","equals":7}],"wait":5}],"id":"id","reason":"why"}}`
	formProvider = `{"title":"x","number":"plus","send":{"method":"POST","url":"SCHEME://gate.example/send","form":{"to":"{number}","text":"{text}"},
		"taken":[{"body":"^OK (?:[0-9]+)"}],"refused":[{"body":"^NO"},{"status":"500"}]}}`
	getProvider = `{"title":"x","number":"plus","send":{"method":"GET","url":"SCHEME://gate.example/send","query":{"to":"{number}","text":"{text}"},
		"taken":[{"where":[{"path":"ok","equals":true}]}],"id":"id"}}`
)

func over(scheme, description string) string {
	return strings.ReplaceAll(description, "SCHEME", scheme)
}

var hello = gateway.Text{ID: 1, Number: "+79255070602", Text: "Здравствуйте"}

// TestOutcomesOfAnswers: what is known of a message after each answer.
func TestOutcomesOfAnswers(t *testing.T) {
	const page = "<!DOCTYPE html><html><body>Welcome</body></html>"
	for _, tt := range []struct {
		name, provider string
		status         int
		header, answer string
		want           gateway.Sent
	}{
		{"taken", jsonProvider, 200, "", `{"ok":true,"id":7}`, gateway.Sent{Outcome: gateway.Taken, ID: "7"}},
		{"taken, as a text", jsonProvider, 201, "", `{"ok":"true","id":"x-7"}`, gateway.Sent{Outcome: gateway.Taken, ID: "x-7"}},
		{"taken, and no id that can be kept", jsonProvider, 200, "", `{"ok":true,"id":"a\nb"}`, gateway.Sent{Outcome: gateway.Taken}},
		{"taken, and too long an id", jsonProvider, 200, "", `{"ok":true,"id":"` + strings.Repeat("x", 201) + `"}`, gateway.Sent{Outcome: gateway.Taken}},
		{"taken by a pattern", formProvider, 200, "", "OK 5", gateway.Sent{Outcome: gateway.Taken}},
		{"not taken by a failure", jsonProvider, 500, "", `{"ok":true,"id":7}`, unknown("status 500")},
		{"not taken, and no rule says why", jsonProvider, 200, "", `{"ok":false,"why":"stop list"}`, unknown("status 200: stop list, and no rule knows the answer")},
		{"refused by a rule", formProvider, 200, "", "NO", refused("status 200")},
		{"refused by a rule for 500", formProvider, 500, "", "?", refused("status 500")},
		{"what no rule knows", formProvider, 200, "", "MAYBE", unknown("status 200, and no rule knows the answer")},
		{"a code for later", jsonProvider, 200, "", `{"ok":false,"code":7,"why":"busy"}`, later("status 200: busy", 5*time.Second)},
		{"a code for later, and when", jsonProvider, 200, "17", `{"ok":false,"code":7}`, later("status 200", 17*time.Second)},
		{"too many", jsonProvider, 429, "30", ``, later("status 429", 30*time.Second)},
		{"too many, for days", jsonProvider, 429, "864000", ``, later("status 429", time.Hour)},
		{"too many, until a day long ago", jsonProvider, 429, "Mon, 01 Jan 2024 00:00:00 GMT", ``, later("status 429", 0)},
		{"too many, and nonsense", jsonProvider, 429, "-5", ``, later("status 429", 0)},
		{"no service", jsonProvider, 503, "", page, later("status 503", 0)},
		{"wrong address", jsonProvider, 404, "", page, refused("status 404")},
		{"wrong password", jsonProvider, 401, "", ``, refused("status 401")},
		{"waited in vain", jsonProvider, 408, "", ``, unknown("status 408")},
		{"a failure", jsonProvider, 500, "", `{"ok":false,"why":"x"}`, unknown("status 500: x")},
		{"a gateway's failure", jsonProvider, 502, "", page, unknown("status 502")},
		{"a gateway's patience", jsonProvider, 504, "", page, unknown("status 504")},
		{"a page", jsonProvider, 200, "", page, unknown("status 200 and HTML")},
		{"a page, and a pattern that it is not", `{"title":"x","number":"plus","send":{"method":"POST","url":"SCHEME://gate.example/","form":{"to":"{number}","text":"{text}"},"taken":[{"body":"^OK"}]}}`,
			200, "", " \n<HTML>", unknown("status 200 and HTML")},
		{"nothing", jsonProvider, 200, "", ``, unknown("status 200 and nothing that can be understood")},
		{"half of it", jsonProvider, 200, "", `{"ok":true,"id":`, unknown("status 200 and nothing that can be understood")},
		{"no JSON", jsonProvider, 200, "", `ok`, unknown("status 200 and nothing that can be understood")},
		{"elsewhere", jsonProvider, 302, "", `{"ok":true}`, unknown("status 302, a redirect, which is not followed")},
		{"elsewhere, the same way", jsonProvider, 307, "", ``, unknown("status 307, a redirect, which is not followed")},
		{"2 MB", jsonProvider, 200, "", `{"ok":true,"x":"` + strings.Repeat("x", 2<<20) + `"}`, unknown("an answer of more than 1 MiB")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t, "gate.example")
			p.answer = func(w http.ResponseWriter, _ *http.Request) {
				if tt.header != "" {
					w.Header().Set("Retry-After", tt.header)
				}
				w.Header().Set("Location", "https://elsewhere.example/")
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.answer)
			}
			h := driver(t, described(t, over("https", tt.provider)), nil, p.options())
			got := h.Send(t.Context(), hello)
			if got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
			if _, n := p.last(); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestEncoded: what comes in an encoding that nobody asked for is not read, and by no means refuses a message.
func TestEncoded(t *testing.T) {
	byBody := `{"title":"x","number":"plus","send":{"method":"POST","url":"https://gate.example/send","form":{"to":"{number}","text":"{text}"},"taken":[{"body":"^OK"}]}}`
	for _, tt := range []struct {
		name, encoding string
		status         int
		want           gateway.Sent
	}{
		{"gzip", "gzip", 200, unknown("status 200 and nothing that can be understood")},
		{"several", "br, gzip", 200, unknown("status 200 and nothing that can be understood")},
		{"a refusal", "gzip", 401, refused("status 401")},
		{"none", "Identity", 200, gateway.Sent{Outcome: gateway.Taken}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newProvider(t, "gate.example")
			p.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", tt.encoding)
				w.WriteHeader(tt.status)
				if strings.Contains(tt.encoding, "gzip") {
					z := gzip.NewWriter(w)
					defer z.Close()
					_, _ = io.WriteString(z, "OK")
					return
				}
				_, _ = io.WriteString(w, "OK")
			}
			h := driver(t, described(t, byBody), nil, p.options())
			if got := h.Send(t.Context(), hello); got != tt.want {
				t.Errorf("%+v, want %+v", got, tt.want)
			}
		})
	}
}

// TestNotTried: what no provider can be given is refused without asking one.
func TestNotTried(t *testing.T) {
	p := newProvider(t, "gate.example")
	p.answers(200, `{"ok":true}`)
	limited := strings.Replace(over("https", jsonProvider), `"title":"x"`, `"title":"x","limits":{"longest":70}`, 1)
	h := driver(t, described(t, limited), nil, p.options())
	for _, tt := range []struct {
		name, want string
		change     func(*gateway.Text)
	}{
		{"NUL", "NUL", func(m *gateway.Text) { m.Text = "a\x00b" }},
		{"no UTF-8", "UTF-8", func(m *gateway.Text) { m.Text = "a\xff" }},
		{"no number", "number", func(m *gateway.Text) { m.Number = "" }},
		{"a number of two lines", "number", func(m *gateway.Text) { m.Number = "+7\r\nX: y" }},
		{"a sender of two lines", "sender", func(m *gateway.Text) { m.From = "A\nB" }},
		{"too long", "than the 70 characters", func(m *gateway.Text) { m.Text = strings.Repeat("ы", 71) }},
		{"too late", "the time is over", func(m *gateway.Text) { m.Until = time.Now().Add(-time.Second) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := hello
			tt.change(&m)
			got := h.Send(t.Context(), m)
			if _, n := p.last(); got.Outcome != gateway.Refused || !strings.Contains(got.Reason, tt.want) || n > 0 {
				t.Errorf("%+v after %d requests", got, n)
			}
		})
	}
	m := hello
	m.Text = strings.Repeat("ы", 70)
	if got := h.Send(t.Context(), m); got.Outcome != gateway.Taken {
		t.Errorf("just as long as may be: %+v", got)
	}
}

// TestOutcomesOfConnections: what is known of a message when the connection fails.
func TestOutcomesOfConnections(t *testing.T) {
	heard := func(conn net.Conn) *http.Request {
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		return r
	}
	for _, tt := range []struct {
		name   string
		serve  func(conn net.Conn, leave context.CancelFunc) // what the server does; leave is the end of who waits
		want   gateway.Outcome
		reason string
	}{
		{"it reads and waits", func(conn net.Conn, leave context.CancelFunc) { heard(conn); leave(); _, _ = conn.Read(make([]byte, 1)) }, gateway.Unknown, "no whole answer within"},
		{"it reads and closes", func(conn net.Conn, _ context.CancelFunc) { heard(conn) }, gateway.Unknown, "the connection ended before the answer did"},
		{"it answers half a line", func(conn net.Conn, _ context.CancelFunc) { heard(conn); fmt.Fprint(conn, "HTTP/1.1 20") }, gateway.Unknown, "what came is no HTTP, or a part of it"},
		{"it answers half a head", func(conn net.Conn, _ context.CancelFunc) {
			heard(conn)
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n")
		}, gateway.Unknown, "the connection ended before"},
		{"it answers half", func(conn net.Conn, _ context.CancelFunc) {
			heard(conn)
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"ok\":true}")
		}, gateway.Unknown, "the connection ended before"},
		{"it answers half and waits", func(conn net.Conn, leave context.CancelFunc) {
			heard(conn)
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"ok\":true}")
			leave()
			_, _ = conn.Read(make([]byte, 1))
		}, gateway.Unknown, "no whole answer within"},
		{"it answers what is no HTTP", func(conn net.Conn, _ context.CancelFunc) {
			heard(conn)
			fmt.Fprint(conn, "220 mail.example ESMTP Здравствуйте\r\n")
		}, gateway.Unknown, "what came is no HTTP"},
		{"it answers with a head without end", func(conn net.Conn, _ context.CancelFunc) {
			heard(conn)
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 1<<20))
		}, gateway.Unknown, ""},
		{"it answers with a head of 128 KiB", func(conn net.Conn, _ context.CancelFunc) {
			heard(conn)
			fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nX: "+strings.Repeat("x", 128<<10)+"\r\n\r\n{\"ok\":true}")
		}, gateway.Unknown, ""},
		{"it takes and answers at last", func(conn net.Conn, _ context.CancelFunc) {
			heard(conn)
			fmt.Fprint(conn, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nConnection: close\r\n\r\n{\"ok\":true}")
		}, gateway.Taken, ""},
	} {
		for _, kind := range []struct{ name, description string }{{"POST", jsonProvider}, {"GET", getProvider}} {
			t.Run(tt.name+" "+kind.name, func(t *testing.T) {
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				l := listen(t, func(conn net.Conn, _ int) { tt.serve(conn, leave) })
				h := driver(t, described(t, over("http", kind.description)), nil, l.options())
				got := h.Send(ctx, hello)
				if got.Outcome != tt.want || !strings.Contains(got.Reason, tt.reason) || strings.Contains(got.Reason, "Здравствуйте") {
					t.Errorf("%+v", got)
				}
				if n := l.taken.Load(); n != 1 {
					t.Errorf("%d connections", n)
				}
			})
		}
	}
}

// listener is a server below HTTP.
type listener struct {
	net.Listener
	taken atomic.Int64
}

// listen serves connections one after the other, and closes each afterwards.
func listen(t *testing.T, serve func(conn net.Conn, n int)) *listener {
	l := &listener{}
	var err error
	if l.Listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serve(conn, int(l.taken.Add(1)))
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l
}

func (l *listener) options() gateway.Options {
	return gateway.Options{Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, l.Addr().String())
	}}
}

// TestOutcomesWithoutConnection: whoever was never reached has nothing.
func TestOutcomesWithoutConnection(t *testing.T) {
	right := newProvider(t, "other.example")
	plain := listen(t, func(conn net.Conn, _ int) {
		fmt.Fprint(conn, "220 mail.example\r\n")
		_, _ = conn.Read(make([]byte, 1))
	})
	closed := listen(t, func(net.Conn, int) {})
	closed.Close()
	ended, end := context.WithCancel(t.Context())
	end()
	fails := func(err error) gateway.Options {
		return gateway.Options{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, err }}
	}
	for _, tt := range []struct {
		name, scheme string
		ctx          context.Context
		o            gateway.Options
		want         string
	}{
		{"refused", "http", t.Context(), closed.options(), "connection refused"},
		{"no such host", "https", t.Context(), fails(&net.DNSError{Err: "no such host", Name: "gate.example", IsNotFound: true}), "lookup gate.example: no such host"},
		{"the network is down", "https", t.Context(), fails(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ENETUNREACH}), "network is unreachable"},
		{"somebody else's certificate", "https", t.Context(), right.options(), "certificate is valid for other.example, not gate.example"},
		{"an authority that nobody trusts", "https", t.Context(), gateway.Options{Dial: right.options().Dial}, "certificate"},
		{"no TLS", "https", t.Context(), plain.options(), "first record does not look like a TLS handshake"},
		{"nobody waits any more", "http", ended, plain.options(), "context canceled"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := driver(t, described(t, over(tt.scheme, jsonProvider)), nil, tt.o)
			if got := h.Send(tt.ctx, hello); got.Outcome != gateway.Later || !strings.Contains(got.Reason, tt.want) {
				t.Errorf("%+v, want %s", got, tt.want)
			}
		})
	}
}

// brokenConn fails to write after so many bytes.
type brokenConn struct {
	net.Conn
	after int
}

func (c *brokenConn) Write(b []byte) (int, error) {
	n := min(len(b), c.after)
	c.after -= n
	if n == len(b) {
		return c.Conn.Write(b)
	}
	return n, &net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}
}

// TestOutcomesOfWriting: one byte of the request that may have arrived makes the outcome unknown, none does not.
func TestOutcomesOfWriting(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after int
		want  gateway.Outcome
	}{{"nothing", 0, gateway.Later}, {"one byte", 1, gateway.Unknown}, {"some", 100, gateway.Unknown}} {
		for _, kind := range []struct{ name, description string }{{"POST", jsonProvider}, {"GET", getProvider}} {
			t.Run(tt.name+" "+kind.name, func(t *testing.T) {
				l := listen(t, func(conn net.Conn, _ int) { _, _ = io.Copy(io.Discard, conn) })
				h := driver(t, described(t, over("http", kind.description)), nil, gateway.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
					conn, err := l.options().Dial(ctx, network, address)
					return &brokenConn{conn, tt.after}, err
				}})
				if got := h.Send(t.Context(), hello); got.Outcome != tt.want {
					t.Errorf("%+v", got)
				}
			})
		}
	}
}

// TestSentOnce: a connection that dies under the second message does not make net/http send it again, neither with POST
// nor with GET, which it does for others.
func TestSentOnce(t *testing.T) {
	idempotent := strings.Replace(jsonProvider, `"json":`, `"headers":{"Idempotency-Key":"{id}"},"json":`, 1)
	empty := `{"title":"x","number":"plus","send":{"method":"POST","url":"SCHEME://gate.example/send","headers":{"X-Idempotency-Key":"{id}"},
		"query":{"to":"{number}","text":"{text}"},"form":{"from":"{from}"},"taken":[{"where":[{"path":"ok","equals":true}]}]}}`
	for _, tt := range []struct{ name, description string }{{"POST", jsonProvider}, {"GET", getProvider}, {"a header", idempotent}, {"a header and no body", empty}} {
		for _, how := range []string{"closes", "resets"} {
			t.Run(tt.name+" "+how, func(t *testing.T) {
				var second, connections atomic.Int64
				l := listen(t, func(conn net.Conn, n int) {
					connections.Add(1)
					in := bufio.NewReader(conn)
					for {
						r, err := http.ReadRequest(in)
						if err != nil {
							return
						}
						body, _ := io.ReadAll(r.Body)
						if strings.Contains(string(body)+r.URL.Query().Get("text"), "second") {
							second.Add(1)
							if how == "resets" {
								_ = conn.(*net.TCPConn).SetLinger(0)
							}
							return
						}
						fmt.Fprint(conn, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}")
					}
				})
				h := driver(t, described(t, over("http", tt.description)), nil, l.options())
				m := hello
				for range 3 {
					if got := h.Send(t.Context(), m); got.Outcome != gateway.Taken {
						t.Fatalf("the first: %+v", got)
					}
				}
				if n := connections.Load(); n != 1 {
					t.Fatalf("%d connections for three messages", n)
				}
				m.Text = "second"
				if got := h.Send(t.Context(), m); got.Outcome != gateway.Unknown {
					t.Errorf("the second: %+v", got)
				}
				m.Text = "third"
				if got := h.Send(t.Context(), m); got.Outcome != gateway.Taken {
					t.Errorf("the third: %+v", got)
				}
				if n := second.Load(); n != 1 {
					t.Errorf("the provider has the second message %d times", n)
				}
			})
		}
	}
}

// TestPatience: how long a provider is waited for.
func TestPatience(t *testing.T) {
	for _, tt := range []struct {
		name, timeout string
		deadline      time.Duration // 0 for none
		reads         bool          // the server takes the request
		want          gateway.Outcome
		after         time.Duration
	}{
		{"as long as the description says", `"timeout":7,`, time.Minute, true, gateway.Unknown, 7 * time.Second},
		{"half a minute, when it says nothing", ``, time.Minute, true, gateway.Unknown, 30 * time.Second},
		{"until the deadline", ``, 3 * time.Second, true, gateway.Unknown, 3 * time.Second},
		{"for a connection", ``, time.Minute, false, gateway.Later, 10 * time.Second},
		{"for a connection, until the deadline", ``, 3 * time.Second, false, gateway.Later, 3 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server, client := net.Pipe()
				go func() { _, _ = io.Copy(io.Discard, server) }()
				d := described(t, strings.Replace(over("http", jsonProvider), `"json":`, tt.timeout+`"json":`, 1))
				h, err := gateway.NewHTTP(d, nil, gateway.Options{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
					if !tt.reads {
						<-ctx.Done()
						return nil, errors.New("nobody is there")
					}
					return client, nil
				}})
				if err != nil {
					t.Fatal(err)
				}
				ctx, stop := context.WithTimeout(t.Context(), tt.deadline)
				defer stop()
				began := time.Now()
				got := h.Send(ctx, hello)
				if took := time.Since(began); got.Outcome != tt.want || took != tt.after {
					t.Errorf("after %v: %+v", took, got)
				}
				h.Close()
				client.Close()
				server.Close()
				time.Sleep(10 * time.Second) // the dialling of which nobody waits for the end
				synctest.Wait()
			})
		})
	}
}

// TestIdle: a connection carries what comes soon, and is closed before servers close theirs.
func TestIdle(t *testing.T) {
	for _, tt := range []struct {
		name  string
		pause time.Duration
		want  int64 // connections
	}{{"soon", 3 * time.Second, 1}, {"after a while", 5 * time.Second, 2}} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var dialled atomic.Int64
				h, err := gateway.NewHTTP(described(t, over("http", jsonProvider)), nil, gateway.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
					dialled.Add(1)
					server, client := net.Pipe()
					go func() {
						for in := bufio.NewReader(server); ; {
							r, err := http.ReadRequest(in)
							if err != nil {
								return
							}
							_, _ = io.Copy(io.Discard, r.Body)
							fmt.Fprint(server, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}")
						}
					}()
					return client, nil
				}})
				if err != nil {
					t.Fatal(err)
				}
				defer h.Close()
				for range 2 {
					if got := h.Send(t.Context(), hello); got.Outcome != gateway.Taken {
						t.Errorf("%+v", got)
					}
					time.Sleep(tt.pause)
					synctest.Wait()
				}
				if n := dialled.Load(); n != tt.want {
					t.Errorf("%d connections, want %d", n, tt.want)
				}
			})
		})
	}
}

// TestSwitched: nobody waits for a provider that switches to another protocol, of whose connection net/http keeps no deadline.
func TestSwitched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, client := net.Pipe()
		go func() {
			_, _ = server.Read(make([]byte, 4096))
			fmt.Fprint(server, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			_, _ = io.Copy(io.Discard, server)
		}()
		h, err := gateway.NewHTTP(described(t, over("http", jsonProvider)), nil, gateway.Options{Dial: func(context.Context, string, string) (net.Conn, error) {
			return client, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Send(t.Context(), hello); got != unknown("status 101") {
			t.Errorf("%+v", got)
		}
		if _, err := client.Write([]byte("x")); err == nil {
			t.Error("the connection is still there")
		}
		h.Close()
	})
}

// TestTurns: no more requests are under way than may be, and a message that waits for its turn has gone nowhere.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var dialled atomic.Int64
		answer := make(chan struct{})
		var servers sync.WaitGroup
		o := gateway.Options{AtATime: 2, Dial: func(context.Context, string, string) (net.Conn, error) {
			dialled.Add(1)
			server, client := net.Pipe()
			servers.Go(func() {
				in := bufio.NewReader(server)
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					<-answer
					fmt.Fprint(server, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{\"ok\":true}")
				}
			})
			return client, nil
		}}
		h, err := gateway.NewHTTP(described(t, over("http", jsonProvider)), nil, o)
		if err != nil {
			t.Fatal(err)
		}
		sent := make(chan gateway.Sent, 3)
		for range 2 {
			go func() { sent <- h.Send(t.Context(), hello) }()
		}
		synctest.Wait()
		ctx, leave := context.WithCancel(t.Context())
		go func() { sent <- h.Send(ctx, hello) }()
		synctest.Wait()
		leave()
		if got := <-sent; got.Outcome != gateway.Later {
			t.Errorf("the one that waits: %+v", got)
		}
		close(answer)
		for range 2 {
			if got := <-sent; got.Outcome != gateway.Taken {
				t.Errorf("the others: %+v", got)
			}
		}
		if n := dialled.Load(); n != 2 {
			t.Errorf("%d connections", n)
		}
		h.Close()
		servers.Wait()
	})
}

// TestNoEnd: of an answer without end no more is taken than an answer may have.
func TestNoEnd(t *testing.T) {
	p := newProvider(t, "gate.example")
	p.answer = func(w http.ResponseWriter, _ *http.Request) {
		for piece := strings.Repeat(" ", 64<<10); ; {
			if _, err := io.WriteString(w, piece); err != nil {
				return
			}
		}
	}
	h := driver(t, described(t, over("https", jsonProvider)), nil, p.options())
	if got := h.Send(t.Context(), hello); got != unknown("an answer of more than 1 MiB") {
		t.Errorf("%+v", got)
	}
}
