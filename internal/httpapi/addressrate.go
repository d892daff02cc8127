package httpapi

import (
	"net/netip"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub/internal/clientaddr"
)

// addresses bounds how many are remembered. Beyond it, those who may do all they
// could again are forgotten, or else everybody: a flood from that many addresses
// is not what a rate per address can stop.
const addresses = 100_000

// An addressRate limits how often something is done from an address, by the
// generic cell rate algorithm: an address is one time, the one at which all it
// did would have been due at the steady rate.
type addressRate struct {
	step  time.Duration // 0: no limit
	burst int

	mu  sync.Mutex
	due map[netip.Prefix]time.Time
}

// newAddressRate limits to perMinute, all of which may come at once; 0 is no limit.
func newAddressRate(perMinute int) *addressRate {
	r := &addressRate{burst: perMinute, due: map[netip.Prefix]time.Time{}}
	if perMinute > 0 {
		r.step = time.Minute / time.Duration(perMinute)
	}
	return r
}

// take counts one, and returns 0, or how long to wait without counting it.
func (r *addressRate) take(addr netip.Addr, now time.Time) (wait time.Duration) {
	if r.step == 0 {
		return 0
	}
	key := clientaddr.Network(addr)
	r.mu.Lock()
	defer r.mu.Unlock()
	due := r.due[key]
	if due.Before(now) {
		due = now
	}
	if wait := due.Sub(now) - r.step*time.Duration(r.burst-1); wait > 0 {
		return wait
	}
	if len(r.due) >= addresses {
		r.forget(now)
	}
	r.due[key] = due.Add(r.step)
	return 0
}

func (r *addressRate) forget(now time.Time) {
	for key, due := range r.due {
		if due.Before(now) {
			delete(r.due, key)
		}
	}
	if len(r.due) >= addresses {
		clear(r.due)
	}
}
