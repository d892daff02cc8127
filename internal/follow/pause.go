package follow

import (
	"context"
	"math/rand/v2"
	"time"
)

// A pause doubles from try to try, less up to half of itself at random, so that
// those who failed together do not come back together.
type pause struct{ shortest, longest, next time.Duration }

func (f *Follower) newPause() *pause {
	return &pause{shortest: f.o.MaxPause / 100, longest: f.o.MaxPause}
}

// reset makes the next pause the shortest.
func (p *pause) reset() { p.next = 0 }

// wait waits as long as it is time to, or until ctx ends.
func (p *pause) wait(ctx context.Context) {
	p.next = min(max(2*p.next, p.shortest), p.longest)
	sleep(ctx, p.next-rand.N(p.next/2+1))
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
