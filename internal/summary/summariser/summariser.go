// Package summariser sums up what is said in streams: it follows summary-requests,
// stores summaries in the archive, and publishes them to summary-results.
//
// # Each window once
//
// A summary begins where the stream's last one ended and goes through what is asked
// for. Requests that wait together are merged, and one for what is summed up
// already makes nothing new, so it does not matter how often somebody asks, or in
// which order. A request that is given up is made good by the next one.
//
// # Crashes
//
// A summary is stored first, then published, and its request is committed after
// that. Wherever a crash comes, the request is read again, and a summary that is
// stored is published, once more if it was before; readers keep the newest.
//
// # Removals
//
// What is removed is no part of a summary. A message that is deleted while its
// summary is made, or later, takes the sentences that cite it out of sight; see
// archive.Archive. What is published is read back just before.
package summariser

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/follow"
	"github.com/hubbub-live/hubbub/internal/history"
	"github.com/hubbub-live/hubbub/internal/summary"
)

// Options say what is summed up, and how. Log, Archive and Classifier are required.
type Options struct {
	Log        eventlog.Log
	Archive    archive.Archive
	Classifier classify.Classifier // for this summariser alone
	// Stream finds a stream, for its language and whether it is still live; an error
	// with the code stream_not_found: it is gone. nil: all are live.
	Stream func(ctx context.Context, id hubbub.StreamID) (hubbub.Stream, error)
	// Rewriter says summaries in better words, within RewriteWithin; nil: nobody does.
	Rewriter      summary.Rewriter
	RewriteWithin time.Duration // 0: 10 s

	// Patience is how long the requests of a batch wait for the archive to hold what
	// they ask for before they are given up. Those that can be served do not wait.
	// 0: 30 s.
	Patience   time.Duration
	MaxPause   time.Duration         // between tries; 0: 5 s
	Now        func() time.Time      // nil: time.Now; dates summaries
	Logger     *slog.Logger          // nil: nothing is logged
	Registerer prometheus.Registerer // nil: nothing is measured
}

// A Summariser is the service. Make it with New and run it once.
type Summariser struct {
	o        Options
	history  *history.Reader
	follower *follow.Follower
	metrics  metrics

	// published is through what the streams' newest summaries were published by this
	// process. It may be forgotten: they are published again.
	published map[hubbub.StreamID]hubbub.Position
}

// remembered bounds published.
const remembered = 10_000

// New makes a summariser; Run starts it.
func New(o Options) *Summariser {
	if o.Patience == 0 {
		o.Patience = 30 * time.Second
	}
	if o.RewriteWithin == 0 {
		o.RewriteWithin = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Summariser{
		o: o, history: &history.Reader{Archive: o.Archive, Log: o.Log}, metrics: newMetrics(o.Registerer),
		published: map[hubbub.StreamID]hubbub.Position{},
	}
	s.follower = follow.New(follow.Options{
		Log: o.Log, Topic: eventlog.SummaryRequests, Group: eventlog.GroupSummary, MaxPause: o.MaxPause, Logger: o.Logger,
		OnError: func(c follow.Cause) { s.metrics.errors.WithLabelValues(string(c)).Inc() },
	})
	if o.Registerer != nil {
		s.follower.Measure(o.Registerer)
	}
	return s
}

// Run sums up until ctx ends, and then returns nil, or until the log is closed.
func (s *Summariser) Run(ctx context.Context) error { return s.follower.Run(ctx, s.work) }

// Healthy returns nil while summing up gets on, else what stops it.
func (s *Summariser) Healthy() error { return s.follower.Healthy() }

// errBehind: the archive does not hold what is asked for yet.
var errBehind = errors.New("the archive does not hold it yet")

// work serves the requests of a batch.
func (s *Summariser) work(ctx context.Context, b eventlog.Batch) error {
	const look = 50 * time.Millisecond
	requests := s.merge(b.Records)
	for end := time.Now().Add(s.o.Patience); ; {
		var waiting []summary.Request
		for _, r := range requests {
			result, err := s.serve(ctx, r)
			switch {
			case errors.Is(err, errBehind):
				waiting = append(waiting, r)
			case err != nil:
				return fmt.Errorf("sum up stream %s: %w", r.StreamID, err)
			default:
				s.metrics.results.WithLabelValues(result).Inc()
			}
		}
		if requests = waiting; len(requests) == 0 {
			return nil
		}
		if time.Now().After(end) {
			break
		}
		select {
		case <-time.After(look):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	s.metrics.results.WithLabelValues(resultUnarchived).Add(float64(len(requests)))
	s.o.Logger.Warn("summaries are left to the next request: the archive does not get on", "streams", len(requests))
	return nil
}

// merge returns the requests of records, one per stream, which goes furthest.
func (s *Summariser) merge(records []eventlog.Record) (requests []summary.Request) {
	at := map[hubbub.StreamID]int{}
	for i := range records {
		r, ok := read(&records[i])
		if !ok {
			s.metrics.results.WithLabelValues(resultUnread).Inc()
			continue
		}
		if j, again := at[r.StreamID]; !again {
			at[r.StreamID] = len(requests)
			requests = append(requests, r)
		} else {
			s.metrics.results.WithLabelValues(resultMerged).Inc()
			if requests[j].Through.Before(r.Through) {
				requests[j] = r
			}
		}
	}
	return requests
}

// serve makes the summary that is asked for, stores and publishes it, and says what
// became of the request.
func (s *Summariser) serve(ctx context.Context, r summary.Request) (result string, err error) {
	last, err := s.newest(ctx, r.StreamID)
	if err != nil {
		return "", err
	}
	if !last.Through.Before(r.Through) {
		if s.published[r.StreamID] == last.Through {
			return resultRepeated, nil
		}
		return resultRepeated, s.publish(ctx, last)
	}
	stream, result, err := s.stream(ctx, r.StreamID)
	if result != "" || err != nil {
		return result, err
	}
	archived, err := s.o.Log.Committed(ctx, eventlog.RawChats, eventlog.GroupArchive, r.StreamID)
	if err != nil {
		return "", err
	}
	if archived.Before(r.Through) {
		return "", errBehind
	}
	return s.sum(ctx, stream, last.Through, r)
}

// newest returns the newest summary of a stream as it may be shown; the zero one if
// there is none.
func (s *Summariser) newest(ctx context.Context, stream hubbub.StreamID) (archive.Summary, error) {
	found, err := s.history.Summaries(ctx, stream, hubbub.Position{}, 1)
	if err != nil || len(found) == 0 {
		return archive.Summary{}, err
	}
	return found[0], nil
}

// stream finds a stream; result says why there is nothing to sum up.
func (s *Summariser) stream(ctx context.Context, id hubbub.StreamID) (stream hubbub.Stream, result string, err error) {
	if s.o.Stream == nil {
		return hubbub.Stream{ID: id}, "", nil
	}
	switch stream, err = s.o.Stream(ctx, id); {
	case err != nil && hubbub.AsError(err).Code == hubbub.CodeStreamNotFound:
		return stream, resultGone, nil
	case err != nil:
		return stream, "", err
	case stream.Status == hubbub.StatusEnded:
		return stream, resultEnded, nil
	}
	return stream, "", nil
}

// sum sums up what was said after from, as far as r says.
func (s *Summariser) sum(ctx context.Context, stream hubbub.Stream, from hubbub.Position, r summary.Request) (result string, err error) {
	began := time.Now()
	in, err := s.window(ctx, r.StreamID, from, r.Through)
	if err != nil {
		return "", err
	}
	if in.Total == 0 {
		return resultEmpty, nil
	}
	in.Language = language(stream.Language)
	made := s.rewritten(ctx, in, summary.Of(in))
	if err := summary.Check(in, made); err != nil { // nothing that is wrong is shown
		s.o.Logger.Error("a summary is wrong and left out", "stream", r.StreamID, "error", err)
		return resultWrong, nil
	}
	s.metrics.seconds.Observe(time.Since(began).Seconds())
	kept := archive.Summary{
		Stream: r.StreamID, From: from, Through: r.Through,
		Sentences: stored(made), Method: made.Method, At: s.o.Now().UTC().Truncate(time.Millisecond),
	}
	if err := s.o.Archive.AddSummary(ctx, kept); err != nil {
		return "", err
	}
	// Read back: what it cites may have been removed meanwhile.
	if kept, err = s.newest(ctx, r.StreamID); err != nil {
		return "", err
	}
	return resultMade, s.publish(ctx, kept)
}

// rewritten is a summary in better words, if somebody has them.
func (s *Summariser) rewritten(ctx context.Context, in summary.Input, made summary.Summary) summary.Summary {
	if s.o.Rewriter == nil || len(made.Sentences) == 0 {
		return made
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.RewriteWithin)
	defer cancel()
	better, err := s.o.Rewriter.Rewrite(ctx, in, made)
	if err == nil {
		err = summary.Check(in, better)
	}
	if err != nil {
		s.metrics.errors.WithLabelValues("rewrite").Inc()
		s.o.Logger.Warn("a summary stays as it was made", "error", err)
		return made
	}
	return better
}

func (s *Summariser) publish(ctx context.Context, kept archive.Summary) error {
	record := eventlog.Record{Stream: kept.Stream, Version: eventlog.Version, Value: ResultOf(kept).Value()}
	if _, _, err := eventlog.AppendWait(ctx, s.o.Log, eventlog.SummaryResults, record); err != nil {
		return fmt.Errorf("publish the summary: %w", err)
	}
	if len(s.published) >= remembered {
		clear(s.published)
	}
	s.published[kept.Stream] = kept.Through
	return nil
}

// language is the one that summaries can be told to be in, of a BCP 47 tag.
func language(tag string) string {
	base, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if base == "ko" || base == "en" {
		return base
	}
	return ""
}
