package worker

import (
	"container/heap"
	"time"

	"github.com/hubbub-live/hubbub"
)

// publishEvery is the least time between two results of a stream.
const publishEvery = 200 * time.Millisecond

// A schedule says which streams have results to publish, and when. Streams leave
// it some time after their last result, so it has those of about the last minute.
type schedule struct {
	entries map[hubbub.StreamID]*entry
	queue   queue
}

type entry struct {
	stream    hubbub.StreamID
	partition int
	newest    hubbub.Position // of the stream's messages
	open      bool            // there is something to publish, or there will be
	flying    bool            // a result is being published; not in the queue then
	changed   bool            // since what is being published was made
	rest      time.Time       // nothing is published before
	due       time.Time       // when to look at it
	index     int             // in the queue
}

func newSchedule() schedule { return schedule{entries: map[hubbub.StreamID]*entry{}} }

// changed notes that a stream has a newer result, as soon as it may.
func (s *schedule) changed(stream hubbub.StreamID, partition int, newest hubbub.Position, now time.Time) {
	e, ok := s.entries[stream]
	if !ok {
		e = &entry{stream: stream, due: now}
		s.entries[stream] = e
		heap.Push(&s.queue, e)
	}
	e.partition, e.newest = partition, newest
	if e.flying {
		e.changed = true
		return
	}
	e.open, e.due = true, now
	if e.due.Before(e.rest) {
		e.due = e.rest
	}
	heap.Fix(&s.queue, e.index)
}

// take takes what is due, at most limit streams, off the queue, and forgets those
// that have nothing more to publish.
func (s *schedule) take(now time.Time, limit int) (due []*entry) {
	for len(s.queue) > 0 && len(due) < limit && !s.queue[0].due.After(now) {
		e := heap.Pop(&s.queue).(*entry)
		if !e.open {
			delete(s.entries, e.stream)
			continue
		}
		e.flying, e.changed, e.rest = true, false, now.Add(publishEvery)
		due = append(due, e)
	}
	return due
}

// published puts back what was taken and published; slides is when its window
// changes next, zero: it is empty.
func (s *schedule) published(e *entry, slides time.Time) {
	switch {
	case e.changed:
		e.due = e.rest
	case !slides.IsZero():
		e.due = slides
		if e.due.Before(e.rest) {
			e.due = e.rest
		}
	default: // until then it is remembered when the last was published
		e.open, e.due = false, e.rest
	}
	s.putBack(e)
}

// failed puts back what was taken and could not be published.
func (s *schedule) failed(e *entry, again time.Time) {
	e.due, e.rest = again, again
	s.putBack(e)
}

func (s *schedule) putBack(e *entry) {
	e.flying = false
	heap.Push(&s.queue, e)
}

// next returns when there is something to do, at the latest at a time.
func (s *schedule) next(latest time.Time) time.Time {
	if len(s.queue) > 0 && s.queue[0].due.Before(latest) {
		return s.queue[0].due
	}
	return latest
}

// oldest returns the position of the oldest newest message of the streams of a
// partition that have something to publish, or at if none is older.
func (s *schedule) oldest(partition int, at hubbub.Position) hubbub.Position {
	for _, e := range s.entries {
		if e.open && e.partition == partition && e.newest.Before(at) {
			at = e.newest
		}
	}
	return at
}

// queue is a heap of entries by when they are due.
type queue []*entry

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

func (q *queue) Push(x any) {
	e := x.(*entry)
	e.index = len(*q)
	*q = append(*q, e)
}

func (q *queue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return e
}
