package tenant

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"github.com/oauth-operator/oauth-operator/internal/failure"
)

// metadata are the addresses at which clouds tell a machine who it is, and give out its credentials, besides those that are link-local anyway: of AWS and
// Google Cloud by IPv6, of Alibaba Cloud, and of Azure's host.
func metadata() []netip.Addr {
	return []netip.Addr{
		netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("fd20:ce::254"),
		netip.MustParseAddr("100.100.100.200"), netip.MustParseAddr("168.63.129.16"),
	}
}

// unfitAddress says why nothing at an address is called, be it as a tenant or as a proxy; "" for an address that may be.
//
// A tenant in the cluster's own network is allowed, and so is one on this machine: there are tenants behind gateways, and local ones. What speaks
// no TLS with a certificate that is trusted gets nothing from us there.
func unfitAddress(address netip.Addr) string {
	address = embedded(address.Unmap().WithZone(""))
	switch {
	case slices.Contains(metadata(), address):
		return "a metadata service of a cloud"
	case address.IsLinkLocalUnicast():
		return "a link-local address, such as that of a cloud's metadata service"
	case address.IsMulticast():
		return "a multicast address"
	case address.IsUnspecified(), address == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return "an address of no machine"
	}
	return ""
}

// embedded returns the IPv4 address that a NAT64 gateway makes of an address with the well-known prefix 64:ff9b::/96 (RFC 6052), and any other address as
// it is.
func embedded(address netip.Addr) netip.Addr {
	if !netip.MustParsePrefix("64:ff9b::/96").Contains(address) {
		return address
	}
	bytes := address.As16()
	return netip.AddrFrom4([4]byte(bytes[12:]))
}

// guardAddress refuses a connection to where nothing is to be called. It is asked for the address that a name has resolved to, right before the
// connection is made, so that no name service can talk its way around it.
func guardAddress(_ context.Context, _, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("reading the address of a connection: %w", err)
	}
	if reason := unfitAddress(target.Addr()); reason != "" {
		return &failure.ConnectionError{Reason: fmt.Sprintf("%s is %s, and is not called", target.Addr(), reason)}
	}
	return nil
}

// unfitHost returns an error for a host that is such an address. whose is the URL that names it.
func unfitHost(whose, host string) error {
	// What a name resolves to is looked at when it is called.
	if address, err := netip.ParseAddr(host); err == nil && unfitAddress(address) != "" {
		return errors.New(whose + " must not name " + unfitAddress(address))
	}
	return nil
}
