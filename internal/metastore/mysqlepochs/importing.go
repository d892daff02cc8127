package mysqlepochs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

// What an import notes stands where the id of a topic would, with the highest epoch that
// was given out before it: whoever comes next gets a higher one.
const (
	begun = "importing "
	done  = "imported "
)

// Importing returns the name of the import that was begun and not ended, or "".
func (e *Epochs) Importing(ctx context.Context) (name string, err error) {
	if name, err = importing(ctx, e.db); err != nil {
		return "", fmt.Errorf("ask for an import that was begun: %w", err)
	}
	return name, nil
}

func importing(ctx context.Context, db interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}) (string, error) {
	var id string
	err := db.QueryRowContext(ctx, `SELECT id FROM log_epochs WHERE id LIKE ? LIMIT 1`, begun+"%").Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return strings.TrimPrefix(id, begun), err
}

// BeginImport notes that an import of a name of up to 40 characters is begun, of
// positions whose epochs are at most newest. Until EndImport Of gives no epochs, and
// then only higher ones. Nobody may be using the log. A repeat changes nothing.
func (e *Epochs) BeginImport(ctx context.Context, name string, newest uint32) error {
	err := mysqldb.Transact(ctx, e.db, sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *sql.Tx) error {
		for _, topic := range eventlog.Topics {
			var highest uint32
			err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(epoch), 0) FROM log_epochs WHERE topic = ?`, string(topic)).Scan(&highest)
			if err != nil {
				return err
			}
			// The topic that is there had nothing in its epoch, and is to get a new one.
			if _, err := tx.ExecContext(ctx, `DELETE FROM log_epochs WHERE topic = ?`, string(topic)); err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO log_epochs (topic, epoch, id) VALUES (?, ?, ?)`, string(topic), max(highest, newest), begun+name)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("note that an import is begun: %w", err)
	}
	return nil
}

// EndImport notes that the import is done.
func (e *Epochs) EndImport(ctx context.Context) error {
	err := mysqldb.Insist(ctx, func() error {
		_, err := e.db.ExecContext(ctx, `UPDATE log_epochs SET id = REPLACE(id, ?, ?) WHERE id LIKE ?`, begun, done, begun+"%")
		return err
	})
	if err != nil {
		return fmt.Errorf("note that an import is done: %w", err)
	}
	return nil
}
