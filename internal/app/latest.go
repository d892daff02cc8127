package app

import (
	"context"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// latest finds the newest value of a stream on a channel where only that counts:
// in the cache, where the relay keeps it, or, since all of that can be lost, where
// it was made. Summaries are read where they are kept: what they cite may have been
// removed since they were published.
type latest struct {
	cache     cache.Cache
	analysis  readings
	summaries *summaries
}

// readings answer for what is analysed: a worker.Worker or a worker.Reader.
type readings interface {
	Result(ctx context.Context, stream hubbub.StreamID) (value []byte, ok bool, err error)
	Minutes(ctx context.Context, stream hubbub.StreamID, from, to time.Time) (analysis.Minutes, error)
}

// of is room.Options.Latest.
func (l *latest) of(ctx context.Context, stream hubbub.StreamID, channel hubbub.Channel) ([]byte, bool, error) {
	if channel == hubbub.SummaryChannel {
		return l.summaries.latest(ctx, stream)
	}
	value, ok, err := l.cache.Get(ctx, livebus.LastKey(channel, stream))
	if ok && err == nil {
		return value, true, nil
	}
	if channel == hubbub.AnalysisChannel {
		return l.analysis.Result(ctx, stream)
	}
	return nil, false, err
}

// patience is how long the API waits for a result that is made now: longer than the
// analysis waits for a locked database.
const patience = 6 * time.Second

// channelLatest is latest of one channel, as the API asks for it.
type channelLatest struct {
	*latest
	channel hubbub.Channel
}

// Latest is httpapi.Latest. A result of the analysis is made now, so that its age is
// that of now, also while the analysis stands still and publishes nothing.
func (l channelLatest) Latest(ctx context.Context, stream hubbub.StreamID) ([]byte, bool, error) {
	if l.channel == hubbub.AnalysisChannel {
		within, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		if value, ok, err := l.analysis.Result(within, stream); err == nil {
			return value, ok, nil
		}
	}
	return l.of(ctx, stream, l.channel)
}
