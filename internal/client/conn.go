package client

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

// A Conn is one STOMP session.
type Conn struct {
	// Connected holds the headers of CONNECTED.
	Connected map[string]string

	options   Options
	transport *transport
	notices   *Subscription
	version   atomic.Uint32 // a stomp.Version; 0 before CONNECTED
	serial    atomic.Int64
	watched   atomic.Pointer[Subscription] // whose messages are scanned; nil: none
	batch     []Delivery                   // of the reading goroutine

	leaving   atomic.Bool // DISCONNECT was sent
	closeOnce sync.Once
	closing   chan struct{} // closed when this side ends it
	done      chan struct{} // closed when the session is over
	running   sync.WaitGroup

	mu struct {
		sync.Mutex
		subscriptions map[string]*Subscription
		pending       map[string]func(answer) // by receipt; nil once the session is over
		refusal       *hubbub.Error           // of an ERROR frame
		err           error
	}
}

// Dial opens a session: it returns once the server has said CONNECTED and, unless
// o.Silent, has taken the subscription to notices. ctx bounds the opening alone.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	t, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	c := &Conn{options: o, transport: t, closing: make(chan struct{}), done: make(chan struct{})}
	c.mu.subscriptions = make(map[string]*Subscription)
	c.mu.pending = make(map[string]func(answer))
	connected := c.expect(connectReceipt)
	c.running.Go(c.read)
	if err := c.begin(ctx, connected); err != nil {
		c.Close()
		return nil, fmt.Errorf("open a session: %w", err)
	}
	return c, nil
}

// connectReceipt stands for CONNECTED among the pending receipts.
const connectReceipt = "\x00connected"

func (c *Conn) begin(ctx context.Context, connected chan answer) error {
	if err := c.write(stomp.Connect, nil, c.connectHeaders()...); err != nil {
		return err
	}
	got, err := c.await(ctx, connectReceipt, connected)
	if err != nil {
		return err
	}
	c.Connected = got.Headers
	can, wants, err := stomp.ParseHeartBeat(c.Connected["heart-beat"])
	if err != nil {
		return err
	}
	own := c.options.heartBeat()
	if err := c.transport.allowSilence(2 * stomp.Interval(can, own)); err != nil {
		return err
	}
	if send := stomp.Interval(own, wants); send > 0 {
		c.running.Go(func() { c.beat(send) })
	}
	if c.options.Silent {
		return nil
	}
	c.notices, err = c.Subscribe(ctx, Topic{Destination: notices})
	return err
}

func (c *Conn) connectHeaders() []string {
	every := strconv.FormatInt(c.options.heartBeat().Milliseconds(), 10)
	headers := []string{"accept-version", cmp.Or(c.options.Versions, stomp.Versions), "heart-beat", every + "," + every}
	if c.options.Token != "" {
		headers = append(headers, "Authorization", "Bearer "+c.options.Token)
	}
	if c.options.Viewer != "" {
		headers = append(headers, "viewer", c.options.Viewer)
	}
	if c.options.Uncounted {
		headers = append(headers, "presence", "none")
	}
	return headers
}

func (c *Conn) beat(every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if c.transport.write([]byte(stomp.HeartBeat)) != nil {
				return // the reader finds out why
			}
		case <-c.done:
			return
		}
	}
}

// Subscribe subscribes and waits for the receipt, whose position the
// subscription then carries.
func (c *Conn) Subscribe(ctx context.Context, topic Topic) (*Subscription, error) {
	if topic.ID == "" {
		topic.ID = "s" + c.next()
	}
	s := newSubscription(c, topic.ID, topic.Destination)
	if s.watch = topic.Watch; s.watch != nil {
		c.watched.Store(s)
	}
	c.mu.Lock()
	if c.mu.subscriptions[s.ID] == nil { // a repeated id is the server's to refuse
		c.mu.subscriptions[s.ID] = s
	}
	c.mu.Unlock()
	headers := []string{"id", s.ID, "destination", s.Destination}
	if !topic.Resume.IsZero() {
		headers = append(headers, "last-position", topic.Resume.String())
	} else if topic.History > 0 {
		headers = append(headers, "history", strconv.Itoa(topic.History))
	}
	receipt, err := c.ask(ctx, stomp.Subscribe, nil, headers...)
	if err == nil {
		s.Position, err = hubbub.ParsePosition(receipt.Headers["position"])
	}
	if err != nil {
		return nil, fmt.Errorf("subscribe to %s: %w", s.Destination, err)
	}
	return s, nil
}

func (c *Conn) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.mu.subscriptions, id)
}

// Disconnect ends the session as STOMP does, waiting for the receipt, and closes.
func (c *Conn) Disconnect(ctx context.Context) error {
	c.leaving.Store(true)
	_, err := c.ask(ctx, stomp.Disconnect, nil)
	c.Close()
	return err
}

// Close drops the connection and waits for what runs for it. It may be called
// again.
func (c *Conn) Close() error {
	c.closeOnce.Do(func() {
		close(c.closing)
		c.transport.conn.Close()
	})
	c.running.Wait()
	return nil
}

// Done is closed when the session is over, by whichever side.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err says why the session is over: ErrClosed, a *CloseError, or what went wrong
// with the connection. nil while it is open.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.err
}

func (c *Conn) next() string { return strconv.FormatInt(c.serial.Add(1), 10) }
