// Package sqlmeta keeps users and streams in SQL tables, whichever database has
// them. How it is reached, and what is its own, an adapter says in a Database; only
// adapters import this.
package sqlmeta

import (
	"context"
	"database/sql"

	"github.com/hubbub-live/hubbub/internal/account"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta/query"
	"github.com/hubbub-live/hubbub/internal/streams"
)

// A Database is what differs from one database to another.
type Database struct {
	// Write and Read are outside of a transaction: each change is a commit, and what
	// is read is committed.
	Write, Read *query.Queries
	// Transact commits what f did when f returns nil, and else undoes it. No other
	// transaction is seen in between, as if one came after the other. It may call f
	// again, after undoing what it did. The error is f's or the database's own.
	Transact func(ctx context.Context, f func(*query.Queries) error) error
	// Taken says whether err is that a row with this key is there already. The
	// transaction goes on after it.
	Taken func(err error) bool
	// Tables reads whole tables, whose columns are Columns.
	Tables  *sql.DB
	Columns Columns
}

// A Store is the tables. Its methods are those of account.Store and streams.Store.
type Store struct {
	write, read *query.Queries
	transact    func(context.Context, func(*query.Queries) error) error
	taken       func(error) bool
	tables      *sql.DB
	columns     Columns
}

var (
	_ account.Store = (*Store)(nil)
	_ streams.Store = (*Store)(nil)
)

// New returns the store of a database whose schema is up to date. It has nothing to
// close.
func New(db Database) *Store {
	return &Store{write: db.Write, read: db.Read, transact: db.Transact, taken: db.Taken, tables: db.Tables, columns: db.Columns}
}
