package kafkalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// A Mover makes a topic anew with another number of partitions. Adding partitions to a
// topic that is there would have streams go on in another partition, at positions that
// come before those they had; a new topic has a new epoch.
//
// Each method does one step, and may be called again at any time: what a step finds done
// it leaves. They wait for brokers until their context ends.
type Mover struct{ log *Log }

// NewMover returns a mover for the topics of a log. Of the options Epoch is not needed.
func NewMover(o Options) (*Mover, error) {
	l := &Log{o: o.withDefaults(), meter: newMeter()}
	client, err := kgo.NewClient(l.options()...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka at %v: %w", o.Brokers, err)
	}
	l.client, l.admin = client, kadm.NewClient(client)
	return &Mover{l}, nil
}

// Close closes the connections.
func (m *Mover) Close() error {
	m.log.client.Close()
	return nil
}

// PartitionOf is the partition of a stream in a topic with so many.
func PartitionOf(stream hubbub.StreamID, partitions int) int {
	return int((&topic{partitions: partitions}).partition(stream))
}

// Partitions returns how many a topic has; 0: there is no such topic.
func (m *Mover) Partitions(ctx context.Context, name eventlog.Topic) (int, error) {
	t, err := m.find(ctx, name)
	if err != nil {
		return 0, fmt.Errorf("look at topic %s: %w", m.name(name), err)
	}
	return t.partitions, nil
}

func (m *Mover) name(name eventlog.Topic) string { return m.log.o.Prefix + string(name) }

// find looks at a topic; it has no partitions if it is not there.
func (m *Mover) find(ctx context.Context, name eventlog.Topic) (t *topic, err error) {
	err = m.insist(ctx, func() error {
		t, err = find(ctx, m.log.client, m.name(name))
		return err
	})
	return t, err
}

// find asks a broker, and not the client, which remembers.
func find(ctx context.Context, broker kmsg.Requestor, name string) (*topic, error) {
	t := &topic{name: name}
	of := kmsg.NewMetadataRequestTopic()
	of.Topic = &t.name
	request := kmsg.NewPtrMetadataRequest()
	request.Topics = append(request.Topics, of)
	answer, err := request.RequestWith(ctx, broker)
	if err != nil {
		return t, err
	}
	for _, topic := range answer.Topics {
		err = kerr.ErrorForCode(topic.ErrorCode)
		t.id, t.partitions = topic.TopicID, len(topic.Partitions)
	}
	if errors.Is(err, kerr.UnknownTopicOrPartition) {
		return t, nil
	}
	return t, err
}

// everywhere waits until all brokers that run agree.
func (m *Mover) everywhere(ctx context.Context, agrees func(*kgo.Broker) (bool, error)) error {
	brokers, err := m.log.admin.ListBrokers(ctx)
	if err != nil {
		return err
	}
	for _, b := range brokers {
		broker := m.log.client.Broker(int(b.NodeID))
		if err := m.insist(ctx, func() error {
			ok, err := agrees(broker)
			if err == nil && !ok {
				err = errNotYet
			}
			return err
		}); err != nil {
			return fmt.Errorf("broker %d: %w", b.NodeID, err)
		}
	}
	return nil
}

// Members names the processes that read a topic as one of the groups that it is kept for.
func (m *Mover) Members(ctx context.Context, name eventlog.Topic) (members []string, err error) {
	err = m.insist(ctx, func() error {
		members = nil
		found, err := m.log.admin.DescribeGroups(ctx, m.groups(name)...)
		if err != nil {
			return err
		}
		for _, group := range found.Sorted() {
			if group.Err != nil && !errors.Is(group.Err, kerr.GroupIDNotFound) {
				return group.Err
			}
			for _, member := range group.Members {
				who := member.ClientHost
				if member.InstanceID != nil {
					who = *member.InstanceID
				}
				members = append(members, group.Group+": "+who)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("ask who reads %s: %w", m.name(name), err)
	}
	return members, nil
}

func (m *Mover) groups(name eventlog.Topic) (list []string) {
	for _, group := range m.log.o.Required[name] {
		list = append(list, m.log.Group(name, group))
	}
	return list
}

// Remove removes a topic if it has so many partitions: with another number it is the
// one that was made instead.
func (m *Mover) Remove(ctx context.Context, name eventlog.Topic, partitions int) error {
	t, err := m.find(ctx, name)
	if err == nil && t.partitions == partitions {
		// By its id: by its name it might be the next one already.
		of := kmsg.NewDeleteTopicsRequestTopic()
		of.TopicID = t.id
		request := kmsg.NewPtrDeleteTopicsRequest()
		request.Topics, request.TimeoutMillis = append(request.Topics, of), 15_000
		err = m.insist(ctx, func() error {
			answer, err := request.RequestWith(ctx, m.log.client)
			if err != nil {
				return err
			}
			for _, topic := range answer.Topics {
				err = kerr.ErrorForCode(topic.ErrorCode)
			}
			if errors.Is(err, kerr.UnknownTopicID) || errors.Is(err, kerr.UnknownTopicOrPartition) {
				return nil
			}
			return err
		})
	}
	if err == nil {
		err = m.everywhere(ctx, func(b *kgo.Broker) (bool, error) {
			found, err := find(ctx, b, t.name)
			return found.partitions != partitions, err
		})
	}
	if err != nil {
		return fmt.Errorf("remove topic %s: %w", t.name, err)
	}
	return nil
}

// Make makes a topic with so many partitions, unless it is there, and returns its id.
// Its groups have committed its beginning then.
func (m *Mover) Make(ctx context.Context, name eventlog.Topic, partitions int) (id string, err error) {
	t, err := m.find(ctx, name)
	if err == nil && t.partitions == 0 {
		t, err = m.create(ctx, name, partitions)
	}
	if err == nil && t.partitions != partitions {
		err = fmt.Errorf("it has %d", t.partitions)
	}
	if err == nil {
		err = m.begin(ctx, name, t)
	}
	if err != nil {
		return "", fmt.Errorf("make topic %s with %d partitions: %w", m.name(name), partitions, err)
	}
	return t.id.String(), nil
}

func (m *Mover) create(ctx context.Context, name eventlog.Topic, partitions int) (t *topic, err error) {
	// What its groups committed is of the topic before. Kafka forgets it too, some time.
	if err := m.forget(ctx, name); err != nil {
		return nil, err
	}
	err = m.insist(ctx, func() error {
		_, err := m.log.admin.CreateTopic(ctx, int32(partitions), int16(m.log.o.Replicas), m.log.configuration(), m.name(name)) //nolint:gosec // few
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return err
		}
		if t, err = m.find(ctx, name); err == nil && t.partitions == 0 {
			err = errNotYet
		}
		return err
	})
	return t, err
}

// forget removes the groups of a topic, which must have no members.
func (m *Mover) forget(ctx context.Context, name eventlog.Topic) error {
	return m.insist(ctx, func() error {
		answer, err := m.log.admin.DeleteGroups(ctx, m.groups(name)...)
		if err != nil {
			return err
		}
		for _, group := range answer {
			if group.Err != nil && !errors.Is(group.Err, kerr.GroupIDNotFound) {
				return fmt.Errorf("group %s: %w", group.Group, group.Err)
			}
		}
		return nil
	})
}

// begin commits the beginning of all partitions: who asks how far a group is learns that
// it has everything of the epochs before.
func (m *Mover) begin(ctx context.Context, name eventlog.Topic, t *topic) error {
	var offsets kadm.Offsets
	for partition := range int32(t.partitions) { //nolint:gosec // few
		offsets.AddOffset(t.name, partition, 0, -1)
	}
	for _, group := range m.groups(name) {
		if err := m.insist(ctx, func() error {
			answer, err := m.log.admin.CommitOffsets(ctx, group, offsets)
			if err == nil {
				err = answer.Error()
			}
			return err
		}); err != nil {
			return fmt.Errorf("group %s: %w", group, err)
		}
	}
	return nil
}

// errNotYet is over in a moment.
var errNotYet = fmt.Errorf("%w: brokers do not agree yet", eventlog.ErrUnavailable)

// insist is again, and waits for what brokers do not all know yet as well.
func (m *Mover) insist(ctx context.Context, do func() error) error {
	for {
		err := again(ctx, do)
		if !errors.Is(err, errNotYet) {
			return err
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return err
		}
	}
}
