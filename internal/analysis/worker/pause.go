package worker

import (
	"context"
	"math/rand/v2"
	"time"
)

// A pause doubles from try to try, less up to half of itself at random.
type pause struct{ last, longest time.Duration }

func (p *pause) next() time.Duration {
	p.last = min(max(2*p.last, p.longest/100), p.longest)
	return p.last - rand.N(p.last/2+1)
}

func (p *pause) reset() { p.last = 0 }

// sleep waits; false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
