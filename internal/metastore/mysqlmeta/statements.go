package mysqlmeta

import (
	"context"
	"database/sql"
	"regexp"
	"strconv"

	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta/query"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

// statements takes the statements of package query, whose arguments may have numbers,
// ?2, where MySQL knows their order alone.
type statements struct {
	on    query.DBTX
	alone bool // outside of a transaction: what loses to one is tried again
}

func (s statements) ExecContext(ctx context.Context, text string, args ...any) (result sql.Result, err error) {
	text, args = inOrder(text, args)
	exec := func() error {
		result, err = s.on.ExecContext(ctx, text, args...)
		return err
	}
	if s.alone {
		err = mysqldb.Insist(ctx, exec)
	} else {
		err = exec()
	}
	return result, err
}

func (s statements) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	text, args = inOrder(text, args)
	return s.on.QueryContext(ctx, text, args...)
}

func (s statements) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	text, args = inOrder(text, args)
	return s.on.QueryRowContext(ctx, text, args...)
}

// PrepareContext is there for query.DBTX: arguments are written into the statement.
func (s statements) PrepareContext(ctx context.Context, text string) (*sql.Stmt, error) {
	return s.on.PrepareContext(ctx, text)
}

var numbered = regexp.MustCompile(`\?[0-9]+`)

// inOrder repeats arguments as a statement names them. sqlc numbers all or none.
func inOrder(text string, args []any) (string, []any) {
	var ordered []any
	plain := numbered.ReplaceAllStringFunc(text, func(place string) string {
		n, err := strconv.Atoi(place[1:])
		if err != nil || n < 1 || n > len(args) {
			return place // which MySQL refuses
		}
		ordered = append(ordered, args[n-1])
		return "?"
	})
	if plain == text {
		return text, args
	}
	return plain, ordered
}
