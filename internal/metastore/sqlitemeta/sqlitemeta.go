// Package sqlitemeta keeps users and streams in one SQLite file. It owns the file
// and its schema; only internal/app and the operators' commands should import it.
//
// One connection writes, a few read from the last committed state, and every
// commit is fsynced. Several processes may have the file open: an operator's
// command works beside the server.
package sqlitemeta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta/query"
	"github.com/hubbub-live/hubbub/internal/sqlitefile"
)

// File is the customary name of the file in the data folder.
const File = "meta.db"

// readers is how many connections read.
const readers = 4

// A Store is the file. Its methods are those of account.Store and streams.Store.
type Store struct {
	*sqlmeta.Store
	writer, reader *sql.DB
	write, read    *query.Queries
}

// Open opens or makes the file at path and brings its schema up to date. It
// refuses a file that is none of hubbub's, or one written by a newer version, and
// leaves it as it is.
func Open(ctx context.Context, path string) (*Store, error) {
	s := &Store{}
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open users and streams in %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, path string) (err error) {
	if s.writer, err = kind.Open(ctx, path, "secure_delete(1)"); err != nil {
		return err
	}
	if s.write, err = query.Prepare(ctx, s.writer); err != nil {
		return err
	}
	if s.reader, err = sqlitefile.Readers(path, readers); err != nil {
		return err
	}
	if s.read, err = query.Prepare(ctx, s.reader); err != nil {
		return err
	}
	s.Store = sqlmeta.New(sqlmeta.Database{
		Write: s.write, Read: s.read, Transact: s.transact, Taken: taken, Tables: s.reader, Columns: columnsIn(s.reader),
	})
	return nil
}

// Copy writes the new file to, with what the file from has at one instant, also
// while other processes have it open.
func Copy(ctx context.Context, from, to string) error {
	if err := kind.Copy(ctx, from, to); err != nil {
		return fmt.Errorf("copy users and streams from %s: %w", from, err)
	}
	return nil
}

// Close waits for calls under way and closes the file. It may be called twice.
func (s *Store) Close() error {
	var errs []error
	for _, q := range []*query.Queries{s.read, s.write} {
		if q != nil {
			errs = append(errs, q.Close())
		}
	}
	for _, db := range []*sql.DB{s.reader, s.writer} { // the writer last: it folds the write-ahead log into the file
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// transact runs f in a transaction of the writer.
func (s *Store) transact(ctx context.Context, f func(*query.Queries) error) error {
	return inTx(ctx, s.writer, func(tx *sql.Tx) error { return f(s.write.WithTx(tx)) })
}

func inTx(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // the file is as it was, whether this succeeds or not
		return err
	}
	return tx.Commit()
}

// taken says whether err is that a row with this key is there already.
func taken(err error) bool {
	var e *sqlite.Error
	return errors.As(err, &e) &&
		(e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE)
}
