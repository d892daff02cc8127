// Package localbus is the live bus within one process: Publish calls the
// handlers of the room itself, on the publisher's goroutine. It owns nothing
// but the list of subscriptions. Only internal/app should import it.
package localbus

import (
	"context"
	"hash/maphash"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// shards spread the rooms over locks, so that publishers to different rooms
// seldom meet. A power of two.
const shards = 64

// Options say how a bus behaves. The zero value is good.
type Options struct {
	Logger *slog.Logger // where panics of handlers go; nil: nowhere
}

// A Bus carries batches from publishers to handlers of the same process.
//
// Two locks nest in this order: a room's delivery lock may be held while a
// shard's is taken (a handler that subscribes), never the other way round.
type Bus struct {
	log    *slog.Logger
	seed   maphash.Seed
	closed atomic.Bool
	shards [shards]shard
}

type shard struct {
	mu    sync.RWMutex
	rooms map[hubbub.StreamID]*room // only rooms with subscriptions
}

type room struct {
	delivery sync.Mutex // held while handlers run: one call at a time
	// subscriptions is replaced as a whole, under the shard's lock.
	subscriptions atomic.Pointer[[]*subscription]
}

type subscription struct{ handle livebus.Handler }

var _ livebus.Bus = (*Bus)(nil)

// New makes a bus without subscriptions. It has no goroutine of its own.
func New(o Options) *Bus {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	b := &Bus{log: o.Logger, seed: maphash.MakeSeed()}
	for i := range b.shards {
		b.shards[i].rooms = make(map[hubbub.StreamID]*room)
	}
	return b
}

// Publish calls the handlers of the batch's room before it returns. A room
// without subscriptions costs one look into a map. A handler that panics misses
// the batch and stays subscribed; the panic is logged, and the others get theirs.
func (b *Bus) Publish(_ context.Context, batch livebus.Batch) error {
	if b.closed.Load() {
		return livebus.ErrClosed
	}
	s := b.shard(batch.Stream)
	s.mu.RLock()
	r := s.rooms[batch.Stream]
	s.mu.RUnlock()
	if r == nil {
		return nil
	}
	r.delivery.Lock()
	defer r.delivery.Unlock()
	for _, sub := range *r.subscriptions.Load() {
		b.call(sub.handle, batch)
	}
	return nil
}

func (b *Bus) call(handle livebus.Handler, batch livebus.Batch) {
	defer func() {
		if p := recover(); p != nil {
			b.log.Error("a handler of the live bus panicked", "stream", batch.Stream, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	handle(batch)
}

// Subscribe adds a handler to a room. cancel waits for a call of the handler
// that is under way, so it must not be called by the handler itself, nor with a
// lock held that the handler takes. It may be called twice.
func (b *Bus) Subscribe(_ context.Context, stream hubbub.StreamID, h livebus.Handler) (cancel func(), err error) {
	sub := &subscription{handle: h}
	s := b.shard(stream)
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.closed.Load() {
		return nil, livebus.ErrClosed
	}
	r := s.rooms[stream]
	if r == nil {
		r = &room{}
		r.subscriptions.Store(&[]*subscription{})
		s.rooms[stream] = r
	}
	list := append(slices.Clone(*r.subscriptions.Load()), sub)
	r.subscriptions.Store(&list)
	return func() { s.remove(stream, r, sub) }, nil
}

func (s *shard) remove(stream hubbub.StreamID, r *room, sub *subscription) {
	s.mu.Lock()
	list := slices.DeleteFunc(slices.Clone(*r.subscriptions.Load()), func(other *subscription) bool { return other == sub })
	r.subscriptions.Store(&list)
	// The room may have been emptied and made anew since.
	if len(list) == 0 && s.rooms[stream] == r {
		delete(s.rooms, stream)
	}
	s.mu.Unlock()
	r.awaitDelivery()
}

// awaitDelivery returns when no delivery that began before it is under way;
// later ones see the new list.
func (r *room) awaitDelivery() {
	r.delivery.Lock()
	defer r.delivery.Unlock()
}

// Close ends all subscriptions and waits for handlers under way, so it must not
// be called by one.
func (b *Bus) Close() error {
	b.closed.Store(true)
	for i := range b.shards {
		s := &b.shards[i]
		s.mu.Lock()
		rooms := s.rooms
		s.rooms = make(map[hubbub.StreamID]*room)
		for _, r := range rooms {
			r.subscriptions.Store(&[]*subscription{})
		}
		s.mu.Unlock()
		for _, r := range rooms {
			r.awaitDelivery()
		}
	}
	return nil
}

func (b *Bus) shard(stream hubbub.StreamID) *shard {
	return &b.shards[maphash.String(b.seed, string(stream))%shards]
}
