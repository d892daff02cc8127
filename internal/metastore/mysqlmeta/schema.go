package mysqlmeta

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrNewer is why a database is refused; it is left as it is.
var ErrNewer = errors.New("it was written by a newer version of hubbub")

// migrate brings the schema up to date; of several processes that begin at once one
// does, and the others wait.
func migrate(ctx context.Context, db *sql.DB) (err error) {
	lock, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	// A name is the server's, not the database's. The lock ends with the connection too.
	var locked sql.NullInt64
	if err := lock.QueryRowContext(ctx, `SELECT GET_LOCK(CONCAT('hubbub ', LEFT(DATABASE(), 50)), 60)`).Scan(&locked); err != nil {
		return err
	}
	if locked.Int64 != 1 {
		return errors.New("another process has been changing the schema for a minute")
	}
	defer func() {
		_, unlocked := lock.ExecContext(context.WithoutCancel(ctx), `DO RELEASE_ALL_LOCKS()`)
		err = errors.Join(err, unlocked)
	}()
	return up(ctx, db)
}

func up(ctx context.Context, db *sql.DB) error {
	steps, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectMySQL, db, steps)
	if err != nil {
		return err
	}
	there, newest, err := versions(ctx, p)
	switch {
	case err != nil:
		return err
	case there > newest:
		return fmt.Errorf("%w: its schema is %d, and %d is known", ErrNewer, there, newest)
	}
	_, err = p.Up(ctx)
	return err
}

// versions returns the schema's and the newest that is known.
func versions(ctx context.Context, p *goose.Provider) (there, newest int64, err error) {
	steps := p.ListSources()
	there, err = p.GetDBVersion(ctx)
	return there, steps[len(steps)-1].Version, err
}
