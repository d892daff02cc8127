package cluster

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// kafkaKnows asks the broker at an address for metadata. It returns nil if the broker
// knows of itself, as one that the controller lets take part.
func kafkaKnows(ctx context.Context, address string, node int32) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(address))
	if err != nil {
		return err
	}
	defer client.Close()
	// Of just this broker, and not from what the client remembers.
	answer, err := client.SeedBrokers()[0].Request(ctx, allBrokers())
	if err != nil {
		return err
	}
	metadata, ok := answer.(*kmsg.MetadataResponse)
	if !ok {
		return fmt.Errorf("%T came for metadata", answer)
	}
	for _, b := range metadata.Brokers {
		if b.NodeID == node {
			return nil
		}
	}
	return fmt.Errorf("%s knows of %d brokers, and not of itself", address, len(metadata.Brokers))
}

// allBrokers asks for no topics.
func allBrokers() *kmsg.MetadataRequest {
	request := kmsg.NewPtrMetadataRequest()
	request.Topics = []kmsg.MetadataRequestTopic{}
	return request
}

// Controller asks which node is the active controller now.
func (k *Kafka) Controller(ctx context.Context) (*Process, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(k.Seeds()...))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	partition := kmsg.NewDescribeQuorumRequestTopicPartition()
	topic := kmsg.NewDescribeQuorumRequestTopic()
	topic.Topic, topic.Partitions = "__cluster_metadata", []kmsg.DescribeQuorumRequestTopicPartition{partition}
	request := kmsg.NewPtrDescribeQuorumRequest()
	request.Topics = []kmsg.DescribeQuorumRequestTopic{topic}
	answer, err := request.RequestWith(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("ask for the controller: %w", err)
	}
	for _, t := range answer.Topics {
		for _, p := range t.Partitions {
			if number := int(p.LeaderID); number >= 1 && number <= len(k.nodes) {
				return k.Node(number), nil
			}
		}
	}
	return nil, fmt.Errorf("no node says that it is the controller (error %d)", answer.ErrorCode)
}

// A KafkaRecord is what somebody may write into a topic.
type KafkaRecord struct {
	Topic      string
	Key, Value []byte
	Headers    map[string]string
}

// Write writes records, one after the other, and returns once all are there.
func (k *Kafka) Write(ctx context.Context, records ...KafkaRecord) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(k.Seeds()...), kgo.ProducerBatchMaxBytes(2<<20))
	if err != nil {
		return err
	}
	defer client.Close()
	for _, r := range records {
		out := &kgo.Record{Topic: r.Topic, Key: r.Key, Value: r.Value}
		for key, value := range r.Headers {
			out.Headers = append(out.Headers, kgo.RecordHeader{Key: key, Value: []byte(value)})
		}
		if err := client.ProduceSync(ctx, out).FirstErr(); err != nil {
			return fmt.Errorf("write into %s: %w", r.Topic, err)
		}
	}
	return nil
}

// Widen adds partitions to a topic, as Kafka's own tools do.
func (k *Kafka) Widen(ctx context.Context, topic string, partitions int) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(k.Seeds()...))
	if err != nil {
		return err
	}
	defer client.Close()
	of := kmsg.NewCreatePartitionsRequestTopic()
	of.Topic, of.Count = topic, int32(partitions) //nolint:gosec // few
	request := kmsg.NewPtrCreatePartitionsRequest()
	request.Topics, request.TimeoutMillis = []kmsg.CreatePartitionsRequestTopic{of}, 10_000
	answer, err := request.RequestWith(ctx, client)
	if err != nil {
		return fmt.Errorf("widen %s: %w", topic, err)
	}
	for _, t := range answer.Topics {
		if err := kerr.ErrorForCode(t.ErrorCode); err != nil {
			return fmt.Errorf("widen %s: %w", topic, err)
		}
	}
	return nil
}
