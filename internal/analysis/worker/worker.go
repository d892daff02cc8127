// Package worker is the analysis of one process: it follows raw-chats, adds each
// message to the tally of its stream, stores tallies, and publishes results to
// analysis-result.
//
// # Each message once
//
// The tallies that a batch changed, the minutes that it closed, and the cursor
// through which they count are stored in one transaction. After a restart the log is
// read from that cursor, not from the group's, so wherever a crash comes, a message
// is in all of them or in none.
// What is in memory is what is stored: after a store failed, or another may have
// written to it, memory is forgotten and read again, cursor included. The group's
// cursor follows within a second, for lag and for trimming.
//
// # Results
//
// Only what is stored is published: a lone message at once, a busy stream's
// totals five times a second, the last always. While a stream is quiet its window
// still slides: results follow as messages leave it, and end when it is empty. Results
// have absolute totals, so those that may not have been published before a
// restart are published again. A stream is looked for among those that changed
// last; the cursor says since when.
package worker

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/analysis/observer"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/follow"
)

// Options say what is analysed, and how. Log, Store and Classifier are required.
type Options struct {
	Log        eventlog.Log
	Store      Store
	Classifier classify.Classifier // for this worker alone

	// Linger is how long messages of a trickle wait for others, so that they share
	// a transaction; a lone one does not wait, nor does a backlog. 0: 100 ms,
	// negative: no wait.
	Linger    time.Duration
	BatchRows int // of one transaction; 0: 1,000
	// Rooms is how many streams are kept in memory for an hour after they were last
	// looked at; with more, only those of the last minute are. 0: 10,000, which
	// take about 30 MB if they are quiet.
	Rooms      int
	MaxPause   time.Duration         // between tries; 0: 5 s
	Logger     *slog.Logger          // nil: nothing is logged
	Registerer prometheus.Registerer // nil: nothing is measured
}

// A Worker is the service. Make it with New and run it once.
type Worker struct {
	o        Options
	follower *follow.Follower
	metrics  metrics
	wake     chan struct{}         // there may be something to publish
	trouble  atomic.Pointer[error] // of starting or publishing; nil: none

	// turn is held by who uses what follows, also while it waits for the store. A
	// channel, because those who wait give up with their context.
	turn chan struct{}
	memory
	schedule schedule
	ends     ends // has a lock of its own
	count    count
	observer *observer.Observer
}

// New makes a worker; Run starts it.
func New(o Options) *Worker {
	if o.Linger == 0 {
		o.Linger = 100 * time.Millisecond
	}
	if o.Rooms == 0 {
		o.Rooms = 10_000
	}
	if o.MaxPause == 0 {
		o.MaxPause = 5 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	w := &Worker{o: o, wake: make(chan struct{}, 1), turn: make(chan struct{}, 1)}
	w.memory = newMemory(o.Store)
	w.schedule = newSchedule()
	w.ends = newEnds()
	w.observer = observer.New(o.Classifier)
	w.metrics = newMetrics(o)
	w.follower = follow.New(follow.Options{
		Log: o.Log, Topic: eventlog.RawChats, Group: eventlog.GroupAnalysis, After: w.after,
		MaxRecords: o.BatchRows, Linger: o.Linger, MaxPause: o.MaxPause, Logger: o.Logger,
		OnError: func(c follow.Cause) { w.metrics.errors.WithLabelValues(string(c)).Inc() },
	})
	if o.Registerer != nil {
		w.follower.Measure(o.Registerer)
	}
	return w
}

// Run analyses until ctx ends, and then returns nil, or until the log is closed.
// Results that are not published by then are published after the next start.
func (w *Worker) Run(ctx context.Context) error {
	if !w.start(ctx) {
		return nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.follower.Run(ctx, w.work) })
	g.Go(func() error {
		w.publish(ctx)
		return nil
	})
	g.Go(func() error {
		w.ends.watch(ctx, w.o.Log)
		return nil
	})
	return g.Wait()
}

// Healthy returns nil while analysis gets on, else what stops it.
func (w *Worker) Healthy() error {
	err := w.follower.Healthy()
	if trouble := w.trouble.Load(); trouble != nil {
		err = errors.Join(err, *trouble)
	}
	return err
}

// Result returns the newest result of a stream, made now; ok is false if nothing
// of it was ever counted. It may be called concurrently, also before Run.
func (w *Worker) Result(ctx context.Context, stream hubbub.StreamID) (value []byte, ok bool, err error) {
	if err := w.take(ctx); err != nil {
		return nil, false, err
	}
	defer w.release()
	r, err := w.room(ctx, stream)
	if r == nil || err != nil {
		return nil, false, err
	}
	return w.result(ctx, stream, r, time.Now()).value, true, nil
}

// start reads what is stored, and schedules the results that may not have been
// published. It tries until that works; false: ctx ended.
func (w *Worker) start(ctx context.Context) bool {
	pause := follow.Pause{Longest: w.o.MaxPause}
	for {
		err := w.resume(ctx)
		if ctx.Err() != nil {
			return false
		}
		w.said("start", err)
		if err == nil {
			return true
		}
		pause.Wait(ctx)
	}
}

func (w *Worker) resume(ctx context.Context) error {
	if err := w.take(ctx); err != nil {
		return err
	}
	defer w.release()
	cursors, err := w.o.Store.Cursors(ctx)
	if err != nil {
		return err
	}
	for _, c := range cursors {
		if err := w.refresh(ctx, w.partition(c.Partition)); err != nil {
			return err
		}
		changed, err := w.o.Store.Changed(ctx, c.Partition, c.Unpublished)
		if err != nil {
			return err
		}
		for stream, newest := range changed {
			w.schedule.changed(stream, c.Partition, newest, time.Now())
		}
	}
	return nil
}

// after is where the log is read from. A partition without a cursor is read from
// the first record kept, whatever the group has committed: the store may be new. It
// is called by the log, which the holder of the turn may be waiting for.
func (w *Worker) after(partition int) (hubbub.Position, bool) {
	through, _ := w.through.Load(partition)
	at, _ := through.(hubbub.Position)
	return at, true
}

func (w *Worker) take(ctx context.Context) error {
	select {
	case w.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *Worker) release() { <-w.turn }

// said notes how a try of the worker itself ended, and logs the first failure of a row.
func (w *Worker) said(what string, err error) {
	if err == nil {
		w.trouble.Store(nil)
		return
	}
	w.metrics.errors.WithLabelValues(what).Inc()
	if w.trouble.Swap(&err) == nil {
		w.o.Logger.Error("cannot "+what+" now, trying again", "error", err)
	}
}
