package send

import (
	"slices"
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
// repeat of one under way waits for its answer; one that was refused is forgotten;
// of one whose outcome is unknown a repeat is doubtful.
type flights struct {
	mu    sync.Mutex
	known map[flightKey]*flight
	order []*flight // whose answers are kept, in the order in which they landed
}

type flight struct {
	key     flightKey
	waiters []func(Answer) // under way
	landed  time.Time      // zero: under way
	answer  Answer
}

// join waits for the answer to key; first means that the caller must get it, and
// doubtful that it may be logged already.
func (f *flights) join(key flightKey, answer func(Answer)) (first, doubtful bool) {
	f.mu.Lock()
	known, ok := f.known[key]
	doubtful = ok && !known.landed.IsZero() && known.answer.Err != nil
	switch {
	case !ok || doubtful:
		if f.known == nil {
			f.known = map[flightKey]*flight{}
		}
		f.known[key] = &flight{key: key, waiters: []func(Answer){answer}}
		f.mu.Unlock()
		return true, doubtful
	case !known.landed.IsZero():
		f.mu.Unlock()
		answer(known.answer)
		return false, false
	default:
		known.waiters = append(known.waiters, answer)
		f.mu.Unlock()
		return false, false
	}
}

// land gives the answer to all who wait for it, and keeps it unless it is a refusal,
// which a repeat may well not get.
func (f *flights) land(key flightKey, now time.Time, a Answer) {
	f.mu.Lock()
	known := f.known[key]
	waiters := known.waiters
	known.waiters, known.landed, known.answer = nil, now, a
	if a.Err != nil && a.Err.Code != hubbub.CodeOutcomeUnknown {
		delete(f.known, key)
	} else {
		f.order = append(f.order, known)
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
		if now.Sub(oldest.landed) < flightWindow && len(f.order)-n <= maxFlights {
			break
		}
		if f.known[oldest.key] == oldest {
			delete(f.known, oldest.key)
		}
		n++
	}
	f.order = slices.Delete(f.order, 0, n)
}
