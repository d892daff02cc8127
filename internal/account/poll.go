package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
)

// How a Watch keeps up with the store.
const (
	watchEvery = 2 * time.Second
	// watchAgain is how long a revocation is read and told again: a clock that is
	// behind by less, a session that began at the same moment and a room that was
	// being loaded miss nothing.
	watchAgain = time.Minute
	// watchPatience is how long the store may not answer before that is a failure.
	watchPatience = 30 * time.Second
)

// Load reads what is revoked so far. It is called before anybody is let in.
func (w *Watch) Load(ctx context.Context) error {
	if err := w.poll(ctx); err != nil {
		return fmt.Errorf("read which tokens are void: %w", err)
	}
	return nil
}

// Run reads what other processes revoked, every 2 s, and keeps the store in
// order, until ctx ends.
func (w *Watch) Run(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			if err := w.storeUsed(context.WithoutCancel(ctx)); err != nil { // nothing worth failing for
				w.o.Logger.Warn("note when bots were seen", "err", err)
			}
			return nil
		case <-tick.C:
		case <-w.hurry:
		}
		if err := w.poll(ctx); err != nil && ctx.Err() == nil {
			w.o.Logger.Warn("which tokens are void cannot be read now; trying again", "err", err)
		}
		if n%30 == 29 { // every minute
			w.upkeep(ctx, n%1800 == 29)
		}
	}
}

// Hurry makes Run look at once: something has changed. It does not block.
func (w *Watch) Hurry() {
	select {
	case w.hurry <- struct{}{}:
	default:
	}
}

// Bar refuses who was banned just now, before it is read.
func (w *Watch) Bar(user hubbub.UserID, b Ban) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.banned[user] = b
}

// Healthy says whether the store has answered lately.
func (w *Watch) Healthy() error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.failing != nil && w.o.Now().Sub(w.read) > watchPatience {
		return fmt.Errorf("which tokens are void cannot be read: %w", w.failing)
	}
	return nil
}

// poll reads what was revoked lately; the first time, everything.
func (w *Watch) poll(ctx context.Context) error {
	now := w.o.Now()
	w.mu.RLock()
	since := time.Time{}
	if !w.read.IsZero() {
		since = w.read.Add(-watchAgain)
	}
	w.mu.RUnlock()
	list, err := w.store.Revocations(ctx, since, now)
	var barred []User
	if err == nil {
		barred, err = w.store.Barred(ctx, since)
	}
	w.mu.Lock()
	if w.failing = err; err == nil {
		w.read = now
		for _, r := range list {
			w.note(r)
		}
		for _, u := range barred {
			w.banned[u.ID] = u.Ban
		}
	}
	w.mu.Unlock()
	if err == nil && len(list)+len(barred) > 0 {
		w.o.OnRevoke(list)
	}
	return err
}

// upkeep stores which bots were seen and forgets what is over.
func (w *Watch) upkeep(ctx context.Context, sweep bool) {
	err := w.storeUsed(ctx)
	if sweep {
		_, swept := w.store.SweepTokens(ctx, w.o.Now())
		err = errors.Join(err, swept)
	}
	if err != nil && ctx.Err() == nil { // the next time will do
		w.o.Logger.Warn("keep the tokens in order", "err", err)
	}
	now := w.o.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, until := range w.tokens {
		if until.Before(now) {
			delete(w.tokens, id)
		}
	}
	for user, b := range w.banned {
		if !b.Holds(now) {
			delete(w.banned, user)
		}
	}
	for whose, v := range w.users {
		if v.until.Before(now) {
			delete(w.users, whose)
		}
	}
}

func (w *Watch) storeUsed(ctx context.Context) error {
	w.mu.Lock()
	used := w.used
	w.used = map[string]time.Time{}
	w.mu.Unlock()
	if len(used) == 0 {
		return nil
	}
	return w.store.UseBots(ctx, used)
}
