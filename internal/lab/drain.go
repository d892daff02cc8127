package lab

import (
	"context"
	"time"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

const drainPoll = 100 * time.Millisecond

// drain waits until everything that was acknowledged is with everybody, and every
// reader of the log has caught up.
func (r *run) drain(ctx context.Context) {
	ended := time.Now()
	within, cancel := afterwards(ctx, r.Drain)
	defer cancel()
	r.end.Drain = raw.Drain{Deliveries: -1, Lags: -1, Limit: r.Drain.Seconds()}
	for {
		if r.end.Drain.Deliveries < 0 && r.crowd.Settled() {
			r.end.Drain.Deliveries = time.Since(ended).Seconds()
		}
		s := r.recorder.sample(within)
		if r.end.Drain.Lags < 0 && caughtUp(s.Lags()) {
			r.end.Drain.Lags = s.At - r.began(ended)
		}
		if r.end.Drain.Deliveries >= 0 && (r.end.Drain.Lags >= 0 || len(s.Lags()) == 0) {
			break
		}
		select {
		case <-within.Done():
			r.recorder.say("drain given up: not everything arrived, or not every reader caught up")
			return
		case <-time.After(drainPoll):
		}
	}
	if r.end.Drain.Lags >= 0 {
		r.recorder.say("drained")
	}
}

// began is an instant in seconds since the run started.
func (r *run) began(t time.Time) float64 { return t.Sub(r.recorder.started).Seconds() }

func caughtUp(lags []raw.Lag) bool {
	for _, l := range lags {
		if l.Records > 0 {
			return false
		}
	}
	return len(lags) > 0
}
