package clientaddr

import (
	"net/http"
	"net/netip"
	"testing"
)

func request(peer string, forwarded ...string) *http.Request {
	r := &http.Request{RemoteAddr: peer, Header: http.Header{}}
	for _, f := range forwarded {
		r.Header.Add("X-Forwarded-For", f)
	}
	return r
}

func TestOf(t *testing.T) {
	none := &Resolver{}
	proxies, err := New([]string{"10.0.0.0/8", "::1", "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why      string
		resolver *Resolver
		request  *http.Request
		want     string
	}{
		{"no proxy", none, request("192.0.2.1:5"), "192.0.2.1"},
		{"an untrusted peer can claim nothing", none, request("192.0.2.1:5", "203.0.113.9"), "192.0.2.1"},
		{"an untrusted peer can claim nothing", proxies, request("192.0.2.1:5", "203.0.113.9"), "192.0.2.1"},
		{"behind a proxy", proxies, request("10.1.1.1:5", "203.0.113.9"), "203.0.113.9"},
		{"made up before the proxy's word", proxies, request("10.1.1.1:5", "1.1.1.1, 203.0.113.9"), "203.0.113.9"},
		{"two proxies", proxies, request("10.1.1.1:5", "1.1.1.1, 203.0.113.9, 10.2.2.2"), "203.0.113.9"},
		{"two headers are one list", proxies, request("10.1.1.1:5", "1.1.1.1", "203.0.113.9"), "203.0.113.9"},
		{"all trusted: the first", proxies, request("10.1.1.1:5", "10.3.3.3, 10.2.2.2"), "10.3.3.3"},
		{"with ports", proxies, request("[::1]:5", "203.0.113.9:1234"), "203.0.113.9"},
		{"IPv6 with a port", proxies, request("[::1]:5", "[2001:db8::1]:1234"), "2001:db8::1"},
		{"IPv6 in brackets", proxies, request("[::1]:5", "[2001:db8::1]"), "2001:db8::1"},
		{"IPv4 in IPv6", proxies, request("[::ffff:10.1.1.1]:5", "::ffff:203.0.113.9"), "203.0.113.9"},
		{"no address", proxies, request("10.1.1.1:5", "unknown"), "10.1.1.1"},
		{"empty", proxies, request("10.1.1.1:5", ""), "10.1.1.1"},
		{"empty after a comma", proxies, request("10.1.1.1:5", "203.0.113.9,"), "10.1.1.1"},
		{"a peer that has none", none, request("@"), "invalid IP"},
	} {
		if got := row.resolver.Of(row.request).String(); got != row.want {
			t.Errorf("%s: %s, want %s", row.why, got, row.want)
		}
	}
}

func TestLocal(t *testing.T) {
	proxies, err := New([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	via := request("127.0.0.1:5")
	via.Header.Set("Via", "1.1 proxy")
	for why, row := range map[string]struct {
		request *http.Request
		want    bool
	}{
		"a program here":                     {request("127.0.0.1:5"), true},
		"IPv6":                               {request("[::1]:5"), true},
		"a proxy here for somebody":          {request("127.0.0.1:5", "203.0.113.9"), false},
		"a claim of loopback through it":     {request("127.0.0.1:5", "127.0.0.1"), false},
		"a proxy that names itself alone":    {via, false},
		"somebody elsewhere":                 {request("203.0.113.9:5"), false},
		"somebody elsewhere who claims here": {request("203.0.113.9:5", "127.0.0.1"), false},
	} {
		for _, r := range []*Resolver{{}, proxies} {
			if got := r.Local(row.request); got != row.want {
				t.Errorf("%s: %v", why, got)
			}
		}
	}
}

func TestBadProxiesAreRefusedAtStart(t *testing.T) {
	for _, bad := range []string{"", "proxy.example", "10.0.0.0/33", "10.0.0"} {
		if _, err := New([]string{bad}); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

// FuzzOf: whatever a client claims, an untrusted peer stays what it is, and a
// trusted one yields an address that can be a key.
func FuzzOf(f *testing.F) {
	f.Add("1.1.1.1, 203.0.113.9")
	f.Add("[::1%eth0]:4,,")
	proxies, err := New([]string{"10.0.0.0/8"})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, forwarded string) {
		if got := proxies.Of(request("192.0.2.1:5", forwarded)); got != netip.MustParseAddr("192.0.2.1") {
			t.Fatalf("%q moved an untrusted peer to %v", forwarded, got)
		}
		if got := proxies.Of(request("10.0.0.1:5", forwarded)); !got.IsValid() || got.Zone() != "" || got.Is4In6() {
			t.Fatalf("%q: %v", forwarded, got)
		}
	})
}

func TestNetwork(t *testing.T) {
	for _, row := range []struct {
		one, other string
		same       bool
	}{
		{"203.0.113.9", "203.0.113.10", false},
		{"2001:db8::1", "2001:db8::2", true},
		{"2001:db8:0:1::1", "2001:db8:0:2::1", false},
	} {
		if same := Network(netip.MustParseAddr(row.one)) == Network(netip.MustParseAddr(row.other)); same != row.same {
			t.Errorf("%s and %s: %v", row.one, row.other, same)
		}
	}
	if Network(netip.Addr{}) != (netip.Prefix{}) {
		t.Error("no address has a network of its own")
	}
}
