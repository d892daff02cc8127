package mysqltally

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/kept"
	"github.com/hubbub-live/hubbub/internal/analysis/sqltally"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

var _ kept.Store = (*Store)(nil)

// newerKept compares with what is there. Columns are set one after the other: those it
// compares come last, where it stays true once it was.
const newerKept = `(VALUES(epoch), VALUES(n), VALUES(made)) >= (epoch, n, made)`

var (
	putKept = upsert{
		into: `INSERT INTO kept_results (stream, epoch, n, made, value) VALUES `, row: `(?,?,?,?,?)`,
		update: ` ON DUPLICATE KEY UPDATE value = IF(` + newerKept + `, VALUES(value), value), made = IF(` + newerKept + `, VALUES(made), made),
			n = IF(` + newerKept + `, VALUES(n), n), epoch = IF(` + newerKept + `, VALUES(epoch), epoch)`,
	}
	raiseMinutes = upsert{
		into: addMinutes.into, row: addMinutes.row,
		update: ` ON DUPLICATE KEY UPDATE praise = GREATEST(praise, VALUES(praise)), criticism = GREATEST(criticism, VALUES(criticism)),
			laughter = GREATEST(laughter, VALUES(laughter)), question = GREATEST(question, VALUES(question)),
			advice = GREATEST(advice, VALUES(advice)), other = GREATEST(other, VALUES(other))`,
	}
)

const getKept = `SELECT epoch, n, made, value FROM kept_results WHERE stream = ?`

// Keep implements [kept.Store].
func (s *Store) Keep(ctx context.Context, list []kept.Result) error {
	err := mysqldb.Transact(ctx, s.db, sql.TxOptions{}, func(tx *sql.Tx) error {
		results, minutes := rows{upsert: putKept, tx: tx}, rows{upsert: raiseMinutes, tx: tx}
		for i := range list {
			r := &list[i]
			if err := results.add(ctx, len(r.Value), string(r.Stream), r.Through.Epoch, r.Through.N, r.At.UnixMilli(), r.Value); err != nil {
				return err
			}
			for _, m := range r.Minutes {
				if err := minutes.addMinute(ctx, r.Stream, &m); err != nil {
					return err
				}
			}
		}
		return errors.Join(results.send(ctx), minutes.send(ctx))
	})
	if err != nil {
		return fmt.Errorf("keep %d results: %w", len(list), err)
	}
	return nil
}

// Kept implements [kept.Store].
func (s *Store) Kept(ctx context.Context, stream hubbub.StreamID) (kept.Result, bool, error) {
	r, made := kept.Result{Stream: stream}, int64(0)
	err := s.db.QueryRowContext(ctx, getKept, string(stream)).Scan(&r.Through.Epoch, &r.Through.N, &made, &r.Value)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return kept.Result{}, false, nil
	case err != nil:
		return kept.Result{}, false, fmt.Errorf("read the newest result of stream %s: %w", stream, err)
	}
	r.At = time.UnixMilli(made).UTC()
	return r, true, nil
}

// KeptMinutes implements [kept.Store].
func (s *Store) KeptMinutes(ctx context.Context, stream hubbub.StreamID, first, end uint64) (kept.Minutes, error) {
	list, err := sqltally.Minutes(ctx, s.db, sqltally.Query{Text: listMinutes, Args: []any{string(stream), first, end}})
	if err != nil {
		return nil, fmt.Errorf("read the minutes of stream %s: %w", stream, err)
	}
	return list, nil
}
