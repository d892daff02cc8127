package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/follow"
)

const (
	// roundSize bounds the results that are made and appended together: those who
	// count wait for no more.
	roundSize   = 256
	forgetEvery = time.Minute
	// slideLater is when to look again at a window that does not slide yet,
	// because counting is behind.
	slideLater = 5 * time.Second
)

// publish publishes results as they are due, until ctx ends.
func (w *Worker) publish(ctx context.Context) {
	pause := follow.Pause{Longest: w.o.MaxPause}
	timer := time.NewTimer(0)
	defer timer.Stop()
	forget := time.Now().Add(forgetEvery)
	for {
		select {
		case <-w.wake:
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		if w.take(ctx) != nil {
			return
		}
		now := time.Now()
		if !now.Before(forget) {
			w.forget(now, w.o.Rooms)
			forget = now.Add(forgetEvery)
		}
		results := w.makeDue(ctx, now)
		requests := w.requests(results, now)
		w.release()

		w.append(ctx, results)
		w.request(ctx, requests)

		if w.take(ctx) != nil {
			return
		}
		w.settle(results, &pause)
		timer.Reset(time.Until(w.schedule.next(forget)))
		w.release()
	}
}

// A result is one that is being published.
type result struct {
	entry  *entry
	value  []byte
	slides time.Time // when its window changes next; zero: it is empty
	err    error     // why it was not made or not published
}

// makeDue makes the results that are due.
func (w *Worker) makeDue(ctx context.Context, now time.Time) (results []result) {
	defer w.metrics.busySince(now)
	for _, e := range w.schedule.take(now, roundSize) {
		r, err := w.room(ctx, e.stream)
		if err == nil && r == nil {
			err = fmt.Errorf("the tally of stream %s is gone", e.stream)
		}
		made := result{err: err}
		if err == nil {
			made = w.result(ctx, e.stream, r, now)
		}
		made.entry = e
		results = append(results, made)
	}
	return results
}

// result makes the result of a room that was just looked up.
func (w *Worker) result(ctx context.Context, stream hubbub.StreamID, r *room, now time.Time) result {
	p := w.partition(r.partition)
	if w.ends.get(r.partition).at.IsZero() { // nothing was read yet
		w.ends.look(ctx, w.o.Log, r.partition, stream)
	}
	end := w.ends.get(r.partition)
	progress := analysis.Progress{Through: p.cursor.Through, ThroughTime: p.cursor.Time, End: end.at, EndTime: end.time}
	logNow := now.Add(-w.ends.lead())
	made := result{value: r.tally.AppendResult(nil, stream, progress, logNow)}
	if next, ok := r.tally.Slides(progress.Present(logNow)); ok {
		// By the monotonic clock, so that a step of the wall clock holds up nothing.
		made.slides = now.Add(next.Sub(logNow))
		if !made.slides.After(now) {
			made.slides = now.Add(slideLater)
		}
	}
	return made
}

// append appends results to the log, so that they share its writes, and waits for
// the outcomes.
func (w *Worker) append(ctx context.Context, results []result) {
	type outcome struct {
		i   int
		err error
	}
	outcomes := make(chan outcome, len(results))
	waiting := 0
	for i := range results {
		if results[i].err != nil {
			continue
		}
		waiting++
		record := eventlog.Record{Stream: results[i].entry.stream, Version: eventlog.Version, Value: results[i].value}
		w.o.Log.Append(ctx, eventlog.AnalysisResult, record, func(_ hubbub.Position, _ time.Time, err error) {
			outcomes <- outcome{i, err}
		})
	}
	for range waiting {
		o := <-outcomes
		results[o.i].err = o.err
	}
}

// settle schedules what is next for streams whose results were tried.
func (w *Worker) settle(results []result, pause *follow.Pause) {
	if len(results) == 0 {
		return
	}
	var errs []error
	for _, r := range results {
		if r.err != nil {
			errs = append(errs, r.err)
		}
	}
	w.metrics.results.Add(float64(len(results) - len(errs)))
	var again time.Time
	if len(errs) == 0 {
		pause.Reset()
		w.said("publish", nil)
	} else {
		again = time.Now().Add(pause.Next())
		w.said("publish", fmt.Errorf("publish %d results: %w", len(errs), errs[0]))
	}
	for _, r := range results {
		if r.err != nil {
			w.schedule.failed(r.entry, again)
		} else {
			w.schedule.published(r.entry, r.slides)
		}
	}
}
