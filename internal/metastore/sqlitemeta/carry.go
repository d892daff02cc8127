package sqlitemeta

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hubbub-live/hubbub/internal/metastore"
)

// Schema returns which schema the file has.
func (s *Store) Schema(ctx context.Context) (version int64, err error) {
	if err := s.reader.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version`).Scan(&version); err != nil {
		return 0, fmt.Errorf("read the version of users and streams: %w", err)
	}
	return version, nil
}

// Rows gives every row of a carried table, in the order of its key.
func (s *Store) Rows(ctx context.Context, table string, give func(metastore.Row) error) error {
	if err := s.rows(ctx, table, give); err != nil {
		return fmt.Errorf("read the table %s: %w", table, err)
	}
	return nil
}

func (s *Store) rows(ctx context.Context, table string, give func(metastore.Row) error) error {
	columns, err := columnsOf(ctx, s.reader, table)
	if err != nil {
		return err
	}
	var names, key []string
	for _, c := range columns {
		names = append(names, c.name)
		if c.key {
			key = append(key, c.name)
		}
	}
	query := `SELECT ` + strings.Join(names, ", ") + ` FROM ` + table + ` ORDER BY ` + strings.Join(key, ", ")
	rows, err := s.reader.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	values, places := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		row := make(metastore.Row, len(names))
		for i, name := range names {
			row[name] = values[i]
		}
		if err := give(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

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
// may insert rows into carried tables, as read from JSON: numbers as json.Number,
// bytes as base64. All of them are there, or after an error none. Open brings the
// schema up to date. The error may be sqlitefile.ErrNewer.
func Load(ctx context.Context, path string, version int64, fill func(insert func(table string, row metastore.Row) error) error) error {
	db, err := kind.OpenAt(ctx, path, version)
	if err != nil {
		return fmt.Errorf("make users and streams in %s: %w", path, err)
	}
	return errors.Join(load(ctx, db, fill), db.Close())
}

func load(ctx context.Context, db *sql.DB, fill func(func(string, metastore.Row) error) error) error {
	columns := map[string][]column{}
	for _, table := range metastore.Carried {
		found, err := columnsOf(ctx, db, table)
		if err != nil {
			return fmt.Errorf("read the columns of %s: %w", table, err)
		}
		columns[table] = found
	}
	return inTx(ctx, db, func(tx *sql.Tx) error {
		return fill(func(table string, row metastore.Row) error {
			if err := insert(ctx, tx, table, columns[table], row); err != nil {
				return fmt.Errorf("add a row to %s: %w", table, err)
			}
			return nil
		})
	})
}

func insert(ctx context.Context, tx *sql.Tx, table string, columns []column, row metastore.Row) error {
	var names []string
	var values []any
	for name, value := range row {
		i := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
		if i < 0 {
			return fmt.Errorf("there is no column %q", name)
		}
		value, err := columns[i].value(value)
		if err != nil {
			return err
		}
		names, values = append(names, name), append(values, value)
	}
	places := strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ")
	_, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) VALUES (`+places+`)`, values...)
	return err
}

// A column is what is known of one.
type column struct {
	name  string
	bytes bool
	key   bool // part of the primary key
}

// value is a value of JSON as the column takes it.
func (c column) value(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.Float64()
	case string:
		if c.bytes {
			return base64.StdEncoding.DecodeString(v)
		}
		return v, nil
	case nil:
		return nil, nil
	}
	return nil, fmt.Errorf("column %s cannot have a %T", c.name, v)
}

// columnsOf returns the columns of a table; none if there is no such table.
func columnsOf(ctx context.Context, db *sql.DB, table string) (columns []column, err error) {
	rows, err := db.QueryContext(ctx, `SELECT name, type, pk FROM pragma_table_info(?)`, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var c column
		var kind string
		var key int
		if err := rows.Scan(&c.name, &kind, &key); err != nil {
			return nil, err
		}
		c.bytes, c.key = kind == "BLOB", key > 0
		columns = append(columns, c)
	}
	return columns, rows.Err()
}
