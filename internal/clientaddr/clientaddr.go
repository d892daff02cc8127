// Package clientaddr finds out which address a request really comes from, past
// the proxies that the operator said to trust and no further.
package clientaddr

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// hops bounds how many addresses of X-Forwarded-For are looked at.
const hops = 16

// A Resolver knows the trusted proxies. The zero Resolver trusts none. It is safe
// for concurrent use.
type Resolver struct {
	trusted []netip.Prefix
}

// New makes a resolver that trusts proxies: addresses or networks such as
// 10.0.0.0/8.
func New(proxies []string) (*Resolver, error) {
	r := &Resolver{}
	for _, proxy := range proxies {
		if addr, err := netip.ParseAddr(proxy); err == nil {
			r.trusted = append(r.trusted, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(proxy)
		if err != nil {
			return nil, fmt.Errorf("the trusted proxy %q has to be an address or a network such as 10.0.0.0/8", proxy)
		}
		r.trusted = append(r.trusted, network.Masked())
	}
	return r, nil
}

// Of returns the address of the client: of the connection, or, where that is a
// trusted proxy, the last one in X-Forwarded-For that is none. What comes before
// it there may be made up. The zero Addr: the connection has none that can be read.
func (r *Resolver) Of(req *http.Request) netip.Addr {
	addr := peer(req)
	forwarded := strings.Join(req.Header["X-Forwarded-For"], ",")
	for range hops {
		if !r.trusts(addr) || forwarded == "" {
			break
		}
		before, last, found := cutLast(forwarded)
		next, ok := parse(last)
		if !ok { // what a trusted proxy passed on is no address: it is the last we know
			break
		}
		addr, forwarded = next, before
		if !found {
			break
		}
	}
	return addr
}

// Local says whether req came over loopback straight from a program on this
// machine: a proxy here that is not trusted stands for strangers elsewhere.
func (r *Resolver) Local(req *http.Request) bool {
	if !r.Of(req).IsLoopback() {
		return false
	}
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"} {
		if _, there := req.Header[name]; there {
			return false
		}
	}
	return true
}

// peer returns the address at the other end of the connection, trusted or not.
func peer(req *http.Request) netip.Addr {
	end, err := netip.ParseAddrPort(req.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return end.Addr().Unmap().WithZone("")
}

// Network is who counts as one where addresses are limited: an IPv4 address, or
// the /64 that a household has. All without an address share the zero Prefix.
func Network(addr netip.Addr) netip.Prefix {
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	prefix, err := addr.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

func (r *Resolver) trusts(addr netip.Addr) bool {
	for _, network := range r.trusted {
		if network.Contains(addr) {
			return true
		}
	}
	return false
}

// parse reads an address with or without a port.
func parse(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	addr, err := netip.ParseAddr(strings.Trim(s, "[]"))
	if err != nil {
		var withPort netip.AddrPort
		withPort, err = netip.ParseAddrPort(s)
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), err == nil
}

func cutLast(list string) (before, last string, found bool) {
	if i := strings.LastIndexByte(list, ','); i >= 0 {
		return list[:i], list[i+1:], true
	}
	return "", list, false
}
