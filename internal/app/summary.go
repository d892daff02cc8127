package app

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/cache"
	"github.com/hubbub-live/hubbub/internal/chat/room"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/history"
	"github.com/hubbub-live/hubbub/internal/livebus"
	"github.com/hubbub-live/hubbub/internal/summary/summariser"
)

// startSummaries starts who sums up.
func (a *App) startSummaries(s *stores, p *parts) {
	if !a.o.has(roleSummary) {
		return
	}
	w := summariser.New(summariser.Options{
		Log: s.log, Archive: s.archive, Classifier: classify.NewStarter(), Stream: p.directory.Stream,
		Logger: a.log, Registerer: a.registry,
	})
	a.run("the summaries", w.Run)
	a.health.Add("summary", checkOf(w.Healthy))
}

// summaries are what was said in streams, as it may be shown now.
type summaries struct {
	history *history.Reader
	log     eventlog.Log
}

// latest returns the newest; ok is false while there is none.
func (s *summaries) latest(ctx context.Context, stream hubbub.StreamID) (value []byte, ok bool, err error) {
	found, err := s.history.Summaries(ctx, stream, hubbub.Position{}, 1)
	if err != nil || len(found) == 0 {
		return nil, false, err
	}
	return summariser.ResultOf(found[0]).Value(), true, nil
}

// ask asks for one of all that was said so far, and returns up to where that is;
// zero: nothing was ever said.
func (s *summaries) ask(ctx context.Context, stream hubbub.StreamID) (hubbub.Position, error) {
	end, err := s.log.End(ctx, eventlog.RawChats, stream)
	if err != nil || end.N == 0 {
		return hubbub.Position{}, err
	}
	r := summariser.Request{StreamID: stream, Through: end, Reason: summariser.ReasonDemand}
	if _, _, err := eventlog.AppendWait(ctx, s.log, eventlog.SummaryRequests, r.Record()); err != nil {
		return end, fmt.Errorf("ask for a summary of stream %s: %w", stream, err)
	}
	return end, nil
}

// A shownSummaries shows the newest summary of a room once more, without the
// sentences that cite what was removed meanwhile.
type shownSummaries struct {
	latest  func(ctx context.Context, stream hubbub.StreamID) ([]byte, bool, error)
	hub     *room.Hub
	cache   cache.Cache
	removed chan removal
	log     *slog.Logger
}

// A removal is what was removed in a stream.
type removal struct {
	stream  hubbub.StreamID
	message hubbub.MessageID // this one; "": more than one
}

// startShownSummaries starts who shows summaries again.
func (a *App) startShownSummaries(s *stores, p *parts) {
	const waiting = 1000 // removals: more than any room is cleaned up by in a moment
	p.shown = &shownSummaries{
		latest: p.latest.summaries.latest, hub: p.hub, cache: s.cache, removed: make(chan removal, waiting), log: a.log,
	}
	a.run("the summaries that are shown", p.shown.Run)
}

// heard notes what a room says. It does not block: should too much be removed at
// once, viewers leave out by themselves what cites it.
func (s *shownSummaries) heard(stream hubbub.StreamID, c *hubbub.Control) {
	if c.Action != hubbub.ActionDelete && c.Action != hubbub.ActionClear {
		return
	}
	select {
	case s.removed <- removal{stream, c.MessageID}:
	default:
	}
}

// erased notes that somebody's messages were blanked, wherever those are.
func (s *shownSummaries) erased() {
	for _, stream := range s.hub.Streams() {
		select {
		case s.removed <- removal{stream: stream}:
		default:
			return
		}
	}
}

// Run shows summaries again until ctx ends.
func (s *shownSummaries) Run(ctx context.Context) error {
	for {
		select {
		case r := <-s.removed:
			if err := s.again(ctx, r); err != nil && ctx.Err() == nil {
				s.log.Warn("show a summary without what was removed", "stream", r.stream, "error", err)
			}
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *shownSummaries) again(ctx context.Context, r removal) error {
	published, ok, err := s.cache.Get(ctx, livebus.LastKey(hubbub.SummaryChannel, r.stream))
	if err == nil && ok && r.message != "" && !bytes.Contains(published, []byte(r.message)) {
		return nil // nearly all that is deleted is cited nowhere
	}
	value, ok, err := s.latest(ctx, r.stream)
	if err != nil || !ok || bytes.Equal(value, published) {
		return err
	}
	if loaded, ok := s.hub.Loaded(r.stream); ok {
		loaded.Show(hubbub.SummaryChannel, value)
	}
	return nil
}

// An eraser blanks what erased users said, and tells who shows it.
type eraser struct {
	account.Eraser
	shown *shownSummaries // nil: nobody here
}

// Erase is account.Eraser's.
func (e eraser) Erase(ctx context.Context, user hubbub.UserID) (int64, error) {
	n, err := e.Eraser.Erase(ctx, user)
	if n > 0 && e.shown != nil {
		e.shown.erased()
	}
	return n, err
}
