package send

import (
	"context"
	"errors"
	"sync"
	"time"
)

// A server says in the cache that it lives, for aliveFor, every aliveEvery.
const (
	aliveKey   = "chat-server:"
	aliveFor   = 3 * time.Second
	aliveEvery = 500 * time.Millisecond
	// aliveGap is how long it may have been stopped without others taking it for dead.
	aliveGap = 2 * time.Second
)

// errStopped is why what was under way ends.
var errStopped = errors.New("this server was stopped for a while")

// alive notices that this process was stopped for so long that others take it for dead.
// What it had under way then must not be logged any more: they may have.
type alive struct {
	mu     sync.Mutex
	ctx    context.Context //nolint:containedctx // it is what alive is for
	cancel context.CancelCauseFunc
}

func newAlive() *alive {
	a := new(alive)
	a.ctx, a.cancel = context.WithCancelCause(context.Background())
	return a
}

// context ends when the process was stopped for too long, from now on.
func (a *alive) context() context.Context {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.ctx
}

// run calls say again and again until ctx ends, and watches for gaps meanwhile.
func (a *alive) run(ctx context.Context, say func()) {
	tick := time.NewTicker(aliveEvery)
	defer tick.Stop()
	for last := time.Now(); ; {
		now := time.Now()
		// The wall clock as well: the monotonic one stands still in a machine that sleeps.
		if now.Sub(last) > aliveGap || now.Round(0).Sub(last.Round(0)) > aliveGap {
			a.lapse()
		}
		last = now
		say()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (a *alive) lapse() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cancel(errStopped)
	a.ctx, a.cancel = context.WithCancelCause(context.Background())
}
