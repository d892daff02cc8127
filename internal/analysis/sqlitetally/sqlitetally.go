// Package sqlitetally keeps the tallies of all streams, and how far they go, in
// one SQLite file. It owns the file and its schema; one process opens it at a
// time, and only internal/app should import this package.
//
// One connection does everything, in turn: the worker is its only user, and asks
// one thing at a time. Every commit is fsynced.
package sqlitetally

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/hubbub-live/hubbub/internal/analysis/worker"
)

// File is the customary name of the file in the data folder.
const File = "tally.db"

// A Store is a worker.Store in a SQLite file.
type Store struct {
	db                    *sql.DB // one connection
	get, put, first, next *sql.Stmt
}

var _ worker.Store = (*Store)(nil)

// Open opens or makes the file at path and brings its schema up to date. It
// refuses a file that is none of hubbub's, or one written by a newer version, and
// leaves it as it is.
func Open(ctx context.Context, path string) (*Store, error) {
	s := &Store{}
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open the tallies in %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, path string) (err error) {
	if s.db, err = kind.Open(ctx, path); err != nil {
		return err
	}
	for _, p := range []struct {
		statement **sql.Stmt
		text      string
	}{{&s.get, getState}, {&s.put, putState}, {&s.first, firstCursor}, {&s.next, nextCursor}} {
		if *p.statement, err = s.db.PrepareContext(ctx, p.text); err != nil {
			return err
		}
	}
	return nil
}

// Close waits for the call under way and closes the file. It may be called twice.
func (s *Store) Close() error {
	if s.db == nil {
		return nil
	}
	var errs []error
	for _, statement := range []*sql.Stmt{s.get, s.put, s.first, s.next} {
		if statement != nil {
			errs = append(errs, statement.Close())
		}
	}
	return errors.Join(append(errs, s.db.Close())...)
}
