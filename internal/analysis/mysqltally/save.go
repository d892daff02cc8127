package mysqltally

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

const (
	firstCursor = `INSERT INTO tally_cursors (epoch, n, time, counted, unpublished_epoch, unpublished_n, part)
		VALUES (?, ?, ?, ?, ?, ?, ?)`
	nextCursor = `UPDATE tally_cursors SET epoch = ?, n = ?, time = ?, counted = ?, unpublished_epoch = ?, unpublished_n = ?
		WHERE part = ? AND epoch = ? AND n = ?`
)

// Save implements [worker.Store].
//
// The cursor is first. Its row is locked from then on, so of two who go on from the same
// cursor one waits, and finds that it moved; what comes after is that worker's alone.
// Nothing is read that could change meanwhile: READ COMMITTED, which locks rows and not
// what lies between them, is enough.
//
// It is tried again only if it lost to another transaction, and then nothing of it is
// there. Were it tried again because the connection broke, while it was committed, it
// would find the cursor that it had moved itself, and say that nothing is stored. The
// worker reads the cursor after any error, and so learns which it was.
func (s *Store) Save(ctx context.Context, before hubbub.Position, c worker.Cursor, states []worker.State) error {
	err := mysqldb.Transact(ctx, s.db, sql.TxOptions{Isolation: sql.LevelReadCommitted}, func(tx *sql.Tx) error {
		if err := move(ctx, tx, before, c); err != nil {
			return err
		}
		return put(ctx, tx, states)
	})
	if err != nil {
		return fmt.Errorf("store %d tallies and cursor %v of partition %d: %w", len(states), c.Through, c.Partition, err)
	}
	return nil
}

// move replaces a cursor that is still as it was.
func move(ctx context.Context, tx *sql.Tx, before hubbub.Position, c worker.Cursor) error {
	args := []any{
		c.Through.Epoch, c.Through.N, c.Time.UnixMilli(), c.Counted,
		c.Unpublished.Epoch, c.Unpublished.N, c.Partition,
	}
	if before.IsZero() {
		_, err := tx.ExecContext(ctx, firstCursor, args...)
		if mysqldb.Taken(err) {
			return worker.ErrMoved
		}
		return err
	}
	result, err := tx.ExecContext(ctx, nextCursor, append(args, before.Epoch, before.N)...)
	if err != nil {
		return err
	}
	if found, err := result.RowsAffected(); err != nil || found != 1 {
		return errors.Join(err, worker.ErrMoved)
	}
	return nil
}
