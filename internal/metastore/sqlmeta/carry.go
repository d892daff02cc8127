package sqlmeta

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/hubbub-live/hubbub/internal/metastore"
)

// A Column is what is known of a column of a table.
type Column struct {
	Name  string
	Bytes bool // and not text
	Key   bool // part of the primary key
}

// Columns returns the columns of a table that have values of their own, in the order of
// the table; none if there is no such table.
type Columns func(ctx context.Context, table string) ([]Column, error)

// Schema returns which schema the database has.
func (s *Store) Schema(ctx context.Context) (version int64, err error) {
	if err := s.tables.QueryRowContext(ctx, `SELECT max(version_id) FROM goose_db_version`).Scan(&version); err != nil {
		return 0, fmt.Errorf("read the version of users and streams: %w", err)
	}
	return version, nil
}

// Rows gives every row of a carried table, in the order of its key. Of one site they
// are the same, whichever database has them.
func (s *Store) Rows(ctx context.Context, table string, give func(metastore.Row) error) error {
	if err := s.rows(ctx, table, give); err != nil {
		return fmt.Errorf("read the table %s: %w", table, err)
	}
	return nil
}

func (s *Store) rows(ctx context.Context, table string, give func(metastore.Row) error) error {
	columns, err := s.columns(ctx, table)
	if err != nil {
		return err
	}
	var names, key []string
	for _, c := range columns {
		names = append(names, c.Name)
		if c.Key {
			key = append(key, c.Name)
		}
	}
	query := `SELECT ` + strings.Join(names, ", ") + ` FROM ` + table + ` ORDER BY ` + strings.Join(key, ", ")
	rows, err := s.tables.QueryContext(ctx, query)
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
		for i, c := range columns {
			row[c.Name] = c.given(values[i])
		}
		if err := give(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// A Fill inserts rows into carried tables, as read from JSON: numbers as json.Number,
// bytes as base64.
type Fill func(insert func(table string, row metastore.Row) error) error

// FillIn calls fill for the tables in a transaction.
func FillIn(ctx context.Context, tx *sql.Tx, of Columns, fill Fill) error {
	columns := map[string][]Column{}
	for _, table := range metastore.Carried {
		found, err := of(ctx, table)
		if err != nil {
			return fmt.Errorf("read the columns of %s: %w", table, err)
		}
		columns[table] = found
	}
	return fill(func(table string, row metastore.Row) error {
		if err := insert(ctx, tx, table, columns[table], row); err != nil {
			return fmt.Errorf("add a row to %s: %w", table, err)
		}
		return nil
	})
}

func insert(ctx context.Context, tx *sql.Tx, table string, columns []Column, row metastore.Row) error {
	var names []string
	var values []any
	for name, value := range row {
		i := slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })
		if i < 0 {
			return fmt.Errorf("there is no column %q", name)
		}
		value, err := columns[i].taken(value)
		if err != nil {
			return err
		}
		names, values = append(names, name), append(values, value)
	}
	places := strings.TrimSuffix(strings.Repeat("?, ", len(names)), ", ")
	_, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) VALUES (`+places+`)`, values...)
	return err
}

// given is a value of the column as a row has it: drivers give text as bytes, some of
// them.
func (c Column) given(v any) any {
	if text, ok := v.([]byte); ok && !c.Bytes {
		return string(text)
	}
	return v
}

// taken is a value of JSON as the column takes it.
func (c Column) taken(v any) (any, error) {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.Float64()
	case string:
		if c.Bytes {
			return base64.StdEncoding.DecodeString(v)
		}
		return v, nil
	case nil:
		return nil, nil
	}
	return nil, fmt.Errorf("column %s cannot have a %T", c.Name, v)
}
