package check

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

// probeBody is a body larger than the intake of CDRs takes: a request that announces it is refused for its size after its
// credentials were looked at, and nothing is stored.
const probeBody = 1 << 30

// Serve asks the process that serves, if there is one: whether it is ready and takes CDRs with the credentials given.
func Serve(ctx context.Context, client *http.Client, e Expected) []Finding {
	ctx, stop := context.WithTimeout(ctx, askTime)
	defer stop()
	one := func(level Level, text, fix string) []Finding { return []Finding{{level, "callgate", text, fix}} }
	status, err := request(ctx, client, e, http.MethodGet, "/readyz")
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return one(Unknown, "nothing serves at "+e.HTTPAddr+" now, so that the intake of CDRs was not tried", "")
	case err != nil:
		return one(Wrong, fmt.Sprintf("%s does not answer: %v", e.HTTPAddr, err), "look at the log of callgate serve")
	case status == http.StatusServiceUnavailable:
		return one(Wrong, "callgate serves and is not ready", "GET /readyz names the part")
	case status != http.StatusOK:
		return one(Wrong, fmt.Sprintf("what serves at %s is not callgate: /readyz answers %d", e.HTTPAddr, status), "set CALLGATE_HTTP_ADDR, or free the port")
	}
	all := one(OK, "serves at "+e.HTTPAddr+" and is ready", "")
	switch status, err := request(ctx, client, e, http.MethodPost, "/cdr?uuid=callgate-check"); {
	case err != nil:
		all = append(all, one(Unknown, fmt.Sprintf("/cdr does not answer: %v", err), "")...)
	case status == http.StatusRequestEntityTooLarge:
		all = append(all, one(OK, "takes CDRs with these credentials", "")...)
	case status == http.StatusUnauthorized:
		all = append(all, one(Wrong, "callgate serve refuses CDRs with these credentials", "start check and serve with the same CALLGATE_CDR_USER and CALLGATE_CDR_PASSWORD")...)
	default:
		all = append(all, one(Unknown, "/cdr answers "+strconv.Itoa(status), "")...)
	}
	return all
}

// request returns the status of an answer; a body is announced and not sent.
func request(ctx context.Context, client *http.Client, e Expected, method, path string) (int, error) {
	r, err := http.NewRequestWithContext(ctx, method, e.base()+path, nil)
	if err != nil {
		return 0, fmt.Errorf("ask callgate: %w", err)
	}
	if method == http.MethodPost {
		r.SetBasicAuth(e.CDRUser, e.CDRPassword)
		r.Header.Set("Expect", "100-continue")
		r.Body, r.ContentLength = waiting{ctx}, probeBody
	}
	resp, err := client.Do(r)
	if err != nil {
		return 0, fmt.Errorf("ask callgate: %w", err)
	}
	resp.Body.Close()
	return resp.StatusCode, nil
}

// waiting is a body of which nothing comes.
type waiting struct{ ctx context.Context }

func (w waiting) Read([]byte) (int, error) {
	<-w.ctx.Done()
	return 0, w.ctx.Err()
}

func (waiting) Close() error { return nil }

// ServeTimeout is what a client for Serve may wait for a server to say that it wants a body: longer than Serve waits at all.
const ServeTimeout = 2 * time.Minute
