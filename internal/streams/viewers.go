package streams

import (
	"context"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
)

// Counts says how many watch a stream; *presence.Tracker is one.
type Counts interface {
	Count(ctx context.Context, stream hubbub.StreamID) (users, connections int, err error)
}

const (
	// countAge is how old a count may be: lists and live figures of however many
	// people ask once a second and stream.
	countAge = time.Second
	// counted bounds how many counts are remembered.
	counted = 10_000
)

// Viewers answers how many watch a stream, from counts up to a second old.
type Viewers struct {
	counts Counts
	now    func() time.Time

	mu     sync.Mutex
	recent map[hubbub.StreamID]count
}

type count struct {
	users int
	until time.Time
}

// NewViewers makes viewers of counts; now nil is time.Now.
func NewViewers(counts Counts, now func() time.Time) *Viewers {
	if now == nil {
		now = time.Now
	}
	return &Viewers{counts: counts, now: now, recent: make(map[hubbub.StreamID]count)}
}

// Of returns how many people watch a stream: the last known number while it
// cannot be counted, 0 if it never could be.
func (v *Viewers) Of(ctx context.Context, stream hubbub.StreamID) int {
	v.mu.Lock()
	known := v.recent[stream]
	v.mu.Unlock()
	now := v.now()
	if now.Before(known.until) {
		return known.users
	}
	// Two who ask at the same time both count: that is cheaper than to wait.
	users, _, err := v.counts.Count(ctx, stream)
	if err != nil {
		users = known.users
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.recent) >= counted {
		clear(v.recent)
	}
	v.recent[stream] = count{users: users, until: now.Add(countAge)}
	return users
}
