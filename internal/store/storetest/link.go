package storetest

import (
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
)

// Link is a wire to a PostgreSQL that can be made to carry nothing, as when a network is parted: both ends still think
// that they are connected.
type Link struct {
	mu     sync.Mutex
	frozen bool
	conns  []net.Conn
	wg     sync.WaitGroup
}

// Through returns a URL that leads to the same database over a Link. The Link is closed when the test is over.
func Through(tb testing.TB, address string) (string, *Link) {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	q := u.Query()
	socket := filepath.Join(q.Get("host"), ".s.PGSQL.5432")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	q.Del("host")
	u.Host, u.RawQuery = listener.Addr().String(), q.Encode()
	l := &Link{}
	l.wg.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("unix", socket)
			if err != nil {
				near.Close()
				return
			}
			l.mu.Lock()
			l.conns = append(l.conns, near, far)
			l.mu.Unlock()
			l.wg.Go(func() { l.carry(far, near) })
			l.wg.Go(func() { l.carry(near, far) })
		}
	})
	tb.Cleanup(func() {
		listener.Close()
		l.mu.Lock()
		for _, c := range l.conns {
			c.Close()
		}
		l.mu.Unlock()
		l.wg.Wait()
	})
	return u.String(), l
}

// carry drops what it reads while the link is frozen; the end of a connection is not heard of either.
func (l *Link) carry(to, from net.Conn) {
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		if !l.isFrozen() {
			if err == nil {
				_, err = to.Write(buffer[:n])
			}
			if err != nil {
				to.Close()
			}
		}
		if err != nil {
			return
		}
	}
}

func (l *Link) isFrozen() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.frozen
}

// Freeze loses everything from now on.
func (l *Link) Freeze() { l.set(true) }

// Thaw carries what is sent from now on.
func (l *Link) Thaw() { l.set(false) }

func (l *Link) set(frozen bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frozen = frozen
}
