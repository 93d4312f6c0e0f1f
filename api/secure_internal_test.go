package api

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"testing"
)

// TestSecure: a cookie is for TLS only when the request came that way, to us or to a proxy that is trusted to say so.
func TestSecure(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}
	for _, tt := range []struct {
		name, peer, says string
		tls, want        bool
	}{
		{"plain", "192.0.2.1:99", "", false, false},
		{"TLS", "192.0.2.1:99", "", true, true},
		{"a stranger says so", "192.0.2.1:99", "https", false, false},
		{"a proxy says so", "10.1.1.1:99", "https", false, true},
		{"a proxy over IPv6", "[2001:db8::1]:99", "HTTPS", false, true},
		{"a proxy written as IPv6", "[::ffff:10.1.1.1]:99", "https", false, true},
		{"a proxy says that it was not", "10.1.1.1:99", "http", false, false},
		{"a proxy says nothing", "10.1.1.1:99", "", false, false},
		{"no address", "@", "https", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{"X-Forwarded-Proto": {tt.says}}}
			if tt.tls {
				r.TLS = &tls.ConnectionState{}
			}
			if got := secure(trusted)(r); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
