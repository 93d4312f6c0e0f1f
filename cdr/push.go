package cdr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const pushTime = 20 * time.Second // for one post; less than deliverTime

// PushOptions say where a Pusher posts to, and as whom.
type PushOptions struct {
	URL            string // of a Handler; a "?" in it is heeded
	User, Password string
	Transport      http.RoundTripper // nil is one of its own
}

// Pusher posts CDR files to a Handler elsewhere as mod_xml_cdr would have. It may be used from any goroutine.
type Pusher struct {
	o    PushOptions
	http *http.Client
}

// NewPusher makes a Pusher; the URL must be an absolute one of http or https, without log-in.
func NewPusher(o PushOptions) (*Pusher, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil:
		return nil, errors.New("the URL cannot be read") // and may hold a password
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, errors.New("want http://HOST or https://HOST")
	case u.User != nil:
		return nil, errors.New("the URL must not hold the log-in, which every user of the machine could read")
	case u.Fragment != "":
		return nil, errors.New("a URL to post to has no fragment")
	}
	if o.Transport == nil {
		// No Proxy: a variable of the environment shall not send passwords elsewhere.
		o.Transport = &http.Transport{MaxConnsPerHost: inFlight, MaxIdleConnsPerHost: inFlight, IdleConnTimeout: time.Minute,
			MaxResponseHeaderBytes: 64 << 10, DisableCompression: true}
	}
	return &Pusher{o: o, http: &http.Client{Transport: o.Transport, Timeout: pushTime,
		// A redirect makes of a POST what nobody asked: its 3xx is the answer, a wrong one.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Close gives connections back.
func (p *Pusher) Close() { p.http.CloseIdleConnections() }

// Deliver posts one file. It cannot tell a duplicate.
//
// Source: mod_xml_cdr.c my_on_reporting.
func (p *Pusher) Deliver(ctx context.Context, f *SpoolFile) (duplicate bool, err error) {
	payload := bytes.TrimPrefix(f.Body, []byte("cdr="))
	joiner := "?"
	if strings.Contains(p.o.URL, "?") {
		joiner = "&"
	}
	// A plus sign would be a plus sign: see id.
	target := p.o.URL + joiner + "uuid=" + strings.ReplaceAll(url.QueryEscape(f.ID), "+", "%20")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(append([]byte("cdr="), payload...)))
	if err != nil {
		return false, fmt.Errorf("make a post: %w", err)
	}
	req.SetBasicAuth(p.o.User, p.o.Password)
	req.Header.Set("User-Agent", "callgate")
	req.Header.Set("Content-Type", contentType(payload))
	resp, err := p.http.Do(req)
	if err != nil {
		return false, fmt.Errorf("post: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) // so that the connection serves again
	switch status := resp.StatusCode; status {
	case http.StatusOK:
		return false, nil
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return false, fmt.Errorf("%w: %s", ErrRefused, http.StatusText(status))
	case http.StatusUnauthorized:
		return false, errors.New("post: wrong log-in, or callgate has no CALLGATE_CDR_PASSWORD")
	default:
		return false, fmt.Errorf("post: answered %d %s", status, http.StatusText(status))
	}
}

// contentType is what mod_xml_cdr calls a body in the encoding of the payload.
func contentType(payload []byte) string {
	switch start := bytes.TrimSpace(payload); {
	case beginsXML(start):
		return "application/x-www-form-plaintext"
	case bytes.HasPrefix(start, []byte("%")):
		return "application/x-www-form-urlencoded"
	default:
		return "application/x-www-form-base64-encoded"
	}
}
