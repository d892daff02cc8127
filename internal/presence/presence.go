// Package presence owns who is watching what. Each server keeps leases in the
// cache for the viewers and connections that it serves; a room's counts are how
// many leases all servers together have there, so those of a server that died
// end by themselves. It carries no events and knows no wire.
package presence

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/cache"
)

const (
	// round is the pause between two rounds of Run: joins and leaves are seen by
	// others after at most about this time, and a room's counts are reported no
	// more often.
	round = time.Second
	// renewal is the age at which leases are extended: two may fail before ttl.
	renewal = 15 * time.Second
	ttl     = 45 * time.Second
	// patience bounds each call of the cache.
	patience = 2 * time.Second
)

// Options say what a tracker does beside counting. The zero value is good.
type Options struct {
	// OnCount is told the counts of a room with viewers here when they changed,
	// and once more when the last one here has left; at most once a second and
	// room, from Run's goroutine. It must not block. nil: nobody is told.
	OnCount func(stream hubbub.StreamID, users, connections int)
	Logger  *slog.Logger // nil: nowhere
}

// A Tracker knows the viewers of this server and leases them in the cache.
//
// A viewer with connections to two servers has one lease. When it leaves one of
// them, it is missing from the count until the other renews it (15 s at most);
// the alternative, a lease per server, would count it twice for good.
type Tracker struct {
	cache    cache.Cache
	o        Options
	instance string // makes connection names unique among servers
	failing  bool   // the last round; Run's goroutine only

	mu    sync.Mutex
	rooms map[hubbub.StreamID]*room
}

// New makes a tracker without viewers. Nothing is leased until Run.
func New(c cache.Cache, o Options) *Tracker {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnCount == nil {
		o.OnCount = func(hubbub.StreamID, int, int) {}
	}
	return &Tracker{cache: c, o: o, instance: uuid.NewString() + "/", rooms: make(map[hubbub.StreamID]*room)}
}

// Join says that viewer watches stream over conn, a name unique on this server.
// Joins are counted: two of one connection need two leaves. It never blocks.
func (t *Tracker) Join(stream hubbub.StreamID, viewer, conn string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r := t.rooms[stream]
	if r == nil {
		r = newRoom(stream)
		t.rooms[stream] = r
	}
	r.users.join(viewer)
	r.connections.join(t.instance + conn)
}

// Leave takes back a Join with the same arguments; one too many is ignored. It
// never blocks.
func (t *Tracker) Leave(stream hubbub.StreamID, viewer, conn string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r, conn := t.rooms[stream], t.instance+conn
	if r == nil || !r.connections.has(conn) || !r.users.has(viewer) {
		return
	}
	r.users.leave(viewer)
	r.connections.leave(conn)
}

// Count returns how many viewers and connections a room has on all servers, as
// of about a second ago. An error means unknown.
func (t *Tracker) Count(ctx context.Context, stream hubbub.StreamID) (users, connections int, err error) {
	if users, err = t.cache.Leases(ctx, usersOf(stream)); err != nil {
		return 0, 0, fmt.Errorf("count the viewers of %s: %w", stream, err)
	}
	if connections, err = t.cache.Leases(ctx, connectionsOf(stream)); err != nil {
		return 0, 0, fmt.Errorf("count the connections of %s: %w", stream, err)
	}
	return users, connections, nil
}

func usersOf(stream hubbub.StreamID) string       { return "presence/users/" + string(stream) }
func connectionsOf(stream hubbub.StreamID) string { return "presence/connections/" + string(stream) }
