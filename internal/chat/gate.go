package chat

import (
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/clientaddr"
)

// A gate decides who may connect: where from, how many, and how fast. It is asked
// before the handshake, so that a refusal is an HTTP answer.
type gate struct {
	options Options
	arrive  *rate.Limiter

	mu   sync.Mutex
	here map[netip.Prefix]int // connections by address
}

func newGate(o Options) *gate {
	g := &gate{options: o, here: map[netip.Prefix]int{}, arrive: rate.NewLimiter(rate.Inf, 0)}
	if o.ConnectRate > 0 {
		g.arrive = rate.NewLimiter(rate.Limit(o.ConnectRate), o.ConnectRate)
	}
	return g
}

// enter lets a request in, and returns what to call when its connection has
// ended, or refuses it.
func (g *gate) enter(r *http.Request) (leave func(), err error) {
	if !g.options.Origins.Allowed(r) {
		return nil, hubbub.Refuse(hubbub.CodeOriginRefused, "pages of this origin are not let in; --origins or --public-url would name it")
	}
	if !g.arrive.Allow() {
		return nil, &hubbub.Error{Code: hubbub.CodeOverloaded, RetryAfter: time.Second,
			Message: "too many connect at once, try again in a moment"}
	}
	if g.options.PerAddress <= 0 {
		return func() {}, nil
	}
	from := clientaddr.Network(g.options.Clients.Of(r))
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.here[from] >= g.options.PerAddress {
		return nil, &hubbub.Error{Code: hubbub.CodeTooManyConnections, RetryAfter: 10 * time.Second,
			Message: "too many connections from your address, close some"}
	}
	g.here[from]++
	return func() { g.left(from) }, nil
}

func (g *gate) left(from netip.Prefix) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.here[from]--; g.here[from] <= 0 {
		delete(g.here, from)
	}
}
