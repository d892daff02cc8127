package analysis

import "time"

const (
	bucketMillis  = 5_000
	windowBuckets = 12
	// WindowSeconds is the length of the window of a result.
	WindowSeconds = bucketMillis * windowBuckets / 1000
)

// A bucket is what was said in 5 seconds of log time.
type bucket struct {
	number   uint64 // log time divided by the bucket's length; valid if counts are not all 0
	counts   Counts
	chatters Chatters
}

func (b *bucket) empty() bool { return b.counts == Counts{} }

// A window is a ring of the newest buckets. Only its newest bucket decides which
// others count, and that only moves forward: what leaves the window stays out,
// whatever the order of adding and merging.
type window struct {
	newest uint64 // number of the newest bucket
	ring   [windowBuckets]bucket
}

// bucketOf returns the bucket's number for a log time.
func bucketOf(t time.Time) uint64 { return uint64(max(t.UnixMilli(), 0)) / bucketMillis }

// at returns the bucket with that number, emptied if its place in the ring
// held an older one; nil if it is too old for the window.
func (w *window) at(number uint64) *bucket {
	if number+windowBuckets <= w.newest {
		return nil
	}
	w.newest = max(w.newest, number)
	b := &w.ring[number%windowBuckets]
	if b.number != number {
		b.number, b.counts = number, Counts{}
		b.chatters.reset()
	}
	return b
}

// live calls visit for each bucket within the window that has messages, oldest first.
func (w *window) live(visit func(*bucket)) {
	for back := uint64(windowBuckets); back > 0; back-- {
		if w.newest+1 < back {
			continue // before 1970
		}
		number := w.newest + 1 - back
		if b := &w.ring[number%windowBuckets]; b.number == number && !b.empty() {
			visit(b)
		}
	}
}

func (w *window) merge(other *window) {
	other.live(func(from *bucket) {
		if b := w.at(from.number); b != nil {
			b.counts.merge(&from.counts)
			b.chatters.Merge(&from.chatters)
		}
	})
}

// sum adds up the live buckets.
func (w *window) sum() (counts Counts, chatters uint64) {
	var all Chatters
	w.live(func(b *bucket) {
		counts.merge(&b.counts)
		all.Merge(&b.chatters)
	})
	return counts, all.Count()
}
