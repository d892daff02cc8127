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

// ends are how far partitions go, as far as is known. They are looked at beside the
// counting, which may be slow or stand still. It may be used concurrently.
type ends struct {
	mu sync.Mutex
	of map[int]end
}

type end struct {
	stream hubbub.StreamID // one of the partition, to ask for it by
	at     hubbub.Position // of the newest record known; zero: not known
	time   time.Time       // of that record, or when it was first seen, which is later
}

func (e *ends) get(partition int) end {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.of[partition]
}

// see notes an end of a partition. What was seen of the same one before is better, if
// it was earlier.
func (e *ends) see(partition int, seen end) {
	e.mu.Lock()
	defer e.mu.Unlock()
	known, ok := e.of[partition]
	newer := known.at.Compare(seen.at)
	if !ok || newer < 0 || newer == 0 && seen.time.Before(known.time) {
		e.of[partition] = seen
	}
}

// seeBatch notes what a batch says.
func (e *ends) seeBatch(b *eventlog.Batch) {
	if len(b.Records) == 0 {
		return
	}
	last := &b.Records[len(b.Records)-1]
	seen := end{stream: last.Stream, at: b.End, time: time.Now()}
	if last.Position == b.End {
		seen.time = last.Time
	}
	e.see(b.Partition, seen)
}

// look asks the log how far the partition of a stream goes. Should the log not say, no
// more is known than before.
func (e *ends) look(ctx context.Context, log eventlog.Log, partition int, stream hubbub.StreamID) {
	if at, err := log.End(ctx, eventlog.RawChats, stream); err == nil {
		e.see(partition, end{stream: stream, at: at, time: time.Now()})
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
