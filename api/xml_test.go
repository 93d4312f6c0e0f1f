package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"callgate/api"
)

// queues has one queue for one switch.
type queues struct{ err error }

func (q queues) Configuration(_ context.Context, hostname, queue string) ([]byte, error) {
	if hostname != "fs1" || queue != "" && queue != "sales it's+1%" {
		return nil, q.err
	}
	return fmt.Appendf(nil, "<queue %s>", queue), q.err
}

const notFound = `<result status="not found"/>`

// dialplan is a request as FreeSWITCH posts it for a call, of a channel with many variables.
func dialplan(size int) string {
	return "hostname=fs1&section=dialplan&tag_name=&key_name=&key_value=&Event-Name=REQUEST_PARAMS&" +
		strings.Repeat("variable_x=section%3Dconfiguration%26key_value%3Dcallcenter.conf&section=configuration&key_value=callcenter.conf&", size/100)
}

func TestXML(t *testing.T) {
	const (
		cc   = "hostname=fs1&section=configuration&tag_name=configuration&key_name=name&key_value=callcenter.conf"
		pass = "pass"
	)
	for _, tt := range []struct {
		name, method    string
		password, given string
		body            string
		err             error
		want            int
		wantBody        string
		mostRead        int // bytes of the body
	}{
		{"all queues", "POST", pass, pass, cc, nil, 200, "<queue >", 1 << 10},
		{"one queue", "POST", pass, pass, cc + "&CC-Queue=sales%20it's%2B1%25", nil, 200, "<queue sales it's+1%>", 1 << 10},
		{"one queue, by GET", "GET", pass, pass, cc + "&CC-Queue=sales%20it's+1%25", nil, 200, "<queue sales it's+1%>", 0},
		{"a queue of others", "POST", pass, pass, cc + "&CC-Queue=x", nil, 200, notFound, 1 << 10},
		{"another switch", "POST", pass, pass, strings.Replace(cc, "fs1", "fs2", 1), nil, 200, notFound, 1 << 10},
		{"another configuration", "POST", pass, pass, strings.Replace(cc, "callcenter", "sofia", 1), nil, 200, notFound, 1 << 10},
		{"directory", "GET", pass, pass, "hostname=fs1&section=directory&tag_name=domain&key_name=name&key_value=x", nil, 200, notFound, 0},
		{"dialplan, of which the head is read", "POST", pass, pass, dialplan(1 << 20), nil, 200, notFound, 1 << 10},
		{"nothing", "POST", pass, pass, "", nil, 200, notFound, 0},
		{"not a form", "POST", pass, pass, "%zz&&==&\x00\xff", nil, 200, notFound, 1 << 10},
		{"long", "POST", pass, pass, cc + "&x=" + strings.Repeat("x", 60<<10), nil, 200, "<queue >", 64 << 10},
		{"too long", "POST", pass, pass, cc + "&x=" + strings.Repeat("x", 65<<10), nil, 413, "", 65 << 10},
		{"no credentials", "POST", pass, "", cc, nil, 401, "", 0},
		{"wrong password", "POST", pass, "Pass", cc, nil, 401, "", 0},
		{"no password is set", "POST", "", "", cc, nil, 401, "", 0},
		{"database down", "POST", pass, pass, cc, errors.New("secret"), 503, "", 1 << 10},
		{"database down, another section", "POST", pass, pass, dialplan(100), errors.New("secret"), 200, notFound, 1 << 10},
		{"other method", "PUT", pass, pass, cc, nil, 405, "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := api.NewXML(api.XMLOptions{User: "xml", Password: tt.password, Queues: queues{tt.err}, Logger: slog.New(slog.DiscardHandler)})
			read := &counter{r: strings.NewReader(tt.body)}
			target := "/xml"
			if tt.method == http.MethodGet {
				target += "?" + tt.body
			}
			req := httptest.NewRequestWithContext(t.Context(), tt.method, target, read)
			if tt.given != "" || tt.password == "" {
				req.SetBasicAuth("xml", tt.given)
			}
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, req)
			if got := rec.Body.String(); rec.Code != tt.want || !strings.Contains(got, tt.wantBody) || tt.wantBody == "" && got != "" {
				t.Errorf("got %d %s, want %d %s", rec.Code, got, tt.want, tt.wantBody)
			}
			if read.n > tt.mostRead {
				t.Errorf("%d bytes of the body were read, want at most %d", read.n, tt.mostRead)
			}
			if rec.Code == 401 && rec.Header().Get("WWW-Authenticate") == "" {
				t.Error("401 without a challenge")
			}
		})
	}
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

func FuzzXML(f *testing.F) {
	f.Add("hostname=fs1&section=configuration&key_value=callcenter.conf&CC-Queue=%")
	f.Add(dialplan(2000))
	h := api.NewXML(api.XMLOptions{User: "xml", Password: "p", Queues: queues{}, Logger: slog.New(slog.DiscardHandler)})
	f.Fuzz(func(t *testing.T, body string) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/xml", strings.NewReader(body))
		req.SetBasicAuth("xml", "p")
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, req)
		if rec.Code != 200 && (rec.Code != 413 || len(body) <= 64<<10) {
			t.Errorf("%d for %q", rec.Code, body)
		}
	})
}
