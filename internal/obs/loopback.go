package obs

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/hubbub-live/hubbub"
)

// forwarding headers are set by proxies: with one, a connection from loopback
// may stand for a stranger elsewhere.
var forwarding = []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via"}

// LoopbackOnly passes on what came over a direct loopback connection to localhost, and
// answers 403 with a problem+json of code forbidden to everything else.
func LoopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !direct(r) {
			forbid(w)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func direct(r *http.Request) bool {
	for _, name := range forwarding {
		if _, there := r.Header[name]; there { // also when empty
			return false
		}
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback() && thisMachine(r.Host)
}

// thisMachine says whether host names this machine. A page from elsewhere may have its
// own name resolve to 127.0.0.1 (DNS rebinding) and read what a browser here may.
func thisMachine(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	addr, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// forbid writes the problem by itself: package httpapi, whose job that is, is a
// floor above.
func forbid(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusForbidden)
	_ = json.NewEncoder(w).Encode(map[string]any{ // the client may be gone
		"title":  http.StatusText(http.StatusForbidden),
		"status": http.StatusForbidden,
		"code":   hubbub.CodeForbidden,
		"detail": "this answers only to direct connections from the same machine, by localhost or a loopback address; --admin gives it an address of its own",
	})
}
