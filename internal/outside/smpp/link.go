package smpp

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// farewell bounds the good-bye of a link that is being stopped.
const farewell = time.Second

// How a link ends that no error of the network ends.
var (
	errUnbound = errors.New("the SMSC has ended the session")
	errSilent  = errors.New("the SMSC does not answer enquire_link")
	errStopped = errors.New("sending has stopped")
	errNoBind  = errors.New("the SMSC says that the session is none")
)

// link is one connection on which a session is bound. One goroutine reads, one writes, one asks whether somebody is there, and
// some keep receipts. It is not made again: that is for the Client.
type link struct {
	conn     net.Conn
	in       *bufio.Reader
	patience time.Duration // with an answer, and with a write
	enquire  time.Duration
	hear     func(context.Context, *pdu.DeliverSM) data.CommandStatusType // what the SMSC is to be told; may block
	skip     func(reason string)                                          // counts what is passed over
	calm     func()                                                       // is called when the SMSC says that it has too much
	asked    atomic.Uint64                                                // requests
	out      chan *request                                                // to the writer, who has no more than one
	window   chan struct{}
	receipts chan *pdu.DeliverSM
	dead     chan struct{} // closed at the end

	mu    sync.Mutex
	filed map[uint32]*request // written, or about to be, and not answered
	ended error               // why; set before dead is closed
}

func (c *Client) newLink(conn net.Conn) *link {
	return &link{conn: conn, in: bufio.NewReader(conn), patience: seconds(c.s.Answer), enquire: seconds(c.s.EnquireLink), hear: c.hear, skip: c.skip, calm: c.pause,
		out: make(chan *request), window: make(chan struct{}, c.s.Window), receipts: make(chan *pdu.DeliverSM, receiptsWaiting),
		dead: make(chan struct{}), filed: map[uint32]*request{}}
}

// run serves a bound link until it fails, which is the error, or until ctx ends: then it says good-bye.
func (l *link) run(ctx context.Context) error {
	within, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(l.read)
	wg.Go(l.write)
	wg.Go(func() { l.ping(within) })
	for range keepers {
		wg.Go(func() { l.keep(within) })
	}
	select {
	case <-ctx.Done():
		leaving, stop := context.WithTimeout(within, farewell)
		_, _ = l.ask(leaving, pdu.NewUnbind(), false, nil)
		stop()
		l.fail(errStopped)
	case <-l.dead:
	}
	cancel()
	wg.Wait()
	return l.cause()
}

// number is that of the next request. Source: SMPP 3.4, 5.1.4.
func (l *link) number() uint32 { return uint32(1 + (l.asked.Add(1)-1)%0x7FFFFFFF) }

// ping ends the link of an SMSC that is not there any more.
func (l *link) ping(ctx context.Context) {
	tick := time.NewTicker(l.enquire)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-l.dead:
			return
		}
		if _, err := l.ask(ctx, pdu.NewEnquireLink(), false, nil); err != nil {
			l.fail(errSilent)
		}
	}
}

// fail ends the link: what is not answered now may have been taken.
func (l *link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended != nil {
		return
	}
	err = plain(err)
	l.ended = err
	for _, r := range l.filed {
		l.conclude(r, answer{err: fmt.Errorf("%w: %w", errLost, err)})
	}
	clear(l.filed)
	close(l.dead)
	_ = l.conn.Close()
}

// plain is a failure of the network without the addresses, of which one has a port of ours.
func plain(err error) error {
	if failed, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%s: %w", failed.Op, failed.Err)
	}
	return err
}

// cause is why the link has ended, nil while it has not.
func (l *link) cause() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}
