package worker

import (
	"context"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// lookEvery is how often the log is asked how far it goes: ages are right to so much.
const lookEvery = 100 * time.Millisecond

// sameClock is how far two clocks may be apart and pass for the same one: more than it
// takes from when a record is appended until it is seen.
const sameClock = time.Second

// ends are how far partitions go, as far as is known. They are looked at beside the
// counting, which may be slow or stand still. It may be used concurrently.
//
// An end that was not read yet is dated by the clock of this process, and ages are in
// the log's. How far apart they are shows once it is read.
type ends struct {
	mu    sync.Mutex
	of    map[int]end
	fresh map[int]end   // an end that came between two looks, by the clock here, until it is read
	apart time.Duration // the clock here, ahead of the log's, as far as the newest of fresh shows
	ahead time.Duration // the same, when two of them agreed; 0 within sameClock
}

func newEnds() ends { return ends{of: map[int]end{}, fresh: map[int]end{}} }

type end struct {
	stream hubbub.StreamID // one of the partition, to ask for it by
	at     hubbub.Position // of the newest record known; zero: not known
	time   time.Time       // of that record, or when it was first seen, which is later
	looked time.Time       // at the log, the last time, by the clock here
}

func (e *ends) get(partition int) end {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.of[partition]
}

// lead is how far the clock here is ahead of the log's.
func (e *ends) lead() time.Duration {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.ahead
}

// see notes an end of a partition. What was seen of the same one before is better, if
// it was earlier.
func (e *ends) see(partition int, seen end) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.note(partition, seen)
}

func (e *ends) note(partition int, seen end) {
	known, ok := e.of[partition]
	newer := known.at.Compare(seen.at)
	if !ok || newer < 0 || newer == 0 && seen.time.Before(known.time) {
		seen.looked = known.looked
		e.of[partition] = seen
	}
}

// seeUnread notes an end that nobody here has read, at a time of the clock here.
func (e *ends) seeUnread(partition int, stream hubbub.StreamID, at hubbub.Position, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	known := e.of[partition]
	if _, waits := e.fresh[partition]; !waits && !known.at.IsZero() && known.at.Before(at) && now.Sub(known.looked) < 5*lookEvery {
		e.fresh[partition] = end{at: at, time: now}
	}
	e.note(partition, end{stream: stream, at: at, time: now.Add(-e.ahead)})
	known = e.of[partition]
	known.looked = now
	e.of[partition] = known
}

// compare has the records of a partition tell how far the clocks are apart.
func (e *ends) compare(partition int, records []eventlog.Record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fresh, waits := e.fresh[partition]
	if !waits || records[len(records)-1].Position.Before(fresh.at) {
		return
	}
	delete(e.fresh, partition)
	for i := range records {
		if records[i].Position == fresh.at {
			e.measure(fresh.time.Sub(records[i].Time))
		}
	}
}

// measure takes how far the clocks are apart by one record. One may have been shown
// late, as while a broker dies: two have to agree.
func (e *ends) measure(apart time.Duration) {
	if (apart - e.apart).Abs() < sameClock {
		e.ahead = apart
		if apart.Abs() < sameClock {
			e.ahead = 0
		}
	}
	e.apart = apart
}

// seeBatch notes what a batch says.
func (e *ends) seeBatch(b *eventlog.Batch) {
	if len(b.Records) == 0 {
		return
	}
	e.compare(b.Partition, b.Records)
	last := &b.Records[len(b.Records)-1]
	if last.Position == b.End {
		e.see(b.Partition, end{stream: last.Stream, at: b.End, time: last.Time})
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.note(b.Partition, end{stream: last.Stream, at: b.End, time: time.Now().Add(-e.ahead)})
}

// look asks the log how far the partition of a stream goes. Should the log not say, no
// more is known than before.
func (e *ends) look(ctx context.Context, log eventlog.Log, partition int, stream hubbub.StreamID) {
	if at, err := log.End(ctx, eventlog.RawChats, stream); err == nil {
		e.seeUnread(partition, stream, at, time.Now())
	}
}

// watch looks at all partitions known, again and again until ctx ends.
func (e *ends) watch(ctx context.Context, log eventlog.Log) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		e.mu.Lock()
		streams := make(map[int]hubbub.StreamID, len(e.of))
		for partition, known := range e.of {
			streams[partition] = known.stream
		}
		e.mu.Unlock()
		for partition, stream := range streams {
			e.look(ctx, log, partition, stream)
		}
	}
}
