// Package mysqlmeta keeps users and streams in a database of a MySQL 8 server. It
// owns the database's schema; only internal/app should import it.
//
// Several processes may use the database. A connection that the server closed, by a
// restart for instance, is replaced when it is needed next.
package mysqlmeta

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta/query"
)

const (
	connections = 8
	// idle is how long a connection is kept unused: less than servers and what is
	// between usually do.
	idle = time.Minute
)

// A Store is the database. Its methods are those of account.Store and streams.Store.
type Store struct {
	*sqlmeta.Store
	db *sql.DB
}

// Open opens the database of a DSN, user:password@tcp(host:port)/database, which has
// to exist, and brings its schema up to date. What hubbub relies on is set whatever
// the DSN says of it. It refuses a schema of a newer version.
func Open(ctx context.Context, dsn string) (*Store, error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the address of users and streams: %w", err) // without the password
	}
	insist(c)
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("reach users and streams at %s: %w", c.Addr, err)
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(idle)
	if err := migrate(ctx, db); err != nil {
		_ = db.Close() // that it could not be opened says more
		return nil, fmt.Errorf("open users and streams in %s at %s: %w", c.DBName, c.Addr, err)
	}
	alone := query.New(statements{on: db, alone: true})
	s := &Store{db: db}
	s.Store = sqlmeta.New(sqlmeta.Database{Write: alone, Read: alone, Transact: s.transact, Taken: taken})
	return s, nil
}

// insist sets what the store relies on.
func insist(c *mysql.Config) {
	c.InterpolateParams = true // one round trip a statement
	c.ClientFoundRows = true   // an update that changes nothing has found its row
	c.Collation = "utf8mb4_bin"
	c.Loc = time.UTC
	c.Logger = &mysql.NopLogger{} // it tells of connections that were replaced
	if c.Params == nil {
		c.Params = map[string]string{}
	}
	// Strict: a value that is too long is an error and never cut. ANSI: || and " mean
	// what they mean in SQLite.
	c.Params["sql_mode"] = "'STRICT_ALL_TABLES,ANSI_QUOTES,PIPES_AS_CONCAT,NO_ENGINE_SUBSTITUTION'"
	c.Params["time_zone"] = "'+00:00'"
	// A statement that waits for a lock is tried again, and again: not for a minute each.
	c.Params["innodb_lock_wait_timeout"] = "5"
}

// Close waits for calls under way and closes the connections. It may be called twice.
func (s *Store) Close() error { return s.db.Close() }
