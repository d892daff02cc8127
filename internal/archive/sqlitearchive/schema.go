package sqlitearchive

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

// applicationID stands in the file's header: "hubb". It tells an archive from
// any other SQLite file.
const applicationID = 0x68756262

var (
	errForeign = errors.New("it is a database of another program")
	errNewer   = errors.New("it was written by a newer version of hubbub")
)

// migrate brings the schema up to date, or refuses the file unchanged.
func migrate(ctx context.Context, db *sql.DB) error {
	if err := claim(ctx, db); err != nil {
		return err
	}
	steps, err := fs.Sub(schema, "schema")
	if err != nil {
		return err
	}
	migrations, err := goose.NewProvider(goose.DialectSQLite3, db, steps, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read the schema: %w", err)
	}
	current, newest, err := migrations.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if current > newest {
		return fmt.Errorf("%w: its schema is %d, this one knows up to %d", errNewer, current, newest)
	}
	if _, err := migrations.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

// claim marks an empty file as an archive, and refuses any other that is not marked.
func claim(ctx context.Context, db *sql.DB) error {
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
	_, err := db.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d`, applicationID))
	return err
}
