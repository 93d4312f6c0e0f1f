package outside_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"

	"callgate/internal/outside"
)

// TestReach: nothing but the public internet is called unless it is named, however an address is written.
func TestReach(t *testing.T) {
	for _, tt := range []struct {
		name, setting, address string
		want                   bool
	}{
		{"public", "no", "93.184.215.14", true},
		{"public of IPv6", "no", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", true},
		{"public, mapped", "no", "::ffff:93.184.215.14", true},
		{"public through NAT64", "no", "64:ff9b::93.184.215.14", true},
		{"public through 6to4", "no", "2002:5db8:d70e::1", true},
		{"just below 172.16", "no", "172.15.255.255", true},
		{"just above 172.31", "no", "172.32.0.0", true},
		{"just above CGNAT", "no", "100.128.0.0", true},
		{"loopback", "no", "127.0.0.1", false},
		{"all of loopback", "no", "127.255.255.254", false},
		{"loopback of IPv6", "no", "::1", false},
		{"loopback, mapped", "no", "::ffff:127.0.0.1", false},
		{"loopback, compatible", "no", "::127.0.0.1", false},
		{"loopback through NAT64", "no", "64:ff9b::127.0.0.1", false},
		{"loopback through 6to4", "no", "2002:7f00:1::", false},
		{"a NAT64 of its own", "no", "64:ff9b:1::5db8:d70e", false},
		{"unspecified", "no", "0.0.0.0", false},
		{"this network", "no", "0.1.2.3", false},
		{"unspecified of IPv6", "no", "::", false},
		{"10", "no", "10.0.0.1", false},
		{"172.16", "no", "172.16.0.1", false},
		{"172.31", "no", "172.31.255.255", false},
		{"192.168", "no", "192.168.1.1", false},
		{"192.168 through 6to4", "no", "2002:c0a8:101::1", false},
		{"192.168, translated", "no", "::ffff:0:192.168.1.1", false},
		{"CGNAT", "no", "100.64.0.1", false},
		{"end of CGNAT", "no", "100.127.255.255", false},
		{"a cloud's own", "no", "169.254.169.254", false},
		{"a cloud's own, mapped", "no", "::ffff:169.254.169.254", false},
		{"a cloud's own of IPv6", "no", "fd00:ec2::254", false},
		{"link-local", "no", "fe80::1", false},
		{"link-local with a zone", "no", "fe80::1%eth0", false},
		{"site-local", "no", "fec0::1", false},
		{"unique local", "no", "fd12:3456::1", false},
		{"multicast", "no", "224.0.0.1", false},
		{"multicast of IPv6", "no", "ff02::1", false},
		{"broadcast", "no", "255.255.255.255", false},
		{"reserved", "no", "240.0.0.1", false},
		{"for measurements", "no", "198.18.0.1", false},
		{"for documents", "no", "203.0.113.7", false},
		{"for documents of IPv6", "no", "2001:db8::1", false},
		{"Teredo", "no", "2001:0:5ef5:79fd::1", false},
		{"to be discarded", "no", "100::1", false},
		{"nothing set", "", "10.0.0.1", false},
		{"all allowed", "yes", "10.0.0.1", true},
		{"all allowed, loopback", "yes", "::1", true},
		{"named", "10.1.0.0/16", "10.1.2.3", true},
		{"named, mapped", "10.1.0.0/16", "::ffff:10.1.2.3", true},
		{"named, through NAT64", "10.1.0.0/16", "64:ff9b::10.1.2.3", true},
		{"beside what is named", "10.1.0.0/16", "10.2.0.1", false},
		{"a single one", "fd00::1, 127.0.0.1", "127.0.0.1", true},
		{"beside a single one", "fd00::1, 127.0.0.1", "127.0.0.2", false},
		{"public with others named", "127.0.0.1", "93.184.215.14", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := outside.ParseReach(tt.setting)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Allows(netip.MustParseAddr(tt.address)); got != tt.want {
				t.Errorf("%s: %v, want %v", tt.address, got, tt.want)
			}
		})
	}
	for _, text := range []string{"maybe", "10.0.0.0/33", "10.0.0.1-10.0.0.9", "example.com", "fe80::1%eth0", "10.0.0.0/8;11.0.0.0/8", "::ffff:10.0.0.0/104"} {
		if _, err := outside.ParseReach(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	if (outside.Reach{}).Allows(netip.Addr{}) {
		t.Error("no address is allowed")
	}
}

// TestReachAtConnect: what counts is the address that is connected to, whatever name was given.
func TestReachAtConnect(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	dial := func(setting string) error {
		r, err := outside.ParseReach(setting)
		if err != nil {
			t.Fatal(err)
		}
		d := net.Dialer{Control: r.Control, Resolver: &net.Resolver{PreferGo: true}}
		conn, err := d.DialContext(context.Background(), "tcp", "localhost:"+port)
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
	if err := dial("no"); !errors.Is(err, outside.ErrReach) {
		t.Errorf("a name of this machine: %v", err)
	}
	if err := dial("127.0.0.1"); err != nil {
		t.Errorf("a name of what is allowed: %v", err)
	}
}
