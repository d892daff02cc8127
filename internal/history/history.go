// Package history reads what was said in a room, complete to this moment: from
// the archive as far as it has got, and from the log after that. It is how chat
// servers fill gaps, answer resumes and load rooms, and how the API pages.
package history

import (
	"context"
	"fmt"

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
// missing from it only if it was not logged. Removals that are not archived yet
// are not applied: they are among the entries, or come after them. ErrGone of the
// log is returned when neither has what comes after the position.
func (r *Reader) After(ctx context.Context, stream hubbub.StreamID, after hubbub.Position, limit int) ([]archive.Entry, hubbub.Position, error) {
	archived, err := r.archived(ctx, stream)
	if err != nil {
		return nil, after, err
	}
	var entries []archive.Entry
	if after.Before(archived) {
		entries, err = r.Archive.Page(ctx, archive.Query{Stream: stream, After: after, Forward: true, Limit: limit})
		if err != nil {
			return nil, after, err
		}
		// The archive may have more than is committed, but not all of it: what is written
		// at once comes in any order.
		entries = through(entries, archived)
		if len(entries) == limit {
			return entries, entries[limit-1].Position, nil
		}
		after = archived
	}
	for {
		wanted := limit - len(entries)
		records, end, err := r.Log.Read(ctx, eventlog.RawChats, stream, after, wanted)
		if err != nil {
			return nil, after, err
		}
		for _, record := range records {
			if record.Foreign == nil {
				entries = append(entries, archive.Of(record))
			}
		}
		if len(records) < wanted || len(entries) == limit {
			return entries, end, nil
		}
		after = end
	}
}

// Page is archive.Archive's Page, complete to the end of the log, removals
// included.
func (r *Reader) Page(ctx context.Context, q archive.Query) ([]archive.Entry, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	// The log first: what the archiver takes over meanwhile is in both, instead of
	// in neither.
	tail, err := r.tail(ctx, q)
	if err != nil {
		return nil, err
	}
	page, err := r.Archive.Page(ctx, tail.before(q))
	if err != nil {
		return nil, err
	}
	page = join(through(page, tail.since), tail.entries, q)
	for i := range page {
		page[i].Withheld = page[i].Withheld || tail.removes(&page[i])
	}
	return page, nil
}

// Find returns the entry of a message; ok is false if there is none. Whether it is
// withheld is known once it is archived.
func (r *Reader) Find(ctx context.Context, stream hubbub.StreamID, id hubbub.MessageID) (found archive.Entry, ok bool, err error) {
	// The log first, as for Page.
	_, err = r.scan(ctx, stream, func(e archive.Entry) {
		if !ok && e.Kind == hubbub.KindMessage && e.ID == id && id != "" {
			found, ok = e, true
		}
	})
	if ok || err != nil {
		return found, ok, err
	}
	return r.Archive.Find(ctx, stream, id)
}

// through returns the entries up to a position.
func through(entries []archive.Entry, last hubbub.Position) []archive.Entry {
	n := len(entries)
	for n > 0 && last.Before(entries[n-1].Position) {
		n--
	}
	return entries[:n]
}

// join adds to a page of the archive what follows in the log.
func join(page, tail []archive.Entry, q archive.Query) []archive.Entry {
	var last hubbub.Position
	if n := len(page); n > 0 {
		last = page[n-1].Position
	}
	for _, e := range tail {
		if last.Before(e.Position) { // else it is in both: the log was trimmed meanwhile
			page = append(page, e)
		}
	}
	surplus := max(0, len(page)-q.Limit)
	if q.Ascending() {
		return page[:len(page)-surplus]
	}
	return page[surplus:]
}

func (r *Reader) archived(ctx context.Context, stream hubbub.StreamID) (hubbub.Position, error) {
	archived, err := r.Log.Committed(ctx, eventlog.RawChats, eventlog.GroupArchive, stream)
	if err != nil {
		return hubbub.Position{}, fmt.Errorf("ask how far the archive is: %w", err)
	}
	return archived, nil
}
