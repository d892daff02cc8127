// Package mysqlepochs counts the epochs of the log's topics, in the database of users
// and streams: a topic that was deleted and made anew has another id, and positions of
// a higher epoch. Only internal/app should import it.
package mysqlepochs

import (
	"cmp"
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"

	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

//go:embed schema/*.sql
var steps embed.FS

var schema = mysqldb.Schema{Steps: steps, Folder: "schema", Versions: "epochs_db_version"}

// ErrImporting is why Of gives no epoch: who went on from here would take what is not
// whole for all there is.
var ErrImporting = errors.New("an import was begun here and is not done: run it again, with the same file, and it goes on")

// Epochs are in a database. The methods may be called concurrently, in several processes.
type Epochs struct{ db *sql.DB }

// Open opens the database of a DSN, which has to exist, and brings its schema up to
// date.
func Open(ctx context.Context, dsn string) (*Epochs, error) {
	db, err := mysqldb.Open(ctx, dsn, schema)
	if err != nil {
		return nil, fmt.Errorf("open the epochs of the log: %w", err)
	}
	return &Epochs{db}, nil
}

// Of returns the epoch of a topic with an id: always the same, and a higher one than
// any before when the id is new. It may be ErrImporting.
func (e *Epochs) Of(ctx context.Context, topic eventlog.Topic, id string) (epoch uint32, err error) {
	err = mysqldb.Transact(ctx, e.db, sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *sql.Tx) error {
		if file, err := importing(ctx, tx); err != nil || file != "" {
			return cmp.Or(err, ErrImporting)
		}
		err := tx.QueryRowContext(ctx, `SELECT epoch FROM log_epochs WHERE topic = ? AND id = ?`, string(topic), id).Scan(&epoch)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		err = tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(epoch), 0) + 1 FROM log_epochs WHERE topic = ?`, string(topic)).Scan(&epoch)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO log_epochs (topic, epoch, id) VALUES (?, ?, ?)`, string(topic), epoch, id)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("ask for the epoch of topic %s with id %s: %w", topic, id, err)
	}
	return epoch, nil
}

// Close closes the connections. It may be called twice.
func (e *Epochs) Close() error { return e.db.Close() }
