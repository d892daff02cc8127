package room

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// History is what rooms read of the past; history.Reader has it.
type History interface {
	After(ctx context.Context, stream hubbub.StreamID, after hubbub.Position, limit int) ([]archive.Entry, hubbub.Position, error)
	Page(ctx context.Context, q archive.Query) ([]archive.Entry, error)
}

// Options of a Hub. Bus, History and Logger are required.
type Options struct {
	Bus     livebus.Bus
	History History
	// Latest returns the newest value of a channel without positions, for those
	// who join before there is a new one; nil: there is none.
	Latest func(ctx context.Context, stream hubbub.StreamID, channel hubbub.Channel) (value []byte, ok bool, err error)
	// OnControl is told of every control record that comes to a room that is
	// loaded, after what it does to sending; nil: nobody is. It must not block nor
	// ask the room.
	OnControl func(stream hubbub.StreamID, c *hubbub.Control)

	Tick   time.Duration // least time between two flushes of a busy room; 0: 20 ms
	Idle   time.Duration // an unused room is forgotten after it; 0: 1 minute
	Now    func() time.Time
	Logger *slog.Logger
}

// A Hub has the rooms of one chat server.
type Hub struct {
	options Options
	ctx     context.Context // ends with Run's
	stop    context.CancelFunc

	mu    sync.Mutex
	rooms map[hubbub.StreamID]*Room

	work sync.WaitGroup // loads

	deliveries atomic.Int64 // messages given to viewers' sockets or backlogs
	skipped    atomic.Int64 // messages that were not, for want of room
}

// New returns a hub without rooms. Run must be called for it to do its upkeep.
func New(options Options) *Hub {
	if options.Tick == 0 {
		options.Tick = 20 * time.Millisecond
	}
	if options.Idle == 0 {
		options.Idle = time.Minute
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	ctx, stop := context.WithCancel(context.Background())
	return &Hub{options: options, ctx: ctx, stop: stop, rooms: map[hubbub.StreamID]*Room{}}
}

// Deliveries returns how many messages were given to viewers, one per viewer.
func (h *Hub) Deliveries() int64 { return h.deliveries.Load() }

// Skipped returns how many messages viewers skipped, one per viewer.
func (h *Hub) Skipped() int64 { return h.skipped.Load() }

// Room returns the room of a stream, loading it if need be; it waits for that.
// Whether the stream exists is the caller's business.
func (h *Hub) Room(ctx context.Context, id hubbub.StreamID) (*Room, error) {
	h.mu.Lock()
	r, ok := h.rooms[id]
	if !ok {
		if h.ctx.Err() != nil {
			h.mu.Unlock()
			return nil, &hubbub.Error{Code: hubbub.CodeShutdown, Message: "this server is stopping, connect again"}
		}
		r = newRoom(h.ctx, h, id) //nolint:contextcheck // a room outlives the viewer it is made for
		h.rooms[id] = r
		h.work.Go(func() { h.load(r) }) //nolint:contextcheck // as above
	}
	h.mu.Unlock()
	select {
	case <-r.ready:
		if r.failed != nil {
			return nil, &hubbub.Error{Code: hubbub.CodeUnavailable, Message: "this chat cannot be opened now, try again shortly",
				RetryAfter: time.Second, Err: r.failed}
		}
		return r, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for room %s: %w", id, ctx.Err())
	}
}

// Streams returns whose rooms there are here, in no order.
func (h *Hub) Streams() []hubbub.StreamID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.rooms))
}

// Loaded returns the room of a stream if it is loaded already.
func (h *Hub) Loaded(id hubbub.StreamID) (*Room, bool) {
	h.mu.Lock()
	r, ok := h.rooms[id]
	h.mu.Unlock()
	if !ok {
		return nil, false
	}
	select {
	case <-r.ready:
		return r, r.failed == nil
	default:
		return nil, false
	}
}

// Show is Room.Show of a room, if it is loaded.
func (h *Hub) Show(id hubbub.StreamID, channel hubbub.Channel, value []byte) {
	if r, ok := h.Loaded(id); ok {
		r.Show(channel, value)
	}
}

func (h *Hub) load(r *Room) {
	ctx, cancel := context.WithTimeout(h.ctx, 10*time.Second)
	defer cancel()
	r.failed = r.load(ctx)
	if r.failed != nil {
		h.mu.Lock()
		delete(h.rooms, r.id)
		h.mu.Unlock()
		r.close()
		h.options.Logger.Warn("a room could not be loaded", "stream", r.id, "error", r.failed)
	}
	close(r.ready)
}

// Run does the hub's upkeep until ctx ends, then closes all rooms and waits for
// them. It returns nil.
func (h *Hub) Run(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			h.upkeep(h.options.Now())
		case <-ctx.Done():
			h.stop()
			for _, r := range h.all() {
				<-r.ready
				r.close()
			}
			h.work.Wait()
			return nil
		}
	}
}

// upkeep tells viewers what they skipped and forgets rooms that nobody uses.
func (h *Hub) upkeep(now time.Time) {
	for _, r := range h.all() {
		select {
		case <-r.ready:
		default:
			continue
		}
		r.declare()
		if r.evict(now) {
			h.mu.Lock()
			if h.rooms[r.id] == r {
				delete(h.rooms, r.id)
			}
			h.mu.Unlock()
			r.close()
		}
	}
}

func (h *Hub) all() []*Room {
	h.mu.Lock()
	defer h.mu.Unlock()
	rooms := make([]*Room, 0, len(h.rooms))
	for _, r := range h.rooms {
		rooms = append(rooms, r)
	}
	return rooms
}

// evict closes the room to joins if nobody has used it for the idle time.
func (r *Room) evict(now time.Time) bool {
	r.viewers.Lock()
	defer r.viewers.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.viewers.count > 0 || now.Sub(r.mu.used) < r.hub.options.Idle {
		return false
	}
	r.viewers.closed = true
	return true
}

// errEvicted says that the room was forgotten between being found and joined.
var errEvicted = errors.New("the room was evicted")

// Join joins a room of the hub; see Room.join.
func (h *Hub) Join(ctx context.Context, id hubbub.StreamID, j Join) (*Subscription, error) {
	for {
		r, err := h.Room(ctx, id)
		if err != nil {
			return nil, err
		}
		s, err := r.join(ctx, j)
		if !errors.Is(err, errEvicted) {
			return s, err
		}
	}
}
