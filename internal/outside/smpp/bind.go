package smpp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// bindError is the refusal of a bind.
type bindError struct{ status uint32 }

func (e bindError) Error() string { return "the SMSC refuses the bind: " + statusName(e.status) }

// wrong tells whether the settings have to be changed before a bind can succeed.
func (e bindError) wrong() bool {
	switch data.CommandStatusType(e.status) {
	case data.ESME_RINVPASWD, data.ESME_RINVSYSID, data.ESME_RBINDFAIL, data.ESME_RINVSYSTYP:
		return true
	}
	return false
}

// bound tells whether the SMSC still has a session of before, and takes no other.
func (e bindError) bound() bool { return e.status == uint32(data.ESME_RALYBND) }

var (
	errSilentBind = errors.New("the SMSC does not answer the bind")
	errNoSMSC     = errors.New("what answers the bind is no SMSC")
)

// bind makes a connection and binds a session on it, within the time that an answer may take.
func (c *Client) bind(ctx context.Context, kind pdu.BindingType) (*link, error) {
	limited, cancel := context.WithTimeout(ctx, seconds(c.s.Answer))
	defer cancel()
	conn, err := c.dial(limited)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	stop := context.AfterFunc(limited, func() { _ = conn.Close() }) // what ends a read or a write that blocks
	l := c.newLink(conn)
	err = l.bind(c.s, kind)
	if !stop() && err == nil {
		err = limited.Err()
	}
	if err == nil {
		return l, nil
	}
	_ = conn.Close()
	if ctx.Err() == nil && limited.Err() != nil {
		return nil, errSilentBind
	}
	return nil, fmt.Errorf("bind: %w", plain(err))
}

func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	conn, err := c.o.Dial(ctx, "tcp", c.s.Addr)
	if err != nil || !c.s.TLS {
		return conn, err
	}
	host, _, _ := net.SplitHostPort(c.s.Addr)
	secure := tls.Client(conn, &tls.Config{ServerName: host, RootCAs: c.o.Roots, MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return secure, nil
}

// bind asks for a session. The header of the answer says it all: what refuses often has no body.
func (l *link) bind(s Settings, kind pdu.BindingType) error {
	request := pdu.NewBindRequest(kind)
	request.SystemID, request.Password, request.SystemType = s.SystemID, s.Password, s.SystemType
	number := l.number()
	if err := l.conn.SetWriteDeadline(time.Now().Add(l.patience)); err != nil {
		return err
	}
	if _, err := l.conn.Write(marshal(request, number)); err != nil {
		return err
	}
	f, err := readFrame(l.in)
	switch {
	case err != nil:
		return err
	case f.number != number && !f.is(data.GENERIC_NACK), f.id != uint32(request.CommandID)|answerBit && !f.is(data.GENERIC_NACK):
		return errNoSMSC
	case f.status != uint32(data.ESME_ROK), f.is(data.GENERIC_NACK):
		return bindError{f.status}
	}
	return nil
}
