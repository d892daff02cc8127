package livebus

import (
	"hash/maphash"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/hubbub-live/hubbub"
)

// shards spread the rooms over locks, so that publishers to different rooms
// seldom meet. A power of two.
const shards = 64

// Handlers are the subscriptions of one process, whatever brings it its batches. All
// methods may be called concurrently; there is no goroutine of its own.
//
// Two locks nest in this order: a room's delivery lock may be held while a
// shard's is taken (a handler that subscribes), never the other way round.
type Handlers struct {
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

type subscription struct{ handle Handler }

// NewHandlers makes a process without subscriptions. Panics of handlers go to log;
// nil: nowhere.
func NewHandlers(log *slog.Logger) *Handlers {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	h := &Handlers{log: log, seed: maphash.MakeSeed()}
	for i := range h.shards {
		h.shards[i].rooms = make(map[hubbub.StreamID]*room)
	}
	return h
}

// Deliver calls the handlers of the batch's room before it returns. A room
// without subscriptions costs one look into a map. A handler that panics misses
// the batch and stays subscribed; the panic is logged, and the others get theirs.
func (h *Handlers) Deliver(batch Batch) error {
	if h.closed.Load() {
		return ErrClosed
	}
	s := h.shard(batch.Stream)
	s.mu.RLock()
	r := s.rooms[batch.Stream]
	s.mu.RUnlock()
	if r == nil {
		return nil
	}
	r.delivery.Lock()
	defer r.delivery.Unlock()
	for _, sub := range *r.subscriptions.Load() {
		h.call(sub.handle, batch)
	}
	return nil
}

func (h *Handlers) call(handle Handler, batch Batch) {
	defer func() {
		if p := recover(); p != nil {
			h.log.Error("a handler of the live bus panicked", "stream", batch.Stream, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	handle(batch)
}

// Add adds a handler to a room. cancel waits for a call of the handler
// that is under way, so it must not be called by the handler itself, nor with a
// lock held that the handler takes. It may be called twice.
func (h *Handlers) Add(stream hubbub.StreamID, handle Handler) (cancel func(), err error) {
	sub := &subscription{handle: handle}
	s := h.shard(stream)
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.closed.Load() {
		return nil, ErrClosed
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
// be called by one. It may be called twice.
func (h *Handlers) Close() {
	h.closed.Store(true)
	for i := range h.shards {
		s := &h.shards[i]
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
}

func (h *Handlers) shard(stream hubbub.StreamID) *shard {
	return &h.shards[maphash.String(h.seed, string(stream))%shards]
}
