// Package mysqldb opens databases of a MySQL 8 server for what hubbub keeps in them: it
// sets what all of that relies on, brings schemas up to date, and runs transactions
// again that lost to others. What is in the tables is their adapter's; only adapters
// import this.
//
// Several processes may use a database, and several adapters, each with a schema of
// its own. A connection that the server closed, by a restart for instance, is replaced
// when it is needed next.
package mysqldb

import (
	"cmp"
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/hubbub-live/hubbub/internal/engine"
)

const (
	connections = 8
	// idle is how long a connection is kept unused: less than servers and what is
	// between usually do.
	idle = 20 * time.Second
	dial = 10 * time.Second
	// held is how long the server waits, s, for a process that has a transaction under
	// way and says nothing: one that is frozen holds up nobody for longer.
	held = "30"
	// silence is how long an answer may take: longer than any statement does, those
	// that wait for migrateWait among them. A server that vanished says nothing, and a
	// commit does not end with its context.
	silence = migrateWait + 30*time.Second
)

// Open opens the database of a DSN, user:password@tcp(host:port)/database, which has
// to exist, and brings a schema in it up to date. What hubbub relies on is set whatever
// the DSN says of it; how long is waited is what the DSN says, if it does. The error,
// which may be ErrNewer, names the database and never the password.
func Open(ctx context.Context, dsn string, schema Schema) (*sql.DB, error) {
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, fmt.Errorf("read the address of a database: %w", err)
	}
	if err := insist(c); err != nil {
		return nil, err
	}
	db, err := open(ctx, c, schema)
	if err != nil {
		return nil, fmt.Errorf("database %s at %s: %w", c.DBName, c.Addr, refused(err))
	}
	return db, nil
}

func open(ctx context.Context, c *mysql.Config, schema Schema) (*sql.DB, error) {
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(idle)
	if err := schema.migrate(ctx, db); err != nil {
		_ = db.Close() // that it could not be opened says more
		return nil, err
	}
	return db, nil
}

// Authorities is a parameter of a DSN with tls=true: the file of those that the server's
// certificate may be of, as PEM, in place of the system's.
const Authorities = "hubbub-ca"

// insist sets what the stores rely on.
func insist(c *mysql.Config) error {
	if file := c.Params[Authorities]; file != "" {
		delete(c.Params, Authorities)
		if c.TLS == nil {
			return fmt.Errorf("a DSN with %s needs tls=true", Authorities)
		}
		trust, err := engine.Trust(file)
		if err != nil {
			return err
		}
		c.TLS.RootCAs = trust.RootCAs
	}
	if c.TLS != nil {
		c.TLS.CipherSuites = suites()
	}
	c.InterpolateParams = true // one round trip a statement
	c.ClientFoundRows = true   // an update that changes nothing has found its row
	c.Collation = "utf8mb4_bin"
	c.Loc = time.UTC
	c.Logger = &mysql.NopLogger{} // it tells of connections that were replaced
	c.Timeout = cmp.Or(c.Timeout, dial)
	c.ReadTimeout, c.WriteTimeout = cmp.Or(c.ReadTimeout, silence), cmp.Or(c.WriteTimeout, silence)
	if c.Params == nil {
		c.Params = map[string]string{}
	}
	c.Params["wait_timeout"] = cmp.Or(c.Params["wait_timeout"], held)
	// Strict: a value that is too long is an error and never cut. ANSI: || and " mean
	// what they mean in SQLite.
	c.Params["sql_mode"] = "'STRICT_ALL_TABLES,ANSI_QUOTES,PIPES_AS_CONCAT,NO_ENGINE_SUBSTITUTION'"
	c.Params["time_zone"] = "'+00:00'"
	// A statement that waits for a lock is tried again, and again: not for a minute each.
	c.Params["innodb_lock_wait_timeout"] = "5"
	return nil
}

// suites are Go's, and two without an ephemeral key: servers before 8.0.16 know no other
// that Go knows. One that has a better one takes that.
func suites() (list []uint16) {
	for _, s := range tls.CipherSuites() {
		list = append(list, s.ID)
	}
	return append(list, tls.TLS_RSA_WITH_AES_256_GCM_SHA384, tls.TLS_RSA_WITH_AES_128_GCM_SHA256)
}

// refused marks that the server does not take user or password (ER_ACCESS_DENIED_ERROR,
// and ER_ACCESS_DENIED_NO_PASSWORD_ERROR of plugins).
func refused(err error) error {
	var e *mysql.MySQLError
	if errors.As(err, &e) && (e.Number == 1045 || e.Number == 1698) {
		return fmt.Errorf("%w: %w", engine.ErrPassword, err)
	}
	return err
}
