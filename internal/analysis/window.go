package analysis

import "time"

const (
	bucketMillis  = 5_000
	minuteBuckets = minuteMillis / bucketMillis
	// The minute of the newest message lies in the window: states of version 1 rely
	// on that.
	windowBuckets = minuteBuckets
	// WindowSeconds is the length of the window of a result.
	WindowSeconds = bucketMillis * windowBuckets / 1000
)

// A bucket is what was said in 5 seconds of log time.
type bucket struct {
	number   uint64 // log time divided by the bucket's length; valid if counts are not all 0
	counts   Counts
	chatters Chatters
	usages   usages
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
		b.usages.reset()
	}
	return b
}

// live calls visit for each bucket within the window that has messages, oldest first.
func (w *window) live(visit func(*bucket)) { w.until(w.newest, visit) }

// until does it for the window that ends with bucket number last, at or after the
// newest.
func (w *window) until(last uint64, visit func(*bucket)) {
	for back := uint64(windowBuckets); back > 0; back-- {
		if last+1 < back {
			continue // before 1970
		}
		number := last + 1 - back
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
			b.usages.merge(&from.usages)
		}
	})
}

// sum adds up the window at a time.
func (w *window) sum(at time.Time) (counts Counts, chatters uint64) {
	var all Chatters
	w.until(w.last(at), func(b *bucket) {
		counts.merge(&b.counts)
		all.Merge(&b.chatters)
	})
	return counts, all.Count()
}

// oldest returns the number of the oldest bucket in the window at a time; ok is
// false if there is none.
func (w *window) oldest(at time.Time) (number uint64, ok bool) {
	w.until(w.last(at), func(b *bucket) {
		if !ok {
			number, ok = b.number, true
		}
	})
	return number, ok
}

// minutes returns the minute of the newest bucket, summed up from its buckets.
func (w *window) minutes() (m Minutes) {
	w.live(func(b *bucket) {
		if number := b.number / minuteBuckets; number == w.newest/minuteBuckets {
			m.at(number).Counts.merge(&b.counts)
		}
	})
	return m
}

// last is the number of the bucket that the window ends with at a time.
func (w *window) last(at time.Time) uint64 { return max(w.newest, bucketOf(at)) }
