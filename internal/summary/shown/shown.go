// Package shown keeps the summaries that viewers look at free of what was removed:
// after a removal a room is shown its newest summary once more, as it may be now.
package shown

import (
	"bytes"
	"context"
	"log/slog"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/livebus"
)

// waiting bounds the removals that wait: more than any room is cleaned up by in a
// moment. What is beyond it viewers leave out by themselves.
const waiting = 1000

// Rooms are those that have viewers here.
type Rooms interface {
	Streams() []hubbub.StreamID
	// Show shows a value of a channel, if that room is still there.
	Show(stream hubbub.StreamID, channel hubbub.Channel, value []byte)
}

// Latest returns the newest summary of a stream as it may be shown now.
type Latest func(ctx context.Context, stream hubbub.StreamID) (value []byte, ok bool, err error)

// Summaries are those that are shown. Make them with New and run them once; what is
// noted before or meanwhile may come from any goroutine.
type Summaries struct {
	latest  Latest
	rooms   Rooms
	cache   cache.Cache
	logger  *slog.Logger
	removed chan removal
}

// A removal is what was removed in a stream.
type removal struct {
	stream  hubbub.StreamID
	message hubbub.MessageID // this one; "": more than one
}

// New makes them; the cache is where the relay keeps what was published last.
func New(latest Latest, rooms Rooms, published cache.Cache, logger *slog.Logger) *Summaries {
	return &Summaries{latest, rooms, published, logger, make(chan removal, waiting)}
}

// Heard notes what a room says, and does not block.
func (s *Summaries) Heard(stream hubbub.StreamID, c *hubbub.Control) {
	if c.Action == hubbub.ActionDelete || c.Action == hubbub.ActionClear {
		s.note(removal{stream, c.MessageID})
	}
}

// Erased notes that somebody's messages were blanked, wherever those are, and does not
// block.
func (s *Summaries) Erased() {
	for _, stream := range s.rooms.Streams() {
		s.note(removal{stream: stream})
	}
}

func (s *Summaries) note(r removal) {
	select {
	case s.removed <- r:
	default:
	}
}

// Run shows summaries again until ctx ends.
func (s *Summaries) Run(ctx context.Context) error {
	for {
		select {
		case r := <-s.removed:
			if err := s.again(ctx, r); err != nil && ctx.Err() == nil {
				s.logger.Warn("show a summary without what was removed", "stream", r.stream, "error", err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *Summaries) again(ctx context.Context, r removal) error {
	published, ok, err := s.cache.Get(ctx, livebus.LastKey(hubbub.SummaryChannel, r.stream))
	if err == nil && ok && r.message != "" && !bytes.Contains(published, []byte(r.message)) {
		return nil // nearly all that is deleted is cited nowhere
	}
	value, ok, err := s.latest(ctx, r.stream)
	if err != nil || !ok || bytes.Equal(value, published) {
		return err
	}
	s.rooms.Show(r.stream, hubbub.SummaryChannel, value)
	return nil
}
