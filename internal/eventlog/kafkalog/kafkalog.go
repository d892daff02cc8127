// Package kafkalog is the event log on Kafka: one topic of Kafka's for each of
// the log's, keyed by stream, with acks=all and an idempotent producer, so that a
// record that was acknowledged is held by all in-sync replicas and there once.
//
// # Positions
//
// A position's N is the record's offset plus one. Its epoch belongs to the id that
// Kafka gives to a topic when it is created, so that a topic that was deleted and
// made anew has other positions; who counts the epochs is Options.Epoch.
//
// # Time
//
// Log time is the broker's when it appends. A consumer never lets it go back: after
// a change of leaders the clock of the next one may be behind.
package kafkalog

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Options say how to open a log. Brokers and Epoch are needed.
type Options struct {
	// Brokers are host:port of some brokers, from which all are found.
	Brokers []string
	// Prefix goes before the name of every topic and group.
	Prefix string
	// Epoch gives the epoch of a topic by the id that Kafka gave it: always the same
	// for one id, and for a new one a higher than any before.
	Epoch func(ctx context.Context, topic eventlog.Topic, id string) (uint32, error)
	// Partitions of a topic that is to be made; nil or 0 is the design's. What is there
	// with another number is refused, since streams would change their partition.
	Partitions func(eventlog.Topic) int
	// Replicas of a topic that is to be made, all but one of which must have a record
	// before it is acknowledged; 0 is 3.
	Replicas int
	// Retention is how long records are kept at least; 0 is 7 days, negative for ever.
	Retention time.Duration
	// Required names the groups that trimming never overtakes; nil is eventlog.Required.
	Required map[eventlog.Topic][]string
	// Member is this process's name in its groups. One that comes back with its name
	// within SessionTimeout gets its partitions again without disturbing the others;
	// "" is a new member each time.
	Member string
	// SessionTimeout is how long a silent member keeps its partitions; 0 is 10 s.
	SessionTimeout time.Duration
	// Linger is how long a record may wait for others to share its request; 0 is no
	// wait, but for a request under way.
	Linger time.Duration
	// MaxInFlight and MaxInFlightBytes bound the unacknowledged records of this
	// process, beyond them Append gives ErrBusy; 0 is 20,000 and 64 MiB.
	MaxInFlight      int
	MaxInFlightBytes int
	// ProbeEvery is the time between looks at the brokers; 0 is 1 s.
	ProbeEvery time.Duration
	// TrimEvery is the time between trims; 0 is 1 min.
	TrimEvery time.Duration

	// Now decides what is old; nil is time.Now. Log time is the brokers'.
	Now func() time.Time

	Username, Password string       // for SASL/SCRAM-SHA-512; "": the brokers ask for none
	TLS                *tls.Config  // nil: plain TCP
	Logger             *slog.Logger // nil is slog.Default
	Metrics            prometheus.Registerer
}

func (o Options) withDefaults() Options {
	o.Retention = cmp.Or(o.Retention, 7*24*time.Hour)
	o.Replicas = cmp.Or(o.Replicas, 3)
	o.SessionTimeout = cmp.Or(o.SessionTimeout, 10*time.Second)
	o.MaxInFlight = cmp.Or(o.MaxInFlight, 20_000)
	o.MaxInFlightBytes = cmp.Or(o.MaxInFlightBytes, 64<<20)
	o.ProbeEvery = cmp.Or(o.ProbeEvery, time.Second)
	o.TrimEvery = cmp.Or(o.TrimEvery, time.Minute)
	wanted := o.Partitions
	o.Partitions = func(t eventlog.Topic) int {
		if wanted == nil {
			return Designed(t)
		}
		return cmp.Or(wanted(t), Designed(t))
	}
	if o.Required == nil {
		o.Required = eventlog.Required
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return o
}

// Designed is how many partitions a topic has, unless it was moved.
func Designed(t eventlog.Topic) int {
	if t == eventlog.SummaryRequests || t == eventlog.SummaryResults {
		return 4
	}
	return 8
}

// A Log is an eventlog.Log on Kafka. Open makes one.
type Log struct {
	o      Options
	client *kgo.Client // appends, and asks
	admin  *kadm.Client
	topics map[eventlog.Topic]*topic
	health atomic.Pointer[error]
	anew   atomic.Bool // raw-chats is another topic by now
	meter  *meter
	stops  *stopped

	mu        sync.Mutex
	consumers map[*consumer]struct{}       // nil once closed
	flying    struct{ records, bytes int } // unacknowledged
	landed    *sync.Cond                   // none is, any more

	stop    context.CancelFunc
	running sync.WaitGroup
	close   func() error
}

var _ eventlog.Log = (*Log)(nil)

// Open connects, and makes the topics that are missing. ctx bounds the opening only;
// it waits for brokers until then.
func Open(ctx context.Context, o Options) (*Log, error) {
	if len(o.Brokers) == 0 || o.Epoch == nil {
		return nil, errors.New("open the log on Kafka: no brokers, or nobody who counts epochs")
	}
	l := &Log{o: o.withDefaults(), consumers: map[*consumer]struct{}{}, meter: newMeter(), stops: newStopped()}
	l.landed = sync.NewCond(&l.mu)
	unregister, err := l.meter.register(o.Metrics)
	if err != nil {
		return nil, fmt.Errorf("open the log on Kafka: %w", err)
	}
	if err := l.open(ctx); err != nil {
		unregister()
		return nil, fmt.Errorf("open the log on Kafka at %v: %w", o.Brokers, err)
	}
	work, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	l.close = sync.OnceValue(func() error {
		defer unregister()
		return l.shut()
	})
	l.running.Go(func() { l.stops.watch(work) })
	l.every(work, l.o.ProbeEvery, l.probe)
	l.every(work, l.o.TrimEvery, func(ctx context.Context) {
		if err := l.Trim(ctx); err != nil && ctx.Err() == nil {
			l.o.Logger.Warn("could not trim the log", "error", err)
		}
	})
	return l, nil
}

func (l *Log) open(ctx context.Context) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	client, err := kgo.NewClient(l.options(
		kgo.WithHooks(untrusted{end}),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(l.o.Linger),
		kgo.MaxBufferedRecords(math.MaxInt32), // Append counts, and answers at once
		kgo.ProducerBatchMaxBytes(1<<20),
		kgo.ProducerBatchCompression(kgo.Lz4Compression(), kgo.NoCompression()),
		kgo.RecordPartitioner(partitioner),
	)...)
	if err != nil {
		return err
	}
	l.client, l.admin = client, kadm.NewClient(client)
	if l.topics, err = l.prepareTopics(ctx); err != nil {
		client.Close()
	}
	return refused(ctx, err)
}

// options are those of every client, and more.
func (l *Log) options(more ...kgo.Opt) []kgo.Opt {
	opts := append([]kgo.Opt{
		kgo.SeedBrokers(l.o.Brokers...),
		kgo.ClientID("hubbub"),
		kgo.WithLogger(logger{l.o.Logger}), kgo.WithHooks(l.meter),
		kgo.MetadataMinAge(250 * time.Millisecond), // how soon a new leader is found
		kgo.MetadataMaxAge(time.Minute),
	}, more...)
	if l.o.TLS != nil {
		opts = append(opts, kgo.DialTLSConfig(l.o.TLS))
	}
	if l.o.Username != "" {
		opts = append(opts, kgo.SASL(scram.Auth{User: l.o.Username, Pass: l.o.Password}.AsSha512Mechanism()))
	}
	return opts
}

func (l *Log) every(ctx context.Context, interval time.Duration, do func(context.Context)) {
	l.running.Go(func() {
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				do(ctx)
			}
		}
	})
}

// Close fails what is not with a broker yet, waits for the outcome of the rest, for
// a while, and leaves all groups.
func (l *Log) Close() error { return l.close() }

func (l *Log) shut() error {
	l.mu.Lock()
	consumers := l.consumers
	l.consumers = nil
	l.mu.Unlock()
	for c := range consumers {
		c.shut()
	}
	l.stop()
	l.running.Wait()
	last, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	_ = l.client.Flush(last) // what is left then is answered by Close
	l.client.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.flying.records > 0 {
		l.landed.Wait()
	}
	return nil
}

// farewell bounds the wait for what is under way when the log is closed.
const farewell = 5 * time.Second

func (l *Log) closed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.consumers == nil
}
