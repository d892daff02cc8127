// Package faultproxy is a TCP proxy that does to connections what networks do:
// it delays, throttles, cuts and half-opens them.
package faultproxy

import (
	"context"
	"net"
	"sync"
	"time"
)

// A Proxy forwards connections to one address. Its methods may be called
// concurrently.
type Proxy struct {
	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu struct {
		sync.Mutex
		delay  time.Duration
		rate   int // bytes a second and direction; 0: no limit
		links  map[*link]bool
		closed bool
	}
}

// New starts a proxy of target on a free port of this machine.
func New(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{target: target, listener: l}
	p.mu.links = map[*link]bool{}
	p.running.Go(p.accept)
	return p, nil
}

// Dial connects to the proxy, whatever the address: it is a client.Options.NetDial.
func (p *Proxy) Dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, p.listener.Addr().String())
}

// Delay has every piece wait from now on.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.delay = d
}

// Throttle lets so many bytes a second through in each direction of each
// connection from now on; 0: all.
func (p *Proxy) Throttle(rate int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.rate = rate
}

// Cut resets all connections, both ways: what was under way is lost.
func (p *Proxy) Cut() {
	for _, l := range p.links() {
		l.reset()
	}
}

// HalfOpen resets the clients' sides. The server's stay open and silent, and take
// nothing, until Close.
func (p *Proxy) HalfOpen() {
	for _, l := range p.links() {
		l.freeze()
		reset(l.client)
	}
}

// Freeze lets nothing pass on the present connections any more, which look open
// to both sides.
func (p *Proxy) Freeze() {
	for _, l := range p.links() {
		l.freeze()
	}
}

// Close resets everything and waits for its end.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.mu.closed = true
	p.mu.Unlock()
	err := p.listener.Close()
	p.Cut()
	p.running.Wait()
	return err
}

func (p *Proxy) links() []*link {
	p.mu.Lock()
	defer p.mu.Unlock()
	links := make([]*link, 0, len(p.mu.links))
	for l := range p.mu.links {
		links = append(links, l)
	}
	return links
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil { // the server is down: so it looks to the client
			reset(client)
			continue
		}
		// The kernel would take in megabytes before a throttled sender notices.
		_ = server.(*net.TCPConn).SetReadBuffer(64 << 10)
		l := &link{proxy: p, client: client, server: server, frozen: make(chan struct{}), cut: make(chan struct{})}
		p.mu.Lock()
		closed := p.mu.closed
		if !closed {
			p.mu.links[l] = true
		}
		p.mu.Unlock()
		if closed {
			l.reset()
			continue
		}
		p.running.Go(l.run)
	}
}

// pace is how a piece of so many bytes is to be held back.
func (p *Proxy) pace(bytes int) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	wait := p.mu.delay
	if p.mu.rate > 0 {
		wait += time.Duration(bytes) * time.Second / time.Duration(p.mu.rate)
	}
	return wait
}
