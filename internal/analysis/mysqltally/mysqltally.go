// Package mysqltally keeps the tallies of all streams, their closed minutes, and how
// far they go, in a database of a MySQL 8 server, beside users and streams. It owns
// their tables; only internal/app should import it.
//
// Several workers may use the database, one for each partition and, while partitions
// move, for a moment two. The cursor's row keeps them apart: who did not read it as it
// is stores nothing. A worker that is frozen while it saves holds up the next one of
// that partition for half a minute at most.
package mysqltally

import (
	"context"
	"database/sql"
	"embed"
	"fmt"

	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

//go:embed schema/*.sql
var steps embed.FS

var schema = mysqldb.Schema{Steps: steps, Folder: "schema", Versions: "tally_versions"}

// A Store is a worker.Store in a database of MySQL.
type Store struct {
	db *sql.DB
}

var _ worker.Store = (*Store)(nil)

// Open opens the database of a DSN, user:password@tcp(host:port)/database, which has
// to exist, and brings the tallies' schema up to date. What hubbub relies on is set
// whatever the DSN says of it. It refuses a schema of a newer version.
func Open(ctx context.Context, dsn string) (*Store, error) {
	db, err := mysqldb.Open(ctx, dsn, schema)
	if err != nil {
		return nil, fmt.Errorf("open the tallies: %w", err)
	}
	return &Store{db}, nil
}

// Clear removes everything.
func (s *Store) Clear(ctx context.Context) error {
	err := mysqldb.Transact(ctx, s.db, sql.TxOptions{}, func(tx *sql.Tx) error {
		for _, table := range []string{"tally_cursors", "tallies", "tally_minutes", "kept_results"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("clear the tallies: %w", err)
	}
	return nil
}

// Close waits for calls under way and closes the connections. It may be called twice.
func (s *Store) Close() error { return s.db.Close() }
