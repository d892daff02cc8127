package mysqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"
)

// ErrNewer is why a database is refused; it is left as it is.
var ErrNewer = errors.New("it was written by a newer version of hubbub")

const (
	// migrateWait is how long one process waits for another that changes a schema.
	migrateWait = 60 * time.Second
	// migrateMost is how long a change may take.
	migrateMost = 8 * time.Hour
)

// A Schema is the tables of one adapter, among others' in the same database.
type Schema struct {
	// Steps has a folder of this name with goose's steps. MySQL commits each statement
	// by itself, so a step may be left half done: every statement has to be good to run
	// again.
	Steps  fs.FS
	Folder string
	// Versions is the table that says which steps were taken. No two schemas share one.
	Versions string
}

// migrate brings the schema up to date; of several processes that begin at once one
// does, and the others wait.
func (s Schema) migrate(ctx context.Context, db *sql.DB) error {
	lock, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer discard(lock)
	if err := take(ctx, lock); err != nil {
		return err
	}
	return s.up(ctx, db)
}

// take locks the schemas of the database for as long as a connection lasts.
func take(ctx context.Context, c *sql.Conn) error {
	// It says nothing while another connection changes the schema.
	if err := wait(ctx, c, migrateMost); err != nil {
		return err
	}
	// A name is the server's, not the database's.
	var locked sql.NullInt64
	row := c.QueryRowContext(ctx, `SELECT GET_LOCK(CONCAT('hubbub ', LEFT(DATABASE(), 50)), ?)`, int64(migrateWait/time.Second))
	if err := row.Scan(&locked); err != nil {
		return err
	}
	if locked.Int64 != 1 {
		return fmt.Errorf("another process has been changing the schema for %v", migrateWait)
	}
	return nil
}

// wait has the server bear with a connection that says nothing for so long.
func wait(ctx context.Context, c *sql.Conn, most time.Duration) error {
	_, err := c.ExecContext(ctx, `SET SESSION wait_timeout = ?`, int64(most/time.Second))
	return err
}

// discard closes a connection that is not as the others are any more.
func discard(c *sql.Conn) {
	_ = c.Raw(func(any) error { return driver.ErrBadConn }) // if it broke it is closed already
}

func (s Schema) up(ctx context.Context, db *sql.DB) error {
	steps, err := fs.Sub(s.Steps, s.Folder)
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectMySQL, db, steps, goose.WithTableName(s.Versions), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	there, known, err := p.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the schema's version: %w", err)
	case there > known:
		return fmt.Errorf("%w: its schema is %d, this one knows up to %d", ErrNewer, there, known)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}
