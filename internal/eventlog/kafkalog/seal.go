package kafkalog

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Seal has the brokers refuse every append to a topic, from whomever, for good, and
// returns once what was appended before is all that readers will ever find: nobody is
// told of a record that Remove takes away.
func (m *Mover) Seal(ctx context.Context, name eventlog.Topic) error {
	t, err := m.find(ctx, name)
	// A broker applies one change of the metadata after the other: once it shows the second
	// setting, it works by the first.
	for _, size := range []string{"1", "2"} {
		if err == nil {
			err = m.limit(ctx, t, size)
		}
	}
	if err == nil {
		err = m.insist(ctx, func() error { return m.replicated(ctx, t) })
	}
	if err != nil {
		return fmt.Errorf("seal topic %s: %w", t.name, err)
	}
	return nil
}

// limit sets the size of the largest batch that a topic takes, in bytes, and waits until
// all brokers know it. A batch has some sixty at least.
func (m *Mover) limit(ctx context.Context, t *topic, size string) error {
	const key = "max.message.bytes"
	if err := m.insist(ctx, func() error {
		answer, err := m.log.admin.AlterTopicConfigs(ctx, []kadm.AlterConfig{{Op: kadm.SetConfig, Name: key, Value: &size}}, t.name)
		if err == nil {
			_, err = answer.On(t.name, func(r *kadm.AlterConfigsResponse) error { return r.Err })
		}
		return err
	}); err != nil {
		return err
	}
	return m.everywhere(ctx, func(b *kgo.Broker) (bool, error) {
		shown, err := shown(ctx, b, t, key)
		return shown == size, err
	})
}

// shown is a setting of a topic as one broker knows it.
func shown(ctx context.Context, broker *kgo.Broker, t *topic, key string) (string, error) {
	of := kmsg.NewDescribeConfigsRequestResource()
	of.ResourceType, of.ResourceName, of.ConfigNames = kmsg.ConfigResourceTypeTopic, t.name, []string{key}
	request := kmsg.NewPtrDescribeConfigsRequest()
	request.Resources = append(request.Resources, of)
	answer, err := request.RequestWith(ctx, broker)
	if err != nil {
		return "", err
	}
	for _, resource := range answer.Resources {
		for _, config := range resource.Configs {
			if config.Value != nil {
				return *config.Value, kerr.ErrorForCode(resource.ErrorCode)
			}
		}
	}
	return "", errNotYet
}

// replicated returns nil once readers see all that leaders have.
func (m *Mover) replicated(ctx context.Context, t *topic) error {
	found, err := m.log.admin.ListTopics(ctx, t.name)
	if err != nil {
		return err
	}
	var epochs kadm.OffsetForLeaderEpochRequest
	for _, p := range found[t.name].Partitions {
		epochs.Add(t.name, p.Partition, p.LeaderEpoch)
	}
	leaders, err := m.log.admin.OffsetForLeaderEpoch(ctx, epochs)
	if err != nil {
		return err
	}
	seen, err := m.log.admin.ListEndOffsets(ctx, t.name)
	if err != nil {
		return err
	}
	for partition := range int32(t.partitions) { //nolint:gosec // few
		end, err := offsetOf(seen, nil, t, partition)
		of, ok := leaders[t.name][partition]
		if err = errors.Join(err, of.Err); err != nil || !ok || end < of.EndOffset {
			return errors.Join(errNotYet, err)
		}
	}
	return nil
}
