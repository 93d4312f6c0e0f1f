package outside

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"syscall"
)

// Reach says which addresses may be called on behalf of somebody who gave a URL: those of the public internet always, others
// only where they are named. The zero value names none.
type Reach struct {
	everywhere bool
	networks   []netip.Prefix
}

// ParseReach reads "no", "yes" or the networks that may be reached besides the public ones: 10.1.0.0/16, 127.0.0.1.
func ParseReach(text string) (Reach, error) {
	switch text = strings.TrimSpace(text); text {
	case "", "no":
		return Reach{}, nil
	case "yes":
		return Reach{everywhere: true}, nil
	}
	var r Reach
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		p, err := netip.ParsePrefix(part)
		if a, e := netip.ParseAddr(part); err != nil && e == nil && a.Zone() == "" {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil || p.Addr().Is4In6() {
			return Reach{}, fmt.Errorf("%.40q: want no, yes, or networks separated by commas, as in 10.1.0.0/16", part)
		}
		r.networks = append(r.networks, p.Masked())
	}
	return r, nil
}

// notPublic are the networks of IPv4 that are not the public internet, and those within IPv6's global unicast.
//
// Source: IANA's registries of special-purpose addresses, RFC 6890 and its updates.
var notPublic = [...]string{"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
	"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3", "2001::/23", "2001:db8::/32", "3fff::/20"}

// The prefixes of IPv6 in which an address of IPv4 is at home that is the one reached in the end.
const (
	nat64   = "64:ff9b::/96"
	sixTo4  = "2002::/16"
	unicast = "2000::/3" // all that IPv6 has of the public internet
)

// Allows tells whether an address may be called. One that stands for an address of IPv4, as in NAT64 and 6to4, is that.
func (r Reach) Allows(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	if !a.IsValid() {
		return false
	}
	if r.everywhere {
		return true
	}
	for _, p := range r.networks {
		if p.Contains(a) {
			return true
		}
	}
	if a.Is6() {
		bytes := a.As16()
		switch {
		case within(a, nat64):
			return r.Allows(netip.AddrFrom4([4]byte(bytes[12:])))
		case within(a, sixTo4):
			return r.Allows(netip.AddrFrom4([4]byte(bytes[2:6])))
		case !within(a, unicast):
			return false
		}
	}
	for _, network := range notPublic {
		if within(a, network) {
			return false
		}
	}
	return true
}

func within(a netip.Addr, network string) bool { return netip.MustParsePrefix(network).Contains(a) }

// ErrReach is the refusal to call an address that may not be called.
var ErrReach = errors.New("it lies in a network that may not be reached from here")

// Control is for a net.Dialer: it refuses, at the moment of connecting, an address that may not be called. That is after names
// have been resolved, so that a name cannot be one address when it is looked at and another when it is called.
func (r Reach) Control(_, address string, _ syscall.RawConn) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !r.Allows(a.Addr()) {
		return ErrReach
	}
	return nil
}
