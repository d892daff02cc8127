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
	listChanged = `SELECT stream, epoch, n FROM tallies WHERE partition = ? AND (epoch, n) >= (?, ?)`
)

// Cursors implements [worker.Store].
func (s *Store) Cursors(ctx context.Context) ([]worker.Cursor, error) {
	var list []worker.Cursor
	err := s.each(ctx, listCursors, nil, func(scan func(...any) error) error {
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
	found := worker.State{Stream: stream}
	err := s.get.QueryRowContext(ctx, string(stream)).Scan(&found.Partition, &found.Newest.Epoch, &found.Newest.N, &found.Tally)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return worker.State{}, false, nil
	case err != nil:
		return worker.State{}, false, fmt.Errorf("read the tally of stream %s: %w", stream, err)
	}
	return found, true, nil
}

// Changed implements [worker.Store].
func (s *Store) Changed(ctx context.Context, partition int, since hubbub.Position) (map[hubbub.StreamID]hubbub.Position, error) {
	changed := map[hubbub.StreamID]hubbub.Position{}
	args := []any{partition, int64(since.Epoch), number(since)}
	err := s.each(ctx, listChanged, args, func(scan func(...any) error) error {
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

// each calls take for each row.
func (s *Store) each(ctx context.Context, query string, args []any, take func(scan func(...any) error) error) error {
	rows, err := s.db.QueryContext(ctx, query, args...)
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
