// Package relay carries what is logged to the live bus: messages and room events
// of raw-chats, and the newest analysis and summary of each stream.
//
// # The chain of a room
//
// Each message or room event is published with its position and, as prev, a
// position such that nothing published of the room lies between the two. A
// subscriber that keeps the last position it handled needs no more: an event at or
// before it is a repeat; one whose prev is at or before it is next; otherwise
// something between was missed.
//
// Records of kinds and versions that this program does not know are counted and
// not published. No viewer ever sees them, so they are not part of the chain: prev
// is the last position published, not the last logged.
//
// Every second the newest position of each room with recent events is announced,
// so a subscriber also notices that it missed the last ones.
//
// # Restarts
//
// It commits after it has published, so a crash makes it publish some events
// again; subscribers drop them. It publishes a room's events in log order and never
// skips one: while the bus refuses, it tries again.
package relay

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/follow"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

const (
	announceEvery = time.Second
	announceFor   = 3 * time.Second // after the last event of a room
	lastTTL       = time.Hour       // of the newest analysis and summary in the cache
)

// Options say between what the relay carries. Log, Bus and Cache are required.
type Options struct {
	Log   eventlog.Log
	Bus   livebus.Bus
	Cache cache.Cache
	// Rooms is how many rooms per partition have their last position remembered.
	// Those of others are linked less tightly: a subscriber may look for
	// something missed where nothing was. 0: 65,536.
	Rooms      int
	MaxPause   time.Duration         // between tries; 0: 5 s
	Logger     *slog.Logger          // nil: nothing is logged
	Registerer prometheus.Registerer // nil: nothing is measured
}

// A Relay is the service. Make it with New and run it once.
type Relay struct {
	log       *slog.Logger
	metrics   metrics
	rooms     *rooms
	followers []*follow.Follower
	work      []follow.Work // of each follower
}

// New makes a relay; Run starts it.
func New(o Options) *Relay {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Rooms == 0 {
		o.Rooms = 1 << 16
	}
	m := newMetrics(o.Registerer)
	r := &Relay{log: o.Logger, metrics: m, rooms: newRooms(o, m)}
	r.follow(o, eventlog.RawChats, r.rooms.relay)
	if o.Registerer != nil {
		r.followers[0].Measure(o.Registerer)
	}
	for topic, channel := range map[eventlog.Topic]hubbub.Channel{
		eventlog.AnalysisResult: hubbub.AnalysisChannel,
		eventlog.SummaryResults: hubbub.SummaryChannel,
	} {
		latest := &latest{channel: channel, bus: o.Bus, cache: o.Cache, log: o.Logger, metrics: m}
		r.follow(o, topic, latest.relay)
	}
	return r
}

func (r *Relay) follow(o Options, topic eventlog.Topic, work follow.Work) {
	r.work = append(r.work, work)
	r.followers = append(r.followers, follow.New(follow.Options{
		Log: o.Log, Topic: topic, Group: eventlog.GroupRelay, MaxPause: o.MaxPause, Logger: o.Logger,
		OnError: func(c follow.Cause) { r.metrics.errors.WithLabelValues(string(c)).Inc() },
	}))
}

// Run relays until ctx ends, and then returns nil, or until the log is closed.
func (r *Relay) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for i, f := range r.followers {
		g.Go(func() error { return f.Run(ctx, r.work[i]) })
	}
	g.Go(func() error { return r.announce(ctx) })
	return g.Wait()
}

// Healthy returns nil while relaying gets on, else what stops it.
func (r *Relay) Healthy() error {
	for _, f := range r.followers {
		if err := f.Healthy(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Relay) announce(ctx context.Context) error {
	tick := time.NewTicker(announceEvery)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			if err := r.rooms.announce(ctx, now); err != nil && ctx.Err() == nil {
				r.metrics.errors.WithLabelValues("announce").Inc() // the next is due in a second
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func known(r *eventlog.Record) bool { return r.Version <= eventlog.Version }
