package worker

import (
	"context"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
)

// Minutes returns what is stored of a stream's minutes that begin at or after from
// and before to, as exact as the totals. It may be called concurrently, also before
// Run, and holds up nobody who counts.
func (w *Worker) Minutes(ctx context.Context, stream hubbub.StreamID, from, to time.Time) (analysis.Minutes, error) {
	return storedMinutes(ctx, w.o.Store, stream, from, to)
}

func storedMinutes(ctx context.Context, store Store, stream hubbub.StreamID, from, to time.Time) (analysis.Minutes, error) {
	first, end := analysis.FirstMinute(from), analysis.FirstMinute(to)
	s, ok, err := store.Minutes(ctx, stream, first, end)
	if err != nil || !ok {
		return nil, err
	}
	tally, err := s.decode()
	if err != nil {
		return nil, err
	}
	minutes := s.Closed
	minutes.Merge(tally.Minutes().Between(first, end))
	return minutes, nil
}
