package worker

import (
	"context"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// count is the counting of one batch. Its room is used again by the next.
type count struct {
	cursor  Cursor // through the records read so far
	skipped int
	changed map[hubbub.StreamID]*room
	states  []State
	buffer  []byte // of the states' tallies
}

// work counts a batch and stores that.
func (w *Worker) work(ctx context.Context, b eventlog.Batch) error {
	if err := w.take(ctx); err != nil {
		return err
	}
	defer w.release()
	defer w.metrics.busySince(time.Now())
	p := w.partition(b.Partition)
	w.ends.seeBatch(&b)
	p.stale = p.stale || b.Assigned // others may have been at it
	if err := w.countBatch(ctx, p, b.Records); err != nil {
		p.stale = true
		return err
	}
	return nil
}

func (w *Worker) countBatch(ctx context.Context, p *partition, records []eventlog.Record) error {
	if err := w.refresh(ctx, p); err != nil {
		return err
	}
	for len(records) > 0 && !p.cursor.Through.Before(records[0].Position) {
		records = records[1:] // stored before it was committed
	}
	if len(records) == 0 {
		return nil
	}
	c := &w.count
	clear(c.changed)
	*c = count{cursor: p.cursor, changed: c.changed, states: c.states[:0], buffer: c.buffer[:0]}
	if c.changed == nil {
		c.changed = map[hubbub.StreamID]*room{}
	}
	for i := range records {
		if err := w.countRecord(ctx, &records[i]); err != nil {
			return err
		}
	}
	// The rooms of this batch are to be published as well.
	c.cursor.Unpublished = w.schedule.oldest(p.cursor.Partition, records[0].Position)
	if err := w.o.Store.Save(ctx, p.cursor.Through, c.cursor, c.encode()); err != nil {
		return err
	}
	w.move(p, c.cursor)
	w.metrics.skipped.Add(float64(c.skipped))
	now := time.Now()
	for _, s := range c.states {
		w.schedule.changed(s.Stream, s.Partition, s.Newest, now)
	}
	clear(c.states) // keeps nothing alive
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return nil
}

func (w *Worker) countRecord(ctx context.Context, r *eventlog.Record) error {
	c := &w.count
	c.cursor.Through, c.cursor.Time = r.Position, r.Time
	said, ok := w.observer.Observe(r)
	if !ok {
		c.skipped++
		return nil
	}
	into, err := w.room(ctx, r.Stream)
	if err != nil {
		return err
	}
	if into == nil {
		into = w.add(r.Stream, new(analysis.Tally), c.cursor.Partition)
	}
	into.tally.Add(said)
	c.changed[r.Stream] = into
	c.cursor.Counted++
	return nil
}

// encode returns the states of the rooms that changed. Minutes that it takes out of
// their tallies are nowhere until they are saved, as are the counts beside them:
// should that fail, the rooms are read again.
func (c *count) encode() []State {
	for stream, r := range c.changed {
		newest, _ := r.tally.Last()
		r.tally.Settle()
		closed, start := r.tally.TakeClosed(), len(c.buffer)
		c.buffer = r.tally.AppendState(c.buffer)
		r.size = len(c.buffer) - start
		c.states = append(c.states, State{stream, r.partition, newest, c.buffer[start:len(c.buffer):len(c.buffer)], closed})
	}
	return c.states
}
