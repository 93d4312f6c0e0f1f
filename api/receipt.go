package api

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	v1 "callgate/api/v1"
	"callgate/internal/fault"
	"callgate/internal/outside/gateway"
	"callgate/internal/sms"
)

// ReceiptsPath is what the paths begin with at which providers of text messages tell what became of them; the provider's name
// and a secret follow.
const ReceiptsPath = v1.Base + "/sms/receipts/"

// ReceiptReceiver keeps what providers say; sms.Service does.
type ReceiptReceiver interface {
	Told(ctx context.Context, c sms.Callback) (gateway.Answer, error)
}

// Receipts takes what providers of text messages say. Nobody signs in: who may say something knows the path.
type Receipts struct {
	receiver ReceiptReceiver
	logger   *slog.Logger
}

// NewReceipts makes the handler.
func NewReceipts(receiver ReceiptReceiver, logger *slog.Logger) *Receipts {
	return &Receipts{receiver, logger}
}

// tellTime is how long a provider may take to say what it has to.
const tellTime = 10 * time.Second

// ServeHTTP answers as the provider wants it, once all is kept that it has said. The log has neither what it said nor the
// path.
func (p *Receipts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	provider, secret, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, ReceiptsPath), "/")
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(tellTime)) // a connection without deadlines leaves it to its server
	answer, err := p.receiver.Told(r.Context(), sms.Callback{Provider: provider, Secret: secret, Method: r.Method, Query: r.URL.Query(), Header: r.Header, Body: r.Body})
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if err == nil {
		if answer.Type != "" {
			w.Header().Set("Content-Type", answer.Type)
		}
		_, _ = io.WriteString(w, answer.Text) // the provider has gone, and will say it again
		return
	}
	status := http.StatusInternalServerError
	switch failure, _ := fault.Of(err); {
	case failure.Kind == fault.NotFound:
		status = http.StatusNotFound // that somebody guesses is counted, and nothing that the log should be filled with
		provider = ""
	case failure.Kind == fault.Denied:
		status = http.StatusForbidden
	case failure.Kind == fault.TooLarge:
		status = http.StatusRequestEntityTooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		status = http.StatusRequestTimeout // the context has ended as well
	case failure.Kind == fault.WrongField, errors.Is(err, io.ErrUnexpectedEOF), r.Context().Err() != nil:
		status = http.StatusBadRequest
	case failure.Kind == fault.StorageDown:
		w.Header().Set("Retry-After", "5")
		status = http.StatusServiceUnavailable
	}
	if provider != "" {
		p.logger.WarnContext(r.Context(), "what a provider says of messages is not kept", "provider", provider, "status", status)
	}
	w.WriteHeader(status)
}
