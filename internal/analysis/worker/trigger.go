package worker

import (
	"context"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/summary"
)

// A trigger is when a room is to be summed up next. It is not stored: with it a
// summary may be late, and the next has what that would have had.
type trigger struct {
	counted uint64    // messages when it was last, or when the room was loaded
	rest    time.Time // not before
}

// requests asks for summaries of the rooms that results were just made of.
func (w *Worker) requests(results []result, now time.Time) (requests []summary.Request) {
	for i := range results {
		stream := results[i].entry.stream
		r, ok := w.rooms[stream]
		if !ok || results[i].err != nil {
			continue
		}
		counts := r.tally.Counts()
		if total := counts.Total(); total >= r.trigger.counted+summary.EveryMessages && !now.Before(r.trigger.rest) {
			through, _ := r.tally.Last()
			requests = append(requests, summary.Request{StreamID: stream, Through: through, Reason: summary.ReasonMessages})
			r.trigger = trigger{counted: total, rest: now.Add(summary.Every)}
		}
	}
	return requests
}

// request appends requests. It does not wait for what becomes of them: one that is
// lost is made good by the next.
func (w *Worker) request(ctx context.Context, requests []summary.Request) {
	for _, r := range requests {
		record := eventlog.Record{Stream: r.StreamID, Version: eventlog.Version, Value: r.Value()}
		w.o.Log.Append(ctx, eventlog.SummaryRequests, record, func(_ hubbub.Position, _ time.Time, err error) {
			if err != nil {
				w.metrics.errors.WithLabelValues("request").Inc()
			}
		})
	}
}
