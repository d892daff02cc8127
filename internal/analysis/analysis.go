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
// to 128, then with a standard error of 2.3 %), and the terms that most users use
// (exact while no five seconds have more than 32 users; else a term that n use, where
// the busiest five seconds have b users, has a standard error of at most √(n·b/16)),
// and waves, texts that five users or more sent within the window (exact while no five
// seconds have more than 64 users, else with a standard error of users of at most
// √(n·b/32), and only those that three users of the sample sent).
//
// Ratios are of what is weighed: without the copies of a wave, but for its first
// message and what came in five-second buckets before it was one, and without what a
// user says beyond five messages in a bucket. Where nobody does either they are the
// exact counts'. Else they are exact while no bucket of a window has more than 64
// users, and an estimate from the sample from then on: the excess of a mood in a bucket
// of b users, where each user has e too much at most and all together E, has a standard error of
// at most √(E·e·b/32). What is too much is known once a bucket is closed and settled
// ([Tally.Settle]), in what is merged by then.
package analysis

import (
	"time"

	"github.com/hubbub-live/hubbub"
)

// An Observation is what a tally takes of one message.
type Observation struct {
	ID       hubbub.MessageID // without one that chat gives it is in no wave
	Sender   uint64           // SenderHash of who wrote it
	Mood     hubbub.Mood
	Text     string    // what was said, for its terms and copies; not kept
	Time     time.Time // log time, ms
	Position hubbub.Position
}

// SenderHash spreads a user id over 64 bits. It is the same in every process and
// for good, since sketches made of it are stored and merged.
func SenderHash(id hubbub.UserID) uint64 {
	h := uint64(fnvOffset)
	for i := range len(id) {
		h = (h ^ uint64(id[i])) * fnvPrime
	}
	return spread(h)
}

const fnvOffset, fnvPrime = 14695981039346656037, 1099511628211

// spread makes an FNV hash good: it leaves the high bits of short texts alike, and
// those choose registers and samples.
func spread(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
