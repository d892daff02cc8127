package mysqlmeta

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/hubbub-live/hubbub/internal/metastore"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

// Why rows are not taken; nothing is changed then.
var (
	ErrNotEmpty = errors.New("it is not empty")
	// ErrSchema: there are no tables of an older schema here to bring up to date.
	ErrSchema = errors.New("the rows are of another schema: import them into a data folder with this version of hubbub, and what that exports into the cluster")
)

// Load calls fill, which may insert rows of a schema into carried tables, all of which
// have to be empty. All rows are there when it returns, or after an error none; after
// one of the database's own maybe all.
func (s *Store) Load(ctx context.Context, version int64, fill sqlmeta.Fill) error {
	if err := s.load(ctx, version, fill); err != nil {
		return fmt.Errorf("fill users and streams: %w", err)
	}
	return nil
}

func (s *Store) load(ctx context.Context, version int64, fill sqlmeta.Fill) error {
	known, err := s.Schema(ctx)
	if err != nil {
		return err
	}
	if version != known {
		return fmt.Errorf("%w: they are of schema %d, this one is %d", ErrSchema, version, known)
	}
	return mysqldb.Long(ctx, s.db, func(tx *sql.Tx) error {
		for _, table := range metastore.Carried {
			var any bool
			if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+table+`)`).Scan(&any); err != nil {
				return err
			}
			if any {
				return fmt.Errorf("%w: there are %s", ErrNotEmpty, table)
			}
		}
		return sqlmeta.FillIn(ctx, tx, columnsOf(s.db), fill)
	})
}

// columnsOf are the columns of the tables of a database. What is bytes in SQLite is in
// no carried table; VARBINARY is text that is compared as it is.
func columnsOf(db *sql.DB) sqlmeta.Columns {
	return func(ctx context.Context, table string) (columns []sqlmeta.Column, err error) {
		rows, err := db.QueryContext(ctx, `SELECT column_name, column_key = 'PRI' FROM information_schema.columns
			WHERE table_schema = DATABASE() AND table_name = ? AND generation_expression = '' ORDER BY ordinal_position`, table)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			var c sqlmeta.Column
			if err := rows.Scan(&c.Name, &c.Key); err != nil {
				return nil, err
			}
			columns = append(columns, c)
		}
		return columns, rows.Err()
	}
}
