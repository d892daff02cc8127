package mysqltally

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/sqltally"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

const (
	pageTallies = `SELECT stream, part, epoch, n FROM tallies WHERE stream > ? ORDER BY stream LIMIT 1000`
	moveTallies = `UPDATE tallies SET part = ? WHERE stream IN `
	// What a partition of the new epoch has counted already is not taken back.
	beginCursor = `INSERT INTO tally_cursors (epoch, n, time, counted, unpublished_epoch, unpublished_n, part) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON DUPLICATE KEY UPDATE n = IF(epoch < VALUES(epoch), VALUES(n), n),
			unpublished_n = IF(epoch < VALUES(epoch), VALUES(unpublished_n), unpublished_n),
			unpublished_epoch = IF(epoch < VALUES(epoch), VALUES(unpublished_epoch), unpublished_epoch),
			time = IF(epoch < VALUES(epoch), VALUES(time), time),
			epoch = GREATEST(epoch, VALUES(epoch))`
)

// Move has the tallies go on in a log with other partitions, from its beginning in a new
// epoch: each in the partition that of gives its stream, with everything counted that
// was logged before, which has to be true. It is there as a whole or not at all, and a
// repeat changes nothing.
func (s *Store) Move(ctx context.Context, partitions int, epoch uint32, of func(hubbub.StreamID) int) error {
	err := mysqldb.Transact(ctx, s.db, sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *sql.Tx) error {
		cursors, err := sqltally.Cursors(ctx, tx, sqltally.Query{Text: listCursors + ` FOR UPDATE`})
		if err != nil {
			return err
		}
		unpublished, err := moveStreams(ctx, tx, cursors, of)
		if err != nil {
			return err
		}
		begun := worker.Cursor{Through: hubbub.Position{Epoch: epoch}, Time: time.UnixMilli(0)}
		for _, c := range cursors {
			if c.Time.After(begun.Time) {
				begun.Time = c.Time
			}
		}
		for part := range partitions {
			from, ok := unpublished[part]
			if !ok {
				from = begun.Through
			}
			if _, err := tx.ExecContext(ctx, beginCursor, epoch, 0, begun.Time.UnixMilli(), 0, from.Epoch, from.N, part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("move the tallies to %d partitions of epoch %d: %w", partitions, epoch, err)
	}
	return nil
}

// moveStreams moves all tallies, and returns where in each partition those begin that
// may have an unpublished result.
func moveStreams(ctx context.Context, tx *sql.Tx, cursors []worker.Cursor, of func(hubbub.StreamID) int) (map[int]hubbub.Position, error) {
	since := map[int]hubbub.Position{}
	for _, c := range cursors {
		since[c.Partition] = c.Unpublished
	}
	unpublished := map[int]hubbub.Position{}
	for stream, last := "", "x"; stream != last; {
		last = stream
		moved := map[int][]any{}
		err := sqltally.Each(ctx, tx, sqltally.Query{Text: pageTallies, Args: []any{last}}, func(scan func(...any) error) error {
			var part int
			var newest hubbub.Position
			err := scan(&stream, &part, &newest.Epoch, &newest.N)
			to := of(hubbub.StreamID(stream))
			if oldest, ok := unpublished[to]; !newest.Before(since[part]) && (!ok || newest.Before(oldest)) {
				unpublished[to] = newest
			}
			if to != part {
				moved[to] = append(moved[to], stream)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		for to, streams := range moved {
			list := "(" + strings.TrimSuffix(strings.Repeat("?,", len(streams)), ",") + ")"
			if _, err := tx.ExecContext(ctx, moveTallies+list, append([]any{to}, streams...)...); err != nil {
				return nil, err
			}
		}
	}
	return unpublished, nil
}
