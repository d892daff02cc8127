package worker

import (
	"context"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// A Reader answers for what other processes count: each time from the store. Its
// methods are [Worker]'s, and may be called concurrently.
type Reader struct {
	log   eventlog.Log
	store Store
	ends  ends
}

// NewReader returns a reader of what is stored of a log.
func NewReader(log eventlog.Log, store Store) *Reader {
	return &Reader{log: log, store: store, ends: newEnds()}
}

// Result is [Worker.Result]. That the log goes on is known since it was first seen here.
func (r *Reader) Result(ctx context.Context, stream hubbub.StreamID) (value []byte, ok bool, err error) {
	// The cursors first: what they say is counted is in a tally that is read later.
	cursors, err := r.store.Cursors(ctx)
	if err != nil {
		return nil, false, err
	}
	s, ok, err := r.store.State(ctx, stream)
	if err != nil || !ok {
		return nil, false, err
	}
	tally, err := s.decode()
	if err != nil {
		return nil, false, err
	}
	through := ofPartition(cursors, s.Partition)
	r.ends.look(ctx, r.log, s.Partition, stream)
	end := r.ends.get(s.Partition)
	progress := analysis.Progress{Through: through.Through, ThroughTime: through.Time, End: end.at, EndTime: end.time}
	return tally.AppendResult(nil, stream, progress, time.Now()), true, nil
}

func ofPartition(cursors []Cursor, partition int) Cursor {
	for _, c := range cursors {
		if c.Partition == partition {
			return c
		}
	}
	return Cursor{Partition: partition}
}

// Minutes is [Worker.Minutes].
func (r *Reader) Minutes(ctx context.Context, stream hubbub.StreamID, from, to time.Time) (analysis.Minutes, error) {
	return storedMinutes(ctx, r.store, stream, from, to)
}
