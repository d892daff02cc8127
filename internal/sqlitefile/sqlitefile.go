// Package sqlitefile opens the SQLite files that hubbub keeps: it tells them from
// other programs' and from each other, brings their schema up to date, and sets
// what durability takes. What is in a file is its adapter's; only adapters import
// this.
//
// A file has one connection that writes, whose commits are fsynced, and some that
// read the last committed state without waiting for it.
package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Why a file is refused; it is left as it is.
var (
	ErrForeign = errors.New("it is a database of another kind")
	ErrNewer   = errors.New("it was written by a newer version of hubbub")
)

// A Kind is one of hubbub's files.
type Kind struct {
	// ID stands in the file's header; no two kinds share one.
	ID int32
	// Schema has a folder of this name with goose's steps.
	Schema fs.FS
	Folder string
}

// Open opens or makes the file at path, brings its schema up to date, and returns
// its one writing connection. The pragmas are set beside those that all have. The
// error may be ErrForeign or ErrNewer.
func (k Kind) Open(ctx context.Context, path string, pragmas ...string) (*sql.DB, error) {
	return k.openAt(ctx, path, newest, pragmas...)
}

// OpenAt is Open of a new file that gets the schema of a version, for rows that are
// of that version.
func (k Kind) OpenAt(ctx context.Context, path string, version int64) (*sql.DB, error) {
	return k.openAt(ctx, path, version)
}

// newest is the version of the newest schema there is.
const newest = -1

func (k Kind) openAt(ctx context.Context, path string, version int64, pragmas ...string) (*sql.DB, error) {
	if err := k.claim(ctx, path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", source(path, slices.Concat([]string{"journal_mode(WAL)", "synchronous(FULL)"}, pragmas)...))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	if err := k.migrate(ctx, db, version); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Readers returns n connections that read the file at path, which is open already.
func Readers(path string, n int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", source(path, "query_only(1)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	return db, nil
}

// source makes the driver's name for a file, whatever characters its path has. Its
// connections wait for other processes' locks, 5 s at most.
func source(path string, pragmas ...string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	u.RawQuery = url.Values{"_pragma": slices.Concat([]string{"busy_timeout(5000)"}, pragmas), "_txlock": {"immediate"}}.Encode()
	return u.String()
}

// claim marks an empty file, and refuses any other that is not marked. It has a
// connection of its own, without the write-ahead log: switching that on would
// write into a file that may be somebody else's.
func (k Kind) claim(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", source(path))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	var id int32
	var tables int
	if err := db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id); err != nil {
		return err
	}
	if id == k.ID {
		return nil
	}
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	if id != 0 || tables != 0 {
		return ErrForeign
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d`, k.ID))
	return err
}

// migrate brings the schema up to a version, or refuses that of a newer one.
func (k Kind) migrate(ctx context.Context, db *sql.DB, version int64) error {
	steps, err := fs.Sub(k.Schema, k.Folder)
	if err != nil {
		return err
	}
	m, err := goose.NewProvider(goose.DialectSQLite3, db, steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	current, known, err := m.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if version == newest {
		version = known
	}
	if wanted := max(current, version); wanted > known {
		return fmt.Errorf("%w: its schema is %d, this one knows up to %d", ErrNewer, wanted, known)
	}
	if _, err := m.UpTo(ctx, version); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}
