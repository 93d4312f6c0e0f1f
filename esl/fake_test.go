package esl_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"callgate/esl"
)

const (
	coreUUID = "c7c58bd5-3697-476a-b686-aa0cfaa649c9"
	goodbye  = "Content-Type: text/disconnect-notice\nContent-Length: 23\n\nDisconnected, goodbye.\n"
)

// fake is a switch in pipes. Each connection is served by serve, or by the well-behaved one.
type fake struct {
	serve func(n int, p *peer)             // n counts connections from 0
	api   func(p *peer, cmd string) string // output of a command; default echoes the command
	bgapi func(p *peer, id, cmd string)    // default confirms and reports at once

	mu       sync.Mutex
	peers    []*peer
	listener net.Listener
	wg       sync.WaitGroup
	events   chan *peer // those that subscribed
}

func newFake() *fake { return &fake{events: make(chan *peer, 64)} }

// peer is the switch's end of a connection.
type peer struct {
	net.Conn
	r    *bufio.Reader
	mu   sync.Mutex
	seen []string // commands read
}

func (f *fake) Dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	f.accept(theirs)
	return ours, nil
}

func (f *fake) accept(nc net.Conn) {
	p := &peer{Conn: nc, r: bufio.NewReader(nc)}
	f.mu.Lock()
	n := len(f.peers)
	f.peers = append(f.peers, p)
	f.mu.Unlock()
	f.wg.Go(func() {
		defer p.Close()
		if f.serve != nil {
			f.serve(n, p)
			return
		}
		f.behave(p)
	})
}

// listen serves the fake on real sockets as well and returns the address.
func (f *fake) listen(t testing.TB, wrap func(net.Listener) net.Listener) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if wrap != nil {
		l = wrap(l)
	}
	f.wg.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			f.accept(nc)
		}
	})
	f.mu.Lock()
	f.listener = l
	f.mu.Unlock()
	return l.Addr().String()
}

// close hangs up everywhere and waits for the fake's goroutines.
func (f *fake) close() {
	f.mu.Lock()
	if f.listener != nil {
		f.listener.Close()
	}
	for _, p := range f.peers {
		p.Close()
	}
	f.mu.Unlock()
	f.wg.Wait()
}

func (f *fake) connections() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.peers)
}

// all returns every command any connection has read.
func (f *fake) all() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for _, p := range f.peers {
		p.mu.Lock()
		all = append(all, p.seen...)
		p.mu.Unlock()
	}
	return all
}

func (f *fake) behave(p *peer) {
	if p.logIn() {
		f.answer(p)
	}
}

// answer serves commands until the connection ends.
func (f *fake) answer(p *peer) {
	for {
		cmd, ok := p.command()
		if !ok {
			return
		}
		word, rest, _ := strings.Cut(cmd, " ")
		switch word {
		case "event":
			p.reply("+OK event listener enabled json")
			f.events <- p
		case "api":
			switch {
			case rest == "global_getvar core_uuid":
				p.output(coreUUID)
			case f.api != nil:
				p.output(f.api(p, rest))
			default:
				p.output(rest)
			}
		case "bgapi":
			line, header, _ := strings.Cut(rest, "\n")
			id := strings.TrimPrefix(header, "Job-UUID: ")
			if f.bgapi != nil {
				f.bgapi(p, id, line)
				continue
			}
			p.confirm(id)
			p.job(id, "+OK "+line+"\n")
		case "nolog":
			p.reply("-ERR not loging")
		case "exit":
			p.send("Content-Type: command/reply\nReply-Text: +OK bye\n\n" + goodbye)
			return
		default:
			p.reply("-ERR command not found")
		}
	}
}

func (p *peer) logIn() bool {
	p.send("Content-Type: auth/request\n\n")
	cmd, ok := p.command()
	if !ok {
		return false
	}
	if cmd != "auth ClueCon" {
		p.reply("-ERR invalid")
		p.send(goodbye)
		return false
	}
	p.reply("+OK accepted")
	return true
}

// command reads up to a blank line.
func (p *peer) command() (string, bool) {
	var lines []string
	for {
		line, err := p.r.ReadString('\n')
		if err != nil {
			return "", false
		}
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line)
			continue
		}
		if len(lines) > 0 {
			cmd := strings.Join(lines, "\n")
			p.mu.Lock()
			p.seen = append(p.seen, cmd)
			p.mu.Unlock()
			return cmd, true
		}
	}
}

func (p *peer) send(text string) { _, _ = p.Write([]byte(text)) } // the client may have gone
func (p *peer) reply(text string) {
	p.send("Content-Type: command/reply\nReply-Text: " + text + "\n\n")
}

func (p *peer) output(body string) {
	p.send(fmt.Sprintf("Content-Type: api/response\nContent-Length: %d\n\n%s", len(body), body))
}

func (p *peer) confirm(id string) {
	p.send("Content-Type: command/reply\nReply-Text: +OK Job-UUID: " + id + "\nJob-UUID: " + id + "\n\n")
}

func (p *peer) job(id, output string) {
	p.event(fmt.Sprintf(`{"Event-Name":"BACKGROUND_JOB","Job-UUID":%q,"_body":%q}`, id, output))
}

func (p *peer) event(json string) {
	p.send(fmt.Sprintf("Content-Length: %d\nContent-Type: text/event-json\n\n%s", len(json), json))
}

// run starts a client on the fake. stop ends it and checks that Run did as promised; it is called at the end anyway.
func run(t testing.TB, f *fake, o esl.Options) (c *esl.Client, stop func()) {
	t.Helper()
	if o.Name == "" {
		o.Name = "main"
	}
	if o.Password == "" {
		o.Password = "ClueCon"
	}
	if o.Addr == "" {
		o.Addr, o.Dial = "switch:8021", f.Dial
	}
	ctx, cancel := context.WithCancel(context.Background())
	c = esl.NewClient(o)
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
		if c.Ready() || c.Err() == nil {
			t.Errorf("after Run: Ready() = %v, Err() = %v", c.Ready(), c.Err())
		}
	})
	t.Cleanup(f.close)
	t.Cleanup(stop)
	return c, stop
}

// runUp is run that returns when the client is up.
func runUp(t testing.TB, f *fake, o esl.Options) (c *esl.Client, stop func()) {
	t.Helper()
	up := make(chan struct{}, 1)
	then := o.OnUp
	o.OnUp = func(ctx context.Context, c *esl.Client) {
		select {
		case up <- struct{}{}:
		default:
		}
		if then != nil {
			then(ctx, c)
		}
	}
	c, stop = run(t, f, o)
	receive(t, up, "link up")
	return c, stop
}

// receive waits for a value, not for ever.
func receive[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	select {
	case v, ok := <-from:
		if !ok {
			t.Fatalf("%s: channel closed", what)
		}
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("timed out waiting for %s", what)
	}
	panic("unreachable")
}

// metric returns the sum of a metric over all series that have these labels (name, value, name, value...).
func metric(t *testing.T, reg *prometheus.Registry, name string, labels ...string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, family := range families {
		for _, m := range family.GetMetric() {
			have := map[string]string{}
			for _, l := range m.GetLabel() {
				have[l.GetName()] = l.GetValue()
			}
			match := family.GetName() == name
			for i := 0; i < len(labels); i += 2 {
				match = match && have[labels[i]] == labels[i+1]
			}
			if match {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			}
		}
	}
	return sum
}
