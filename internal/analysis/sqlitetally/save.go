package sqlitetally

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
)

const (
	firstCursor = `INSERT INTO cursors (epoch, n, time, counted, unpublished_epoch, unpublished_n, partition)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	nextCursor = `UPDATE cursors SET epoch = ?, n = ?, time = ?, counted = ?, unpublished_epoch = ?, unpublished_n = ?
		WHERE partition = ? AND epoch = ? AND n = ?`
	putState = `INSERT INTO tallies (stream, partition, epoch, n, tally) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET partition = excluded.partition, epoch = excluded.epoch, n = excluded.n, tally = excluded.tally`
	addMinute = `INSERT INTO minutes (stream, minute, praise, criticism, laughter, question, advice, other)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET praise = praise + excluded.praise, criticism = criticism + excluded.criticism,
		laughter = laughter + excluded.laughter, question = question + excluded.question,
		advice = advice + excluded.advice, other = other + excluded.other`
)

// Save implements [worker.Store]. ctx is asked before the transaction begins; once
// begun it takes as long as the disk does.
func (s *Store) Save(ctx context.Context, before hubbub.Position, c worker.Cursor, states []worker.State) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.save(before, c, states); err != nil {
		return fmt.Errorf("store %d tallies and cursor %v of partition %d: %w", len(states), c.Through, c.Partition, err)
	}
	return nil
}

// save has no context: for one that can end the driver starts a goroutine per
// statement.
func (s *Store) save(before hubbub.Position, c worker.Cursor, states []worker.State) error {
	tx, err := s.db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	if err := s.write(tx, before, c, states); err != nil {
		_ = tx.Rollback() // the file is as it was, whether this succeeds or not
		return err
	}
	return tx.Commit()
}

func (s *Store) write(tx *sql.Tx, before hubbub.Position, c worker.Cursor, states []worker.State) error {
	if c.Through.N >= math.MaxInt64 {
		return fmt.Errorf("position %v is too large", c.Through)
	}
	statement, args := s.first, []any{
		int64(c.Through.Epoch), number(c.Through), c.Time.UnixMilli(), c.Counted,
		int64(c.Unpublished.Epoch), number(c.Unpublished), c.Partition,
	}
	if !before.IsZero() {
		statement, args = s.next, append(args, int64(before.Epoch), number(before))
	}
	result, err := tx.Stmt(statement).Exec(args...) //nolint:sqlclosecheck // the transaction closes it
	if err != nil {
		return err
	}
	if moved, err := result.RowsAffected(); err != nil || moved != 1 {
		return errors.Join(err, worker.ErrMoved)
	}
	put, add := tx.Stmt(s.put), tx.Stmt(s.add) //nolint:sqlclosecheck // as above
	for i := range states {
		at := &states[i]
		if _, err := put.Exec(string(at.Stream), at.Partition, int64(at.Newest.Epoch), number(at.Newest), at.Tally); err != nil {
			return err
		}
		for _, m := range at.Closed {
			row := append(make([]any, 0, 2+len(m.Counts)), string(at.Stream), m.Number)
			for _, n := range m.Counts {
				row = append(row, n)
			}
			if _, err := add.Exec(row...); err != nil {
				return err
			}
		}
	}
	return nil
}

// number is a position's number as a column holds it.
func number(p hubbub.Position) int64 { return int64(min(p.N, math.MaxInt64)) }
