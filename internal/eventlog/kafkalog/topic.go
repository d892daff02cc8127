package kafkalog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// A topic is one of the log's, as Kafka has it.
type topic struct {
	of         eventlog.Topic
	name       string // with the prefix
	id         kadm.TopicID
	epoch      uint32
	partitions int
}

// partitioner gives a stream its partition, the one that Kafka's own clients give
// to such a key.
var partitioner = kgo.StickyKeyPartitioner(nil)

func (t *topic) partition(stream hubbub.StreamID) int32 {
	key := &kgo.Record{Key: []byte(stream)}
	return int32(partitioner.ForTopic(t.name).Partition(key, t.partitions)) //nolint:gosec // few
}

// position is that of the record at an offset.
func (t *topic) position(offset int64) hubbub.Position {
	return hubbub.Position{Epoch: t.epoch, N: uint64(offset + 1)} //nolint:gosec // never negative
}

// offset is that of the first record after a position, as far as the topic knows it.
func (t *topic) offset(after hubbub.Position) (offset int64, known bool) {
	if after.Epoch != t.epoch {
		return 0, false
	}
	return int64(after.N), true //nolint:gosec // was an offset
}

// topic finds a topic by name.
func (l *Log) topic(name eventlog.Topic) (*topic, error) {
	if t := l.topics[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("the log has no topic %q", name)
}

// prepareTopics makes the topics that are missing and looks at all. It waits for
// brokers until ctx ends.
func (l *Log) prepareTopics(ctx context.Context) (map[eventlog.Topic]*topic, error) {
	topics := map[eventlog.Topic]*topic{}
	for _, name := range eventlog.Topics {
		waits := sync.OnceFunc(func() { l.o.Logger.Info("waiting for Kafka", "brokers", l.o.Brokers) })
		err := again(ctx, func() (err error) {
			if topics[name], err = l.prepare(ctx, name); err != nil && transient(err) {
				waits()
			}
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("topic %s: %w", l.o.Prefix+string(name), err)
		}
	}
	return topics, nil
}

func (l *Log) prepare(ctx context.Context, name eventlog.Topic) (*topic, error) {
	t := &topic{of: name, name: l.o.Prefix + string(name)}
	want := l.o.Partitions(name)
	_, err := l.admin.CreateTopic(ctx, int32(want), int16(l.o.Replicas), l.configuration(), t.name) //nolint:gosec // few
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return nil, fmt.Errorf("create it: %w", err)
	}
	found, err := l.admin.ListTopics(ctx, t.name)
	if err == nil {
		err = found[t.name].Err // a broker may not know it yet
	}
	if err != nil {
		return nil, fmt.Errorf("look at it: %w", err)
	}
	t.id, t.partitions = found[t.name].ID, len(found[t.name].Partitions)
	if t.partitions != want {
		return nil, fmt.Errorf("it has %d partitions, not %d: streams would change theirs; use another --prefix, or move it with hubbub migrate topics", t.partitions, want)
	}
	if t.epoch, err = l.o.Epoch(ctx, name, t.id.String()); err != nil {
		return nil, fmt.Errorf("learn its epoch: %w", err)
	}
	return t, nil
}

// configuration is that of a new topic. Kafka itself never removes anything, since it
// does not know what required readers have not read; Trim does.
func (l *Log) configuration() map[string]*string {
	value := func(v string) *string { return &v }
	return map[string]*string{
		"min.insync.replicas":    value(strconv.Itoa(max(1, l.o.Replicas-1))),
		"message.timestamp.type": value("LogAppendTime"),
		"retention.ms":           value("-1"),
		"retention.bytes":        value("-1"),
		"cleanup.policy":         value("delete"),
		"max.message.bytes":      value(strconv.Itoa(2 << 20)),
	}
}
