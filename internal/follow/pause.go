package follow

import (
	"context"
	"math/rand/v2"
	"time"
)

// A Pause doubles from try to try, less up to half of itself at random, so that
// those who failed together do not come back together.
type Pause struct {
	Longest time.Duration // the first is 1/100 of it
	last    time.Duration
}

// Next returns how long to wait until the next try.
func (p *Pause) Next() time.Duration {
	p.last = min(max(2*p.last, p.Longest/100), p.Longest)
	return p.last - rand.N(p.last/2+1)
}

// Reset makes the next pause the first.
func (p *Pause) Reset() { p.last = 0 }

// Wait waits for as long as Next says, or until ctx ends.
func (p *Pause) Wait(ctx context.Context) { sleep(ctx, p.Next()) }

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
