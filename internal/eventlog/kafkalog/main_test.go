package kafkalog

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub/cluster"
)

// seeds has the brokers' addresses, for the processes that the suite kills.
const seeds = "HUBBUB_TEST_KAFKA"

func brokers() []string { return strings.Split(os.Getenv(seeds), ",") }

var kafka *cluster.Kafka

// TestMain starts Kafka for all tests, or uses that of the process that started this
// one.
func TestMain(m *testing.M) {
	status := 1
	if os.Getenv(seeds) != "" {
		status = m.Run()
	} else if err := withKafka(func() { status = m.Run() }); err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	if status == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = 1
		}
	}
	os.Exit(status)
}

func withKafka(run func()) error {
	dir, err := os.MkdirTemp("", "hubbub-kafkalog")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	if kafka, err = cluster.NewKafka(ctx, dir); err != nil {
		return err
	}
	if err := kafka.Start(ctx); err != nil {
		return err
	}
	defer kafka.Kill() //nolint:errcheck // it has ended, or ends with this process
	if err := os.Setenv(seeds, strings.Join(kafka.Seeds(), ",")); err != nil {
		return err
	}
	run()
	return nil
}
