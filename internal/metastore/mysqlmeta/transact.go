package mysqlmeta

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/hubbub-live/hubbub/internal/metastore/sqlmeta/query"
)

// Errors of MySQL, by number.
const (
	duplicate = 1062
	lockWait  = 1205
	deadlock  = 1213
)

const (
	tries    = 30 // of those who deadlock one goes on, so this is for about as many at once
	maxPause = 50 * time.Millisecond
)

// transact runs f in a transaction, again if it lost to others. SERIALIZABLE has what
// f reads stay as it is until the commit, which a count that bounds something needs.
func (s *Store) transact(ctx context.Context, f func(*query.Queries) error) error {
	return insisting(ctx, func() error {
		tx, err := s.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable})
		if err != nil {
			return err
		}
		if err := f(query.New(statements{on: tx})); err != nil {
			_ = tx.Rollback() // the server undoes it if this fails: the connection is gone then
			return err
		}
		return tx.Commit()
	})
}

// insisting calls f until it does not lose to other transactions, with pauses, at most
// tries times. What lost is undone by then.
func insisting(ctx context.Context, f func() error) (err error) {
	for range tries {
		if err = f(); !lost(err) {
			return err
		}
		pause := time.NewTimer(rand.N(maxPause)) // else they meet again
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return errors.Join(context.Cause(ctx), err)
		}
	}
	return err
}

// lost says whether the server gave up for the sake of another transaction.
func lost(err error) bool { return is(err, deadlock) || is(err, lockWait) }

// taken says whether err is that a row with this key is there already.
func taken(err error) bool { return is(err, duplicate) }

func is(err error, number uint16) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && e.Number == number
}
