// Package history reads what was said in a room, complete to this moment: from
// the archive as far as it has got, and from the log after that. It is how chat
// servers fill gaps, answer resumes and load rooms, and how the API pages.
package history

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// A Reader reads archive and log as one. Its methods may be called concurrently.
type Reader struct {
	Archive archive.Archive
	Log     eventlog.Log
}

// After returns up to limit entries of a stream after a position, oldest first,
// and the position through which the answer is complete. It reads the archive up
// to what the archiver has committed and the log from there on, so an entry is
// missing from it only if it was not logged. ErrGone of the log is returned when
// neither has what comes after the position.
func (r *Reader) After(ctx context.Context, stream hubbub.StreamID, after hubbub.Position, limit int) ([]archive.Entry, hubbub.Position, error) {
	archived, err := r.Log.Committed(ctx, eventlog.RawChats, eventlog.GroupArchive, stream)
	if err != nil {
		return nil, after, fmt.Errorf("ask how far the archive is: %w", err)
	}
	var entries []archive.Entry
	if after.Before(archived) {
		entries, err = r.Archive.Page(ctx, archive.Query{Stream: stream, After: after, Forward: true, Limit: limit})
		if err != nil {
			return nil, after, err
		}
		if len(entries) == limit {
			return entries, entries[limit-1].Position, nil
		}
		// The archive may already have more than is committed; all of it is true.
		after = archived
		if n := len(entries); n > 0 && after.Before(entries[n-1].Position) {
			after = entries[n-1].Position
		}
	}
	records, through, err := r.Log.Read(ctx, eventlog.RawChats, stream, after, limit-len(entries))
	if err != nil {
		return nil, after, err
	}
	for _, record := range records {
		entries = append(entries, archive.Of(record))
	}
	return entries, through, nil
}

// Page is archive.Archive's Page, complete to the end of the log.
func (r *Reader) Page(ctx context.Context, q archive.Query) ([]archive.Entry, error) {
	if q.Forward || !q.After.IsZero() {
		return r.forward(ctx, q)
	}
	return r.backward(ctx, q)
}

func (r *Reader) forward(ctx context.Context, q archive.Query) ([]archive.Entry, error) {
	var page []archive.Entry
	for after := q.After; ; {
		entries, through, err := r.After(ctx, q.Stream, after, q.Limit)
		if errors.Is(err, eventlog.ErrGone) { // the archive alone knows that far back
			return r.Archive.Page(ctx, q)
		}
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			if (q.Kind == nil || *q.Kind == e.Kind) && len(page) < q.Limit {
				page = append(page, e)
			}
		}
		if len(page) == q.Limit || len(entries) < q.Limit {
			return page, nil
		}
		after = through
	}
}

func (r *Reader) backward(ctx context.Context, q archive.Query) ([]archive.Entry, error) {
	tail, err := r.tail(ctx, q.Stream)
	if err != nil {
		return nil, err
	}
	page, err := r.Archive.Page(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, e := range tail {
		if n := len(page); n > 0 && e.Position.Compare(page[n-1].Position) <= 0 {
			continue // the archiver was faster
		}
		if (q.Kind == nil || *q.Kind == e.Kind) && (q.Before.IsZero() || e.Position.Before(q.Before)) {
			page = append(page, e)
		}
	}
	return page[max(0, len(page)-q.Limit):], nil
}

// tail returns what the log has and the archive has not committed, newest last.
func (r *Reader) tail(ctx context.Context, stream hubbub.StreamID) ([]archive.Entry, error) {
	const most = 1000 // of a stopped archiver's backlog; a page never needs more
	archived, err := r.Log.Committed(ctx, eventlog.RawChats, eventlog.GroupArchive, stream)
	if err != nil {
		return nil, fmt.Errorf("ask how far the archive is: %w", err)
	}
	var tail []archive.Entry
	for after := archived; ; {
		records, through, err := r.Log.Read(ctx, eventlog.RawChats, stream, after, most)
		if errors.Is(err, eventlog.ErrGone) {
			return tail, nil // trimmed, so it was archived
		}
		if err != nil {
			return nil, err
		}
		for _, record := range records {
			tail = append(tail, archive.Of(record))
		}
		tail = slices.Delete(tail, 0, max(0, len(tail)-most))
		if len(records) < most {
			return tail, nil
		}
		after = through
	}
}
