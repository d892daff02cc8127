package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/internal/cache/rediscache"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/kafkalog"
	"github.com/hubbub-live/hubbub/internal/livebus"
	"github.com/hubbub-live/hubbub/internal/livebus/redisbus"
	"github.com/hubbub-live/hubbub/internal/relay"
)

// A backlog is what the relay is measured on.
type backlog struct {
	messages, rooms int
	kafka           []string // addresses
	redis           string
}

// relayed measures how fast one relay carries a backlog from Kafka to a Redis with its
// replicas, to which nobody is subscribed.
func relayed(ctx context.Context, messages int) []figure {
	figures := []figure{
		{what: "relay, log to bus, 50 rooms", required: 20_000, unit: "msg/s", least: true},
		{what: "relay, log to bus, one room", required: 20_000, unit: "msg/s", least: true},
	}
	return either(figures, onKafkaAndRedis(ctx, func(b backlog) (err error) {
		b.messages = messages
		for i, rooms := range []int{50, 1} {
			b.rooms = rooms
			if figures[i].measured, err = b.relay(ctx); err != nil {
				return fmt.Errorf("%d rooms: %w", rooms, err)
			}
		}
		return nil
	}))
}

func onKafkaAndRedis(ctx context.Context, use func(backlog) error) error {
	folder, err := os.MkdirTemp("", "hubbub-reach-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	kafka, err := cluster.NewKafka(ctx, folder)
	if err != nil {
		return err
	}
	defer kafka.Kill()
	if err := kafka.Start(ctx); err != nil {
		return err
	}
	redis, err := cluster.StartRedis(ctx, folder, 3)
	if redis != nil {
		defer redis.Kill()
	}
	if err != nil {
		return err
	}
	return use(backlog{kafka: kafka.Seeds(), redis: redis.Master.Address()})
}

func (b backlog) open(ctx context.Context) (*kafkalog.Log, error) {
	return kafkalog.Open(ctx, kafkalog.Options{
		Brokers: b.kafka, Prefix: fmt.Sprintf("of-%d-", b.rooms),
		Epoch:  func(context.Context, eventlog.Topic, string) (uint32, error) { return 1, nil },
		Logger: slog.New(slog.DiscardHandler),
	})
}

// relay returns the messages a second, from the first that is published until the
// relay's group has committed the last.
func (b backlog) relay(ctx context.Context) (perSecond float64, err error) {
	log, err := b.open(ctx)
	if err != nil {
		return 0, err
	}
	defer log.Close()
	if err := b.fill(ctx, log); err != nil {
		return 0, fmt.Errorf("fill the log: %w", err)
	}
	bus, err := redisbus.Open(redisbus.Options{Master: b.redis}) //nolint:contextcheck // it connects by itself
	if err != nil {
		return 0, err
	}
	defer bus.Close()
	cache, err := rediscache.Open(rediscache.Options{Address: b.redis})
	if err != nil {
		return 0, err
	}
	defer cache.Close()
	watched := &watchedBus{Bus: bus}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		ended <- relay.New(relay.Options{Log: log, Bus: watched, Cache: cache, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))}).Run(running)
	}()
	err = b.awaitCommitted(ctx, log)
	took := time.Since(watched.began())
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		return 0, err
	}
	if n := watched.events.Load(); n != int64(b.messages) {
		return 0, fmt.Errorf("of %d messages %d were published", b.messages, n)
	}
	return float64(b.messages) / took.Seconds(), nil
}

// awaitCommitted returns when the relay's group has committed everything.
func (b backlog) awaitCommitted(ctx context.Context, log eventlog.Log) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		switch lag, err := log.Lag(ctx, eventlog.RawChats, eventlog.GroupRelay); {
		case err != nil:
			return err
		case lag == 0:
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fill appends the messages, spread over the rooms.
func (b backlog) fill(ctx context.Context, log eventlog.Log) error {
	const underWay = 5000
	places, failed := make(chan struct{}, underWay), make(chan error, 1)
	var all sync.WaitGroup
	for i := range b.messages {
		select {
		case places <- struct{}{}:
		case err := <-failed:
			return err
		}
		all.Add(1)
		log.Append(ctx, eventlog.RawChats, message(i, b.rooms), func(_ hubbub.Position, _ time.Time, err error) {
			defer all.Done()
			<-places
			if err != nil {
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

func message(i, rooms int) eventlog.Record {
	m := hubbub.Message{
		ID: hubbub.MessageID(fmt.Sprintf("0193f0a0-0000-7000-8000-%012d", i)), StreamID: hubbub.StreamID(fmt.Sprintf("room-%d", i%rooms)),
		Sender: hubbub.Sender{ID: hubbub.UserID(fmt.Sprintf("user-%d", i%500)), Name: "somebody"}, CreatedAt: time.Now(),
		Content: "a message of the usual length, which says nothing new at all",
	}
	return eventlog.Record{Stream: m.StreamID, Kind: hubbub.KindMessage, Value: m.AppendJSON(nil)}
}

// A watchedBus notes when the first event was published, and how many were.
type watchedBus struct {
	livebus.Bus
	once   sync.Once
	first  atomic.Pointer[time.Time]
	events atomic.Int64
}

func (w *watchedBus) Publish(ctx context.Context, b livebus.Batch) error {
	w.once.Do(func() { now := time.Now(); w.first.Store(&now) })
	err := w.Bus.Publish(ctx, b)
	if err == nil {
		w.events.Add(int64(len(b.Events)))
	}
	return err
}

func (w *watchedBus) began() time.Time {
	if at := w.first.Load(); at != nil {
		return *at
	}
	return time.Now()
}
