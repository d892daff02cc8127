package presence

import (
	"context"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
)

// Run keeps the leases and reports counts until ctx ends, and then releases what
// this server holds. While the cache fails, it tries again every second. It
// returns nil.
func (t *Tracker) Run(ctx context.Context) error {
	// A pause after each round, not a ticker: a slow round must not be followed
	// by the next at once, for OnCount is promised at most once a second.
	pause := time.NewTimer(round)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			t.leaveAll(context.WithoutCancel(ctx))
			return nil
		case <-pause.C:
			t.round(ctx)
			pause.Reset(round)
		}
	}
}

// round brings the cache up to date with every room. The first failure ends it:
// the cache is one thing, and waiting for it once per room would take minutes.
func (t *Tracker) round(ctx context.Context) {
	err := t.eachRoom(func(r *room) error {
		if err := t.sync(ctx, r, time.Now()); err != nil {
			return err
		}
		return t.report(ctx, r)
	})
	switch {
	case err != nil && !t.failing && ctx.Err() == nil:
		t.o.Logger.Warn("viewer counts are out of date until the cache answers", "error", err)
	case err == nil && t.failing:
		t.o.Logger.Info("viewer counts are up to date again")
	}
	t.failing = err != nil
}

func (t *Tracker) eachRoom(do func(*room) error) error {
	t.mu.Lock()
	rooms := make([]*room, 0, len(t.rooms))
	for _, r := range t.rooms {
		rooms = append(rooms, r)
	}
	t.mu.Unlock()
	for _, r := range rooms {
		if err := do(r); err != nil {
			return err
		}
	}
	return nil
}

// sync leases who came, releases who went, and extends all leases when it is time.
func (t *Tracker) sync(ctx context.Context, r *room, now time.Time) error {
	due := now.Sub(r.renewed) >= renewal
	for _, m := range []*members{r.users, r.connections} {
		t.mu.Lock()
		here, gone := m.take(due)
		t.mu.Unlock()
		if err := t.lease(ctx, m.set, here, gone); err != nil {
			t.mu.Lock()
			m.giveBack(here, gone)
			t.mu.Unlock()
			return fmt.Errorf("keep the leases of %s: %w", m.set, err)
		}
	}
	if due {
		r.renewed = now
	}
	return nil
}

func (t *Tracker) lease(ctx context.Context, set string, here, gone []string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if len(here) > 0 {
		if err := t.cache.Lease(ctx, set, here, ttl); err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		return t.cache.Release(ctx, set, gone)
	}
	return nil
}

// report tells the room's counts if they changed, also through other servers,
// and forgets the room once nobody here watches it.
func (t *Tracker) report(ctx context.Context, r *room) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	users, connections, err := t.Count(ctx, r.stream)
	if err != nil {
		return err
	}
	if counts := [2]int{users, connections}; counts != r.reported {
		r.reported = counts
		t.o.OnCount(r.stream, users, connections)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.idle() {
		delete(t.rooms, r.stream)
	}
	return nil
}

// leaveAll releases every lease of this server, as far as the cache answers, so
// that counts need not wait for them to end. Those who are still here and also
// watch over another server come back when that renews.
func (t *Tracker) leaveAll(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := t.eachRoom(func(r *room) error {
		for _, m := range []*members{r.users, r.connections} {
			t.mu.Lock()
			here, gone := m.take(true)
			t.mu.Unlock()
			if err := t.lease(ctx, m.set, nil, append(gone, here...)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.o.Logger.Warn("the viewers of this server count until their leases end", "error", err, "after", ttl)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rooms = make(map[hubbub.StreamID]*room)
}
