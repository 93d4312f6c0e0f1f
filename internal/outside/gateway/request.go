package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// defaultTimeout is how long an answer may take where a description says nothing.
const defaultTimeout = 30 * time.Second

var (
	errLine    = errors.New("a value for it has a line break or the like in it")
	errAddress = errors.New("url: with these values it leads elsewhere")
)

func (r *request) timeout() time.Duration {
	if r.Timeout == 0 {
		return defaultTimeout
	}
	return time.Duration(r.Timeout) * time.Second
}

// resent are headers with which net/http takes any request for one that may be sent twice.
var resent = [...]string{"Idempotency-Key", "X-Idempotency-Key"}

// make makes the request that is asked with these values. No error quotes one.
func (r *request) make(v values) (*http.Request, error) {
	target, err := r.address(v)
	if err != nil {
		return nil, err
	}
	query, header, said := pairs(r.Query, v), http.Header{"Accept": {"application/json"}, "User-Agent": {"callgate"}}, ""
	switch {
	case r.Form != nil:
		header.Set("Content-Type", "application/x-www-form-urlencoded")
		said = pairs(r.Form, v).Encode()
	case r.JSON != nil:
		header.Set("Content-Type", "application/json")
		if whole, left := appendJSON(nil, r.JSON.value, v); !left {
			said = string(whole)
		}
	}
	for name, t := range r.Headers {
		if text, left := t.render(v, asItIs); !left {
			header.Set(name, text)
		}
	}
	r.Auth.sign(header, query, v)
	for name, all := range header {
		if strings.ContainsFunc(all[0], isControl) {
			return nil, fmt.Errorf("header %s: %w", name, errLine)
		}
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	// With a body of which net/http cannot have another copy, and be it empty, it never sends a request again: what died
	// with its connection may have been read. Source: net/http Request.isReplayable, Transport's documentation.
	req, err := http.NewRequestWithContext(context.Background(), r.Method, target, io.NopCloser(strings.NewReader(said)))
	if err != nil {
		return nil, errAddress
	}
	req.Header = header
	req.ContentLength = int64(len(said))
	again := slices.ContainsFunc(resent[:], func(name string) bool { return header.Get(name) != "" })
	if said == "" && r.Method != http.MethodGet && !again {
		req.Body = http.NoBody // or it would go out in chunks; nor are these methods sent again
	}
	return req, nil
}

// address is where it is asked. A value neither adds nor takes away a part of the path.
func (r *request) address(v values) (string, error) {
	empty := false
	target, _ := r.URL.render(v, func(text string) string {
		empty = empty || text == ""
		return url.PathEscape(text)
	})
	for part := range strings.SplitSeq(target, "/") {
		if part == "." || part == ".." || empty {
			return "", errAddress
		}
	}
	return target, nil
}

// sign says who asks.
func (a *auth) sign(header http.Header, query url.Values, v values) {
	fill := func(t template) string {
		text, _ := t.render(v, asItIs)
		return text
	}
	switch a.Kind {
	case "basic":
		header.Set("Authorization", "Basic "+basic(fill(a.User), fill(a.Password)))
	case "bearer":
		header.Set("Authorization", "Bearer "+fill(a.Token))
	case "header":
		header.Set(a.Name, fill(a.Value))
	case "query":
		query.Set(a.Name, fill(a.Value))
	}
}

// pairs fills in a form or a query.
func pairs(templates map[string]template, v values) url.Values {
	all := url.Values{}
	for name, t := range templates {
		if text, left := t.render(v, asItIs); !left {
			all.Set(name, text)
		}
	}
	return all
}
