package client

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/chat/stomp"
)

// A Topic is what to subscribe to and from where.
type Topic struct {
	Destination string
	// ID is the subscription's id. Empty: one is made.
	ID string
	// History asks for the last so many messages first.
	History int
	// Resume asks for everything after this position; it wins over History.
	Resume hubbub.Position
	// Watch, if set, takes what is received in the place of Next, without bodies
	// and without a copy of anything: for those who count messages by the million.
	// It is called from the reading goroutine with what came in one piece, which is
	// valid until it returns; it must not block. One subscription of a Conn can be
	// watched.
	Watch func([]Delivery)
}

// A Message is one MESSAGE frame.
type Message struct {
	Headers  map[string]string
	ID       string // message-id
	Position hubbub.Position
	Prev     hubbub.Position
	Replay   bool
	Skipped  int    // messages that the server left out before this one
	Gap      string // "from..to" that the server could not give
	Body     []byte
	Arrived  time.Time
}

// Chat reads the body of a message on /message.
func (m Message) Chat() (hubbub.Message, error) { return hubbub.ParseMessage(m.Body) }

// A Subscription receives the events of one destination.
type Subscription struct {
	ID          string
	Destination string
	// Position is where it starts, as the receipt said: what is live comes after it.
	Position hubbub.Position

	watch   func([]Delivery)
	conn    *Conn
	backlog int
	arrived chan struct{} // capacity 1: something waits
	taken   chan struct{} // capacity 1: there is room again

	mu struct {
		sync.Mutex
		waiting []Message
	}
}

func newSubscription(c *Conn, id, destination string) *Subscription {
	return &Subscription{
		ID: id, Destination: destination, conn: c, backlog: c.options.backlog(),
		arrived: make(chan struct{}, 1), taken: make(chan struct{}, 1),
	}
}

// Next returns the next message, waiting for it. Once the connection is gone and
// the backlog is empty it returns the connection's error.
func (s *Subscription) Next(ctx context.Context) (Message, error) {
	for {
		if m, ok := s.pop(); ok {
			return m, nil
		}
		select {
		case <-s.arrived:
		case <-ctx.Done():
			return Message{}, context.Cause(ctx)
		case <-s.conn.done:
			if m, ok := s.pop(); ok {
				return m, nil
			}
			return Message{}, s.conn.Err()
		}
	}
}

func (s *Subscription) pop() (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.mu.waiting) == 0 {
		return Message{}, false
	}
	m := s.mu.waiting[0]
	s.mu.waiting = s.mu.waiting[1:]
	signal(s.taken)
	if len(s.mu.waiting) > 0 {
		signal(s.arrived) // for another Next that waits
	}
	return m, true
}

// push keeps m, waiting for room until the connection is closed on this side.
func (s *Subscription) push(m Message) {
	for {
		s.mu.Lock()
		if len(s.mu.waiting) < s.backlog {
			s.mu.waiting = append(s.mu.waiting, m)
			s.mu.Unlock()
			signal(s.arrived)
			return
		}
		s.mu.Unlock()
		select {
		case <-s.taken:
		case <-s.conn.closing:
			return
		}
	}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Unsubscribe ends the subscription and waits for the receipt. What has come
// before it can still be taken with Next.
func (s *Subscription) Unsubscribe(ctx context.Context) error {
	_, err := s.conn.ask(ctx, stomp.Unsubscribe, nil, "id", s.ID)
	s.conn.forget(s.ID)
	return err
}

func messageFrom(headers map[string]string, body []byte) (Message, error) {
	m := Message{Headers: headers, ID: headers["message-id"], Gap: headers["gap"], Body: body, Arrived: time.Now()}
	m.Replay = headers["replay"] == "true"
	var err error
	if m.Position, err = hubbub.ParsePosition(headers["position"]); err != nil {
		return m, err
	}
	if m.Prev, err = hubbub.ParsePosition(headers["prev"]); err != nil {
		return m, err
	}
	if skipped := headers["skipped"]; skipped != "" {
		m.Skipped, err = strconv.Atoi(skipped)
	}
	return m, err
}
