package v1

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/callcenter"
	"callgate/internal/fault"
)

// TestRefusal: every kind of failure has its status and text, and what is ours stays ours.
func TestRefusal(t *testing.T) {
	t.Parallel()
	secret := errors.New("secret")
	for _, tt := range []struct {
		name   string
		err    error
		status int
		want   string // text, and what it says of the field
		retry  string
	}{
		{"of no kind", secret, 500, "Internal error", ""},
		{"internal", &fault.Error{Kind: fault.Internal, Subject: "secret", Err: secret}, 500, "Internal error", ""},
		{"client gone", fmt.Errorf("read: %w", context.Canceled), 499, "Client closed request", ""},
		{"client gone while the database was down", fault.Wrap(fault.StorageDown, context.Canceled, "read"), 503, "Storage unavailable", "5"},
		{"credentials", fault.New(fault.BadCredentials, ""), 401, "Wrong login or password", ""},
		{"token", fault.New(fault.BadToken, ""), 401, "Wrong token", ""},
		{"denied", fault.Wrap(fault.Denied, secret, "x"), 403, "Access denied", ""},
		{"not found", fault.New(fault.NotFound, "Agent"), 404, "Agent not found", ""},
		{"empty", fault.New(fault.EmptyField, "switch"), 422, "Empty switch", ""},
		{"wrong", &fault.Error{Kind: fault.WrongField, Subject: "status", Err: errors.New("want one of")}, 422, "Wrong status (status: want one of)", ""},
		{"JSON", fault.Wrap(fault.BadJSON, secret, "x"), 400, "Invalid JSON", ""},
		{"large", fault.New(fault.TooLarge, ""), 413, "Request too large", ""},
		{"many", fault.New(fault.TooMany, ""), 429, "Too many requests", "1"},
		{"many, for a time that is known", &fault.Error{Kind: fault.TooMany, RetryAfter: 1500 * time.Millisecond}, 429, "Too many requests", "2"},
		{"conflict", fault.New(fault.Conflict, "Tier"), 409, "Tier exists already", ""},
		{"stale", fault.New(fault.Stale, "User"), 412, "User was changed meanwhile", ""},
		{"needed", fault.New(fault.Needed, "The last administrator"), 409, "The last administrator is needed", ""},
		{"password due", fault.New(fault.PasswordDue, ""), 403, "Change your password first", ""},
		{"code due", fault.New(fault.CodeDue, ""), 401, "A code is needed", ""},
		{"unfinished", fault.New(fault.Unfinished, "ID"), 409, "ID is not finished yet", "10"},
		{"switch", fault.Wrap(fault.SwitchDown, secret, "x"), 503, "Switch unavailable", "5"},
		{"outcome", &fault.Error{Kind: fault.SwitchDown, Subject: callcenter.OutcomeUnknown, Err: secret}, 503, "Switch unavailable: outcome unknown", "5"},
		{"outside", fault.Wrap(fault.OutsideDown, secret, "x"), 503, "Outside system unavailable", "5"},
		{"storage", fault.Wrap(fault.StorageDown, secret, "x"), 503, "Storage unavailable", "5"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := refusal(tt.err)
			text := p.text
			for _, reason := range p.reasons {
				detail, ok := errors.AsType[*huma.ErrorDetail](reason)
				if !ok {
					t.Fatalf("reason %v", reason)
				}
				text += fmt.Sprintf(" (%s: %s)", detail.Location, detail.Message)
			}
			if m := p.model(); m.Status != p.status || m.Detail != p.text || len(m.Errors) != len(p.reasons) {
				t.Errorf("sent: %+v", m)
			}
			if p.status != tt.status || text != tt.want || p.header.Get("Retry-After") != tt.retry {
				t.Errorf("got %d %q %v, want %d %q, retry after %q", p.status, text, p.header, tt.status, tt.want, tt.retry)
			}
		})
	}
	t.Run("no kind is left out", func(t *testing.T) {
		types := map[fault.Kind]string{fault.PasswordDue: "urn:callgate:password_due", fault.CodeDue: "urn:callgate:code_due"}
		for kind := fault.Internal + 1; !strings.HasPrefix(kind.String(), "kind "); kind++ {
			p := refusal(fault.New(kind, ""))
			if p.status == 500 {
				t.Errorf("%s is internal", kind)
			}
			if got := p.model().Type; got != types[kind] {
				t.Errorf("%s has the type %q, want %q", kind, got, types[kind])
			}
		}
	})
}
