// Package sqlitetally keeps the tallies of all streams, their closed minutes, and how
// far they go, in one SQLite file. It owns the file and its schema; one process opens it at a
// time, and only internal/app should import this package.
//
// One connection does what the worker asks to count, in turn, since it asks one thing
// at a time. Every commit is fsynced. Two more read minutes for those who look at
// them, from the last committed state.
package sqlitetally

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/sqlitefile"
)

// File is the customary name of the file in the data folder.
const File = "tally.db"

// A Store is a worker.Store in a SQLite file.
type Store struct {
	db                         *sql.DB // one connection
	get, put, add, first, next *sql.Stmt
	readers                    *sql.DB
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
	}{{&s.get, getState}, {&s.put, putState}, {&s.add, addMinute}, {&s.first, firstCursor}, {&s.next, nextCursor}} {
		if *p.statement, err = s.db.PrepareContext(ctx, p.text); err != nil { //nolint:sqlclosecheck // they last as long as the database
			return err
		}
	}
	s.readers, err = sqlitefile.Readers(path, 2)
	return err
}

// Copy writes the new file to, with what the file from has at one instant, also
// while another process has it open.
func Copy(ctx context.Context, from, to string) error {
	if err := kind.Copy(ctx, from, to); err != nil {
		return fmt.Errorf("copy the tallies %s: %w", from, err)
	}
	return nil
}

// Close waits for the call under way and closes the file. It may be called twice.
func (s *Store) Close() error {
	if s.db == nil {
		return nil
	}
	var errs []error
	if s.readers != nil {
		errs = append(errs, s.readers.Close())
	}
	for _, statement := range []*sql.Stmt{s.get, s.put, s.add, s.first, s.next} {
		if statement != nil {
			errs = append(errs, statement.Close())
		}
	}
	return errors.Join(append(errs, s.db.Close())...)
}
