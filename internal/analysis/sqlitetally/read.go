package sqlitetally

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
)

const (
	listCursors = `SELECT partition, epoch, n, time, counted, unpublished_epoch, unpublished_n FROM cursors`
	getState    = `SELECT partition, epoch, n, tally FROM tallies WHERE stream = ?`
	listMinutes = `SELECT minute, praise, criticism, laughter, question, advice, other FROM minutes
		WHERE stream = ? AND minute >= ? AND minute < ? ORDER BY minute`
	listChanged = `SELECT stream, epoch, n FROM tallies WHERE partition = ? AND (epoch, n) >= (?, ?)`
)

// Cursors implements [worker.Store].
func (s *Store) Cursors(ctx context.Context) ([]worker.Cursor, error) {
	var list []worker.Cursor
	err := each(ctx, s.db, listCursors, nil, func(scan func(...any) error) error {
		var c worker.Cursor
		var ms int64
		err := scan(&c.Partition, &c.Through.Epoch, &c.Through.N, &ms, &c.Counted, &c.Unpublished.Epoch, &c.Unpublished.N)
		c.Time = time.UnixMilli(ms)
		list = append(list, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read how far is counted: %w", err)
	}
	return list, nil
}

// State implements [worker.Store].
func (s *Store) State(ctx context.Context, stream hubbub.StreamID) (worker.State, bool, error) {
	return scanState(s.get.QueryRowContext(ctx, string(stream)), stream)
}

func scanState(row *sql.Row, stream hubbub.StreamID) (worker.State, bool, error) {
	found := worker.State{Stream: stream}
	err := row.Scan(&found.Partition, &found.Newest.Epoch, &found.Newest.N, &found.Tally)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return worker.State{}, false, nil
	case err != nil:
		return worker.State{}, false, fmt.Errorf("read the tally of stream %s: %w", stream, err)
	}
	return found, true, nil
}

// Minutes implements [worker.Store]. It reads beside what is being saved.
func (s *Store) Minutes(ctx context.Context, stream hubbub.StreamID, first, end uint64) (worker.State, bool, error) {
	tx, err := s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return worker.State{}, false, fmt.Errorf("read the minutes of stream %s: %w", stream, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	found, ok, err := scanState(tx.QueryRowContext(ctx, getState, string(stream)), stream)
	if err != nil || !ok {
		return worker.State{}, false, err
	}
	var m worker.Minute
	columns := []any{&m.Number}
	for i := range m.Counts {
		columns = append(columns, &m.Counts[i])
	}
	err = each(ctx, tx, listMinutes, []any{string(stream), first, end}, func(scan func(...any) error) error {
		err := scan(columns...)
		found.Closed = append(found.Closed, m)
		return err
	})
	if err != nil {
		return worker.State{}, false, fmt.Errorf("read the minutes of stream %s: %w", stream, err)
	}
	return found, true, nil
}

// Changed implements [worker.Store].
func (s *Store) Changed(ctx context.Context, partition int, since hubbub.Position) (map[hubbub.StreamID]hubbub.Position, error) {
	changed := map[hubbub.StreamID]hubbub.Position{}
	args := []any{partition, int64(since.Epoch), number(since)}
	err := each(ctx, s.db, listChanged, args, func(scan func(...any) error) error {
		var stream string
		var newest hubbub.Position
		err := scan(&stream, &newest.Epoch, &newest.N)
		changed[hubbub.StreamID(stream)] = newest
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read which streams changed: %w", err)
	}
	return changed, nil
}

// asker is a database or a transaction.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each calls take for each row.
func each(ctx context.Context, db asker, query string, args []any, take func(scan func(...any) error) error) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
