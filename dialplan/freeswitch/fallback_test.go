package freeswitch_test

import (
	"context"
	"encoding/xml"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"callgate/cdr"
	"callgate/esl"
	"callgate/esl/esltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// extensions reads a shipped dialplan, the socket replaced; extensions outside of a context go to the one given.
func extensions(t *testing.T, name, context, socket string) (all []esltest.Extension) {
	t.Helper()
	root, _ := read(t, name)
	contexts := root.all("context")
	if len(contexts) == 0 {
		root.Attrs = []xml.Attr{{Name: xml.Name{Local: "name"}, Value: context}}
		contexts = []node{root}
	}
	for _, c := range contexts {
		for _, x := range c.all("extension") {
			out := esltest.Extension{Name: x.attr("name"), Context: c.attr("name")}
			for i, condition := range x.all("condition") {
				field, match := condition.attr("field"), condition.attr("expression")
				switch {
				case i == 0 && field == "destination_number":
					out.Match = match
				case i > 0 && strings.HasPrefix(field, "${"):
					out.Also = append(out.Also, esltest.Condition{Field: field, Match: match})
				default:
					t.Fatalf("%s: condition on %s", out.Name, field)
				}
				for _, a := range condition.all("action") {
					data := a.attr("data")
					if a.attr("application") == "socket" {
						data = strings.Replace(data, "127.0.0.1:8084", socket, 1)
					}
					out.Apps = append(out.Apps, esltest.App{Name: a.attr("application"), Data: data})
				}
			}
			all = append(all, out)
		}
	}
	return all
}

// pretend runs a switch with extensions and gives its CDRs.
func pretend(t *testing.T, cfg esltest.Config) (*esltest.Switch, <-chan *cdr.Record) {
	t.Helper()
	records := make(chan *cdr.Record, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		records <- cdr.Parse(r.URL.Query().Get("uuid"), body)
	}))
	t.Cleanup(server.Close)
	cfg.CDR.URL = server.URL + "/cdr"
	s, err := esltest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s, records
}

// variable is a channel variable in a CDR.
func variable(t *testing.T, r *cdr.Record, name string) string {
	t.Helper()
	_, after, found := strings.Cut(string(r.Raw), "<"+name+">")
	if !found {
		return ""
	}
	value, _, _ := strings.Cut(after, "<")
	value, err := url.PathUnescape(value)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestFallback rings a number of the shipped dialplan. It falls through when callgate is not there or dies, not when callgate
// has finished the call or somebody has served it.
func TestFallback(t *testing.T) {
	closeAt := func(after string) func(t *testing.T, l net.Listener) {
		return func(t *testing.T, l net.Listener) {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			if after != "" {
				_, _ = io.WriteString(c, after)
				_, _ = c.Read(make([]byte, 1))
			}
		}
	}
	handle := func(f func(context.Context, *esl.Session) error) func(t *testing.T, l net.Listener) {
		return func(t *testing.T, l net.Listener) {
			s, err := esl.NewServer(t.Context(), esl.ServerOptions{Listener: l, Handler: f})
			if err != nil {
				t.Error(err)
				return
			}
			if err := s.Run(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	gives := handle(func(context.Context, *esl.Session) error { return nil })
	for _, tt := range []struct {
		name        string
		serve       func(t *testing.T, l net.Listener) // nil: nobody listens
		fellThrough string
		cause       string
		before      string // what the call has from its first visit
	}{
		{"callgate is down", nil, "true", "NORMAL_TEMPORARY_FAILURE", ""},
		{"callgate dies when it has taken the connection", closeAt(""), "true", "NORMAL_TEMPORARY_FAILURE", ""},
		{"callgate dies when it has taken the call", closeAt("connect\n\n"), "true", "NORMAL_TEMPORARY_FAILURE", ""},
		{"callgate gives the call back", gives, "true", "NORMAL_TEMPORARY_FAILURE", ""},
		{"callgate hangs up", handle(func(ctx context.Context, s *esl.Session) error { return s.Hangup(ctx, "USER_BUSY") }), "", "USER_BUSY", ""},
		{"callgate goes when the caller has been answered from a queue", handle(func(ctx context.Context, s *esl.Session) error {
			return s.Set(ctx, "cc_cause", "answered")
		}), "true", "NORMAL_CLEARING", ""},
		{"callgate goes when the caller's queue was cancelled", handle(func(ctx context.Context, s *esl.Session) error {
			return s.Set(ctx, "cc_cause", "cancel")
		}), "true", "NORMAL_TEMPORARY_FAILURE", ""},
		{"callgate goes when the caller has been bridged", handle(func(ctx context.Context, s *esl.Session) error {
			return s.Set(ctx, "last_bridge_to", "another-leg")
		}), "true", "NORMAL_CLEARING", ""},
		{"callgate gives a call back that an agent had sent again", gives, "true", "NORMAL_TEMPORARY_FAILURE", "cc_cause=answered"},
		{"callgate gives a call back that a bridge had sent again", gives, "true", "NORMAL_TEMPORARY_FAILURE", "last_bridge_to=another-leg"},
		{"callgate gives a call back that had left a queue", gives, "true", "NORMAL_TEMPORARY_FAILURE", "cc_cause=cancel"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			served := make(chan struct{})
			t.Cleanup(func() { l.Close(); <-served })
			if tt.serve == nil {
				l.Close()
				close(served)
			} else {
				go func() { defer close(served); tt.serve(t, l) }()
			}
			var first []esltest.Extension
			if tt.before != "" {
				first = []esltest.Extension{{Match: "^78001112233$", Apps: []esltest.App{{Name: "set", Data: tt.before}, {Name: "transfer", Data: "78001112233 XML callgate"}}}}
			}
			s, records := pretend(t, esltest.Config{Extensions: slices.Concat(first,
				extensions(t, "dialplan/public/callgate.xml", "default", ""), // where the pretend switch takes calls
				extensions(t, "dialplan/callgate.xml", "", l.Addr().String()))})
			if _, err := s.Call(esltest.Call{Number: "79190000001", Extension: "78001112233"}); err != nil {
				t.Fatal(err)
			}
			select {
			case r := <-records:
				if got := variable(t, r, "hangup_cause"); got != tt.cause {
					t.Errorf("ended with %s, want %s", got, tt.cause)
				}
				if got := variable(t, r, "callgate_fell_through"); got != tt.fellThrough {
					t.Errorf("callgate_fell_through is %q, want %q", got, tt.fellThrough)
				}
				if got := variable(t, r, "socket_resume"); got != "" && tt.fellThrough != "" {
					t.Errorf("socket_resume is still %q", got)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("the caller was left alone")
			}
		})
	}
}

// TestOut sends calls to the shipped context for outbound calls: what is listed is dialled, the rest is refused.
func TestOut(t *testing.T) {
	for _, tt := range []struct{ name, number, want string }{
		{"extension", "1001", "SUBSCRIBER_ABSENT"},
		{"number", "79190000001", "INVALID_GATEWAY"},
		{"number with a plus sign", "+79190000001", "INVALID_GATEWAY"},
		{"feature code", "*72", "OUTGOING_CALL_BARRED"},
		{"number with a star", "7919000000*", "OUTGOING_CALL_BARRED"},
		{"number that begins with 0", "0079190000001", "OUTGOING_CALL_BARRED"},
		{"emergency", "112", "OUTGOING_CALL_BARRED"},
		{"nothing like a number", "callgate-out-number", "OUTGOING_CALL_BARRED"},
		{"number too long", "7919000000112345", "OUTGOING_CALL_BARRED"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := extensions(t, "dialplan/callgate-out.xml", "", "")
			for i := range all {
				all[i].Context = "default"
			}
			s, records := pretend(t, esltest.Config{Extensions: all})
			if _, err := s.Call(esltest.Call{Number: "1002", Extension: tt.number}); err != nil {
				t.Fatal(err)
			}
			select {
			case r := <-records:
				if got := variable(t, r, "hangup_cause"); got != tt.want {
					t.Errorf("ended with %s, want %s", got, tt.want)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("the call did not end")
			}
		})
	}
}
