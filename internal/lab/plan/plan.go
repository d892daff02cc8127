// Package plan reads what a load test shall do from a .env file with the names
// of the reference report, and refuses what is not allowed to be loaded.
package plan

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
)

// A Plan is one load test.
type Plan struct {
	// URL of the chat server: ws and wss are plain STOMP, http and https SockJS.
	URL string `json:"url"`
	// API is where the HTTP API is, without a path.
	API string `json:"api"`
	// Metrics are the /metrics of every process of the system under test.
	Metrics []string `json:"metrics"`

	Clients int               `json:"clients"`
	Streams []hubbub.StreamID `json:"streams"` // client i is in stream i modulo their number
	Rate    float64           `json:"rate"`    // messages a second of each client, above 0

	RampUp   time.Duration `json:"rampUp"`   // ns; connects are spread evenly over it
	Duration time.Duration `json:"duration"` // ns; of the steady window, in which all send

	Secret  string `json:"-"` // signs tokens with HS512; "" if none
	DataDir string `json:"-"` // folder whose Ed25519 key signs tokens; "" if none
}

// Defaults of what a file leaves out.
const (
	DefaultDuration = 300 * time.Second
	defaultStream   = "1"
)

// Short makes p a smoke test: few seconds, which no claim can rest on.
func (p *Plan) Short() {
	p.RampUp, p.Duration = min(p.RampUp, 3*time.Second), min(p.Duration, 10*time.Second)
}

// SockJS says whether the clients speak SockJS.
func (p *Plan) SockJS() bool { return strings.HasPrefix(p.URL, "http") }

// OfferedPerSecond is how many messages a second all clients together send.
func (p *Plan) OfferedPerSecond() float64 { return float64(p.Clients) * p.Rate }

// Check refuses a plan that loads a machine which is neither this one nor named
// in mine: a load test of somebody else's server is an attack.
func (p *Plan) Check(mine []string) error {
	for _, address := range append([]string{p.URL, p.API}, p.Metrics...) {
		u, err := url.Parse(address)
		if err != nil {
			return fmt.Errorf("read %q: %w", address, err)
		}
		if host := u.Hostname(); !loopback(host) && !slices.Contains(mine, host) {
			return fmt.Errorf("%s is not this machine: if you may load it, say --target-is-mine %s", address, host)
		}
	}
	return nil
}

// SameLoad says whether another plan puts the same load on a server, for however long.
func (p *Plan) SameLoad(other *Plan) bool {
	return p.Clients == other.Clients && p.Rate == other.Rate && len(p.Streams) == len(other.Streams) && p.SockJS() == other.SockJS()
}

// Local says whether the target is on this machine.
func (p *Plan) Local() bool {
	u, err := url.Parse(p.URL)
	return err == nil && loopback(u.Hostname())
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && address.Unmap().IsLoopback())
}

// complete derives what was left out and checks what was set.
func (p *Plan) complete() error {
	u, err := url.Parse(p.URL)
	if err != nil || u.Host == "" || !slices.Contains([]string{"ws", "wss", "http", "https"}, u.Scheme) {
		return fmt.Errorf("WEBSOCKET_URL: want ws://HOST:PORT/chat/ws (or wss, http, https), not %q", p.URL)
	}
	scheme := "http"
	if u.Scheme == "wss" || u.Scheme == "https" {
		scheme = "https"
	}
	if p.API == "" {
		p.API = scheme + "://" + u.Host
	}
	p.API = strings.TrimSuffix(p.API, "/")
	if len(p.Metrics) == 0 {
		p.Metrics = []string{scheme + "://" + u.Host + "/metrics"}
	}
	for _, address := range append([]string{p.API}, p.Metrics...) {
		if err := checkHTTP(address); err != nil {
			return fmt.Errorf("API_URL or METRICS_URLS: %w", err)
		}
	}
	if len(p.Streams) == 0 {
		p.Streams = []hubbub.StreamID{defaultStream}
	}
	if p.Duration == 0 {
		p.Duration = DefaultDuration
	}
	if p.Secret != "" && p.DataDir != "" {
		return errors.New("JWT_SECRET and DATA_DIR: set one of them, a server has one way to sign tokens")
	}
	if len(p.Streams) > p.Clients {
		return fmt.Errorf("STREAM_IDS: %d streams for %d clients leave rooms empty", len(p.Streams), p.Clients)
	}
	return nil
}

func checkHTTP(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return fmt.Errorf("want http://HOST:PORT, not %q", address)
	}
	if port := u.Port(); port != "" {
		if _, err := net.LookupPort("tcp", port); err != nil { //nolint:noctx // asks nobody: a number or a well-known name
			return fmt.Errorf("read %q: %w", address, err)
		}
	}
	return nil
}
