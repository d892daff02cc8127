// Package outbox is the write side of one viewer's connection. While the socket
// takes what it is given, a write is one non-blocking system call by whoever has
// something to say, without a queue, a copy or a goroutine. Once the socket is
// full, the rest waits in a bounded backlog that a goroutine of the moment works
// off; what does not fit is refused, so that the caller can count and declare it.
//
// Nothing here ever waits for a viewer but that goroutine.
package outbox

import (
	"context"
	"errors"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Options bound an outbox. All fields are required.
type Options struct {
	Backlog int           // bytes that may wait for a full socket
	Stall   time.Duration // a connection that takes nothing for this long is closed
}

// overhead is what a piece in the backlog counts beside its bytes, so that many
// small ones are bounded as well; chunk is what is written at once of a large one,
// so that a connection that takes a little all the time does not count as stalled.
const (
	overhead = 64
	chunk    = 64 << 10
)

// An Outbox writes to one connection. All methods may be called concurrently;
// what is written by one goroutine keeps its order.
type Outbox struct {
	conn    net.Conn
	options Options
	raw     syscall.RawConn // nil: no non-blocking writes, everything goes through the backlog
	try     func(fd uintptr) bool
	wrote   atomic.Int64   // unix ms of the last write, for heart-beats
	working sync.WaitGroup // the goroutine of the moment

	mu        sync.Mutex
	queue     [][]byte // what waits, oldest first; the first may be the rest of one
	queued    int      // bytes in queue, and overhead of each piece
	writing   bool     // a goroutine works off the queue
	finishing bool     // close once the queue is empty
	closed    bool
	stalled   bool          // closed because it took nothing
	empty     chan struct{} // closed once nothing waits any more; nil: nobody asked

	// The arguments and results of try, which is made once so as not to allocate.
	attempt []byte
	n       int
	err     error
}

// New returns the outbox of conn. Non-blocking writes need a conn with a file
// descriptor of its own, such as *net.TCPConn.
func New(conn net.Conn, options Options) *Outbox {
	o := &Outbox{conn: conn, options: options}
	if sc, ok := conn.(syscall.Conn); ok {
		if raw, err := sc.SyscallConn(); err == nil {
			o.raw = raw
		}
	}
	o.try = func(fd uintptr) bool {
		for {
			o.n, o.err = syscall.Write(int(fd), o.attempt)
			if !errors.Is(o.err, syscall.EINTR) {
				return true
			}
		}
	}
	o.wrote.Store(time.Now().UnixMilli())
	return o
}

// Offer writes b, or queues what the socket does not take at once; false if the
// backlog has no room for it (nothing of b is sent then) or the outbox is closed.
// b is retained while it waits and must never change again.
func (o *Outbox) Offer(b []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.offer(b, o.options.Backlog)
}

// Send is Offer for what must not be skipped, such as receipts: it may use twice
// the backlog, and an outbox that cannot take it is closed as stalled.
func (o *Outbox) Send(b []byte) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.offer(b, 2*o.options.Backlog) {
		return true
	}
	if !o.closed && !o.finishing {
		o.stalled = true
		o.close()
	}
	return false
}

func (o *Outbox) offer(b []byte, bound int) bool {
	if o.closed || o.finishing {
		return false
	}
	if len(o.queue) > 0 || o.raw == nil {
		if o.queued > 0 && o.queued+len(b)+overhead > bound {
			return false
		}
		o.enqueue(b)
		return true
	}
	o.attempt = b
	if err := o.raw.Write(o.try); err != nil {
		o.err = err
	}
	n, err := max(o.n, 0), o.err
	o.attempt = nil
	switch {
	case err == nil || errors.Is(err, syscall.EAGAIN):
		o.wrote.Store(time.Now().UnixMilli())
		if n < len(b) {
			o.enqueue(b[n:])
		}
		return true
	default:
		o.close()
		return false
	}
}

func (o *Outbox) enqueue(b []byte) {
	o.queue = append(o.queue, b)
	o.queued += len(b) + overhead
	if !o.writing {
		o.writing = true
		o.working.Go(o.drain)
	}
}

// drain writes the queue out, waiting for the socket, and ends when it is empty.
func (o *Outbox) drain() {
	for {
		o.mu.Lock()
		if len(o.queue) == 0 || o.closed {
			o.writing = false
			o.queue, o.queued = nil, 0
			if o.empty != nil {
				close(o.empty)
				o.empty = nil
			}
			if o.closed || !o.finishing {
				o.mu.Unlock()
				return
			}
			o.halfClose()
			o.mu.Unlock()
			return
		}
		b := o.queue[0][:min(len(o.queue[0]), chunk)]
		o.mu.Unlock()

		// The deadline stays for others to trip over until it is taken back, but
		// nobody else writes while the queue has this buffer.
		err := o.conn.SetWriteDeadline(time.Now().Add(o.options.Stall))
		if err == nil {
			_, err = o.conn.Write(b)
		}
		if err == nil {
			err = o.conn.SetWriteDeadline(time.Time{})
		}
		o.wrote.Store(time.Now().UnixMilli())

		o.mu.Lock()
		o.queued -= len(b)
		if o.queue[0] = o.queue[0][len(b):]; len(o.queue[0]) == 0 {
			o.queue[0] = nil
			o.queue = o.queue[1:]
			o.queued -= overhead
		}
		if err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				o.stalled = true
			}
			o.close()
		}
		o.mu.Unlock()
	}
}

// Finish sends b as the last thing and shuts down the write side after it, so
// that the peer reads it all before the end. Later writes are refused. The
// connection's reader closes it.
func (o *Outbox) Finish(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed || o.finishing {
		return
	}
	o.offer(b, math.MaxInt) // a full backlog must not keep the reason from the peer
	if o.closed {
		return
	}
	o.finishing = true
	if len(o.queue) == 0 {
		o.halfClose()
	}
}

// halfClose ends the write side; mu is held.
func (o *Outbox) halfClose() {
	type writeCloser interface{ CloseWrite() error }
	if c, ok := o.conn.(writeCloser); ok {
		_ = c.CloseWrite() // a connection that is gone already is as closed as can be
		return
	}
	o.close()
}

// close gives the connection up; mu is held.
func (o *Outbox) close() {
	o.closed = true
	_ = o.conn.Close() // what could be wrong with it no longer matters
}

// Close closes the connection and waits for the goroutine that works off the
// backlog, if there is one. What waits is lost. It may be called twice.
func (o *Outbox) Close() {
	o.mu.Lock()
	o.close()
	o.mu.Unlock()
	o.working.Wait()
}

// Stalled says whether the connection was closed because it took nothing.
func (o *Outbox) Stalled() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.stalled
}

// Drained waits until nothing waits in the backlog, the outbox is closed, or ctx
// ends, which is the only error.
func (o *Outbox) Drained(ctx context.Context) error {
	o.mu.Lock()
	if !o.writing {
		o.mu.Unlock()
		return nil
	}
	if o.empty == nil {
		o.empty = make(chan struct{})
	}
	empty := o.empty
	o.mu.Unlock()
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Idle returns how long nothing was written.
func (o *Outbox) Idle(now time.Time) time.Duration {
	return time.Duration(now.UnixMilli()-o.wrote.Load()) * time.Millisecond
}

// Waiting returns the size of the backlog; 0: nothing waits.
func (o *Outbox) Waiting() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.queued
}
