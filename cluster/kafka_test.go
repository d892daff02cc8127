package cluster

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const chats = "raw-chats"

// What is acknowledged while a node is dead is read when all were killed and started
// again.
func TestKafka(t *testing.T) {
	k, err := NewKafka(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range k.nodes {
		t.Cleanup(func() { endOf(t, n) })
	}
	start(t, k)
	createTopic(t, k)
	produce(t, k, "안녕")
	if err := k.Node(2).Kill(); err != nil {
		t.Fatal(err)
	}
	produce(t, k, "without one")
	start(t, k.Node(2))
	if err := k.Kill(); err != nil {
		t.Fatal(err)
	}
	for _, n := range k.nodes {
		free(t, n)
	}
	start(t, k)
	consume(t, k, "안녕", "without one")
}

func client(t *testing.T, k *Kafka, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append(options, kgo.SeedBrokers(k.Seeds()...))...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func createTopic(t *testing.T, k *Kafka) {
	t.Helper()
	c := client(t, k)
	defer c.Close()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = chats, 2, kafkaNodes
	request := kmsg.NewPtrCreateTopicsRequest()
	request.Topics = append(request.Topics, topic)
	answer, err := request.RequestWith(t.Context(), c)
	if err == nil {
		err = kerr.ErrorForCode(answer.Topics[0].ErrorCode)
	}
	if err != nil {
		t.Fatalf("create a topic: %v", err)
	}
}

func produce(t *testing.T, k *Kafka, text string) {
	t.Helper()
	c := client(t, k)
	defer c.Close()
	record := &kgo.Record{Topic: chats, Key: []byte("one partition"), Value: []byte(text)}
	if err := c.ProduceSync(t.Context(), record).FirstErr(); err != nil {
		t.Fatalf("produce: %v", err)
	}
}

func consume(t *testing.T, k *Kafka, want ...string) {
	t.Helper()
	c := client(t, k, kgo.ConsumeTopics(chats))
	defer c.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var got []string
	for len(got) < len(want) {
		fetches := c.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("consume after %q: %v", got, err)
		}
		fetches.EachRecord(func(r *kgo.Record) { got = append(got, string(r.Value)) })
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("consumed %q, want %q", got, want)
	}
}
