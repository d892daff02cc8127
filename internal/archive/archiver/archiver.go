// Package archiver carries raw-chats from the log into the archive: every record,
// in order, once. What it cannot read it stores as it is, but for foreign records, which
// no archive has to be able to store.
//
// It commits after the archive has the records, so a crash makes it archive some
// again, which the archive ignores. An archive that fails is tried until it works;
// until then the log keeps what is not committed.
package archiver

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/follow"
)

// Options say what is archived where. Log and Archive are required.
type Options struct {
	Log     eventlog.Log
	Archive archive.Archive
	// Linger is how long records of a trickle wait for others, so that they share
	// a transaction; a lone one does not wait, nor does a backlog. Readers find
	// in the log what is not archived yet. 0: 100 ms, negative: no wait.
	Linger     time.Duration
	BatchRows  int                   // of one transaction; 0: 4,000
	MaxPause   time.Duration         // between tries; 0: 5 s
	Logger     *slog.Logger          // nil: nothing is logged
	Registerer prometheus.Registerer // nil: nothing is measured
}

// An Archiver is the service. Make it with New and run it once.
type Archiver struct {
	archive  archive.Archive
	follower *follow.Follower
	entries  []archive.Entry // of the batch under way; its room is used again
	total    atomic.Int64    // as the archive last said

	rows, unread prometheus.Counter
	errors       *prometheus.CounterVec
	seconds      prometheus.Histogram
}

// New makes an archiver; Run starts it.
func New(o Options) *Archiver {
	if o.Linger == 0 {
		o.Linger = 100 * time.Millisecond
	}
	if o.BatchRows == 0 {
		o.BatchRows = 4000
	}
	a := &Archiver{archive: o.Archive}
	a.measure(o.Registerer)
	a.follower = follow.New(follow.Options{
		Log: o.Log, Topic: eventlog.RawChats, Group: eventlog.GroupArchive,
		MaxRecords: o.BatchRows, Linger: o.Linger, MaxPause: o.MaxPause, Logger: o.Logger,
		OnError: func(c follow.Cause) { a.errors.WithLabelValues(string(c)).Inc() },
	})
	if o.Registerer != nil {
		a.follower.Measure(o.Registerer)
	}
	return a
}

// Run archives until ctx ends, and then returns nil, or until the log is closed.
func (a *Archiver) Run(ctx context.Context) error { return a.follower.Run(ctx, a.write) }

// Healthy returns nil while archiving gets on, else what stops it.
func (a *Archiver) Healthy() error { return a.follower.Healthy() }

func (a *Archiver) write(ctx context.Context, b eventlog.Batch) error {
	a.entries = a.entries[:0]
	unread := 0
	for i := range b.Records {
		if b.Records[i].Foreign != nil {
			continue
		}
		e := archive.Of(b.Records[i])
		if e.ID == "" {
			unread++
		}
		a.entries = append(a.entries, e)
	}
	start := time.Now()
	if err := a.archive.Append(ctx, a.entries); err != nil {
		return err
	}
	a.seconds.Observe(time.Since(start).Seconds())
	a.rows.Add(float64(len(a.entries)))
	a.unread.Add(float64(unread))
	clear(a.entries) // keeps no value alive
	return nil
}
