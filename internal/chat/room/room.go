// Package room is the fan-out: what happened in a room, encoded once per kind of
// viewer and written to all of them.
//
// # The way of an event
//
// The live bus hands a room its batches in order. The room checks the chain of
// positions, fetches what is missing from history, and appends to what is
// pending. A lone event is flushed at once; while a room is busy it is flushed
// at most once a tick, so that a viewer costs one write per tick however much was
// said. A flush encodes the pending events once per (channel, transport, dialect,
// subscription id) and offers the same bytes to every viewer of that kind.
//
// # Who waits for whom
//
// Taking a batch never waits for a viewer: it takes Room.mu, under which nothing
// is written. A flush holds Room.viewers, and so do joins and leaves; its
// writes do not block. Locks nest in the order viewers, mu, the viewer's own.
//
// # What a viewer is told
//
// Towards viewers each positioned channel has its own chain of position and prev.
// A viewer whose socket is full skips whole batches, counted, and is told how many
// on its next message or, if none follows, in a notice.
package room

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/follow"
	"github.com/hubbub-live/hubbub/internal/livebus"
	"github.com/hubbub-live/hubbub/internal/moderation"
)

// A Room is one stream's room on this server. It is made by Hub.Room and lives
// while it is used; all methods may be called concurrently.
type Room struct {
	id     hubbub.StreamID
	hub    *Hub
	ready  chan struct{}   // closed once loaded or failed
	failed error           // why not loaded; read after ready
	cancel func()          // ends the bus subscription
	ctx    context.Context // the room's own, of the hub's
	stop   context.CancelFunc
	work   sync.WaitGroup // flush loop and repair

	destinations [hubbub.Channels]string

	viewers struct {
		sync.Mutex
		groups  [hubbub.Channels]map[Format]*group
		lagging map[*Subscription]struct{} // have something to be told
		count   int
		closed  bool // evicted: join another Room of the same stream
	}

	mu struct {
		sync.Mutex
		last     hubbub.Position                  // newest of the chain that was admitted
		flushed  hubbub.Position                  // newest that was handed to viewers
		ends     [hubbub.Channels]hubbub.Position // newest of each channel's chain
		recent   [hubbub.Channels]recent          // of positioned channels, for joins
		latest   [hubbub.Channels][]byte          // of the others
		pending  [hubbub.Channels][]event
		gap      [hubbub.Channels]span // to be declared with the next event
		untold   [hubbub.Channels]span // of gap, what viewers are to be told if no event follows
		flushing bool
		repairs  repair
		rules    moderation.State
		removed  map[hubbub.MessageID]struct{} // of the messages at hand, whatever rules has forgotten
		nonces   nonces
		used     time.Time // last join, leave or rule check
		closed   bool      // starts no more goroutines
	}
}

// An event is what the room keeps of a livebus.Event: Prev is of its channel's
// chain.
type event struct {
	id             string
	position, prev hubbub.Position
	time           time.Time
	nonce          string
	value          []byte
	gap            span // declared with it
}

// A span is what cannot be had: after from, up to and including to.
type span struct{ from, to hubbub.Position }

func (s span) empty() bool { return s.to.IsZero() }

// and returns what has both; later, if it is not empty, is the later one.
func (s span) and(later span) span {
	switch {
	case s.empty():
		return later
	case later.empty():
		return s
	}
	return span{s.from, later.to}
}

// life returns what cannot be had between two events of different lives of the
// log: it may have lost what it had after the first.
func life(prev, next hubbub.Position) span {
	if prev.IsZero() || prev.Epoch >= next.Epoch {
		return span{}
	}
	return span{prev, hubbub.Position{Epoch: next.Epoch, N: max(next.N, 1) - 1}}
}

func newRoom(ctx context.Context, h *Hub, id hubbub.StreamID) *Room {
	r := &Room{id: id, hub: h, ready: make(chan struct{})}
	r.ctx, r.stop = context.WithCancel(ctx)
	for c := range hubbub.Channels {
		r.destinations[c] = "/topic/stream/" + string(id) + "/" + hubbub.Channel(c).String()
		r.viewers.groups[c] = map[Format]*group{}
	}
	r.viewers.lagging = map[*Subscription]struct{}{}
	r.mu.repairs.active = true // until loaded, batches are held
	r.mu.used = h.options.Now()
	return r
}

// May returns nil if the room's rules let the speaker send now, else the refusal.
func (r *Room) May(who moderation.Speaker) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mu.used = r.hub.options.Now()
	return r.mu.rules.May(who, r.mu.used)
}

// ID returns whose room it is.
func (r *Room) ID() hubbub.StreamID { return r.id }

// Reach waits until the room has seen everything up to a position, which it
// fetches if need be.
func (r *Room) Reach(ctx context.Context, p hubbub.Position) error {
	for pause := (follow.Pause{Longest: longestPause}); ; {
		r.mu.Lock()
		r.mu.used = r.hub.options.Now()
		there := p.Compare(r.mu.last) <= 0
		if !there {
			r.repairTo(p)
		}
		r.mu.Unlock()
		if there || ctx.Err() != nil {
			return ctx.Err()
		}
		pause.Wait(ctx)
	}
}

// Settings returns the room's rules for sending.
func (r *Room) Settings() hubbub.Settings {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.rules.Settings
}

// Banned returns how many are banned from the room.
func (r *Room) Banned() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mu.rules.Banned()
}

// Show hands the newest value of a channel without positions to its viewers, on
// this server alone; the room keeps it for those who join.
func (r *Room) Show(channel hubbub.Channel, value []byte) {
	r.take(livebus.Batch{Stream: r.id, Events: []livebus.Event{{Channel: channel, Value: value}}})
}

// close ends the room: no more batches, no more goroutines.
func (r *Room) close() {
	if r.cancel != nil {
		r.cancel()
	}
	r.stop()
	r.mu.Lock()
	r.mu.closed = true
	r.mu.Unlock()
	r.work.Wait()
}

// touch notes that the room is used.
func (r *Room) touch() {
	r.mu.Lock()
	r.mu.used = r.hub.options.Now()
	r.mu.Unlock()
}

func (r *Room) logger() *slog.Logger { return r.hub.options.Logger.With("stream", r.id) }
