package kept

import (
	"context"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// A Reader answers for what an engine counts, from what is kept of it. Its methods may be
// called concurrently.
type Reader struct {
	log   eventlog.Log
	store Store
}

// NewReader returns a reader of what is kept of a log.
func NewReader(log eventlog.Log, store Store) *Reader { return &Reader{log, store} }

// Result returns the newest result of a stream, with its age of now: how long the oldest
// message of the room waits that is not in it. What the engine has committed is counted,
// and a room is published when that changed something.
func (r *Reader) Result(ctx context.Context, stream hubbub.StreamID) (value []byte, ok bool, err error) {
	kept, ok, err := r.store.Kept(ctx, stream)
	if err != nil || !ok {
		return nil, false, err
	}
	after := kept.Through
	if committed, err := r.log.Committed(ctx, eventlog.RawChats, eventlog.GroupAnalysis, stream); err != nil {
		return nil, false, err
	} else if after.Before(committed) {
		after = committed
	}
	waiting, _, err := r.log.Read(ctx, eventlog.RawChats, stream, after, 1)
	if err != nil {
		return nil, false, err
	}
	now, age := time.Now(), time.Duration(0)
	if len(waiting) > 0 {
		age = now.Sub(waiting[0].Time)
	}
	return aged(kept.Value, age, now), true, nil
}

// Minutes returns the minutes of a stream that begin at or after from and before to.
func (r *Reader) Minutes(ctx context.Context, stream hubbub.StreamID, from, to time.Time) (analysis.Minutes, error) {
	return r.store.KeptMinutes(ctx, stream, analysis.FirstMinute(from), analysis.FirstMinute(to))
}
