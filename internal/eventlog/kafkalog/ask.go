package kafkalog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// decompressor has pools of its own, so there is one.
var decompressor = kgo.DefaultDecompressor()

// fetchBytes is how much one request of a Read brings at most.
const fetchBytes = 1 << 20

// Read fetches the partition of the stream from a position on and gives what is of
// the stream. It is for what the archive has not got yet: it reads all streams of the
// partition.
func (l *Log) Read(ctx context.Context, name eventlog.Topic, stream hubbub.StreamID, after hubbub.Position, limit int) ([]eventlog.Record, hubbub.Position, error) {
	records, through, err := l.read(ctx, name, stream, after, limit)
	if err != nil {
		return nil, hubbub.Position{}, fmt.Errorf("read %s of stream %s: %w", name, stream, err)
	}
	return records, through, nil
}

func (l *Log) read(ctx context.Context, name eventlog.Topic, stream hubbub.StreamID, after hubbub.Position, limit int) (found []eventlog.Record, through hubbub.Position, err error) {
	t, err := l.ask(name, stream)
	if err != nil {
		return nil, through, err
	}
	if limit < 1 {
		return nil, through, fmt.Errorf("a limit of %d", limit)
	}
	partition := t.partition(stream)
	first, end, err := l.bounds(ctx, t, partition)
	if err != nil {
		return nil, through, err
	}
	from := first
	if !after.IsZero() {
		offset, known := t.offset(after)
		if !known || offset < first {
			return nil, through, eventlog.ErrGone
		}
		from = offset
	}
	for from < end {
		records, err := l.fetch(ctx, t, partition, from)
		if err != nil {
			return nil, through, err
		}
		for _, r := range records { // some may be newer than end
			from = r.Offset + 1
			if string(r.Key) != string(stream) {
				continue
			}
			if found = append(found, t.decode(r)); len(found) == limit {
				return found, found[limit-1].Position, nil
			}
		}
	}
	return found, t.position(max(from, end) - 1), nil
}

// ask finds a topic for a question about a stream.
func (l *Log) ask(name eventlog.Topic, stream hubbub.StreamID) (*topic, error) {
	if l.closed() {
		return nil, eventlog.ErrClosed
	}
	if !stream.Valid() {
		return nil, fmt.Errorf("%q is not a stream id", string(stream))
	}
	return l.topic(name)
}

// fetch brings records from an offset on, at least one; there must be one.
func (l *Log) fetch(ctx context.Context, t *topic, partition int32, from int64) (records []*kgo.Record, err error) {
	err = again(ctx, func() (err error) {
		records, err = l.fetchOnce(ctx, t, partition, from)
		return err
	})
	if err != nil {
		return nil, fetchError(err)
	}
	return records, nil
}

func (l *Log) fetchOnce(ctx context.Context, t *topic, partition int32, from int64) ([]*kgo.Record, error) {
	leader, epoch, err := l.leader(ctx, t, partition)
	if err != nil {
		return nil, fmt.Errorf("find the leader: %w", err)
	}
	part := kmsg.NewFetchRequestTopicPartition()
	part.Partition, part.FetchOffset, part.CurrentLeaderEpoch, part.PartitionMaxBytes = partition, from, epoch, fetchBytes
	of := kmsg.NewFetchRequestTopic()
	of.Topic, of.TopicID, of.Partitions = t.name, t.id, []kmsg.FetchRequestTopicPartition{part}
	request := kmsg.NewPtrFetchRequest()
	request.MaxWaitMillis, request.MinBytes, request.MaxBytes, request.Topics = 500, 1, fetchBytes, []kmsg.FetchRequestTopic{of}
	answer, err := l.client.Broker(int(leader)).RetriableRequest(ctx, request)
	if err != nil {
		return nil, err
	}
	for _, topic := range answer.(*kmsg.FetchResponse).Topics {
		for _, p := range topic.Partitions {
			got, _ := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Offset: from, Topic: t.name, Partition: partition}, &p, decompressor, nil)
			return got.Records, got.Err
		}
	}
	return nil, errors.New("the broker answered nothing")
}

// leader is the broker that has a partition, as far as the client knows, which learns
// it by appending, or else by asking.
func (l *Log) leader(ctx context.Context, t *topic, partition int32) (broker, epoch int32, err error) {
	if broker, epoch, err = l.client.PartitionLeader(t.name, partition); err == nil && broker >= 0 {
		return broker, epoch, nil
	}
	found, err := l.admin.ListTopics(ctx, t.name)
	if err != nil {
		return 0, 0, err
	}
	p := found[t.name].Partitions[partition]
	if p.Leader < 0 {
		return 0, 0, kerr.LeaderNotAvailable
	}
	return p.Leader, p.LeaderEpoch, p.Err
}

// transient says whether an error may be over in a moment, as while a leader or
// coordinator moves or a broker is started.
func transient(err error) bool {
	var dialled *net.OpError
	return kerr.IsRetriable(err) || errors.As(err, &dialled) || errors.Is(err, io.EOF)
}

// again does something until it succeeds, fails for good, or ctx ends.
func again(ctx context.Context, do func() error) error {
	for {
		err := do()
		if err == nil || !transient(err) {
			return err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}

func fetchError(err error) error {
	if errors.Is(err, kerr.OffsetOutOfRange) {
		return fmt.Errorf("%w: %w", eventlog.ErrGone, err)
	}
	return fmt.Errorf("%w: fetch: %w", eventlog.ErrUnavailable, err)
}

// bounds are the first offset of a partition and the one after the newest record.
func (l *Log) bounds(ctx context.Context, t *topic, partition int32) (first, end int64, err error) {
	if first, err = l.offset(ctx, t, partition, firstOffset); err == nil {
		end, err = l.end(ctx, t, partition)
	}
	return first, end, err
}

func (l *Log) end(ctx context.Context, t *topic, partition int32) (int64, error) {
	return l.offset(ctx, t, partition, endOffset)
}

// What a broker is asked for, instead of a time.
const (
	endOffset   = -1
	firstOffset = -2
)

// offset asks the leader of one partition, and nobody else: it is asked often.
func (l *Log) offset(ctx context.Context, t *topic, partition int32, which int64) (int64, error) {
	offset, err := l.listOffset(ctx, t, partition, which)
	if err != nil {
		return 0, fmt.Errorf("%w: ask for offsets: %w", eventlog.ErrUnavailable, err)
	}
	return offset, nil
}

func (l *Log) listOffset(ctx context.Context, t *topic, partition int32, which int64) (int64, error) {
	of := kmsg.NewListOffsetsRequestTopicPartition()
	of.Partition, of.Timestamp = partition, which
	in := kmsg.NewListOffsetsRequestTopic()
	in.Topic, in.Partitions = t.name, []kmsg.ListOffsetsRequestTopicPartition{of}
	request := kmsg.NewPtrListOffsetsRequest()
	request.Topics = []kmsg.ListOffsetsRequestTopic{in}
	answer, err := request.RequestWith(ctx, l.client)
	if err != nil {
		return 0, err
	}
	for _, topic := range answer.Topics {
		for _, p := range topic.Partitions {
			return p.Offset, kerr.ErrorForCode(p.ErrorCode)
		}
	}
	return 0, errors.New("the broker answered nothing")
}

func offsetOf(list kadm.ListedOffsets, err error, t *topic, partition int32) (int64, error) {
	at, ok := list.Lookup(t.name, partition)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: ask for offsets: %w", eventlog.ErrUnavailable, err)
	case !ok:
		return 0, fmt.Errorf("%w: no offset of partition %d", eventlog.ErrUnavailable, partition)
	case at.Err != nil:
		return 0, fmt.Errorf("%w: ask for offsets: %w", eventlog.ErrUnavailable, at.Err)
	}
	return at.Offset, nil
}

// End asks the brokers.
func (l *Log) End(ctx context.Context, name eventlog.Topic, stream hubbub.StreamID) (hubbub.Position, error) {
	t, err := l.ask(name, stream)
	if err != nil {
		return hubbub.Position{}, fmt.Errorf("find the end of %s: %w", name, err)
	}
	end, err := l.end(ctx, t, t.partition(stream))
	if err != nil {
		return hubbub.Position{}, fmt.Errorf("find the end of %s: %w", name, err)
	}
	return t.position(end - 1), nil
}

// Committed asks the brokers.
func (l *Log) Committed(ctx context.Context, name eventlog.Topic, group string, stream hubbub.StreamID) (hubbub.Position, error) {
	t, err := l.ask(name, stream)
	var offsets map[int32]int64
	if err == nil {
		offsets, err = l.committed(ctx, t, l.Group(name, group))
	}
	if err != nil {
		return hubbub.Position{}, fmt.Errorf("find what %s has committed of %s: %w", group, name, err)
	}
	offset, ok := offsets[t.partition(stream)]
	if !ok {
		return hubbub.Position{}, nil
	}
	return t.position(offset - 1), nil
}

// committed are the offsets of a group of Kafka's, of the partitions that have one.
func (l *Log) committed(ctx context.Context, t *topic, group string) (map[int32]int64, error) {
	var answer kadm.OffsetResponses
	err := again(ctx, func() (err error) {
		if answer, err = l.admin.FetchOffsetsForTopics(ctx, group, t.name); err == nil {
			err = answer.Error()
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%w: ask for commits: %w", eventlog.ErrUnavailable, err)
	}
	offsets := map[int32]int64{}
	answer.Each(func(o kadm.OffsetResponse) {
		if o.At >= 0 {
			offsets[o.Partition] = o.At
		}
	})
	return offsets, nil
}

// Lag sums up the partitions.
func (l *Log) Lag(ctx context.Context, name eventlog.Topic, group string) (lag int64, err error) {
	t, err := l.topic(name)
	if err == nil && l.closed() {
		err = eventlog.ErrClosed
	}
	if err == nil {
		lag, err = l.lag(ctx, t, l.Group(name, group))
	}
	if err != nil {
		return 0, fmt.Errorf("find how far %s is behind in %s: %w", group, name, err)
	}
	return lag, nil
}

func (l *Log) lag(ctx context.Context, t *topic, group string) (lag int64, err error) {
	committed, err := l.committed(ctx, t, group) // before the ends, so that none is beyond its end
	if err != nil {
		return 0, err
	}
	starts, err := l.admin.ListStartOffsets(ctx, t.name)
	if err != nil {
		return 0, fmt.Errorf("%w: ask for offsets: %w", eventlog.ErrUnavailable, err)
	}
	ends, endsErr := l.admin.ListEndOffsets(ctx, t.name)
	for partition := range int32(t.partitions) { //nolint:gosec // few
		first, err := offsetOf(starts, nil, t, partition)
		if err != nil {
			return 0, err
		}
		end, err := offsetOf(ends, endsErr, t, partition)
		if err != nil {
			return 0, err
		}
		lag += end - max(first, committed[partition])
	}
	return lag, nil
}
