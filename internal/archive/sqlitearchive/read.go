package sqlitearchive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

// selectEntries begins every query for entries of the stream that is its first
// argument. The room comes first, for its clear; the entries then come in the
// order of their key or of the index named, which goes where %s is.
const selectEntries = `SELECT e.epoch, e.n, e.time, e.kind, e.version, e.id, e.sender, e.erased, e.value,
	e.kind = '' AND ((e.epoch, e.n) < (r.cleared_epoch, r.cleared_n)
		OR EXISTS (SELECT 1 FROM withheld w WHERE w.stream = e.stream AND w.id = e.id))
	FROM rooms r CROSS JOIN entries e %s ON e.stream = r.stream WHERE r.stream = ?`

// Page returns the entries that q asks for.
func (a *Archive) Page(ctx context.Context, q archive.Query) ([]archive.Entry, error) {
	leave, err := a.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	if err := q.Validate(); err != nil {
		return nil, err
	}
	query, args := pageQuery(q)
	page, err := a.entries(ctx, q.Stream, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read a page of stream %s: %w", q.Stream, interpret(err))
	}
	if !q.Ascending() {
		slices.Reverse(page)
	}
	return page, nil
}

func pageQuery(q archive.Query) (query string, args []any) {
	var b strings.Builder
	args = []any{string(q.Stream)}
	switch {
	case q.Kind == nil:
		fmt.Fprintf(&b, selectEntries, ``)
	case *q.Kind == hubbub.KindMessage: // nearly all are
		fmt.Fprintf(&b, selectEntries+` AND e.kind = ''`, ``)
	default: // the rare ones
		fmt.Fprintf(&b, selectEntries+` AND e.kind = ? AND e.kind <> ''`, `INDEXED BY entries_by_kind`)
		args = append(args, *q.Kind)
	}
	order := ` ORDER BY e.epoch DESC, e.n DESC LIMIT ?`
	if q.Ascending() {
		b.WriteString(` AND (e.epoch, e.n) > (?, ?)`)
		args = append(args, int64(q.After.Epoch), number(q.After))
		order = ` ORDER BY e.epoch, e.n LIMIT ?`
	} else if !q.Before.IsZero() {
		b.WriteString(` AND (e.epoch, e.n) < (?, ?)`)
		args = append(args, int64(q.Before.Epoch), number(q.Before))
	}
	b.WriteString(order)
	return b.String(), append(args, q.Limit)
}

var findEntry = fmt.Sprintf(selectEntries, `INDEXED BY entries_by_id`) +
	` AND e.id = ? AND e.kind = '' AND e.id <> '' ORDER BY e.epoch, e.n LIMIT 1`

// Find returns the message with an id, the oldest should there be several.
func (a *Archive) Find(ctx context.Context, stream hubbub.StreamID, id hubbub.MessageID) (archive.Entry, bool, error) {
	leave, err := a.enter()
	if err != nil {
		return archive.Entry{}, false, err
	}
	defer leave()
	if id == "" {
		return archive.Entry{}, false, nil
	}
	found, err := a.entries(ctx, stream, findEntry, string(stream), string(id))
	if err != nil {
		return archive.Entry{}, false, fmt.Errorf("find message %s of stream %s: %w", id, stream, interpret(err))
	}
	if len(found) == 0 {
		return archive.Entry{}, false, nil
	}
	return found[0], true, nil
}

func (a *Archive) entries(ctx context.Context, stream hubbub.StreamID, query string, args ...any) (found []archive.Entry, err error) {
	rows, err := a.readers.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		e := archive.Entry{Stream: stream}
		var ms int64
		if err := rows.Scan(&e.Position.Epoch, &e.Position.N, &ms, &e.Kind, &e.Version,
			&e.ID, &e.Sender, &e.Erased, &e.Value, &e.Withheld); err != nil {
			return nil, err
		}
		e.Time = time.UnixMilli(ms).UTC()
		found = append(found, e)
	}
	return found, rows.Err()
}

// Streams lists the streams with entries.
func (a *Archive) Streams(ctx context.Context, after hubbub.StreamID, limit int) ([]hubbub.StreamID, error) {
	leave, err := a.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	found, err := a.streams(ctx, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list the streams that are archived: %w", interpret(err))
	}
	return found, nil
}

func (a *Archive) streams(ctx context.Context, after hubbub.StreamID, limit int) (found []hubbub.StreamID, err error) {
	rows, err := a.readers.QueryContext(ctx, `SELECT stream FROM rooms WHERE stream > ? ORDER BY stream LIMIT ?`, string(after), limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id hubbub.StreamID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		found = append(found, id)
	}
	return found, rows.Err()
}

// Count returns how many messages a stream has.
func (a *Archive) Count(ctx context.Context, stream hubbub.StreamID) (int64, error) {
	n, err := a.scalar(ctx, `SELECT messages FROM rooms WHERE stream = ?`, string(stream))
	if err != nil {
		return 0, fmt.Errorf("count the messages of stream %s: %w", stream, err)
	}
	return n, nil
}

// Total returns how many entries there are.
func (a *Archive) Total(ctx context.Context) (int64, error) {
	n, err := a.scalar(ctx, `SELECT entries FROM totals`)
	if err != nil {
		return 0, fmt.Errorf("read how many entries are archived: %w", err)
	}
	return n, nil
}

// scalar reads one number; no row is 0.
func (a *Archive) scalar(ctx context.Context, query string, args ...any) (n int64, err error) {
	leave, err := a.enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	err = a.readers.QueryRowContext(ctx, query, args...).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, interpret(err)
}
