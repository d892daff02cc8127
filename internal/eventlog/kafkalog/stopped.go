package kafkalog

import (
	"context"
	"errors"
	"sync"
	"time"
)

// stopEvery is how often a process sees that it runs, stopGap the gap that is a stop.
const (
	stopEvery = 250 * time.Millisecond
	stopGap   = 2 * time.Second
)

// errStopped is why records that were not handed over are not.
var errStopped = errors.New("this process was stopped for a while")

// stopped notices that this process was stopped for a while, by a signal or with its
// machine. What it had not handed to a broker by then is not handed over any more: its
// senders may have gone elsewhere long since, and said it again there.
type stopped struct {
	mu     sync.Mutex
	ctx    context.Context //nolint:containedctx // all records of a time share it
	cancel context.CancelCauseFunc
}

func newStopped() *stopped {
	s := new(stopped)
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	return s
}

// context ends with the next stop.
func (s *stopped) context() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ctx
}

// watch watches for stops until ctx ends.
func (s *stopped) watch(ctx context.Context) {
	tick := time.NewTicker(stopEvery)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		now := time.Now()
		// By the wall clock as well: the monotonic one stands still while a machine sleeps.
		if now.Sub(last) > stopGap || now.Round(0).Sub(last.Round(0)) > stopGap {
			s.lapse()
		}
		last = now
	}
}

func (s *stopped) lapse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancel(errStopped)
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
}
