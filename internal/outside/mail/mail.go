// Package mail hands messages to a mail server over SMTP. It is the only place that knows how; when to send, to whom and
// whether to try again is for others to decide, and what they need for that is in the errors: whether trying again may
// help, and whether the message may have been taken already.
//
// A server may be slow, dead, hostile or not who it says it is. Every piece of a conversation has the timeout of the
// settings, all of it MaxTime, and what a server says is bounded. Send blocks until then and leaves nothing behind.
package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// How a connection is secured.
const (
	StartTLS = "starttls" // begins readable and must change to TLS before anything is said
	TLS      = "tls"      // from the first byte
	None     = "none"
)

// Server says where messages are handed in, and how.
type Server struct {
	Host            string // empty when there is none
	Port            int
	Security        string // StartTLS, TLS or None
	Login, Password string // an empty login when none is wanted
	From            string // an address, with or without a name before it
	Timeout         time.Duration
}

// Message is one letter. Recipients see each other.
type Message struct {
	ID         string // of this message and of no other: what is sent again has the same, so that it can be told
	At         time.Time
	To         []string // addresses, as ParseAddress takes them
	Subject    string
	Text       string
	Attachment *Attachment // nil for none
}

// Attachment is a file in a message.
type Attachment struct {
	Name, Type string
	Content    io.ReadSeeker
}

// Receipt says what a server took.
type Receipt struct {
	Bytes    int64    // of the message
	Accepted []string // recipients, in the order of Message.To
	Refused  []Refusal
}

// Refusal is a recipient that the server did not take.
type Refusal struct {
	To        string
	Temporary bool
	Reason    string
}

// Options are a Client's collaborators; Server is needed.
type Options struct {
	Server func() Server  // is asked with every message
	Roots  *x509.CertPool // nil for the system's
}

// Client hands messages in. It may be used from any goroutine.
type Client struct{ o Options }

// New makes a Client.
func New(o Options) *Client { return &Client{o} }

const (
	// MaxTime is how long handing in one message may take, however patient the timeout.
	MaxTime = 15 * time.Minute
	// grace is how long a message that is being taken may go on after the end of its context.
	grace = time.Second
	// parting is how long a server that has taken a message may take to say good-bye.
	parting = time.Second
)

// Send hands a message in. taken is called when everything is agreed and before the first byte of the message goes out:
// when it fails, nothing does. Until then the end of ctx ends Send at once; a message that is being taken has a second more.
//
// The error is an *Error. When it is nil at least one recipient was taken; those that were not are in the receipt, also
// when all of them are the error.
func (c *Client) Send(ctx context.Context, m *Message, taken func(ctx context.Context) error) (Receipt, error) {
	server := c.o.Server()
	letter, from, err := compose(server, m)
	if err != nil {
		return Receipt{}, &Error{Outcome: Refused, Err: err}
	}
	ctx, stop := context.WithTimeout(ctx, MaxTime)
	defer stop()
	line := &line{timeout: server.Timeout}
	defer line.close()
	defer context.AfterFunc(ctx, line.end)()
	client, err := c.connect(ctx, server, line)
	if err != nil {
		return Receipt{}, failed(ctx, "connect", err)
	}
	var r Receipt
	if err := client.Mail("<" + from + ">"); err != nil {
		return r, failed(ctx, "name the sender", err)
	}
	for _, to := range m.To {
		err := client.Rcpt("<" + to + ">")
		e, said := errors.AsType[*textproto.Error](err)
		switch {
		case err == nil:
			r.Accepted = append(r.Accepted, to)
		case said && e.Code != 421:
			r.Refused = append(r.Refused, Refusal{To: to, Temporary: e.Code < 500, Reason: words(e)})
		default:
			return Receipt{}, failed(ctx, "name a recipient", err)
		}
	}
	if len(r.Accepted) == 0 {
		e := &Error{Outcome: Refused, Err: errors.New("the server takes none of the recipients")}
		if slices.ContainsFunc(r.Refused, func(r Refusal) bool { return r.Temporary }) {
			e.Outcome = Temporary
		}
		_ = client.Quit()
		return r, e
	}
	if err := taken(ctx); err != nil {
		return Receipt{}, &Error{Outcome: Temporary, Err: err}
	}
	if !line.handing() {
		return Receipt{}, failed(ctx, "begin the message", context.Cause(ctx))
	}
	if r.Bytes, err = hand(ctx, client, letter, line); err != nil {
		return Receipt{}, err
	}
	line.within(parting)
	_ = client.Quit() // it was taken, whatever comes now
	return r, nil
}

// Try connects and signs in as Send does, and says good-bye. The error is an *Error.
func (c *Client) Try(ctx context.Context) error {
	server := c.o.Server()
	if _, _, err := compose(server, &Message{}); err != nil {
		return &Error{Outcome: Refused, Err: err}
	}
	line := &line{timeout: server.Timeout}
	defer line.close()
	defer context.AfterFunc(ctx, line.end)()
	client, err := c.connect(ctx, server, line)
	if err != nil {
		return failed(ctx, "sign in", err)
	}
	line.within(parting)
	_ = client.Quit()
	return nil
}

// hand hands the message itself in.
func hand(ctx context.Context, client *smtp.Client, letter *gomail.Msg, line *line) (int64, error) {
	w, err := client.Data()
	if err != nil {
		return 0, failed(ctx, "begin the message", err)
	}
	n, err := letter.WriteTo(w)
	if err != nil {
		// Its end has not been written: a server takes nothing that is not whole (RFC 5321, 4.5.3.2.6).
		return 0, failed(ctx, "write the message", err)
	}
	if err = w.Close(); err == nil {
		return n, nil
	}
	if _, said := errors.AsType[*textproto.Error](err); said || line.cut() {
		return 0, failed(ctx, "end the message", err)
	}
	return 0, &Error{Outcome: Unknown, Err: fmt.Errorf("the server did not say whether it took the message: %w", err)}
}

// connect makes a connection that is secured and signed in as the settings want it.
func (c *Client) connect(ctx context.Context, s Server, line *line) (*smtp.Client, error) {
	secure := &tls.Config{ServerName: s.Host, RootCAs: c.o.Roots, MinVersion: tls.VersionTLS12}
	address := net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) // the library's would not do for IPv6
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		conn, err := (&net.Dialer{Timeout: s.Timeout}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		line.open(conn)
		if s.Security == TLS {
			return tls.Client(line, secure), nil
		}
		return line, nil
	}
	options := []gomail.Option{gomail.WithPort(s.Port), gomail.WithTimeout(max(s.Timeout, time.Millisecond)), gomail.WithDialContextFunc(dial),
		gomail.WithTLSConfig(secure), gomail.WithoutSMTPUTF8()}
	policy := gomail.NoTLS
	if s.Security == StartTLS {
		policy = gomail.TLSMandatory
	}
	options = append(options, gomail.WithTLSPolicy(policy))
	if s.Login != "" {
		options = append(options, gomail.WithUsername(s.Login), gomail.WithPassword(s.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256PLUS, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1PLUS,
				gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	client, err := gomail.NewClient(s.Host, options...)
	if err != nil {
		return nil, err
	}
	return client.DialToSMTPClientWithContext(ctx)
}

// compose makes the letter, and tells the address that it comes from.
func compose(s Server, m *Message) (*gomail.Msg, string, error) {
	if s.Host == "" {
		return nil, "", errors.New("no mail server is set")
	}
	from, err := ParseSender(s.From)
	if err != nil {
		return nil, "", err
	}
	one := append([]string{m.ID, m.Subject}, m.To...)
	if m.Attachment != nil {
		one = append(one, m.Attachment.Type)
	}
	for _, text := range one {
		if strings.ContainsFunc(text, unicode.IsControl) {
			return nil, "", errors.New("what is to stand in one line of a message's head has another one in it")
		}
	}
	for i, to := range m.To {
		if err := CheckAddress(to); err != nil {
			return nil, "", fmt.Errorf("recipient %d: %w", i+1, err)
		}
	}
	letter := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := errors.Join(letter.FromFormat(from.Name, from.Address), letter.To(m.To...)); err != nil {
		return nil, "", errors.New("the addresses make no head of a message") // the library's error would have them in it
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	letter.SetMessageIDWithValue(m.ID + "@" + domain)
	letter.SetDateWithValue(m.At)
	letter.Subject(m.Subject)
	letter.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's machine is to answer
	letter.SetBodyString(gomail.TypeTextPlain, m.Text)
	if a := m.Attachment; a != nil {
		letter.AttachReadSeeker(plain(a.Name), a.Content, gomail.WithFileContentType(gomail.ContentType(a.Type)))
	}
	return letter, from.Address, nil
}

// plain is a file name that every mail program reads as it was written.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) || strings.ContainsRune("._-", r) {
			return r
		}
		return '_'
	}, name)
}
