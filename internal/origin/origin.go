// Package origin decides which web pages may talk to this server from a browser:
// the API across origins (CORS), WebSocket upgrades and SockJS alike.
//
// Tokens travel in headers and frames, never in cookies, so a foreign page can do
// nothing in somebody's name; the policy keeps it from acting through their
// browser and address at all.
package origin

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Any as an origin lets every page in.
const Any = "*"

// A Policy says which origins are let in. The zero Policy lets in the same origin
// only. It is not changed once made, and safe for concurrent use.
type Policy struct {
	listed []string // normalised
	any    bool
}

// New makes a policy that lets in the same origin, the origin of publicURL
// (unless "") and others: scheme://host[:port] each, or Any.
func New(publicURL string, others []string) (*Policy, error) {
	p := &Policy{}
	if publicURL != "" {
		u, err := url.Parse(publicURL)
		if err != nil {
			return nil, fmt.Errorf("the public URL %q: %w", publicURL, err)
		}
		o, ok := normalise(u.Scheme + "://" + u.Host)
		if !ok {
			return nil, fmt.Errorf("the public URL %q has to be http(s)://host[:port][/…]", publicURL)
		}
		p.listed = append(p.listed, o)
	}
	for _, other := range others {
		if other == Any {
			p.any = true
			continue
		}
		o, ok := normalise(other)
		if !ok {
			return nil, fmt.Errorf("the origin %q has to be http(s)://host[:port], or %s", other, Any)
		}
		p.listed = append(p.listed, o)
	}
	return p, nil
}

// Allowed says whether the page that r comes from may use this server. A request
// without an Origin header does not come from a page elsewhere. The same origin
// is one with the host and port of the request; the scheme is not compared, since
// a proxy that ends TLS hides it.
func (p *Policy) Allowed(r *http.Request) bool {
	values := r.Header["Origin"]
	switch {
	case len(values) == 0:
		return true
	case len(values) > 1:
		return false
	case p.any:
		return true
	}
	o, ok := normalise(values[0])
	if !ok { // "null" is one: sandboxed frames and files
		return false
	}
	return slices.Contains(p.listed, o) || sameHost(o, r.Host)
}

func sameHost(origin, host string) bool {
	scheme, _, _ := strings.Cut(origin, "://")
	o, ok := normalise(scheme + "://" + host)
	return ok && o == origin
}

// normalise returns an origin in lower case, with its port; ok is false for
// anything else.
func normalise(s string) (origin string, ok bool) {
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	if err != nil || u.Hostname() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.ForceQuery {
		return "", false
	}
	port := u.Port()
	switch u.Scheme {
	case "http":
		if port == "" {
			port = "80"
		}
	case "https":
		if port == "" {
			port = "443"
		}
	default:
		return "", false
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(u.Hostname()), port), true
}
