// Package esltest is a pretend FreeSWITCH on real sockets, for tests and
// demonstrations, as net/http/httptest is for HTTP.
//
// It is a small model, not a collection of canned texts: channels with ordered
// variables and caller profiles walk through FreeSWITCH's states, a dialplan
// runs applications, mod_callcenter hands waiting callers to agents, recordings
// are real WAV files and CDRs are posted by HTTP. Every answer is computed from
// that state. It is not a SIP stack (phones are pretended inside), carries no
// audio, keeps nothing after Run, and answers only the commands listed in api.go.
// Where it knows less than FreeSWITCH: log subscriptions stay empty, allow-lists
// of userauth are not applied, enterprise originate is plain parallel dialling,
// an agent reached over loopback keeps the loopback leg as his channel, and music
// on hold in a queue is silent.
//
// Start gives a running switch and Close takes it away, whole; the examples show
// a client, a queue, a CDR, a call handed to an outbound server, and a fault.
// Several switches in one process share nothing.
//
// Faults are methods: what a network or a broken switch does to its clients
// (CutConnections, CutAt, ResetConnections, CutFrame, LieAboutLength, SendRaw, Hang,
// GoSilent, StopReading, ReadSlowly, WriteSlowly, DropAfter, RefuseByACL), what
// goes wrong inside (FailCommand, SpoilList, DelayAPI, DelayOriginate, Restart)
// and load (Storm). They may be set at any time, hold for all connections, inbound
// and outbound, and most end when they are set to nothing again. Received,
// Commands and Counts tell what clients sent.
//
// The clock is Config.Now, run faster by Config.Speed; every duration but the
// timeout of a CDR post is by it, and all waiting is on timers, so the switch
// also runs inside a bubble of testing/synctest (with Config.Listener and
// Config.Dial in memory), where hours take no time.
//
// Concurrency: one lock guards the whole model, and everything that runs holds
// it except while it waits; so the model's code is sequential and a sequence of
// events is what the code says. Every goroutine is started by the Switch and
// ended before Run or Close returns. Event queues are bounded as FreeSWITCH's
// are (100,000 for each connection); what does not fit is dropped, and a reader
// that loses 501 events in a row is disconnected.
package esltest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"
)

// Switch is one pretend FreeSWITCH. Its methods may be called from any goroutine.
type Switch struct {
	cfg Config
	ln  net.Listener
	wg  sync.WaitGroup
	ctx context.Context // ends when the switch stops
	end context.CancelFunc

	mu       sync.Mutex
	stopped  bool
	ran      chan struct{} // closed when Run returns; nil before Run
	boot     time.Time     // by cfg.Now
	started  time.Time     // by the switch's clock; changes with Restart
	coreUUID string
	seq      uint64
	life     int // counts restarts: work begun in an earlier life has no outcome
	conns    map[*conn]struct{}
	general  map[*conn]struct{} // those of them that are not bound
	bound    map[string][]*conn // those that get the events of one channel only
	speaker  *conn              // has said something that is not written yet; see release
	sessions map[string]*channel
	order    []*channel // sessions in the order they were made
	stats    sessionStats
	trunks   map[string]trunk // by the gateway's name
	globals  headers
	xml      tree
	control  control
	cc       *callcenter
	faults   faults
	received received
	rings    []*Ring
	sipSeq   int
}

// New builds the switch and binds its Event Socket at once, so that Addr is
// right even for port 0. Run must follow, or Close; Start is both at once.
func New(cfg Config) (*Switch, error) {
	cfg = cfg.withDefaults()
	s := &Switch{
		cfg:      cfg,
		conns:    make(map[*conn]struct{}),
		general:  make(map[*conn]struct{}),
		bound:    make(map[string][]*conn),
		sessions: make(map[string]*channel),
		trunks:   make(map[string]trunk),
	}
	s.ctx, s.end = context.WithCancel(context.Background())
	s.boot = cfg.Now()
	s.started = s.boot
	s.coreUUID = s.newUUID()
	s.globals = headers{}
	for name, v := range map[string]string{
		"hostname": cfg.Hostname, "switchname": cfg.Hostname, "domain": cfg.Domain, "local_ip_v4": cfg.IPv4,
		"core_uuid": s.coreUUID, "recordings_dir": cfg.RecordingsPath,
	} {
		s.globals.set(name, v)
	}
	for name, v := range cfg.Globals {
		s.globals.set(name, v)
	}
	if err := checkExtensions(cfg.Extensions); err != nil {
		return nil, err
	}
	var err error
	if s.xml, err = readXML(cfg.XML); err != nil {
		return nil, err
	}
	s.cc = newCallcenter(s)
	if s.ln = cfg.Listener; s.ln == nil {
		ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", cfg.Addr)
		if err != nil {
			return nil, fmt.Errorf("listen for the event socket: %w", err)
		}
		s.ln = ln
	}
	return s, nil
}

// Start is New with Run in the background, as httptest.NewServer is for HTTP.
// Close ends it.
func Start(cfg Config) (*Switch, error) {
	s, err := New(cfg)
	if err != nil {
		return nil, err
	}
	ran := make(chan struct{})
	s.ran = ran
	go func() {
		defer close(ran)
		if err := s.run(); err != nil {
			s.cfg.Logger.Error("pretend switch", "error", err)
		}
	}()
	return s, nil
}

// Addr is the host:port of the Event Socket.
func (s *Switch) Addr() string { return s.ln.Addr().String() }

// CoreUUID is that of the core as it runs now: a Restart changes it.
func (s *Switch) CoreUUID() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.coreUUID
}

// Run serves until ctx ends or Close is called, then stops like a power cut:
// sockets close, calls vanish without a word, and it returns once every goroutine
// has ended. It returns nil then, and the reason when the listener fails. A
// switch runs once.
func (s *Switch) Run(ctx context.Context) error {
	s.mu.Lock()
	if s.ran != nil {
		s.mu.Unlock()
		return errors.New("esltest: the switch runs already, or ran")
	}
	ran := make(chan struct{})
	s.ran = ran
	s.mu.Unlock()
	defer close(ran)
	defer context.AfterFunc(ctx, s.stop)()
	return s.run()
}

func (s *Switch) run() error {
	s.mu.Lock()
	s.serve(s.heartbeats)
	s.serve(s.cc.dispatch)
	s.mu.Unlock()
	var err error
	for {
		var nc net.Conn
		if nc, err = s.ln.Accept(); err != nil {
			break
		}
		s.accept(nc)
	}
	wanted := s.ctx.Err() != nil
	s.stop()
	s.wg.Wait()
	if wanted || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return fmt.Errorf("accept on the event socket: %w", err)
}

// Close stops the switch, however it was started, frees its port and waits until
// nothing of it is left: goroutines, connections, open files. Calling it again
// does no harm. What the Config brought along (Dial, Now, Logger) must not call it.
func (s *Switch) Close() error {
	s.stop()
	s.wg.Wait()
	s.mu.Lock()
	ran := s.ran
	s.mu.Unlock()
	if ran != nil {
		<-ran
	}
	return nil
}

func (s *Switch) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.stopped = true
	s.end()
	if err := s.ln.Close(); err != nil {
		s.cfg.Logger.Error("close the event socket", "error", err)
	}
	for c := range s.conns {
		c.nc.Close()
	}
}

// spawn runs f in a goroutine that holds the lock; the caller holds it too. A
// Restart before it begins is the end of it.
func (s *Switch) spawn(f func()) {
	life := s.life
	s.serve(func() {
		if s.life == life {
			f()
		}
	})
}

// serve is spawn for what outlives a Restart.
func (s *Switch) serve(f func()) {
	if s.stopped {
		return
	}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.stopped {
			f()
		}
	}()
}

// outside runs f without the lock, for anything that touches disk or network.
func (s *Switch) outside(f func()) {
	s.release()
	defer s.mu.Lock()
	f()
}

// now is the switch's clock.
func (s *Switch) now() time.Time {
	t := s.cfg.Now()
	if s.cfg.Speed == 1 {
		return t
	}
	return s.boot.Add(time.Duration(float64(t.Sub(s.boot)) * s.cfg.Speed))
}

// Clock is the time by the switch's clock, which events and CDRs carry.
func (s *Switch) Clock() time.Time { return s.now() }

// epoch is the clock in whole seconds.
func (s *Switch) epoch() int64 { return s.now().Unix() }

// real is how long a duration of the switch's clock takes.
func (s *Switch) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / s.cfg.Speed)
}

// signal is a broadcast: what waits on it wakes up to look again.
type signal struct {
	ch   chan struct{}
	also *signal // woken with it
}

func (g *signal) wait() <-chan struct{} {
	if g == nil {
		return nil
	}
	if g.ch == nil {
		g.ch = make(chan struct{})
	}
	return g.ch
}

func (g *signal) fire() {
	if g.ch != nil {
		close(g.ch)
		g.ch = nil
	}
	if g.also != nil {
		g.also.fire()
	}
}

const forever = time.Duration(-1)

// await waits, without the lock, until ok holds, limit has passed (negative:
// no limit) or the switch stops. It reports whether ok holds. ok is asked again
// whenever one of the signals fires.
func (s *Switch) await(limit time.Duration, ok func() bool, a, b *signal) bool {
	var timeout <-chan time.Time
	if limit >= 0 {
		t := time.NewTimer(s.real(limit))
		defer t.Stop()
		timeout = t.C
	}
	for !ok() {
		if s.stopped {
			return false
		}
		ca, cb := a.wait(), b.wait()
		late := false
		s.release()
		select {
		case <-ca:
		case <-cb:
		case <-timeout:
			late = true
		case <-s.ctx.Done():
		}
		s.mu.Lock()
		if late {
			return ok()
		}
	}
	return true
}

// sleep pauses for d by the switch's clock; false when the switch stopped.
func (s *Switch) sleep(d time.Duration) bool {
	s.await(d, func() bool { return false }, nil, nil)
	return !s.stopped
}

// after runs f once d has passed by the switch's clock.
func (s *Switch) after(d time.Duration, f func()) {
	life := s.life
	s.spawn(func() {
		if s.sleep(d) && s.life == life {
			f()
		}
	})
}

func (s *Switch) random(n int) []byte {
	b := make([]byte, n)
	if _, err := io.ReadFull(s.cfg.Rand, b); err != nil {
		// An injected source that ran dry must not make ids collide.
		s.cfg.Rand = rand.Reader
		return s.random(n)
	}
	return b
}

func (s *Switch) newUUID() string {
	b := s.random(16)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	x := hex.EncodeToString(b)
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// newTag makes a token as sofia-sip does for tags and branches.
func (s *Switch) newTag() string {
	const alphabet = "0123456789BDFHJKNQSUXZacegjmprtvy"
	b := s.random(13)
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}

func (s *Switch) newPort() string {
	b := s.random(2)
	return strconv.Itoa(16384 + (int(b[0])<<8|int(b[1]))%8192*2)
}

// userAgent is what the SIP side calls itself.
func (s *Switch) userAgent() string { return "FreeSWITCH-mod_sofia/" + s.fullVersion() }

func (s *Switch) fullVersion() string { return s.cfg.Version + "+" + s.cfg.Build }
