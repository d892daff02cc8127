// Package natslog is the event log of one process: a NATS server inside it,
// without a port, whose JetStream keeps one stream per topic in files and syncs
// every write before it is acknowledged.
//
// # The folder
//
//	lock          held while the log is open
//	epoch.json    which numbers belong to which epoch; see epochs
//	cursors.json  what each consumer group has committed; see cursors
//	marks/TOPIC   the newest number and time ever acknowledged; see mark
//	js/           JetStream's own
//
// # Positions
//
// A position's N is the record's number, which never starts over. A log that
// comes back shorter than what was ever acknowledged or committed (a truncated
// tail, a deleted js folder) starts a new epoch there, so that a new record never
// gets the position of a lost one. The first epoch of a folder is the time of its
// making in seconds, so that a log made anew after its folder was deleted does not
// reuse positions that viewers and archives still hold.
//
// # What readers see
//
// Readers see acknowledged records only, never one whose write is under way:
// what a consumer was given survives any crash. The newest records are also kept
// in memory, decoded once and shared by all consumers; JetStream is read by
// those who are further behind.
//
// # Failed writes
//
// JetStream does not answer a write that failed, and takes no further ones. The
// records in that write are reported as unknown; then the log refuses all others,
// probes the disk every second, and once it is writable again starts JetStream
// anew and finds out where its end is.
package natslog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Options say how to open a log. Only Dir is needed.
type Options struct {
	// Dir is the log's folder, made if it is absent. It must be empty or a log.
	Dir string
	// Retention is how long records are kept at least; 0 is 7 days, negative for ever.
	Retention time.Duration
	// Required names the groups that trimming never overtakes; nil is eventlog.Required.
	Required map[eventlog.Topic][]string
	// MaxInFlight and MaxInFlightBytes bound the unacknowledged records of a
	// topic, beyond them Append gives ErrBusy; 0 is 20,000 and 64 MiB.
	MaxInFlight      int
	MaxInFlightBytes int
	// MinFree is the room, in bytes, below which the disk counts as full; 0 is 64 MiB.
	MinFree int64
	// AckTimeout is how long a write may take before its outcome is unknown; 0 is 10 s.
	AckTimeout time.Duration
	// ProbeEvery is the time between looks at the disk; 0 is 1 s.
	ProbeEvery time.Duration
	// TrimEvery is the time between trims; 0 is 1 min.
	TrimEvery time.Duration
	// FlushEvery is how far cursors on disk may be behind; 0 is 250 ms.
	FlushEvery time.Duration
	// Now is the log's clock; nil is time.Now.
	Now func() time.Time
	// Logger; nil is slog.Default.
	Logger *slog.Logger
	// Metrics registers hubbub_log_syncs_total; nil: not counted for anyone.
	Metrics prometheus.Registerer

	disk func(dir string) (free int64, readOnly bool, err error) // tests stand in for the disk
}

func (o Options) withDefaults() Options {
	o.Retention = cmp.Or(o.Retention, 7*24*time.Hour)
	o.MaxInFlight = cmp.Or(o.MaxInFlight, 20_000)
	o.MaxInFlightBytes = cmp.Or(o.MaxInFlightBytes, 64<<20)
	o.MinFree = cmp.Or(o.MinFree, 64<<20)
	o.AckTimeout = cmp.Or(o.AckTimeout, 10*time.Second)
	o.ProbeEvery = cmp.Or(o.ProbeEvery, time.Second)
	o.TrimEvery = cmp.Or(o.TrimEvery, time.Minute)
	o.FlushEvery = cmp.Or(o.FlushEvery, 250*time.Millisecond)
	if o.Required == nil {
		o.Required = eventlog.Required
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.disk == nil {
		o.disk = diskSpace
	}
	return o
}

// A Log is an eventlog.Log in a folder. Open makes one.
type Log struct {
	o       Options
	lock    *os.File
	topics  map[eventlog.Topic]*topic
	epochs  *epochs
	cursors *cursors
	syncs   atomic.Int64         // synced writes
	metric  prometheus.Collector // of syncs, once it is registered
	owners  owners

	engine struct {
		sync.RWMutex // held to read by whoever talks to JetStream, to write while it is started anew
		*engine      // nil after a failed start
	}
	health health

	closing chan struct{}
	stop    context.CancelFunc // of what the log does by itself
	running sync.WaitGroup
	close   func() error
}

var _ eventlog.Log = (*Log)(nil)

// Open opens or makes the log in o.Dir. A folder that holds something else, or
// a log in use or of a newer version, is refused and left as it is. ctx bounds
// the opening only.
func Open(ctx context.Context, o Options) (*Log, error) {
	if o.Dir == "" {
		return nil, errors.New("open the log: no folder given")
	}
	l := &Log{o: o.withDefaults(), topics: map[eventlog.Topic]*topic{}, closing: make(chan struct{})}
	l.owners.of = map[groupKey]*consumer{}
	l.close = sync.OnceValue(l.shut)
	if err := l.open(ctx); err != nil {
		l.release()
		return nil, fmt.Errorf("open the log in %s: %w", o.Dir, err)
	}
	l.health.set(l.o.Logger, l.probe())
	l.start() //nolint:contextcheck // it works until Close, not as long as opening may take
	return l, nil
}

func (l *Log) open(ctx context.Context) (err error) {
	if err := prepareFolder(l.o.Dir); err != nil {
		return diskError(err)
	}
	if l.lock, err = lockFolder(l.o.Dir); err != nil {
		return err
	}
	if l.epochs, err = openEpochs(l.o.Dir, l.o.Now); err != nil {
		return diskError(err)
	}
	if l.cursors, err = openCursors(filepath.Join(l.o.Dir, "cursors.json")); err != nil {
		return diskError(err)
	}
	for _, name := range eventlog.Topics {
		t := newTopic(l, name)
		if t.mark, err = openMark(filepath.Join(l.o.Dir, "marks"), string(name)); err != nil {
			return diskError(err)
		}
		l.topics[name] = t
	}
	if err := l.register(); err != nil {
		return fmt.Errorf("register the log's metrics: %w", err)
	}
	return l.startEngine(ctx)
}

func (l *Log) register() error {
	if l.o.Metrics == nil {
		return nil
	}
	metric := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "hubbub_log_syncs_total",
		Help: "Synced writes of the log: of one record, or of a batch.",
	}, func() float64 { return float64(l.syncs.Load()) })
	if err := l.o.Metrics.Register(metric); err != nil {
		return err
	}
	l.metric = metric
	return nil
}

// start starts what the log does by itself: a writer per topic, looks at the
// disk, trims, and the flushing of cursors.
func (l *Log) start() {
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	for _, t := range l.topics {
		l.running.Go(t.run)
	}
	l.every(ctx, l.o.ProbeEvery, l.checkDisk)
	l.every(ctx, l.o.FlushEvery, func(context.Context) { l.flushCursors() })
	l.every(ctx, l.o.TrimEvery, func(ctx context.Context) {
		if err := l.Trim(ctx); err != nil && ctx.Err() == nil {
			l.o.Logger.Warn("could not trim the log", "err", err)
		}
	})
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

// topic finds a topic by name.
func (l *Log) topic(name eventlog.Topic) (*topic, error) {
	if t := l.topics[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("the log has no topic %q", name)
}

// Healthy returns nil while Append can be expected to work.
func (l *Log) Healthy() error {
	if l.closed() {
		return eventlog.ErrClosed
	}
	return l.health.err()
}

func (l *Log) closed() bool {
	select {
	case <-l.closing:
		return true
	default:
		return false
	}
}

// Close fails what is queued, waits for what is under way, and leaves the folder.
func (l *Log) Close() error { return l.close() }

func (l *Log) shut() error {
	close(l.closing)
	for _, t := range l.topics {
		t.closeQueue()
	}
	l.stop()
	l.running.Wait()
	err := l.cursors.flush()
	l.release()
	return err
}

// release gives back what open took, in so far as it did.
func (l *Log) release() {
	l.engine.Lock()
	defer l.engine.Unlock()
	if l.engine.engine != nil {
		l.engine.stop()
		l.engine.engine = nil
	}
	if l.metric != nil {
		l.o.Metrics.Unregister(l.metric)
	}
	for _, t := range l.topics {
		if t.mark != nil {
			t.mark.close()
		}
	}
	if l.lock != nil {
		_ = l.lock.Close() // and with it the lock
	}
}
