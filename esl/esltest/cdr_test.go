package esltest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callgate/esl/esltest"
)

// post is one HTTP request of mod_xml_cdr.
type post struct {
	method, uuid, agent, authorization, kind string
	body                                     string
}

// document decodes the body, whatever its encoding.
func (p post) document(t *testing.T) string {
	t.Helper()
	text := strings.TrimPrefix(p.body, "cdr=")
	switch p.kind {
	case "application/x-www-form-urlencoded":
		out, err := url.PathUnescape(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	case "application/x-www-form-base64-encoded":
		out, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	return text
}

// intake is a CDR endpoint that answers with the next of its statuses, or 200.
type intake struct {
	mu       sync.Mutex
	posts    []post
	statuses []int
	change   chan struct{}
}

func (in *intake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.posts = append(in.posts, post{r.Method, r.URL.Query().Get("uuid"), r.UserAgent(), r.Header.Get("Authorization"),
		r.Header.Get("Content-Type"), string(body)})
	if len(in.statuses) > 0 {
		w.WriteHeader(in.statuses[0])
		in.statuses = in.statuses[1:]
	}
	close(in.change)
	in.change = make(chan struct{})
}

// find waits for a post for which ok holds.
func (in *intake) find(t *testing.T, ok func(post) bool) post {
	t.Helper()
	deadline := time.After(time.Minute)
	for {
		in.mu.Lock()
		i := slices.IndexFunc(in.posts, ok)
		var found post
		if i >= 0 {
			found = in.posts[i]
		}
		change := in.change
		in.mu.Unlock()
		if i >= 0 {
			return found
		}
		select {
		case <-change:
		case <-deadline:
			t.Fatal("no such CDR was posted")
		}
	}
}

// serveCDR starts an intake inside a bubble and tells the switch to post there.
func serveCDR(t *testing.T, cfg *esltest.Config) *intake {
	t.Helper()
	in := &intake{change: make(chan struct{})}
	ln := esltest.NewPipes("cdr.example:80")
	server := &http.Server{Handler: in}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		<-done
	})
	other := cfg.Dial
	cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if addr == ln.String() {
			return ln.Dial(ctx, network, addr)
		}
		return other(ctx, network, addr)
	}
	cfg.CDR.URL, cfg.CDR.User, cfg.CDR.Password = "http://cdr.example/cdr", "cdr", "cdrpass"
	return in
}

// readPost reads a recorded request.
func readPost(t *testing.T, name string) post {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "cdr", name))
	if err != nil {
		t.Fatal(err)
	}
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	lines := strings.Split(string(head), "\r\n")
	p := post{body: string(body)}
	var target string
	if _, err := fmt.Sscan(lines[0], &p.method, &target); err != nil {
		t.Fatal(err)
	}
	_, p.uuid, _ = strings.Cut(target, "uuid=")
	for _, line := range lines[1:] {
		switch name, value, _ := strings.Cut(line, ": "); name {
		case "User-Agent":
			p.agent = value
		case "Authorization":
			p.authorization = value
		case "Content-Type":
			p.kind = value
		}
	}
	return p
}

// raced is CF_STATE_REPEAT, which FreeSWITCH sets when two threads happen to
// signal a channel at once.
var raced = regexp.MustCompile(`;165=1`)

// elements takes a CDR apart: every element and attribute in document order.
func elements(t *testing.T, document string) []field {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(document))
	var path []string
	var out, late []field
	inbound := strings.Contains(document, "<direction>inbound</direction>")
	text := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return append(out, late...)
		}
		if err != nil {
			t.Fatalf("CDR: %v\n%s", err, document)
		}
		switch x := token.(type) {
		case xml.StartElement:
			path = append(path, x.Name.Local)
			out = append(out, field{"<" + strings.Join(path, "/"), ""})
			for _, a := range x.Attr {
				out = append(out, field{strings.Join(path, "/") + "@" + a.Name.Local, a.Value})
			}
			text = ""
		case xml.CharData:
			text += string(x)
		case xml.EndElement:
			name := x.Name.Local
			value := strings.TrimSpace(text)
			if len(path) > 1 && path[1] == "variables" {
				value = decode(value)
			}
			if name == "flags" {
				value = raced.ReplaceAllString(value, "")
			}
			// Leaf names are those of the headers, so the same masks apply.
			f := field{name, value}
			if inbound && len(path) > 1 && path[1] == "variables" && slices.Contains(acknowledged, name) {
				out = out[:len(out)-1]
				late = append(late, f)
			} else if value != "" {
				out = append(out, f)
			}
			path = path[:len(path)-1]
			text = ""
		}
	}
}

func channelName(t *testing.T, document string) string {
	return lookup(elements(t, document), "channel_name")
}

// encodings are records of plain calls that were posted in the other forms.
func TestCDREncodings(t *testing.T) {
	tests := []struct{ name, encode string }{
		{"encode-base64.http", "base64"},
		{"encode-false-plaintext.http", "false"},
		{"encode-textxml.http", "textxml"},
	}
	for _, test := range tests {
		t.Run(test.encode, func(t *testing.T) {
			dir := t.TempDir()
			want := readPost(t, test.name)
			wanted := want.document(t)
			name := channelName(t, wanted)
			synctest.Test(t, func(t *testing.T) {
				cfg, in, _ := bubbleConfig(variants[0], dir)
				cdrs := serveCDR(t, &cfg)
				cfg.CDR.Encode = test.encode
				a := newAdmin(t, connect(t, run(t, cfg), in))
				a.customer(variants[0], "8919000000"+test.encode, "31001")
				a.life(2040 * time.Millisecond)
				a.api("hupall NORMAL_CLEARING")
				got := cdrs.find(t, func(p post) bool { return channelName(t, p.document(t)) == name })
				if got.kind != want.kind {
					t.Errorf("content type: want %q, got %q", want.kind, got.kind)
				}
				if diff := newPairing().diff(elements(t, wanted), elements(t, got.document(t))); len(diff) > 0 {
					t.Errorf("document:\n  %s", strings.Join(diff, "\n  "))
				}
			})
		})
	}
}

func TestCDR(t *testing.T) {
	hangUp := func(a *admin) {
		a.life(10 * time.Millisecond)
		a.api("hupall")
	}
	wait := func(a *admin) { a.life(10 * time.Second) }
	tests := []struct {
		name   string // of the recorded request
		replay string
		after  func(*admin)
	}{
		{"queue-member-answered-recorded-utf8-name.http", "queue_call_answered_json_events.txt", wait},
		{"queue-agent-leg-held.http", "queue_call_answered_json_events.txt", wait},
		{"queue-member-abandoned.http", "queue_call_abandoned_and_admin_plain_events.txt", wait},
		{"queue-member-max-wait-timeout.http", "queue_timeouts_json_events.txt", wait},
		{"queue-member-no-agent-timeout.http", "queue_timeouts_json_events.txt", wait},
		{"agent-attempt-busy-posted-as-a-leg.http", "agent_status_json_events.txt", wait},
		{"click-to-call-a-leg.http", "click_to_call_json_events.txt", wait},
		{"busy-loopback-a.http", "originate_results.txt", hangUp},
		{"originate-failed-temporary.http", "originate_results.txt", hangUp},
		{"tone-inbound-recorded.http", "originate_results.txt", hangUp},
		{"bgapi-inbound-recorded.http", "bgapi_background_job_plain.txt", wait},
		{"outbound-socket-sync.http", "outbound_sync_full.txt", wait},
	}
	for _, test := range tests {
		t.Run(strings.TrimSuffix(test.name, ".http"), func(t *testing.T) {
			dir := t.TempDir()
			want := readPost(t, test.name)
			wanted := want.document(t)
			name := channelName(t, wanted)
			synctest.Test(t, func(t *testing.T) {
				cfg, in, out := bubbleConfig(variants[0], dir)
				cdrs := serveCDR(t, &cfg)
				r := replays[slices.IndexFunc(replays, func(r replay) bool { return r.file == test.replay })]
				a := replayOne(t, r, variants[0], cfg, in, out)
				test.after(a)
				got := cdrs.find(t, func(p post) bool { return channelName(t, p.document(t)) == name })
				for _, x := range []struct{ what, want, got string }{
					{"method", want.method, got.method}, {"user agent", want.agent, got.agent},
					{"authorization", want.authorization, got.authorization}, {"content type", want.kind, got.kind},
					{"a-leg prefix", want.uuid[:len(want.uuid)-36], got.uuid[:len(got.uuid)-36]},
				} {
					if x.want != x.got {
						t.Errorf("%s: want %q, got %q", x.what, x.want, x.got)
					}
				}
				if diff := newPairing().diff(elements(t, wanted), elements(t, got.document(t))); len(diff) > 0 {
					t.Errorf("document:\n  %s", strings.Join(diff, "\n  "))
				}
			})
		})
	}
}
