package gateway

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Options are an HTTP's collaborators. All of them may be left out.
type Options struct {
	Roots   *x509.CertPool // whose certificates are right; nil for the system's
	AtATime int            // requests under way; 16
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
}

// HTTP hands messages to a provider that a description tells of. It may be used from any goroutine until Close.
type HTTP struct {
	d         *Description
	needs     map[string]string
	secrets   []string // in all forms in which they go out, the longest first
	transport *http.Transport
}

// NewHTTP makes an HTTP of a description and what it needs. Nothing is asked yet. The error tells which value is wrong
// and never the value.
func NewHTTP(d *Description, needs map[string]string, o Options) (*HTTP, error) {
	if o.AtATime == 0 {
		o.AtATime = atATime
	}
	h := &HTTP{d: d, needs: map[string]string{}}
	for _, n := range d.Needs {
		value := needs[n.Name]
		if value == "" {
			value = n.Default
		}
		if value == "" && !n.Optional && (n.Unless == "" || needs[n.Unless] == "") {
			return nil, fmt.Errorf("%s: the provider needs one", n.Name)
		}
		if strings.ContainsFunc(value, isControl) || !utf8.ValidString(value) {
			return nil, fmt.Errorf("%s: want one line of text", n.Name)
		}
		h.needs[n.Name] = value
		if n.Secret && value != "" {
			h.secrets = append(h.secrets, value, url.QueryEscape(value), url.PathEscape(value), string(quoted(value)[1:len(quoted(value))-1]))
		}
	}
	for name := range needs {
		if _, known := h.needs[name]; !known {
			return nil, fmt.Errorf("%s: the provider needs no such value", name)
		}
	}
	requests := []*request{&d.Send.request}
	if d.Status != nil {
		requests = append(requests, &d.Status.request)
	}
	for _, r := range requests {
		if r.Auth.Kind == "basic" {
			user, _ := r.Auth.User.render(h.values(nil), asItIs)
			password, _ := r.Auth.Password.render(h.values(nil), asItIs)
			if strings.Contains(user, ":") {
				return nil, errors.New("auth.user: no colon can stand in it")
			}
			h.secrets = append(h.secrets, basic(user, password))
		}
		sample := h.values(map[string]string{placeNumber: "1", placeID: "1", placeText: "x"})
		if _, err := r.make(sample); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(h.secrets, func(a, b string) int { return len(b) - len(a) })
	h.transport = newTransport(o)
	return h, nil
}

// basic is how HTTP knows a name and a password.
func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

// Close lets go of connections that carry nothing. Nothing may be asked any more.
func (h *HTTP) Close() { h.transport.CloseIdleConnections() }

// Facts are what has to be known of a provider before it is asked anything.
type Facts struct {
	States   int  // messages that States asks for with one request; 0 when it cannot ask
	Receipts bool // the provider may call back
	Minutes  bool // it is told until when a message is of use
	Limits
}

// Facts tells them.
func (h *HTTP) Facts() Facts {
	f := Facts{Receipts: h.d.Receipt != nil, Minutes: h.d.minutes, Limits: h.d.Limits}
	if h.d.Status != nil {
		f.States = max(1, h.d.Status.Most)
	}
	return f
}

// values are those for one request, the needs among them.
func (h *HTTP) values(texts map[string]string) values {
	v := values{texts: map[string]string{}}
	for name, text := range h.needs {
		v.texts[name] = text
	}
	for name, text := range texts {
		v.texts[name] = text
	}
	return v
}

// number is a number as the provider wants it.
func (h *HTTP) number(number string) string {
	if h.d.Number == "digits" {
		return strings.TrimPrefix(number, "+")
	}
	return number
}

// minutes are how long a message is of use, as numbers of the two forms; empty when nobody says.
func (h *HTTP) minutes(until time.Time) (minutes, clock string) {
	if until.IsZero() {
		return "", ""
	}
	n := max(1, int(time.Until(until)/time.Minute))
	if most := h.d.Limits.Minutes; most > 0 {
		n = min(n, most)
	}
	return strconv.Itoa(n), fmt.Sprintf("%02d:%02d", n/60, n%60)
}
