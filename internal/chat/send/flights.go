package send

import (
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
)

// How long the answer to a nonce is known, and of how many nonces.
const (
	flightWindow = 2 * time.Minute
	maxFlights   = 100_000
)

type flightKey struct {
	stream hubbub.StreamID
	user   hubbub.UserID
	nonce  string
}

// flights has the posts with nonces: under way, or logged a short while ago. A
// repeat of one under way waits for its answer; one that was refused or whose
// outcome is unknown is forgotten, so that a repeat is looked up in the room.
type flights struct {
	mu    sync.Mutex
	known map[flightKey]*flight
	order []*flight // oldest first
}

type flight struct {
	key     flightKey
	began   time.Time
	waiters []func(Answer) // under way
	landed  bool
	answer  Answer
}

// join waits for the answer to key; first means that the caller must get it.
func (f *flights) join(key flightKey, now time.Time, answer func(Answer)) (first bool) {
	f.mu.Lock()
	known, ok := f.known[key]
	switch {
	case !ok:
		if f.known == nil {
			f.known = map[flightKey]*flight{}
		}
		known = &flight{key: key, began: now, waiters: []func(Answer){answer}}
		f.known[key] = known
		f.order = append(f.order, known)
		f.mu.Unlock()
		return true
	case known.landed:
		f.mu.Unlock()
		answer(known.answer)
		return false
	default:
		known.waiters = append(known.waiters, answer)
		f.mu.Unlock()
		return false
	}
}

// land gives the answer to all who wait for it.
func (f *flights) land(key flightKey, a Answer) {
	f.mu.Lock()
	known := f.known[key]
	waiters := known.waiters
	known.waiters, known.landed, known.answer = nil, true, a
	if a.Err != nil {
		delete(f.known, key)
	}
	f.mu.Unlock()
	for _, answer := range waiters {
		answer(a)
	}
}

// forget drops what is older than the window, and the oldest of too many.
func (f *flights) forget(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for n < len(f.order) {
		oldest := f.order[n]
		if !oldest.landed || (now.Sub(oldest.began) < flightWindow && len(f.order)-n <= maxFlights) {
			break
		}
		if f.known[oldest.key] == oldest {
			delete(f.known, oldest.key)
		}
		n++
	}
	f.order = append(f.order[:0:0], f.order[n:]...)
}
