// Package sqlitearchive keeps history in one SQLite file. It owns the file and
// its schema. One process opens a file at a time; only internal/app should import
// this package.
//
// Writing goes through one connection, under one lock; a few others read, each
// from the last committed state, without waiting for the writer. Every commit is
// fsynced.
//
// Removals are not written into the rows they concern: withheld messages are
// listed beside them and looked up when read, which makes the order of arrival
// and replays indifferent by construction. Erased users are listed too, so that a
// row of theirs is blanked as it comes in. Sentences of summaries are withheld in
// the same way, by what they cite; those that cite what is erased go with it.
package sqlitearchive

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/sqlitefile"
)

// Options say where and how an archive is kept.
type Options struct {
	Path    string           // of the file; made if it is not there
	Readers int              // connections for reading; 0: 4
	Now     func() time.Time // nil: time.Now; dates erasures
}

// An Archive is an archive.Archive in a SQLite file.
type Archive struct {
	now     func() time.Time
	life    sync.RWMutex // held shared by every call, alone by Close
	closed  bool
	writer  *sql.DB // one connection
	readers *sql.DB
	insert  *sql.Stmt // of writer

	mu struct {
		sync.Mutex                             // one writer at a time
		erased     map[hubbub.UserID]time.Time // the table erasures
	}
}

var _ archive.Archive = (*Archive)(nil)

// Open opens or makes the archive at o.Path and brings its schema up to date. It
// refuses a file that is none of hubbub's, or one written by a newer version.
func Open(ctx context.Context, o Options) (*Archive, error) {
	if o.Readers == 0 {
		o.Readers = 4
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	a := &Archive{now: o.Now}
	if err := a.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("open the archive %s: %w", o.Path, interpret(err)), a.Close())
	}
	return a, nil
}

func (a *Archive) open(ctx context.Context, o Options) (err error) {
	// Checkpoints and misses of the cache are a tenth of the cost of catching up
	// with the defaults, which are made for small databases: 4 MB and 2 MB.
	a.writer, err = kind.Open(ctx, o.Path, "wal_autocheckpoint(8000)", "cache_size(-16384)", "secure_delete(1)")
	if err != nil {
		return err
	}
	if a.insert, err = a.writer.PrepareContext(ctx, insertEntry); err != nil {
		return err
	}
	if err := a.loadErased(ctx); err != nil {
		return err
	}
	a.readers, err = sqlitefile.Readers(o.Path, o.Readers)
	return err
}

// Copy writes the new file to, with what the archive in the file from has at one
// instant, also while another process has it open.
func Copy(ctx context.Context, from, to string) error {
	if err := kind.Copy(ctx, from, to); err != nil {
		return fmt.Errorf("copy the archive %s: %w", from, err)
	}
	return nil
}

// Close waits for calls under way and closes the file.
func (a *Archive) Close() error {
	a.life.Lock()
	defer a.life.Unlock()
	if a.closed {
		return nil
	}
	a.closed = true
	var errs []error
	if a.readers != nil {
		errs = append(errs, a.readers.Close())
	}
	if a.insert != nil {
		errs = append(errs, a.insert.Close())
	}
	if a.writer != nil { // last: it folds the write-ahead log into the file
		errs = append(errs, a.writer.Close())
	}
	return errors.Join(errs...)
}

// enter starts a call; leave ends it.
func (a *Archive) enter() (leave func(), err error) {
	a.life.RLock()
	if a.closed {
		a.life.RUnlock()
		return nil, archive.ErrClosed
	}
	return a.life.RUnlock, nil
}
