package app

import (
	"context"
	"fmt"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/history"
	"github.com/hubbub-live/hubbub/internal/summary"
	"github.com/hubbub-live/hubbub/internal/summary/shown"
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
	r := summary.Request{StreamID: stream, Through: end, Reason: summary.ReasonDemand}
	record := eventlog.Record{Stream: stream, Version: eventlog.Version, Value: r.Value()}
	if _, _, err := eventlog.AppendWait(ctx, s.log, eventlog.SummaryRequests, record); err != nil {
		return end, fmt.Errorf("ask for a summary of stream %s: %w", stream, err)
	}
	return end, nil
}

// An eraser blanks what erased users said, and tells who shows it.
type eraser struct {
	account.Eraser
	shown *shown.Summaries // nil: nobody here
}

// Erase is account.Eraser's.
func (e eraser) Erase(ctx context.Context, user hubbub.UserID) (int64, error) {
	n, err := e.Eraser.Erase(ctx, user)
	if n > 0 && e.shown != nil {
		e.shown.Erased()
	}
	return n, err
}
