package analysis

import (
	"math"
	"time"

	"github.com/hubbub-live/hubbub"
)

// A Tally is the sum over a set of messages of one stream. The zero value is the
// tally of none. Add and Merge are commutative and associative: equal sets of
// messages have equal states ([Tally.AppendState]), however they were split and
// merged, as long as minutes were taken out of none of them and none was settled. The
// minutes add up to the same wherever they are. A message added twice counts twice; keeping the set a set
// is the reader's work, which stores tally and cursor together.
//
// A Tally is not for concurrent use.
type Tally struct {
	counts   Counts
	chatters Chatters
	window   window
	minutes  Minutes
	weighing weighing
	last     hubbub.Position // the newest message's
	lastTime int64           // the newest message's, ms
}

// Add counts a message: well below a microsecond, without allocation once the
// room's chatters are known.
func (t *Tally) Add(o Observation) {
	t.counts[o.Mood]++
	t.chatters.Add(o.Sender)
	t.last = later(t.last, o.Position)
	t.lastTime = max(t.lastTime, o.Time.UnixMilli())
	t.minutes.at(minuteOf(o.Time)).Counts[o.Mood]++
	t.weighing.at(bucketOf(o.Time)).add(&o)
	if b := t.window.at(bucketOf(o.Time)); b != nil {
		b.counts[o.Mood]++
		b.chatters.Add(o.Sender)
		b.usages.add(o.Sender, o.Text)
	}
}

// Merge adds the messages of other, which stays as it is.
func (t *Tally) Merge(other *Tally) {
	t.counts.merge(&other.counts)
	t.chatters.Merge(&other.chatters)
	t.window.merge(&other.window)
	t.minutes.Merge(other.minutes)
	t.weighing.merge(&other.weighing)
	t.last = later(t.last, other.last)
	t.lastTime = max(t.lastTime, other.lastTime)
}

// Counts returns the messages per mood since the stream began.
func (t *Tally) Counts() Counts { return t.counts }

// Chatters returns how many unique senders there were.
func (t *Tally) Chatters() uint64 { return t.chatters.Count() }

// Window returns the messages per mood and the unique senders of the last minute
// at a log time: of the 5-second bucket of that time, or of the newest message if
// it is later, and the eleven before it, so of 55 to 60 seconds.
func (t *Tally) Window(at time.Time) (counts Counts, chatters uint64) { return t.window.sum(at) }

// Minutes returns the minutes that were not taken out: the newest, and whatever
// else was added or merged since. They are read before the tally changes.
func (t *Tally) Minutes() Minutes { return t.minutes }

// TakeClosed takes all minutes but the newest out of the tally, so that it keeps
// one, and returns them for their sum to be kept elsewhere. When that is done makes
// no difference to the sum: what comes late for a minute that was taken out is
// taken out the next time.
func (t *Tally) TakeClosed() Minutes { return t.minutes.close(math.MaxUint64, math.MaxInt) }

// TakeWhole is TakeClosed of minutes that ended before a log time, the oldest, at most so
// many. If all messages before that time are in the tally, they are whole.
func (t *Tally) TakeWhole(before time.Time, most int) Minutes {
	return t.minutes.close(minuteOf(before), most)
}

// Settle weighs all buckets but the newest, whose messages are all there in the tally
// of a whole room: who has one settles it now and then, since of what is not settled
// it keeps all users' texts. A message that comes later for a settled bucket counts
// in full. When it is done makes no difference where log time never goes back.
func (t *Tally) Settle() { t.weighing.settle(math.MaxUint64) }

// SettleBefore is Settle of buckets that ended before a log time, for who has all
// messages before it, and only some of those after.
func (t *Tally) SettleBefore(at time.Time) { t.weighing.settle(bucketOf(at)) }

// Weighed returns the counts that ratios are made of: without copies of waves, and
// without what one user says too much.
func (t *Tally) Weighed() Counts {
	judged := t.weighing.judge(t.window.newest)
	return t.counts.less(&judged.total)
}

// Trending returns the terms that most users used in the window at a time, at most
// ten, the most used first, none that only one did.
func (t *Tally) Trending(at time.Time) []Trend { return t.window.trending(at) }

// Slides returns when the window at a log time next loses messages, if no more
// come; ok is false if it has none.
func (t *Tally) Slides(at time.Time) (next time.Time, ok bool) {
	number, ok := t.window.oldest(at)
	return time.UnixMilli(int64(number+windowBuckets) * bucketMillis), ok
}

// Last returns position and log time of the newest message counted. It says
// nothing about older ones: in a tally merged of shares some may still be
// missing. What is complete is for the readers to say, in [Progress].
func (t *Tally) Last() (hubbub.Position, time.Time) {
	return t.last, time.UnixMilli(t.lastTime).UTC()
}

func later(p, q hubbub.Position) hubbub.Position {
	if p.Before(q) {
		return q
	}
	return p
}
