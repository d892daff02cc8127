package analysis

import (
	"cmp"
	"math/bits"
	"slices"
)

// fairShare is how many messages of a user in a bucket are weighed: one a second.
const fairShare = bucketMillis / 1000

// A weighing says what the moods of a room are not to be judged by: copies of a text
// that many have sent, and what one user says beyond a fair share. It knows of the
// newest buckets who talked, and of those that were settled what was too much.
//
// A bucket's excess is found from it and the eleven before, and depends on nothing
// else. So it is the same for any split of the messages, if the shares are merged
// before their buckets are settled.
type weighing struct {
	excess Counts // of all settled buckets
	open   []talk // sorted by number; memory of more is kept behind
}

// A talk is who said what in a bucket.
type talk struct {
	number  uint64
	counts  Counts
	settled bool
	excess  Counts // once settled
	talkers talkers
}

// at returns the talk of the bucket with that number, which the caller gives a talker
// if it is new. Most messages are of the newest.
func (w *weighing) at(number uint64) *talk {
	last := len(w.open) - 1
	if last >= 0 && w.open[last].number == number {
		return &w.open[last]
	}
	i := w.find(number)
	switch {
	case i <= last && w.open[i].number == number:
	case i > last && len(w.open) < cap(w.open):
		w.open = w.open[:i+1]
		t := &w.open[i]
		t.number, t.counts, t.settled, t.excess = number, Counts{}, false, Counts{}
		t.talkers.reset()
	default:
		w.open = slices.Insert(w.open, i, talk{number: number})
	}
	return &w.open[i]
}

// find returns where the talk of a bucket is, or would be.
func (w *weighing) find(number uint64) int {
	i, _ := slices.BinarySearchFunc(w.open, number, func(t talk, n uint64) int { return cmp.Compare(t.number, n) })
	return i
}

func (w *weighing) merge(other *weighing) {
	w.excess.merge(&other.excess)
	for i := range other.open {
		from := &other.open[i]
		t := w.at(from.number)
		t.counts.merge(&from.counts)
		t.settled = t.settled || from.settled
		t.excess.merge(&from.excess)
		t.talkers.merge(&from.talkers)
	}
}

// settle finds the excess of the buckets before a number, and forgets those of them that
// no window has any more which ends with one that is not settled. The newest is not.
func (w *weighing) settle(before uint64) {
	last := len(w.open) - 1
	if last < 0 {
		return
	}
	settled := min(w.find(before), last)
	for i := range w.open[:settled] {
		if t := &w.open[i]; !t.settled {
			waves, level := w.waves(t.number)
			t.excess, t.settled = t.over(waves, level), true
			w.excess.merge(&t.excess)
		}
	}
	old := min(w.find(firstOf(w.open[settled].number)), settled)
	for i := old; old > 0 && i <= last; i++ { // what is forgotten comes behind, with its memory
		w.open[i-old], w.open[i] = w.open[i], w.open[i-old]
	}
	w.open = w.open[:last+1-old]
	if cap(w.open) > 4*windowBuckets { // there was a backlog
		w.open = slices.Clone(w.open)
	}
}

// firstOf returns the number of the first bucket in the window that ends with one.
func firstOf(last uint64) uint64 { return last - min(last, windowBuckets-1) }

// A judgement is what a result says of copies and floods.
type judgement struct {
	total, window Counts // the excess, as far as it is known
	waves         []wave // of the window, by text
	level         int    // of the sample that they are of
}

// judge looks at the window that ends with a bucket, the newest or a later one.
func (w *weighing) judge(last uint64) judgement {
	j := judgement{total: w.excess}
	judged := false
	for i := range w.open {
		t := &w.open[i]
		excess := t.excess
		if !t.settled {
			waves, level := w.waves(t.number)
			excess = t.over(waves, level)
			j.total.merge(&excess)
			if t.number == last {
				j.waves, j.level, judged = waves, level, true
			}
		}
		if t.number >= firstOf(last) {
			j.window.merge(&excess)
		}
	}
	if !judged {
		j.waves, j.level = w.waves(last)
	}
	return j
}

// over returns what is too much in a bucket, by who is in the samples of all buckets
// of the window that ends with it, and the waves of that.
func (t *talk) over(waves []wave, level int) (excess Counts) {
	var said Counts // by them
	for i := range t.talkers.of(level) {
		by := &t.talkers.list[i]
		over := by.over(waves)
		excess.merge(&over)
		said.merge(&by.counts)
	}
	for i, n := range excess {
		if n > 0 { // what is so of the sample is so of all
			high, low := bits.Mul64(t.counts[i], n)
			excess[i], _ = bits.Div64(high, low, said[i])
		}
	}
	return excess
}

func (t *talk) add(o *Observation) {
	t.counts[o.Mood]++
	t.talkers.add(o)
}

// over is what a talker said too much.
func (t *talker) over(waves []wave) (over Counts) {
	left := t.counts
	for i := range t.texts[:t.kept] {
		said := &t.texts[i]
		at, found := slices.BinarySearchFunc(waves, said.text, func(w wave, text uint64) int { return cmp.Compare(w.first.text, text) })
		if !found {
			continue
		}
		copies := min(said.count, left[said.mood])
		if waves[at].first == said && copies > 0 {
			copies-- // somebody began it
		}
		left[said.mood] -= copies
		over[said.mood] += copies
	}
	if left.Total() > fairShare {
		fair := left.shared(fairShare)
		for i := range left {
			over[i] += left[i] - fair[i]
		}
	}
	return over
}

// less returns counts without an excess, which is an estimate: there is no less than
// none of a mood, and something if there was anything.
func (c *Counts) less(excess *Counts) Counts {
	left := *c
	for i, n := range excess {
		left[i] -= min(left[i], n)
	}
	if left.Total() == 0 {
		return *c
	}
	return left
}
