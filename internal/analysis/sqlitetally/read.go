package sqlitetally

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/sqltally"
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
	return sqltally.Cursors(ctx, s.db, sqltally.Query{Text: listCursors})
}

// State implements [worker.Store].
func (s *Store) State(ctx context.Context, stream hubbub.StreamID) (worker.State, bool, error) {
	return sqltally.State(s.get.QueryRowContext(ctx, string(stream)), stream)
}

// Minutes implements [worker.Store]. It reads beside what is being saved.
func (s *Store) Minutes(ctx context.Context, stream hubbub.StreamID, first, end uint64) (worker.State, bool, error) {
	tx, err := s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return worker.State{}, false, fmt.Errorf("read the minutes of stream %s: %w", stream, err)
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	found, ok, err := sqltally.State(tx.QueryRowContext(ctx, getState, string(stream)), stream)
	if err != nil || !ok {
		return worker.State{}, false, err
	}
	found.Closed, err = sqltally.Minutes(ctx, tx, sqltally.Query{Text: listMinutes, Args: []any{string(stream), first, end}})
	if err != nil {
		return worker.State{}, false, fmt.Errorf("read the minutes of stream %s: %w", stream, err)
	}
	return found, true, nil
}

// Changed implements [worker.Store].
func (s *Store) Changed(ctx context.Context, partition int, since hubbub.Position) (map[hubbub.StreamID]hubbub.Position, error) {
	return sqltally.Changed(ctx, s.db, sqltally.Query{Text: listChanged, Args: []any{partition, int64(since.Epoch), number(since)}})
}
