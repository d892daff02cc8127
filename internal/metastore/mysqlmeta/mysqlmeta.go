// Package mysqlmeta keeps users and streams in a database of a MySQL 8 server. It
// owns their tables; only internal/app should import it.
//
// Several processes may use the database. A connection that the server closed, by a
// restart for instance, is replaced when it is needed next.
package mysqlmeta

import (
	"context"
	"database/sql"
	"embed"
	"fmt"

	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta/query"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// schema has the name for its versions that goose gives.
var schema = mysqldb.Schema{Steps: migrations, Folder: "migrations", Versions: "goose_db_version"}

// A Store is the database. Its methods are those of account.Store and streams.Store.
type Store struct {
	*sqlmeta.Store
	db *sql.DB
}

// Open opens the database of a DSN, user:password@tcp(host:port)/database, which has
// to exist, and brings its schema up to date. What hubbub relies on is set whatever
// the DSN says of it. It refuses a schema of a newer version.
func Open(ctx context.Context, dsn string) (*Store, error) {
	db, err := mysqldb.Open(ctx, dsn, schema)
	if err != nil {
		return nil, fmt.Errorf("open users and streams: %w", err)
	}
	alone := query.New(statements{on: db, alone: true})
	s := &Store{db: db}
	s.Store = sqlmeta.New(sqlmeta.Database{Write: alone, Read: alone, Transact: s.transact, Taken: mysqldb.Taken, Tables: db, Columns: columnsOf(db)})
	return s, nil
}

// Close waits for calls under way and closes the connections. It may be called twice.
func (s *Store) Close() error { return s.db.Close() }

// transact is sqlmeta's. SERIALIZABLE has what f reads stay as it is until the commit,
// which a count that bounds something needs.
func (s *Store) transact(ctx context.Context, f func(*query.Queries) error) error {
	return mysqldb.Transact(ctx, s.db, sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *sql.Tx) error {
		return f(query.New(statements{on: tx}))
	})
}
