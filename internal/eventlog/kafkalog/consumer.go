package kafkalog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// A consumer is a member of one of Kafka's groups. Each of the log's groups is one of
// Kafka's for every topic, so that who joins for one topic disturbs no other.
type consumer struct {
	log    *Log
	topic  *topic
	o      eventlog.ConsumeOptions
	client *kgo.Client
	joined func() // the first assignment is there
	close  func()

	rebalanced, foreign prometheus.Counter
	group               string

	mu      sync.Mutex
	shares  map[int32]*share // the partitions that this member has
	fetched []fetched        // and what was fetched and not given out yet
	closed  bool
}

// A share is a partition, for as long as this member has it.
type share struct {
	given     bool      // something was
	read      int64     // offset after what was given
	committed int64     // offset
	time      time.Time // of the newest record given
}

// fetched is records of a share.
type fetched struct {
	*share
	partition int32
	records   []*kgo.Record
	end       int64 // offset after the newest record of the partition
}

// Group is what Kafka knows the readers of a topic by that a group of ours are.
func (l *Log) Group(name eventlog.Topic, group string) string {
	return l.o.Prefix + group + "-" + string(name)
}

// Consume joins the group, and returns once it has been told its partitions, which
// may be none.
func (l *Log) Consume(ctx context.Context, name eventlog.Topic, group string, o eventlog.ConsumeOptions) (eventlog.Consumer, error) {
	t, err := l.topic(name)
	if err != nil {
		return nil, fmt.Errorf("consume %s: %w", name, err)
	}
	if o.MaxRecords == 0 {
		o.MaxRecords = 1000
	}
	joined := make(chan struct{})
	c := &consumer{log: l, topic: t, o: o, joined: sync.OnceFunc(func() { close(joined) }), shares: map[int32]*share{},
		rebalanced: l.meter.rebalances.WithLabelValues(string(name), group), foreign: l.meter.foreign.WithLabelValues(string(name), group), group: group}
	c.close = sync.OnceFunc(func() { c.client.CloseAllowingRebalance() })
	opts := l.options(
		kgo.ConsumerGroup(l.Group(name, group)), kgo.ConsumeTopics(t.name),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.SessionTimeout(l.o.SessionTimeout), kgo.HeartbeatInterval(min(3*time.Second, l.o.SessionTimeout/3)),
		kgo.DisableAutoCommit(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchMaxWait(cmp.Or(o.Linger, fetchWait)), kgo.FetchMinBytes(leastFetch(o.Linger)),
		kgo.OnPartitionsAssigned(c.join), kgo.AdjustFetchOffsetsFn(c.start),
		kgo.OnPartitionsRevoked(c.lose), kgo.OnPartitionsLost(c.lose),
	)
	if l.o.Member != "" {
		opts = append(opts, kgo.InstanceID(l.o.Member))
	}
	if c.client, err = kgo.NewClient(opts...); err != nil {
		return nil, fmt.Errorf("consume %s as %s: %w", name, group, err)
	}
	if !l.adopt(c) {
		c.close()
		return nil, fmt.Errorf("consume %s as %s: %w", name, group, eventlog.ErrClosed)
	}
	select {
	case <-joined:
		return c, nil
	case <-ctx.Done():
		_ = c.Close()
		return nil, fmt.Errorf("consume %s as %s: %w", name, group, context.Cause(ctx))
	}
}

// fetchWait is how long a broker holds a request for records while there are none.
const fetchWait = 500 * time.Millisecond

// leastFetch is for how many bytes a broker holds a request.
func leastFetch(linger time.Duration) int32 {
	if linger > 0 {
		return fetchBytes // more than a trickle brings: it waits for the time
	}
	return 1
}

// adopt makes a consumer one that is closed with the log; false: the log is closed.
func (l *Log) adopt(c *consumer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.consumers == nil {
		return false
	}
	l.consumers[c] = struct{}{}
	return true
}

// start is told the partitions that came to this member, each with the offset that
// its group has committed, and says where to begin.
func (c *consumer) start(_ context.Context, offsets map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for partition, at := range offsets[c.topic.name] {
		s := &share{committed: max(0, at.EpochOffset().Offset)}
		c.shares[partition] = s
		if c.o.After == nil {
			continue
		}
		after, ok := c.o.After(int(partition))
		if !ok {
			continue
		}
		from, known := c.topic.offset(after)
		if at = kgo.NewOffset().AtStart(); known {
			at = kgo.NewOffset().At(from)
		}
		offsets[c.topic.name][partition] = at
	}
	c.joined()
	return offsets, nil
}

// join is told the partitions before start is, which is not called for none.
func (c *consumer) join(_ context.Context, _ *kgo.Client, assigned map[string][]int32) {
	c.rebalanced.Inc()
	if len(assigned[c.topic.name]) == 0 {
		c.joined()
	}
}

func (c *consumer) lose(_ context.Context, _ *kgo.Client, lost map[string][]int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, partition := range lost[c.topic.name] {
		delete(c.shares, partition)
	}
}

// Next gives what was fetched of one partition.
func (c *consumer) Next(ctx context.Context) (eventlog.Batch, error) {
	for {
		if b, ok := c.take(); ok {
			return b, nil
		}
		fetches := c.client.PollRecords(ctx, c.o.MaxRecords)
		if fetches.IsClientClosed() || c.isClosed() {
			return eventlog.Batch{}, fmt.Errorf("read %s: %w", c.topic.name, eventlog.ErrClosed)
		}
		if ctx.Err() != nil {
			c.keep(fetches)
			return eventlog.Batch{}, fmt.Errorf("read %s: %w", c.topic.name, context.Cause(ctx))
		}
		c.keep(fetches)
		if err := fetches.Err(); err != nil {
			return eventlog.Batch{}, fmt.Errorf("read %s: %w: %w", c.topic.name, eventlog.ErrUnavailable, err)
		}
	}
}

// keep puts aside what was fetched of partitions that are still this member's.
func (c *consumer) keep(fetches kgo.Fetches) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if s := c.shares[p.Partition]; s != nil && len(p.Records) > 0 {
			c.fetched = append(c.fetched, fetched{s, p.Partition, p.Records, p.HighWatermark})
		}
	})
}

// take makes a batch of what was put aside; ok is false if there is nothing.
func (c *consumer) take() (b eventlog.Batch, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.fetched) > 0 && !c.closed {
		f := c.fetched[0]
		c.fetched = c.fetched[1:]
		if c.shares[f.partition] != f.share {
			continue // it went to another member meanwhile
		}
		b = eventlog.Batch{Partition: int(f.partition), Assigned: !f.given, Records: make([]eventlog.Record, len(f.records))}
		for i, r := range f.records {
			record := c.topic.decode(r)
			if record.Time.Before(f.time) {
				record.Time = f.time
			}
			f.time, b.Records[i] = record.Time, record
			if record.Foreign != nil {
				c.passedOver(f.partition, &record)
			}
		}
		first, last := f.records[0].Offset, f.records[len(f.records)-1].Offset
		f.given, f.read = true, last+1
		b.Prev = c.topic.position(first - 1)
		b.End = c.topic.position(max(f.end, last+1) - 1)
		return b, true
	}
	return b, false
}

// passedOver counts a foreign record, and says where it is, unless there are many.
func (c *consumer) passedOver(partition int32, r *eventlog.Record) {
	c.foreign.Inc()
	c.log.meter.said.Do(func() {
		c.log.o.Logger.Warn("a record that somebody else wrote is passed over",
			"topic", c.topic.name, "partition", partition, "position", r.Position.String(), "group", c.group, "why", r.Foreign)
	})
}

func (c *consumer) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Commit commits through a position.
func (c *consumer) Commit(ctx context.Context, partition int, through hubbub.Position) error {
	err := c.commit(ctx, int32(partition), through) //nolint:gosec // few
	if err != nil {
		return fmt.Errorf("commit %v of partition %d of %s: %w", through, partition, c.topic.name, err)
	}
	return nil
}

func (c *consumer) commit(ctx context.Context, partition int32, through hubbub.Position) error {
	if partition < 0 || int(partition) >= c.topic.partitions {
		return errors.New("there is no such partition")
	}
	if through.Epoch < c.topic.epoch {
		return nil // it is below all that there is, as what was counted before an import
	}
	offset, known := c.topic.offset(through)
	if !known {
		return errors.New("the position is of another epoch")
	}
	for {
		s, read, done, err := c.owned(partition, offset)
		if done || err != nil {
			return err
		}
		if offset > read {
			if err := c.wantRecord(ctx, partition, offset); err != nil {
				return err
			}
		}
		switch err := c.commitOffset(ctx, partition, offset); {
		case err == nil:
			c.mu.Lock()
			s.committed = max(s.committed, offset)
			c.mu.Unlock()
			return nil
		case !errors.Is(err, kerr.RebalanceInProgress):
			return err
		}
		select { // until it is over; the partition may be another's then
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// owned is the partition if it is this member's, and how far it was read; done: so much
// is committed already.
func (c *consumer) owned(partition int32, offset int64) (s *share, read int64, done bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch s = c.shares[partition]; {
	case c.closed:
		return nil, 0, false, eventlog.ErrClosed
	case s == nil:
		return nil, 0, false, eventlog.ErrLost
	}
	return s, s.read, offset <= s.committed, nil
}

// wantRecord fails if there is no record before an offset.
func (c *consumer) wantRecord(ctx context.Context, partition int32, offset int64) error {
	end, err := c.log.end(ctx, c.topic, partition)
	if err == nil && offset > end {
		err = errors.New("there is no such record yet")
	}
	return err
}

func (c *consumer) commitOffset(ctx context.Context, partition int32, offset int64) (err error) {
	at := map[string]map[int32]kgo.EpochOffset{c.topic.name: {partition: {Epoch: -1, Offset: offset}}}
	c.client.CommitOffsetsSync(ctx, at, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, answer *kmsg.OffsetCommitResponse, failed error) {
		if err = failed; err != nil {
			return
		}
		for _, t := range answer.Topics {
			for _, p := range t.Partitions {
				err = errors.Join(err, kerr.ErrorForCode(p.ErrorCode))
			}
		}
	})
	switch {
	case errors.Is(err, kerr.IllegalGeneration), errors.Is(err, kerr.UnknownMemberID), errors.Is(err, kerr.FencedInstanceID):
		return fmt.Errorf("%w: %w", eventlog.ErrLost, err)
	case errors.Is(err, kgo.ErrClientClosed):
		return eventlog.ErrClosed
	}
	return err
}

// Close leaves the group, but for a member with a name, which may come back.
func (c *consumer) Close() error {
	c.log.mu.Lock()
	delete(c.log.consumers, c)
	c.log.mu.Unlock()
	c.shut()
	return nil
}

func (c *consumer) shut() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.close()
}
