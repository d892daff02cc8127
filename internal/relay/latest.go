package relay

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// latest relays a topic where only the newest value of a stream counts. Of what is
// fetched at once, only that is published; after a restart older values may come
// again, which readers tell by what is in them.
type latest struct {
	channel hubbub.Channel
	bus     livebus.Bus
	cache   cache.Cache
	log     *slog.Logger
	metrics metrics
}

func (l *latest) relay(ctx context.Context, b eventlog.Batch) error {
	for _, record := range l.newest(b.Records) {
		// The cache first: who subscribes before the event is published finds the
		// value there, who subscribes later gets the event, or both.
		if err := l.cache.Set(ctx, livebus.LastKey(l.channel, record.Stream), record.Value, lastTTL); err != nil {
			l.metrics.errors.WithLabelValues("cache").Inc() // can be lost, and the live event is not
			l.log.Warn("keep the newest value", "channel", l.channel.String(), "stream", string(record.Stream), "error", err)
		}
		event := livebus.Event{
			Channel: l.channel, ID: record.Position.String(),
			Time: record.Time, Kind: record.Kind, Value: record.Value,
		}
		if err := l.bus.Publish(ctx, livebus.Batch{Stream: record.Stream, Events: []livebus.Event{event}}); err != nil {
			return fmt.Errorf("publish the %s of stream %s: %w", l.channel, record.Stream, err)
		}
		l.metrics.published[l.channel].Inc()
	}
	return nil
}

// newest returns the last record of each stream, in order.
func (l *latest) newest(records []eventlog.Record) (newest []eventlog.Record) {
	last := make(map[hubbub.StreamID]int, len(records))
	for i := range records {
		if records[i].Kind == "" && records[i].Foreign == nil && known(&records[i]) {
			last[records[i].Stream] = i
		} else {
			l.metrics.skipped.Inc()
		}
	}
	for i := range records {
		if at, ok := last[records[i].Stream]; ok && at == i {
			newest = append(newest, records[i])
		}
	}
	return newest
}
