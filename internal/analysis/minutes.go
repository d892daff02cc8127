package analysis

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/hubbub-live/hubbub"
)

const minuteMillis = 60_000

// A Minute is what was said in a minute of log time, or a part of that.
type Minute struct {
	Number uint64 // log time divided by a minute
	Counts Counts
}

// Start is when the minute begins.
func (m *Minute) Start() time.Time { return time.UnixMilli(int64(m.Number) * minuteMillis).UTC() }

// Minutes are minutes of one stream, oldest first, each once and none empty. Their
// sum is exact: the same for any split.
type Minutes []Minute

// FirstMinute returns the number of the first minute that begins at a time or after it.
func FirstMinute(at time.Time) uint64 {
	return uint64(max(at.Add(time.Minute-1).Unix(), 0)) / 60
}

func minuteOf(t time.Time) uint64 { return uint64(max(t.UnixMilli(), 0)) / minuteMillis }

// at returns the minute with that number, which the caller gives a message if it is
// new. Most messages are of the newest.
func (m *Minutes) at(number uint64) *Minute {
	last := len(*m) - 1
	if last >= 0 && (*m)[last].Number == number {
		return &(*m)[last]
	}
	i, found := m.find(number)
	if !found {
		*m = slices.Insert(*m, i, Minute{Number: number})
	}
	return &(*m)[i]
}

// find returns where the minute with that number is, or would be.
func (m Minutes) find(number uint64) (i int, found bool) {
	return slices.BinarySearchFunc(m, number, func(m Minute, n uint64) int { return cmp.Compare(m.Number, n) })
}

// Merge adds other, minute by minute; other stays as it is.
func (m *Minutes) Merge(other Minutes) {
	for i := range other {
		m.at(other[i].Number).Counts.merge(&other[i].Counts)
	}
}

// Between returns those from number first up to, but not with, number end. They
// share m's memory.
func (m Minutes) Between(first, end uint64) Minutes {
	from, _ := m.find(first)
	to, _ := m.find(max(first, end))
	return m[from:to:to]
}

// close takes out the minutes with numbers below one, but never the newest, and at most
// so many. What it returns is the caller's; the others are copied, so that nothing else
// is kept of a backlog's minutes.
func (m *Minutes) close(before uint64, most int) (closed Minutes) {
	n, _ := m.find(before)
	n = min(n, len(*m)-1, most)
	if n < 1 {
		return nil
	}
	closed, *m = (*m)[:n:n], slices.Clone((*m)[n:])
	return closed
}

// AppendJSON appends [{"at":…,"messages":n,"counts":{…}},…].
func (m Minutes) AppendJSON(dst []byte) []byte {
	dst = append(dst, '[')
	for i := range m {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"at":"`...)
		dst = m[i].Start().AppendFormat(dst, hubbub.TimeLayout)
		dst = append(dst, `","messages":`...)
		dst = strconv.AppendUint(dst, m[i].Counts.Total(), 10)
		dst = append(dst, `,"counts":`...)
		dst = m[i].Counts.appendCounts(dst)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}
