package kafkalog

import (
	"context"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub/cluster"
)

// seeds has the brokers' addresses, for the processes that the suite kills.
const seeds = "HUBBUB_TEST_KAFKA"

func brokers() []string { return strings.Split(os.Getenv(seeds), ",") }

var kafka *cluster.Kafka

func TestMain(m *testing.M) {
	if os.Getenv(seeds) != "" {
		goleak.VerifyTestMain(m)
	}
	goleak.VerifyTestMain(cluster.With(func(ctx context.Context, dir string) (kill func() error, err error) {
		if kafka, err = cluster.NewKafka(ctx, dir); err != nil {
			return nil, err
		}
		if err := kafka.Start(ctx); err != nil {
			return nil, err
		}
		return kafka.Kill, os.Setenv(seeds, strings.Join(kafka.Seeds(), ","))
	}, m))
}
