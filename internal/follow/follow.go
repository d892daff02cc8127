// Package follow is how a service reads a topic as a member of a consumer group:
// batch after batch in order, each worked on until that succeeds, and committed
// after the work. Errors of the log and of the work are ridden out with growing,
// jittered pauses; nothing is ever skipped. Work may be done again after a crash,
// so it must bear repeats.
package follow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// Options say what is followed, and how.
type Options struct {
	Log        eventlog.Log
	Topic      eventlog.Topic
	Group      string
	MaxRecords int // of a batch; 0: 1,000
	// After overrides the group's cursor, for work that keeps its own beside what it
	// stores; see eventlog.ConsumeOptions. It is committed too: the work for it is done.
	After func(partition int) (after hubbub.Position, ok bool)

	// Linger is how long to wait, after a batch that reached the end of its
	// partition, before fetching the next, so that a trickle is worked on in fewer,
	// larger batches. A record after a quiet time does not wait, and a backlog never
	// does. 0: no wait.
	Linger time.Duration
	// CommitEvery is the longest time between work and commit; 0: 500 ms.
	CommitEvery time.Duration
	// MaxPause is the longest pause between tries; 0: 5 s. The first is 1/100 of it.
	MaxPause time.Duration

	Logger  *slog.Logger     // nil: nothing is logged
	OnError func(what Cause) // told of every failed try, for metrics; may be nil
}

// A Cause is what failed.
type Cause string

// The causes of trouble.
const (
	Reading    Cause = "read"
	Working    Cause = "work"
	Committing Cause = "commit"
)

// A Work does what there is to do with a batch, and returns once that is durable.
// After an error it is called again with the same batch.
type Work func(context.Context, eventlog.Batch) error

// A Follower follows a topic.
type Follower struct {
	o        Options
	trouble  trouble
	progress atomic.Pointer[progress] // of the membership under way
}

// New makes a follower; Run starts it.
func New(o Options) *Follower {
	if o.MaxRecords == 0 {
		o.MaxRecords = 1000
	}
	if o.CommitEvery == 0 {
		o.CommitEvery = 500 * time.Millisecond
	}
	if o.MaxPause == 0 {
		o.MaxPause = 5 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Logger = o.Logger.With("topic", string(o.Topic), "group", o.Group)
	if o.OnError == nil {
		o.OnError = func(Cause) {}
	}
	return &Follower{o: o}
}

// Healthy returns nil while the follower gets on, else what stops it. It does not
// block.
func (f *Follower) Healthy() error { return f.trouble.err() }

// Run follows the topic until ctx ends, and then returns nil, or until the log is
// closed, and then returns that. What was done is committed before it returns.
func (f *Follower) Run(ctx context.Context, work Work) error {
	pause := Pause{Longest: f.o.MaxPause}
	for {
		err := f.member(ctx, work, &pause)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // to be stopped is no failure
		}
		err = fmt.Errorf("read %s as %s: %w", f.o.Topic, f.o.Group, err)
		if errors.Is(err, eventlog.ErrClosed) {
			return err
		}
		f.failed(Reading, err)
		pause.Wait(ctx)
	}
}

// member joins the group and works until something of the log fails.
func (f *Follower) member(ctx context.Context, work Work, pause *Pause) error {
	done := newProgress()
	f.progress.Store(done)
	consumer, err := f.o.Log.Consume(ctx, f.o.Topic, f.o.Group, eventlog.ConsumeOptions{MaxRecords: f.o.MaxRecords, After: f.after(done), Linger: max(0, f.o.Linger)})
	if err != nil {
		return err
	}
	f.trouble.clear(Reading)
	done.consumer = consumer
	batches := make(chan eventlog.Batch) // one is fetched while another is worked on
	g, inner := errgroup.WithContext(ctx)
	g.Go(func() error { return f.fetch(inner, consumer, batches, pause) })
	g.Go(func() error { return f.work(inner, work, batches, done) })
	g.Go(func() error { return f.commit(inner, done) })
	err = g.Wait()

	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if commitErr := done.commit(last); commitErr != nil {
		f.failed(Committing, commitErr) // and so it will be done again
	}
	if closeErr := consumer.Close(); err == nil {
		err = closeErr
	}
	return err
}

// after is Options.After, and notes what it says in done.
func (f *Follower) after(done *progress) func(int) (hubbub.Position, bool) {
	if f.o.After == nil {
		return nil
	}
	return func(partition int) (hubbub.Position, bool) {
		at, ok := f.o.After(partition)
		if ok && !at.IsZero() {
			done.reached(partition, at, at)
		}
		return at, ok
	}
}

func (f *Follower) fetch(ctx context.Context, consumer eventlog.Consumer, batches chan<- eventlog.Batch, pause *Pause) error {
	for {
		batch, err := consumer.Next(ctx)
		if err != nil {
			return err
		}
		pause.Reset()
		select {
		case batches <- batch:
		case <-ctx.Done():
			return ctx.Err()
		}
		if f.o.Linger > 0 && !through(batch).Before(batch.End) {
			sleep(ctx, f.o.Linger)
		}
	}
}

func (f *Follower) work(ctx context.Context, work Work, batches <-chan eventlog.Batch, done *progress) error {
	pause := Pause{Longest: f.o.MaxPause}
	for {
		var batch eventlog.Batch
		select {
		case batch = <-batches:
		case <-ctx.Done():
			return ctx.Err()
		}
		for {
			err := work(ctx, batch)
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
			f.failed(Working, err)
			pause.Wait(ctx)
		}
		pause.Reset()
		f.trouble.clear(Working)
		done.reached(batch.Partition, batch.Prev, through(batch))
	}
}

// commit commits what is done, again and again. A commit that failed is tried
// with the next: what was not committed is only done twice after a crash.
func (f *Follower) commit(ctx context.Context, done *progress) error {
	tick := time.NewTicker(f.o.CommitEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		switch err := done.commit(ctx); {
		case err == nil:
			f.trouble.clear(Committing)
		case ctx.Err() != nil || errors.Is(err, eventlog.ErrClosed):
			return err
		default:
			f.failed(Committing, err)
		}
	}
}

// through is the position of a batch's last record.
func through(b eventlog.Batch) hubbub.Position { return b.Records[len(b.Records)-1].Position }

func (f *Follower) failed(what Cause, err error) {
	f.o.OnError(what)
	if f.trouble.set(what, err) { // the first of a row; health has the rest
		f.o.Logger.Error("cannot "+string(what)+" now, trying again", "error", err)
	}
}
