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

// errLine says that a value would end the line that it stands in.
var errLine = errors.New("a value for it has a line break or the like in it")

func (r *request) timeout() time.Duration {
	if r.Timeout == 0 {
		return defaultTimeout
	}
	return time.Duration(r.Timeout) * time.Second
}

// make makes the request that is asked with these values. No error quotes one.
func (r *request) make(v values) (*http.Request, error) {
	var broken error
	segment := func(text string) string {
		if text == "" || text == "." || text == ".." {
			broken = errors.New("url: a value for it leads elsewhere")
		}
		return url.PathEscape(text)
	}
	target, _ := r.URL.render(v, segment)
	query := pairs(r.Query, v)
	contentType, said := "", ""
	switch {
	case r.Form != nil:
		contentType, said = "application/x-www-form-urlencoded", pairs(r.Form, v).Encode()
	case r.JSON != nil:
		contentType = "application/json"
		whole, left := appendJSON(nil, r.JSON.value, v)
		if !left {
			said = string(whole)
		}
	}
	header := http.Header{"Accept": {"application/json"}, "User-Agent": {"callgate"}}
	if contentType != "" {
		header.Set("Content-Type", contentType)
	}
	for name, t := range r.Headers {
		if text, left := t.render(v, asItIs); !left {
			header.Set(name, text)
		}
	}
	value, _ := r.Auth.Value.render(v, asItIs)
	switch r.Auth.Kind {
	case "basic":
		user, _ := r.Auth.User.render(v, asItIs)
		password, _ := r.Auth.Password.render(v, asItIs)
		header.Set("Authorization", "Basic "+basic(user, password))
	case "bearer":
		token, _ := r.Auth.Token.render(v, asItIs)
		header.Set("Authorization", "Bearer "+token)
	case "header":
		header.Set(r.Auth.Name, value)
	case "query":
		query.Set(r.Auth.Name, value)
	}
	for name, all := range header {
		if strings.ContainsFunc(all[0], isControl) {
			return nil, fmt.Errorf("header %s: %w", name, errLine)
		}
	}
	if broken != nil {
		return nil, broken
	}
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	// With a body of which net/http cannot have another copy, and be it empty, it never sends a request again: what died
	// with its connection may have been read. Source: net/http Request.isReplayable, Transport's documentation.
	req, err := http.NewRequestWithContext(context.Background(), r.Method, target, io.NopCloser(strings.NewReader(said)))
	if err != nil {
		return nil, errors.New("url: the address cannot be asked")
	}
	req.Header = header
	req.ContentLength = int64(len(said))
	again := slices.ContainsFunc(resent[:], func(name string) bool { return header.Get(name) != "" })
	if said == "" && r.Method != http.MethodGet && !again {
		req.Body = http.NoBody // or it would go out in chunks; nor are these methods sent again
	}
	return req, nil
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
