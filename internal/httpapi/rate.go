package httpapi

import (
	"sync"
	"time"
)

// remembered bounds how many keys a rate remembers. Beyond it, those who may do all
// they could again are forgotten, or else everybody: a flood from that many
// addresses is not what a rate per address can stop.
const remembered = 100_000

// A rate limits how often something is done by each key, by the generic cell rate
// algorithm: a key is one time, the one at which all it did would have been due at
// the steady rate.
type rate[K comparable] struct {
	step  time.Duration // 0: no limit
	burst int

	mu  sync.Mutex
	due map[K]time.Time
}

// newRate limits to perMinute, all of which may come at once; 0 is no limit.
func newRate[K comparable](perMinute int) *rate[K] {
	r := &rate[K]{burst: perMinute, due: map[K]time.Time{}}
	if perMinute > 0 {
		r.step = time.Minute / time.Duration(perMinute)
	}
	return r
}

// take counts one, and returns 0, or how long to wait without counting it.
func (r *rate[K]) take(key K, now time.Time) (wait time.Duration) {
	if r.step == 0 {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	due := r.due[key]
	if due.Before(now) {
		due = now
	}
	if wait := due.Sub(now) - r.step*time.Duration(r.burst-1); wait > 0 {
		return wait
	}
	if len(r.due) >= remembered {
		r.forget(now)
	}
	r.due[key] = due.Add(r.step)
	return 0
}

// giveBack takes back one that was counted, and turned out not to be of those that
// are limited.
func (r *rate[K]) giveBack(key K) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if due, ok := r.due[key]; ok {
		r.due[key] = due.Add(-r.step)
	}
}

func (r *rate[K]) forget(now time.Time) {
	for key, due := range r.due {
		if due.Before(now) {
			delete(r.due, key)
		}
	}
	if len(r.due) >= remembered {
		clear(r.due)
	}
}
