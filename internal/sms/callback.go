package sms

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
)

// Receiver is a Carrier whose provider calls back over HTTP to say what became of messages.
type Receiver interface {
	// Receipts reads such a call, and says how the provider wants to be answered. It fails with fault.NotFound when this
	// provider does not call, with fault.Denied for a call that is not signed as it has to be, and with another fault for one
	// that cannot be read.
	Receipts(method string, query url.Values, header http.Header, body []byte) ([]gateway.Receipt, gateway.Answer, error)
}

// Callback is a call from somebody who may be a provider.
type Callback struct {
	Provider, Secret string // the end of the path
	Method           string
	Query            url.Values
	Header           http.Header
	Body             io.Reader
}

// What came of calls, for the metric.
const (
	callTaken      = "taken"
	callUnknown    = "unknown" // the address is nobody's
	callUnsigned   = "unsigned"
	callUnreadable = "unreadable"
	callFailed     = "failed"
)

// Told keeps what a provider says of messages that it has taken, and returns how it wants to be answered, once all is kept.
// For whoever does not know the end of the provider's path, and for one that does not call, it is fault.NotFound; nothing of
// the call is read then. Of a body that is too long, or cannot be read, it is fault.TooLarge and fault.WrongField. Reading the
// body blocks for as long as its Reader does.
func (s *Service) Told(ctx context.Context, c Callback) (gateway.Answer, error) {
	r, known := s.o.Carriers.receiver(c.Provider, c.Secret)
	if !known {
		s.metrics.callbacks.WithLabelValues("", callUnknown).Inc()
		return gateway.Answer{}, fault.New(fault.NotFound, "Provider")
	}
	answer, result, err := s.told(ctx, r, c)
	s.metrics.callbacks.WithLabelValues(c.Provider, result).Inc()
	return answer, err
}

func (s *Service) told(ctx context.Context, r Receiver, c Callback) (_ gateway.Answer, result string, err error) {
	body, err := io.ReadAll(io.LimitReader(c.Body, gateway.MaxReceipts+1))
	if err != nil {
		return gateway.Answer{}, callUnreadable, fmt.Errorf("read a call: %w", err)
	}
	if len(body) > gateway.MaxReceipts {
		return gateway.Answer{}, callUnreadable, fault.New(fault.TooLarge, "body")
	}
	all, answer, err := r.Receipts(c.Method, c.Query, c.Header, body)
	if failure, _ := fault.Of(err); err != nil {
		if failure.Kind == fault.Denied {
			return gateway.Answer{}, callUnsigned, err
		}
		return gateway.Answer{}, callUnreadable, err
	}
	if err := s.Heard(ctx, c.Provider, all...); err != nil {
		return gateway.Answer{}, callFailed, err
	}
	return answer, callTaken, nil
}

// receiver finds by whom calls to a path are understood. How long that takes does not depend on the secret.
func (c *Carriers) receiver(provider, secret string) (Receiver, bool) {
	now := c.current.Load()
	p := now.known[provider]
	given, want := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(p.Secret))
	if subtle.ConstantTimeCompare(given[:], want[:]) != 1 || p.Secret == "" || now.lines[provider] == nil {
		return nil, false
	}
	r, ok := now.lines[provider].carrier.(Receiver)
	return r, ok
}
