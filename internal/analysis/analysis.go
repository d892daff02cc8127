// Package analysis is the reading of a room, pure: what is counted of a message
// and how counts become a result. It knows neither log nor store nor clock.
//
// The reading is a commutative sum. A [Tally] takes observations one by one and
// merges with other tallies, in any order and any grouping, and what comes out
// depends only on the set of messages, to the byte. So one room may be shared
// among any number of workers.
//
// What is exact: the counts per mood, in all, in the window, and by minute. What is
// approximate, with the same answer for any split: the unique chatters (exact up
// to 128, then with a standard error of 2.3 %).
package analysis

import (
	"time"

	"github.com/hubbub-live/hubbub"
)

// An Observation is what a tally takes of one message.
type Observation struct {
	Sender   uint64 // SenderHash of who wrote it
	Mood     hubbub.Mood
	Time     time.Time // log time, ms
	Position hubbub.Position
}

// SenderHash spreads a user id over 64 bits. It is the same in every process and
// for good, since sketches made of it are stored and merged.
func SenderHash(id hubbub.UserID) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * prime
	}
	// FNV leaves the high bits of short ids alike, and those choose the register.
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
