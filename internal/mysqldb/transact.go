package mysqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/go-sql-driver/mysql"
)

// Errors of MySQL, by number.
const (
	crowded   = 1040
	stopping  = 1053
	duplicate = 1062
	lockWait  = 1205
	deadlock  = 1213
)

const (
	tries    = 30 // of those who deadlock one goes on, so this is for about as many at once
	maxPause = 50 * time.Millisecond
)

// Transact commits what f did when f returns nil, and else undoes it. If it lost to
// other transactions, f is called again, after what it did was undone. The error is
// f's or the database's own; after one of the latter it may be committed.
func Transact(ctx context.Context, db *sql.DB, o sql.TxOptions, f func(*sql.Tx) error) error {
	return Insist(ctx, func() error {
		tx, err := db.BeginTx(ctx, &o)
		if err != nil {
			return err
		}
		if err := f(tx); err != nil {
			_ = tx.Rollback() // the server undoes it if this fails: the connection is gone then
			return err
		}
		return tx.Commit()
	})
}

// longMost is how long a long transaction may say nothing.
const longMost = 24 * time.Hour

// Long is a transaction that may wait for other things for hours. It is done once: the
// error is f's or the database's own, after which it may be committed.
func Long(ctx context.Context, db *sql.DB, f func(*sql.Tx) error) error {
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer discard(c)
	if err := wait(ctx, c, longMost); err != nil {
		return err
	}
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // the server undoes it if this fails: the connection is gone then
		return err
	}
	return tx.Commit()
}

// Insist calls f, which is a statement or a transaction, until it does not lose to
// other transactions, with pauses, at most 30 times.
//
// What lost is not there, or is undone by f, so it does no harm to call f again: the
// server says that it gave up for the sake of another, also of a commit. Nothing else
// is tried again. A connection that broke may have broken between a commit and its
// answer, and whoever repeats that without a look does it twice.
func Insist(ctx context.Context, f func() error) (err error) {
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

// Passing says whether the server may answer the next time: it went away while it was
// asked, is about to, or has no connection left.
func Passing(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, mysql.ErrInvalidConn) || is(err, crowded) || is(err, stopping)
}

// Taken says whether err is that a row with this key is there already.
func Taken(err error) bool { return is(err, duplicate) }

func is(err error, number uint16) bool {
	var e *mysql.MySQLError
	return errors.As(err, &e) && e.Number == number
}
