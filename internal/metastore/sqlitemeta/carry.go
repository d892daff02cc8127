package sqlitemeta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta"
)

// Newest is the version of the schema that this program knows: the number that the
// name of its last step begins with.
func Newest() (version int64) {
	steps, err := migrations.ReadDir(kind.Folder)
	if err == nil {
		_, err = fmt.Sscanf(steps[len(steps)-1].Name(), "%d_", &version)
	}
	if err != nil { // they are in the program
		panic(err)
	}
	return version
}

// Load makes the file at path, with the schema of a version, and calls fill, which
// may insert rows into carried tables. All of them are there, or after an error none.
// Open brings the schema up to date. The error may be sqlitefile.ErrNewer.
func Load(ctx context.Context, path string, version int64, fill sqlmeta.Fill) error {
	db, err := kind.OpenAt(ctx, path, version)
	if err != nil {
		return fmt.Errorf("make users and streams in %s: %w", path, err)
	}
	return errors.Join(load(ctx, db, fill), db.Close())
}

func load(ctx context.Context, db *sql.DB, fill sqlmeta.Fill) error {
	return inTx(ctx, db, func(tx *sql.Tx) error { return sqlmeta.FillIn(ctx, tx, columnsIn(tx), fill) })
}

// A querier is a database, or a transaction: there may be one connection alone.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// columnsIn are the columns of the tables of a file.
func columnsIn(db querier) sqlmeta.Columns {
	return func(ctx context.Context, table string) (columns []sqlmeta.Column, err error) {
		rows, err := db.QueryContext(ctx, `SELECT name, type = 'BLOB', pk > 0 FROM pragma_table_info(?)`, table)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var c sqlmeta.Column
			if err := rows.Scan(&c.Name, &c.Bytes, &c.Key); err != nil {
				return nil, err
			}
			columns = append(columns, c)
		}
		return columns, rows.Err()
	}
}
