package sqlitetally

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed schema/*.sql
var schema embed.FS

// applicationID stands in the file's header: "hubt". It tells the file from any
// other SQLite file, hubbub's others included.
const applicationID = 0x68756274

var (
	errForeign = errors.New("it is a database of another kind")
	errNewer   = errors.New("it was written by a newer version of hubbub")
)

// migrate brings the schema up to date, or refuses that of a newer version.
func migrate(ctx context.Context, db *sql.DB) error {
	steps, err := fs.Sub(schema, "schema")
	if err != nil {
		return err
	}
	m, err := goose.NewProvider(goose.DialectSQLite3, db, steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	current, newest, err := m.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if current > newest {
		return fmt.Errorf("%w: its schema is %d, this one knows up to %d", errNewer, current, newest)
	}
	if _, err := m.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

// claim marks an empty file as ours, and refuses any other that is not marked. It
// has a connection of its own, without the write-ahead log: switching that on
// would write into a file that may be somebody else's.
func claim(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", source(path, "busy_timeout(5000)"))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var id, tables int
	if err := db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id); err != nil {
		return err
	}
	if id == applicationID {
		return nil
	}
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	if id != 0 || tables != 0 {
		return errForeign
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d`, applicationID))
	return err
}
