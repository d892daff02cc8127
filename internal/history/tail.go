package history

import (
	"context"
	"errors"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// A tail is what of a stream is in the log and not in the archive yet, as far as
// it matters to a page.
type tail struct {
	q       archive.Query
	since   hubbub.Position               // it has everything after this
	entries []archive.Entry               // that may be on the page: q.Limit at most, oldest first
	deleted map[hubbub.MessageID]struct{} // removed one by one
	cleared hubbub.Position               // messages before it are removed
}

// tail reads what the archiver has not committed. That is little, unless it does
// not get on; then all of it is read, since a removal may be anywhere.
func (r *Reader) tail(ctx context.Context, q archive.Query) (t *tail, err error) {
	t = &tail{q: q}
	t.since, err = r.scan(ctx, q.Stream, t.add)
	return t, err
}

// scan calls take with everything of a stream that the archiver has not committed,
// oldest first, and returns the position after which that is everything.
func (r *Reader) scan(ctx context.Context, stream hubbub.StreamID, take func(archive.Entry)) (since hubbub.Position, err error) {
	const batch = 1000
	after, err := r.archived(ctx, stream)
	if err != nil {
		return since, err
	}
	for since = after; ; {
		records, end, err := r.Log.Read(ctx, eventlog.RawChats, stream, after, batch)
		if errors.Is(err, eventlog.ErrGone) {
			if after, err = r.beyond(ctx, stream, after); err != nil {
				return since, err
			}
			since = after
			continue
		}
		if err != nil {
			return since, err
		}
		for _, record := range records {
			if record.Foreign == nil {
				take(archive.Of(record))
			}
		}
		if len(records) < batch {
			if since.IsZero() { // everything of this life of the log, and nothing of others
				since.Epoch = end.Epoch
			}
			return since, nil
		}
		after = end
	}
}

// beyond returns from where to read on when the log has nothing after a position:
// from what was archived meanwhile, if it was trimmed meanwhile, else from the first
// record, since the log has begun another life of which nothing is archived yet.
func (r *Reader) beyond(ctx context.Context, stream hubbub.StreamID, gone hubbub.Position) (hubbub.Position, error) {
	archived, err := r.archived(ctx, stream)
	if err != nil || archived == gone {
		return hubbub.Position{}, err
	}
	return archived, nil
}

// before is what of q is for the archive to answer. It may have some of what comes later,
// while the archiver is at work, and not all of it.
func (t *tail) before(q archive.Query) archive.Query {
	next := hubbub.Position{Epoch: t.since.Epoch, N: t.since.N + 1}
	if !q.Ascending() && (q.Before.IsZero() || next.Before(q.Before)) {
		q.Before = next
	}
	return q
}

func (t *tail) add(e archive.Entry) {
	if removal, ok := archive.RemovalOf(&e); ok {
		t.remove(removal)
	}
	if !t.fits(&e) {
		return
	}
	if len(t.entries) == t.q.Limit {
		if t.q.Ascending() {
			return
		}
		t.entries = t.entries[1:]
	}
	t.entries = append(t.entries, e)
}

// fits says whether e may be on the page.
func (t *tail) fits(e *archive.Entry) bool {
	switch {
	case t.q.Kind != nil && *t.q.Kind != e.Kind:
		return false
	case t.q.Ascending():
		return t.q.After.Before(e.Position)
	}
	return t.q.Before.IsZero() || e.Position.Before(t.q.Before)
}

func (t *tail) remove(r archive.Removal) {
	if r.Message == "" {
		t.cleared = r.Before // positions grow
		return
	}
	if t.deleted == nil {
		t.deleted = map[hubbub.MessageID]struct{}{}
	}
	t.deleted[r.Message] = struct{}{}
}

// removes says whether a removal in the tail is of e.
func (t *tail) removes(e *archive.Entry) bool {
	if e.Kind != hubbub.KindMessage {
		return false
	}
	_, deleted := t.deleted[e.ID]
	return e.ID != "" && deleted || e.Position.Before(t.cleared)
}
