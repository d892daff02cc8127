package mysqlepochs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
)

// Partitions are how many a topic has.
type Partitions struct {
	Now int // 0: as many as designed
	// Moving is how many it is to have. Until it has, nobody may use it; 0: it stays.
	Moving int
}

// Partitions returns how many a topic has.
func (e *Epochs) Partitions(ctx context.Context, topic eventlog.Topic) (p Partitions, err error) {
	err = e.db.QueryRowContext(ctx, `SELECT partitions, moving FROM log_partitions WHERE topic = ?`, string(topic)).Scan(&p.Now, &p.Moving)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Partitions{}, fmt.Errorf("ask how many partitions topic %s has: %w", topic, err)
	}
	return p, nil
}

// SetPartitions notes how many a topic has.
func (e *Epochs) SetPartitions(ctx context.Context, topic eventlog.Topic, p Partitions) error {
	err := mysqldb.Insist(ctx, func() error {
		_, err := e.db.ExecContext(ctx, `INSERT INTO log_partitions (topic, partitions, moving) VALUES (?, ?, ?)
			ON DUPLICATE KEY UPDATE partitions = VALUES(partitions), moving = VALUES(moving)`, string(topic), p.Now, p.Moving)
		return err
	})
	if err != nil {
		return fmt.Errorf("note how many partitions topic %s has: %w", topic, err)
	}
	return nil
}
