// Package sqltally reads tallies from rows of SQL tables, whichever database has them.
// Which statements get the rows, an adapter says; only adapters import this.
package sqltally

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
)

// A Query is a statement, and its arguments in order.
type Query struct {
	Text string
	Args []any
}

// A Queryer is a database or a transaction.
type Queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// Cursors is worker.Store's, from rows of: partition, epoch, n, time in ms, counted,
// epoch and n of Unpublished.
func Cursors(ctx context.Context, db Queryer, q Query) ([]worker.Cursor, error) {
	var list []worker.Cursor
	err := Each(ctx, db, q, func(scan func(...any) error) error {
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

// State is worker.Store's, from a row of: partition, epoch, n, tally.
func State(row *sql.Row, stream hubbub.StreamID) (worker.State, bool, error) {
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

// Minutes are those of a stream, from rows of: minute, and how many messages of each
// mood, in the order of hubbub.Mood.
func Minutes(ctx context.Context, db Queryer, q Query) (list []worker.Minute, err error) {
	var m worker.Minute
	columns := []any{&m.Number}
	for i := range m.Counts {
		columns = append(columns, &m.Counts[i])
	}
	err = Each(ctx, db, q, func(scan func(...any) error) error {
		err := scan(columns...)
		list = append(list, m)
		return err
	})
	return list, err
}

// Changed is worker.Store's, from rows of: stream, epoch, n.
func Changed(ctx context.Context, db Queryer, q Query) (map[hubbub.StreamID]hubbub.Position, error) {
	changed := map[hubbub.StreamID]hubbub.Position{}
	err := Each(ctx, db, q, func(scan func(...any) error) error {
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

// Each calls take for each row.
func Each(ctx context.Context, db Queryer, q Query, take func(scan func(...any) error) error) error {
	rows, err := db.QueryContext(ctx, q.Text, q.Args...)
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
