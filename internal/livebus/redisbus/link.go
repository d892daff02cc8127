package redisbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// A link is the connection to one replica, made anew whenever it breaks, and the rooms
// that are to be subscribed to there.
type link struct {
	bus     *Bus
	address string
	changed chan struct{}      // the rooms did; holds one
	inbox   chan livebus.Batch // from the connection's goroutine, which must not wait
	ended   chan struct{}      // closed with the bus

	mu    sync.Mutex
	rooms map[hubbub.StreamID]*membership
	lost  atomic.Bool // a batch found no room in inbox
}

// A membership is a room with subscriptions of this process.
type membership struct {
	subscriptions int
	ready         chan struct{} // closed when Redis has it
	was           bool          // Redis had it before, in another connection
}

const (
	shortestPause = 20 * time.Millisecond
	longestPause  = time.Second
	mostChannels  = 1000 // in one command
)

func newLink(b *Bus, address string) *link {
	return &link{
		bus: b, address: address, changed: make(chan struct{}, 1), ended: make(chan struct{}),
		inbox: make(chan livebus.Batch, b.o.Inbox), rooms: map[hubbub.StreamID]*membership{},
	}
}

// join counts a subscription; ready is closed once Redis has it.
func (l *link) join(stream hubbub.StreamID) (ready <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.rooms[stream]
	if m == nil {
		m = &membership{ready: make(chan struct{})}
		l.rooms[stream] = m
		l.change()
	}
	m.subscriptions++
	return m.ready
}

func (l *link) leave(stream hubbub.StreamID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.rooms[stream]
	if m.subscriptions--; m.subscriptions == 0 {
		delete(l.rooms, stream)
		l.change()
	}
}

func (l *link) change() {
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// run keeps a connection until ctx ends.
func (l *link) run(ctx context.Context) {
	defer close(l.ended)
	pause := shortestPause
	for {
		began := time.Now()
		err := l.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > longestPause {
			pause = shortestPause
		}
		l.bus.o.Logger.Warn("the live bus has lost a replica, trying again", "replica", l.address, "error", err)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
		pause = min(2*pause, longestPause)
	}
}

// connect connects and subscribes until the connection breaks.
func (l *link) connect(ctx context.Context) error {
	client, err := l.bus.connect(l.address)
	if err != nil {
		return err
	}
	defer client.Close()
	c, release := client.Dedicate()
	defer release()
	gone := c.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: l.receive, OnSubscription: l.confirm})
	has := map[hubbub.StreamID]*membership{} // of this connection
	for {
		if err := l.reconcile(ctx, c, has); err != nil {
			return err
		}
		select {
		case <-l.changed:
		case err := <-gone:
			if err == nil {
				err = errors.New("the connection was closed")
			}
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// reconcile makes the connection's subscriptions those of the rooms. A room that was
// left and joined again meanwhile is subscribed to once more, to hear that it is.
func (l *link) reconcile(ctx context.Context, c rueidis.DedicatedClient, has map[hubbub.StreamID]*membership) error {
	var add, drop []string
	l.mu.Lock()
	for stream, m := range l.rooms {
		if has[stream] != m {
			has[stream] = m
			add = append(add, l.bus.channel(stream))
		}
	}
	for stream := range has {
		if l.rooms[stream] == nil {
			delete(has, stream)
			drop = append(drop, l.bus.channel(stream))
		}
	}
	l.mu.Unlock()
	for some := range slices.Chunk(drop, mostChannels) {
		if err := l.send(ctx, c, c.B().Unsubscribe().Channel(some...).Build()); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(add, mostChannels) {
		if err := l.send(ctx, c, c.B().Subscribe().Channel(some...).Build()); err != nil {
			return err
		}
	}
	return nil
}

func (l *link) send(ctx context.Context, c rueidis.DedicatedClient, command rueidis.Completed) error {
	ctx, cancel := context.WithTimeout(ctx, l.bus.o.Timeout)
	defer cancel()
	if err := c.Do(ctx, command).Error(); err != nil {
		return fmt.Errorf("change subscriptions: %w", err)
	}
	return nil
}

// confirm hears what Redis has subscribed.
func (l *link) confirm(s rueidis.PubSubSubscription) {
	name, ours := strings.CutPrefix(s.Channel, l.bus.channel(""))
	if s.Kind != "subscribe" || !ours {
		return
	}
	stream := hubbub.StreamID(name)
	l.mu.Lock()
	m := l.rooms[stream]
	again := m != nil && m.was
	if m != nil && !m.was {
		m.was = true
		close(m.ready)
	}
	l.mu.Unlock()
	if again {
		l.put(livebus.Batch{Stream: stream, Missed: true})
	}
}

// receive takes a message.
func (l *link) receive(m rueidis.PubSubMessage) {
	name, ours := strings.CutPrefix(m.Channel, l.bus.channel(""))
	if !ours {
		return
	}
	b, err := parseBatch([]byte(m.Message))
	b.Stream = hubbub.StreamID(name)
	if err != nil { // of another version: the log has it
		b = livebus.Batch{Stream: b.Stream, Missed: true}
	}
	l.put(b)
}

// put hands a batch over without waiting; what finds no room is noted as lost.
func (l *link) put(b livebus.Batch) {
	select {
	case l.inbox <- b:
	default:
		l.lost.Store(true)
	}
}

// deliver calls the handlers, and after a loss tells all rooms of it.
func (l *link) deliver(ctx context.Context) {
	for {
		select {
		case b := <-l.inbox:
			_ = l.bus.handlers.Deliver(b) // closed: nobody listens
		case <-ctx.Done():
			return
		}
		if len(l.inbox) == 0 && l.lost.Swap(false) {
			l.bus.o.Logger.Warn("the live bus brought more than could be taken; rooms read it from the log", "replica", l.address)
			for _, stream := range l.streams() {
				_ = l.bus.handlers.Deliver(livebus.Batch{Stream: stream, Missed: true})
			}
		}
	}
}

func (l *link) streams() (list []hubbub.StreamID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for stream := range l.rooms {
		list = append(list, stream)
	}
	return list
}
