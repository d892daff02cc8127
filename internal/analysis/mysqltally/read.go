package mysqltally

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/sqltally"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

const (
	listCursors = `SELECT part, epoch, n, time, counted, unpublished_epoch, unpublished_n FROM tally_cursors`
	getState    = `SELECT part, epoch, n, tally FROM tallies WHERE stream = ?`
	listMinutes = `SELECT minute, praise, criticism, laughter, question, advice, other FROM tally_minutes
		WHERE stream = ? AND minute >= ? AND minute < ? ORDER BY minute`
	// (epoch, n) >= (?, ?) would read all of the partition.
	listChanged = `SELECT stream, epoch, n FROM tallies WHERE part = ? AND (epoch > ? OR epoch = ? AND n >= ?)`
)

// Cursors implements [worker.Store].
func (s *Store) Cursors(ctx context.Context) ([]worker.Cursor, error) {
	return sqltally.Cursors(ctx, s.db, sqltally.Query{Text: listCursors})
}

// State implements [worker.Store].
func (s *Store) State(ctx context.Context, stream hubbub.StreamID) (worker.State, bool, error) {
	return sqltally.State(s.db.QueryRowContext(ctx, getState, string(stream)), stream)
}

// Minutes implements [worker.Store]. It reads beside what is being saved: with
// REPEATABLE READ both statements see what the first one saw.
func (s *Store) Minutes(ctx context.Context, stream hubbub.StreamID, first, end uint64) (found worker.State, ok bool, err error) {
	err = mysqldb.Transact(ctx, s.db, sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}, func(tx *sql.Tx) error {
		found, ok, err = sqltally.State(tx.QueryRowContext(ctx, getState, string(stream)), stream)
		if err != nil || !ok {
			return err
		}
		found.Closed, err = sqltally.Minutes(ctx, tx, sqltally.Query{Text: listMinutes, Args: []any{string(stream), first, end}})
		return err
	})
	if err != nil {
		return worker.State{}, false, fmt.Errorf("read the minutes of stream %s: %w", stream, err)
	}
	return found, ok, nil
}

// Changed implements [worker.Store].
func (s *Store) Changed(ctx context.Context, partition int, since hubbub.Position) (map[hubbub.StreamID]hubbub.Position, error) {
	return sqltally.Changed(ctx, s.db, sqltally.Query{Text: listChanged, Args: []any{partition, since.Epoch, since.Epoch, since.N}})
}
