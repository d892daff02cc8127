package natslog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// owners are the consumers that own their group's only partition.
type owners struct {
	mu sync.Mutex
	of map[groupKey]*consumer
}

// A consumer reads a topic for a group. It keeps nothing in JetStream: it asks
// for what comes after what it had, from memory if it is not far behind.
type consumer struct {
	topic *topic
	key   groupKey
	limit int

	at       hubbub.Position   // what it has had
	assigned bool              // it has had a batch
	ready    []eventlog.Record // read from JetStream and not given out
	seq      uint64            // where to read on there; 0: to be found

	ended  chan struct{} // closed when it is closed or loses the group
	ending sync.Once
	reason error // why, once ended is closed
}

var _ eventlog.Consumer = (*consumer)(nil)

// Consume takes the group over from whoever has it.
func (l *Log) Consume(_ context.Context, name eventlog.Topic, group string, o eventlog.ConsumeOptions) (eventlog.Consumer, error) {
	t, err := l.topic(name)
	if err == nil && group == "" {
		err = errors.New("the group has no name")
	}
	if err == nil && l.closed() {
		err = eventlog.ErrClosed
	}
	if err != nil {
		return nil, fmt.Errorf("consume %s: %w", name, err)
	}
	c := &consumer{topic: t, key: groupKey{name, group}, limit: o.MaxRecords, ended: make(chan struct{})}
	if c.limit <= 0 {
		c.limit = 1000
	}
	var after hubbub.Position
	var override bool
	if o.After != nil {
		after, override = o.After(0)
	}
	l.owners.mu.Lock()
	defer l.owners.mu.Unlock()
	if former := l.owners.of[c.key]; former != nil {
		former.end(eventlog.ErrLost)
	}
	l.owners.of[c.key] = c
	if !override {
		after = l.cursors.get(c.key)
	}
	v := t.look(0)
	c.at = v.position(v.after(after))
	return c, nil
}

func (c *consumer) end(reason error) {
	c.ending.Do(func() {
		c.reason = reason
		close(c.ended)
	})
}

// refusal is why the consumer can go on no longer, or nil.
func (c *consumer) refusal() error {
	select {
	case <-c.ended:
		return fmt.Errorf("consume %s as %s: %w", c.key.topic, c.key.group, c.reason)
	default:
	}
	if c.topic.log.closed() {
		return fmt.Errorf("consume %s as %s: %w", c.key.topic, c.key.group, eventlog.ErrClosed)
	}
	return nil
}

// Next reads on. While JetStream cannot be read it waits for that to change.
func (c *consumer) Next(ctx context.Context) (eventlog.Batch, error) {
	for {
		if err := c.refusal(); err != nil {
			return eventlog.Batch{}, err
		}
		if err := ctx.Err(); err != nil {
			return eventlog.Batch{}, err
		}
		v := c.look()
		if v.end <= c.at.N {
			c.wait(ctx, v.more, 0)
			continue
		}
		records, err := c.read(ctx, v)
		switch {
		case len(records) > 0:
			return c.batch(v, records), nil
		case ctx.Err() != nil:
		case errors.Is(err, errBlock):
			return eventlog.Batch{}, fmt.Errorf("consume %s as %s: %w", c.key.topic, c.key.group, err)
		case err != nil:
			c.topic.log.o.Logger.Warn("could not read the log, trying again", "topic", c.key.topic, "group", c.key.group, "err", err)
			c.wait(ctx, nil, c.topic.log.o.ProbeEvery)
		} // else what was there was trimmed meanwhile
	}
}

// look looks at what comes after what it has had. If some of that was trimmed
// or lost meanwhile, it goes on with what there is.
func (c *consumer) look() view {
	for {
		v := c.topic.look(c.at.N)
		n := v.after(c.at)
		if n == c.at.N {
			return v
		}
		c.at, c.ready, c.seq = v.position(n), nil, 0
	}
}

// read returns the next records, at most c.limit.
func (c *consumer) read(ctx context.Context, v view) ([]eventlog.Record, error) {
	if len(c.ready) == 0 && v.isLive {
		c.seq = 0
		n := min(len(v.live), c.limit)
		return v.live[:n:n], nil
	}
	if len(c.ready) == 0 {
		if err := c.fetch(ctx, v); err != nil {
			c.seq = 0
			return nil, err
		}
	}
	n := consecutive(c.ready, c.limit)
	records := c.ready[:n:n]
	c.ready = c.ready[n:]
	return records, nil
}

// consecutive returns how many records, up to a limit, follow each other. After
// a damaged one, which JetStream passes over without a word, they do not.
func consecutive(records []eventlog.Record, limit int) int {
	n := min(len(records), limit)
	for i := range n {
		if records[i].Position.N != records[0].Position.N+uint64(i) {
			return i
		}
	}
	return n
}

// fetch makes the next records ready.
func (c *consumer) fetch(ctx context.Context, v view) (err error) {
	if c.seq == 0 {
		if c.seq, err = c.topic.seek(ctx, c.at.N+1); err != nil {
			return err
		}
	}
	p, err := c.topic.log.fetch(ctx, fetch{topic: c.key.topic, from: c.seq, limit: maxFetchBlocks})
	if err != nil {
		return err
	}
	size := 0
	for _, b := range p.blocks {
		size += b.count
	}
	records, all, err := v.records(make([]eventlog.Record, 0, size), p, c.at.N)
	if c.seq = p.last + 1; !all || len(p.blocks) == 0 {
		c.seq = 0
	}
	c.ready = records
	return err
}

func (c *consumer) batch(v view, records []eventlog.Record) eventlog.Batch {
	prev := v.position(records[0].Position.N - 1)
	if prev != c.at {
		c.topic.log.o.Logger.Error("records of the log are missing: they are damaged, or were just trimmed",
			"topic", c.key.topic, "group", c.key.group, "after", c.at, "through", prev)
	}
	b := eventlog.Batch{
		Prev:     prev,
		Assigned: !c.assigned,
		Records:  records,
		End:      v.position(v.end),
	}
	c.at = records[len(records)-1].Position
	c.assigned = true
	return b
}

// wait waits for more, or some time unless that is 0, or the end of things.
func (c *consumer) wait(ctx context.Context, more <-chan struct{}, d time.Duration) {
	var later <-chan time.Time
	if d > 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		later = timer.C
	}
	select {
	case <-more:
	case <-later:
	case <-ctx.Done():
	case <-c.ended:
	case <-c.topic.log.closing:
	}
}

// Commit moves the group's cursor. It is durable soon after; see cursors.
func (c *consumer) Commit(_ context.Context, partition int, through hubbub.Position) error {
	l := c.topic.log
	l.owners.mu.Lock() // so that a group taken over is not moved by its former owner
	defer l.owners.mu.Unlock()
	if err := c.refusal(); err != nil {
		return err
	}
	v := c.topic.look(0)
	switch {
	case partition != 0:
		return fmt.Errorf("commit %s as %s: there is no partition %d", c.key.topic, c.key.group, partition)
	case v.position(v.end).Before(through):
		return fmt.Errorf("commit %s as %s: %s is beyond the end, %s", c.key.topic, c.key.group, through, v.position(v.end))
	}
	l.cursors.advance(c.key, through)
	return nil
}

// Close leaves the group.
func (c *consumer) Close() error {
	owners := &c.topic.log.owners
	owners.mu.Lock()
	defer owners.mu.Unlock()
	if owners.of[c.key] == c {
		delete(owners.of, c.key)
	}
	c.end(eventlog.ErrClosed)
	return nil
}
