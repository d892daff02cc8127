package analysis

import (
	"strconv"
	"time"

	"github.com/hubbub-live/hubbub"
)

// Progress says how far the readers of a partition have come, and how far it goes.
type Progress struct {
	// Through: every message of the partition up to it is counted; of shared
	// readers, the least of their positions. It may be a position of another room.
	Through     hubbub.Position
	ThroughTime time.Time // log time of the record at Through
	// End and EndTime are the newest position known of the partition and its log
	// time, or, where that is not known, the time at which End was seen, which
	// is no earlier.
	End     hubbub.Position
	EndTime time.Time
}

// Age is how far Through lies behind the newest record known, in log time: 0 when
// nothing more is there to be read, however long ago the last message was, so a
// quiet room never ages; otherwise EndTime - ThroughTime. It never says
// less than the truth about what was known when it was made; who still has an
// old result sees that from the positions of newer messages.
func (p Progress) Age() time.Duration {
	if !p.behind() {
		return 0
	}
	return max(p.EndTime.Sub(p.ThroughTime), 0)
}

// Present is the log time that a result made at a time speaks of: that time, while
// nothing more is known to be there; else that of Through, since of what came
// after it nothing can be said.
func (p Progress) Present(at time.Time) time.Time {
	if p.behind() {
		return p.ThroughTime
	}
	return at
}

// behind says whether there is more than was read. A log that began anew, as after an
// import, ends at the position before its first, in a later epoch, and has nothing yet.
func (p Progress) behind() bool { return p.End.N > 0 && p.End.Compare(p.Through) > 0 }

// AppendResult appends the value of topic analysis-result to dst, with absolute
// totals. `at` is when it was made, `window`, `trending` and `waves` are those at p.Present,
// and `age` is p.Age in ms. A reader keeps the result with the highest `through` and drops the
// others; equal `through` means equal totals, and the later `at` has the window to
// show.
func (t *Tally) AppendResult(dst []byte, stream hubbub.StreamID, p Progress, at time.Time) []byte {
	window, windowChatters := t.Window(p.Present(at))

	dst = append(dst, `{"streamId":`...)
	dst = hubbub.AppendString(dst, string(stream))
	dst = append(dst, `,"totalCount":`...)
	dst = strconv.AppendUint(dst, t.counts.Total(), 10)
	dst = append(dst, `,"counts":`...)
	dst = t.counts.appendCounts(dst)
	dst = append(dst, `,"ratios":`...)
	judged := t.weighing.judge(t.window.last(p.Present(at)))
	weighed := t.counts.less(&judged.total)
	dst = weighed.appendRatios(dst)

	dst = append(dst, `,"window":{"seconds":`...)
	dst = strconv.AppendUint(dst, WindowSeconds, 10)
	dst = append(dst, `,"messages":`...)
	dst = strconv.AppendUint(dst, window.Total(), 10)
	dst = append(dst, `,"chatters":`...)
	dst = strconv.AppendUint(dst, windowChatters, 10)
	dst = append(dst, `,"counts":`...)
	dst = window.appendCounts(dst)
	dst = append(dst, `,"ratios":`...)
	weighed = window.less(&judged.window)
	dst = weighed.appendRatios(dst)

	dst = append(dst, `},"chatters":`...)
	dst = strconv.AppendUint(dst, t.Chatters(), 10)
	dst = append(dst, `,"trending":`...)
	dst = appendTrends(dst, t.Trending(p.Present(at)))
	dst = append(dst, `,"waves":`...)
	dst = judged.appendWaves(dst)
	dst = append(dst, `,"epoch":`...)
	dst = strconv.AppendUint(dst, uint64(p.Through.Epoch), 10)
	dst = append(dst, `,"through":"`...)
	dst = p.Through.Append(dst)
	dst = append(dst, `","throughTime":"`...)
	dst = p.ThroughTime.UTC().AppendFormat(dst, hubbub.TimeLayout)
	dst = append(dst, `","age":`...)
	dst = strconv.AppendInt(dst, p.Age().Milliseconds(), 10)
	dst = append(dst, `,"at":"`...)
	dst = at.UTC().AppendFormat(dst, hubbub.TimeLayout)
	return append(dst, `"}`...)
}
