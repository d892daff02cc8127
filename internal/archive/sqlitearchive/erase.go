package sqlitearchive

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
)

const (
	addErasure = `INSERT INTO erasures (user, through) VALUES (?, ?)
		ON CONFLICT (user) DO UPDATE SET through = max(through, excluded.through)`
	entriesBySender = `SELECT stream, epoch, n, id, value FROM entries
		WHERE sender = ? AND time <= ? AND (stream, epoch, n) > (?, ?, ?) ORDER BY stream, epoch, n LIMIT ?`
	eraseEntry = `UPDATE entries SET sender = '', erased = 1, value = ?
		WHERE stream = ? AND epoch = ? AND n = ? AND erased = 0`
	// foldLog empties the write-ahead log, where the texts of before would stay.
	foldLog = `PRAGMA wal_checkpoint(TRUNCATE)`
)

// Erase notes the erasure first, so that whatever comes in from then on is
// blanked, and then goes through what is there, a thousand rows a transaction:
// the archiver waits for no more than one of them. After an error a repeat does
// the rest. It reads the whole table once, about a million rows a second.
func (a *Archive) Erase(ctx context.Context, user hubbub.UserID) (int64, error) {
	leave, err := a.enter()
	if err != nil {
		return 0, err
	}
	defer leave()
	if user == "" { // nobody: the sender of controls
		return 0, nil
	}
	changed, err := a.erase(ctx, user)
	if err != nil {
		return changed, fmt.Errorf("erase what user %s sent: %w", user, interpret(err))
	}
	return changed, nil
}

func (a *Archive) erase(ctx context.Context, user hubbub.UserID) (changed int64, err error) {
	through, err := a.noteErasure(user)
	if err != nil {
		return 0, err
	}
	const chunk = 1000
	for after := (place{}); ; {
		rows, err := a.sentBy(ctx, user, through, after, chunk)
		if err != nil {
			return changed, err
		}
		n, err := a.blankRows(rows)
		changed += n
		if err != nil {
			return changed, err
		}
		if len(rows) < chunk {
			break
		}
		after = rows[chunk-1].place
	}
	return changed, a.fold(ctx)
}

// fold folds the write-ahead log into the file. It is done after every erasure, also
// one that changed nothing: it may be the repeat of one that could not do this.
func (a *Archive) fold(ctx context.Context) error {
	var busy bool
	var pages, folded int
	if err := a.writer.QueryRowContext(ctx, foldLog).Scan(&busy, &pages, &folded); err != nil {
		return err
	}
	if busy {
		return fmt.Errorf("%w: texts are still in the write-ahead log, which is being read", archive.ErrUnavailable)
	}
	return nil
}

// noteErasure makes the erasure known and returns up to which time it goes.
func (a *Archive) noteErasure(user hubbub.UserID) (through time.Time, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	through = a.now().Add(archive.ErasureReach).Truncate(time.Millisecond)
	if before := a.mu.erased[user]; before.After(through) {
		return before, nil
	}
	err = a.transact(func(tx *sql.Tx) error {
		_, err := tx.Exec(addErasure, string(user), through.UnixMilli())
		return err
	})
	if err == nil {
		a.mu.erased[user] = through
	}
	return through, err
}

// A place is the key of an entry; the zero place is before all.
type place struct {
	stream   string
	epoch, n int64
}

type sentRow struct {
	place
	id    string
	value []byte
}

func (a *Archive) sentBy(ctx context.Context, user hubbub.UserID, through time.Time, after place, limit int) (found []sentRow, err error) {
	rows, err := a.readers.QueryContext(ctx, entriesBySender,
		string(user), through.UnixMilli(), after.stream, after.epoch, after.n, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r sentRow
		if err := rows.Scan(&r.stream, &r.epoch, &r.n, &r.id, &r.value); err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, rows.Err()
}

func (a *Archive) blankRows(rows []sentRow) (changed int64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	err = a.transact(func(tx *sql.Tx) error {
		for _, r := range rows {
			result, err := tx.Exec(eraseEntry, archive.Blank(r.value), r.stream, r.epoch, r.n)
			if err != nil {
				return err
			}
			n, err := result.RowsAffected()
			if err != nil {
				return err
			}
			changed += n
			if _, err := tx.Exec(eraseSentences, r.stream, r.id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err // rolled back
	}
	return changed, nil
}

// asKept returns e as it is to be stored: blank if its sender was erased. The
// caller holds a.mu.
func (a *Archive) asKept(e *archive.Entry) archive.Entry {
	kept := *e
	if through, ok := a.mu.erased[e.Sender]; ok && !e.Time.After(through) {
		kept.Sender, kept.Erased, kept.Value = "", true, archive.Blank(e.Value)
	}
	return kept
}

// loadErased reads the table erasures.
func (a *Archive) loadErased(ctx context.Context) error {
	a.mu.erased = map[hubbub.UserID]time.Time{}
	rows, err := a.writer.QueryContext(ctx, `SELECT user, through FROM erasures`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var user string
		var through int64
		if err := rows.Scan(&user, &through); err != nil {
			return err
		}
		a.mu.erased[hubbub.UserID(user)] = time.UnixMilli(through)
	}
	return rows.Err()
}
