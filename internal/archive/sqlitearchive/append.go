package sqlitearchive

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

// One row at a time with a prepared statement: faster here than many VALUES.
const insertEntry = `INSERT INTO entries (stream, epoch, n, time, kind, version, id, sender, erased, value)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`

const (
	addMessages = `INSERT INTO rooms (stream, messages) VALUES (?, ?)
		ON CONFLICT (stream) DO UPDATE SET messages = messages + excluded.messages`
	addTotal    = `UPDATE totals SET entries = entries + ?`
	addWithheld = `INSERT INTO withheld (stream, id) VALUES (?, ?) ON CONFLICT DO NOTHING`
	addClear    = `UPDATE rooms SET cleared_epoch = ?, cleared_n = ?
		WHERE stream = ? AND (cleared_epoch, cleared_n) < (?, ?)`
)

// Append stores entries in one transaction. ctx is asked before it begins; once
// begun it takes as long as the disk does.
func (a *Archive) Append(ctx context.Context, entries []archive.Entry) error {
	leave, err := a.enter()
	if err != nil {
		return err
	}
	defer leave()
	if len(entries) == 0 {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	err = a.transact(func(tx *sql.Tx) error {
		b := batch{tx: tx, insert: tx.Stmt(a.insert), messages: map[hubbub.StreamID]int64{}}
		for i := range entries {
			if err := b.add(a.asKept(&entries[i])); err != nil {
				return err
			}
		}
		return b.finish()
	})
	if err != nil {
		return fmt.Errorf("archive %d entries: %w", len(entries), err)
	}
	return nil
}

// transact runs f in a transaction of the writer; the caller holds a.mu. The
// driver starts a goroutine per statement for a context that can end, so it gets
// one that cannot.
func (a *Archive) transact(f func(*sql.Tx) error) error {
	tx, err := a.writer.BeginTx(context.Background(), nil)
	if err != nil {
		return interpret(err)
	}
	if err := f(tx); err != nil {
		_ = tx.Rollback() // the file is as it was, whether this succeeds or not
		return interpret(err)
	}
	return interpret(tx.Commit())
}

// A batch is what one transaction adds.
type batch struct {
	tx       *sql.Tx
	insert   *sql.Stmt
	args     [10]any
	total    int64
	messages map[hubbub.StreamID]int64 // new ones; has every stream with new entries
	removals []removal
}

type removal struct {
	stream hubbub.StreamID
	archive.Removal
}

func (b *batch) add(e archive.Entry) error {
	if e.Position.N > math.MaxInt64 {
		return fmt.Errorf("position %v of stream %s is too large", e.Position, e.Stream)
	}
	b.args = [...]any{string(e.Stream), int64(e.Position.Epoch), int64(e.Position.N), e.Time.UnixMilli(),
		e.Kind, int64(e.Version), string(e.ID), string(e.Sender), flag(e.Erased), blob(e.Value)}
	result, err := b.insert.Exec(b.args[:]...)
	if err != nil {
		return err
	}
	if added, err := result.RowsAffected(); err != nil || added == 0 {
		return err
	}
	b.total++
	if e.Kind == hubbub.KindMessage {
		b.messages[e.Stream]++
	} else {
		b.messages[e.Stream] += 0
	}
	if r, ok := archive.RemovalOf(&e); ok {
		b.removals = append(b.removals, removal{e.Stream, r})
	}
	return nil
}

// finish moves the counts and applies the removals.
func (b *batch) finish() error {
	if b.total == 0 {
		return nil
	}
	if _, err := b.tx.Exec(addTotal, b.total); err != nil {
		return err
	}
	for stream, n := range b.messages {
		if _, err := b.tx.Exec(addMessages, string(stream), n); err != nil {
			return err
		}
	}
	for _, r := range b.removals {
		if err := b.remove(r); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) remove(r removal) error {
	var err error
	if r.Message != "" {
		_, err = b.tx.Exec(addWithheld, string(r.stream), string(r.Message))
	} else {
		e, n := int64(r.Before.Epoch), number(r.Before)
		_, err = b.tx.Exec(addClear, e, n, string(r.stream), e, n)
	}
	return err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// blob makes nil an empty value, which the schema demands.
func blob(value []byte) []byte {
	if value == nil {
		return []byte{}
	}
	return value
}

// number is a position's number as a column holds it. Append refuses what does
// not fit, so for readers the largest is after everything.
func number(p hubbub.Position) int64 { return int64(min(p.N, math.MaxInt64)) }
