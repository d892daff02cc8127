package faultproxy

import (
	"net"
	"sync"
	"time"
)

// A link is one connection through the proxy.
type link struct {
	proxy          *Proxy
	client, server net.Conn
	freezing       sync.Once
	cutting        sync.Once
	frozen         chan struct{} // closed: nothing passes any more
	cut            chan struct{} // closed: it is over
}

// run forwards until both directions have ended or the link is cut.
func (l *link) run() {
	var both sync.WaitGroup
	both.Go(func() { l.pump(l.client, l.server) })
	both.Go(func() { l.pump(l.server, l.client) })
	both.Wait()
	select {
	case <-l.frozen:
		<-l.cut // the side that is left keeps its socket
	default:
	}
	l.reset()
	l.proxy.mu.Lock()
	delete(l.proxy.mu.links, l)
	l.proxy.mu.Unlock()
}

// pump forwards one direction, small pieces at a time, so that a fault can fall
// within a frame.
func (l *link) pump(from, to net.Conn) {
	piece := make([]byte, 4<<10)
	for {
		n, err := from.Read(piece)
		if n > 0 && (!l.wait(l.proxy.pace(n)) || !write(to, piece[:n])) {
			return
		}
		if err != nil {
			if to, ok := to.(*net.TCPConn); ok && l.wait(0) { // a frozen end is not told
				_ = to.CloseWrite() // it may be gone as well
			}
			return
		}
	}
}

func write(to net.Conn, piece []byte) bool {
	_, err := to.Write(piece)
	return err == nil
}

// wait lasts d; false if nothing may pass any more.
func (l *link) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-l.frozen:
	case <-l.cut:
	}
	select {
	case <-l.frozen:
		<-l.cut
		return false
	case <-l.cut:
		return false
	default:
		return true
	}
}

func (l *link) freeze() { l.freezing.Do(func() { close(l.frozen) }) }

func (l *link) reset() {
	l.cutting.Do(func() { close(l.cut) })
	reset(l.client)
	reset(l.server)
}

// reset closes a connection without the courtesies.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}
