package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/hubbub-live/hubbub/internal/analysis/sqlitetally"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
	"github.com/hubbub-live/hubbub/internal/metastore"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta"
	"github.com/hubbub-live/hubbub/internal/transfer"
)

// A Place is where a site is kept: a data folder or, if any are named, the engines of a
// cluster.
type Place struct {
	Data    string
	Engines Engines
}

func (p *Place) String() string {
	if p.Engines.any() {
		return "the cluster " + p.Engines.Prefix
	}
	return p.Data
}

// Export writes what is at a place to the new file, and returns how much of what that
// is. No server may run on a data folder. Of a cluster the roles chat and user have to be
// stopped: that somebody wrote to it meanwhile is an error. What the log has and archive
// and tallies have not is brought to them first.
func Export(ctx context.Context, from Place, file string, out IO) (map[string]transfer.Extent, error) {
	said, err := export(ctx, from, file, out)
	if err != nil {
		return nil, fmt.Errorf("export %s to %s: %w", &from, file, err)
	}
	return said, nil
}

// carriers are the roles that bring what is logged to where it is carried from.
var carriers = []string{roleArchive, roleAnalysis}

func export(ctx context.Context, from Place, file string, out IO) (said map[string]transfer.Extent, err error) {
	a, err := bare(Options{Data: from.Data, Engines: from.Engines, Roles: carriers, LogFormat: "text", LogLevel: "warn"}, out)
	if err != nil {
		return nil, err
	}
	open := a.openEngines
	if !from.Engines.any() {
		open = a.openFiles
		if err := isFolder(from.Data); err != nil {
			return nil, err
		}
		copied, err := natslog.IsCopy(filepath.Join(from.Data, logFolder))
		if err != nil {
			return nil, err
		}
		if copied { // reading it is not restoring it
			a.onStop("the mark of a copy", func() error { return natslog.MarkCopy(filepath.Join(from.Data, logFolder)) })
		}
	}
	defer func() { err = errors.Join(err, a.unwind()) }()
	stores, err := open(ctx)
	if err != nil {
		return nil, err
	}
	a.startReaders(stores)
	before, err := a.settled(ctx, stores)
	if err != nil {
		return nil, err
	}
	err = writeNew(file, func(w io.Writer) error {
		said, err = transfer.Export(ctx, w, out.Version, transfer.Source{Meta: stores.meta, Archive: stores.archive, Tallies: stores.tallies})
		if err != nil {
			return err
		}
		after, err := a.settled(ctx, stores)
		if err == nil && after != before {
			err = fmt.Errorf("%w: %d records were logged meanwhile", transfer.ErrChanged, after-before)
		}
		return err
	})
	return said, err
}

// settled waits until archive and tallies have all that is in the log, and returns how
// many records the archive has then. The error is transfer.ErrChanged if it sees that
// the log grows meanwhile.
func (a *App) settled(ctx context.Context, s *stores) (int64, error) {
	var err error
	lag := func(group string) (n int64) {
		if err == nil {
			n, err = s.log.Lag(ctx, eventlog.RawChats, group)
		}
		return n
	}
	total := func() (n int64) {
		if err == nil {
			n, err = s.archive.Total(ctx)
		}
		return n
	}
	// With what is not archived, asked for before what is, that is all there was now, or
	// more: what is archived is committed later.
	most := lag(eventlog.GroupArchive)
	most += total()
	least, since := int64(math.MaxInt64), time.Now()
	for {
		archived := total()
		left := lag(eventlog.GroupArchive) + lag(eventlog.GroupAnalysis)
		switch {
		case err != nil:
			return 0, err
		case archived > most:
			return 0, fmt.Errorf("%w: %d records were logged meanwhile", transfer.ErrChanged, archived-most)
		case left == 0:
			n := total()
			return n, err
		case left < least:
			least, since = left, time.Now()
		case time.Since(since) > settleWithin:
			return 0, fmt.Errorf("%d records are in the log and do not get to archive and tallies", left)
		}
		select {
		case <-time.After(settleEvery):
		case err := <-a.failed:
			return 0, err
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

const (
	settleEvery = 50 * time.Millisecond
	// settleWithin is longer than another member of a group takes to be missed.
	settleWithin = 30 * time.Second
)

// writeNew writes a file that must not be there yet, whole or not at all, for its
// owner's eyes.
func writeNew(path string, write func(io.Writer) error) error {
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		return errors.Join(errors.New("there is something by that name already"), err)
	}
	temp := path + ".new"
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	buffer := bufio.NewWriterSize(f, 1<<20)
	err = errors.Join(write(buffer), buffer.Flush())
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(temp, path)
	}
	if err != nil {
		_ = os.Remove(temp) // half a file is none
		return err
	}
	return (&folder{dir: filepath.Dir(path)}).sync()
}

// Import carries what is in a file that Export wrote to a place where nothing is: a data
// folder that is not there or empty, or a cluster in which nobody was yet, all of whose
// roles are stopped. It returns what was in the file. A file that is damaged or newer is
// refused before anything is made. Positions of the messages stay as they were; new
// ones are of a later epoch than any of them.
//
// What it began in a folder and cannot end it removes. A cluster is not served until the
// same import is run again and has ended.
func Import(ctx context.Context, to Place, file string, out IO) (*transfer.Summary, error) {
	summary, err := importFile(ctx, to, file, out)
	if err != nil {
		return nil, fmt.Errorf("import %s into %s: %w", file, &to, err)
	}
	return summary, nil
}

func importFile(ctx context.Context, to Place, file string, out IO) (*transfer.Summary, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }()
	summary, err := transfer.Check(ctx, in)
	if err != nil {
		return nil, err
	}
	if known := sqlitemeta.Newest(); summary.Header.Schema > known {
		return nil, fmt.Errorf("%w: its schema is %d, this one knows up to %d", transfer.ErrNewer, summary.Header.Schema, known)
	}
	if _, err := in.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if to.Engines.any() {
		err = importEngines(ctx, to.Engines, in, summary, out)
	} else {
		err = importFolder(ctx, to.Data, in, summary)
	}
	if err != nil {
		return nil, err
	}
	return summary, nil
}

func importFolder(ctx context.Context, dir string, in io.Reader, summary *transfer.Summary) error {
	f, err := newFolder(dir)
	if err != nil {
		return err
	}
	defer f.close()
	if err = fillFolder(ctx, f, in, summary); err == nil {
		err = f.mark() // last: without it this is no data folder
	}
	if err != nil {
		return errors.Join(err, f.empty())
	}
	return nil
}

// fillFolder makes all that a data folder has.
func fillFolder(ctx context.Context, f *folder, in io.Reader, summary *transfer.Summary) (err error) {
	if err := natslog.Make(f.path(logFolder), summary.Newest.Epoch); err != nil {
		return err
	}
	archive, err := sqlitearchive.Open(ctx, sqlitearchive.Options{Path: f.path(archiveFile)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, archive.Close()) }()
	tallies, err := sqlitetally.Open(ctx, f.path(sqlitetally.File))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tallies.Close()) }()
	return sqlitemeta.Load(ctx, f.path(sqlitemeta.File), summary.Header.Schema, func(insert func(string, metastore.Row) error) error {
		return transfer.Import(ctx, in, summary, transfer.Target{Insert: insert, Archive: archive, Tallies: tallies})
	})
}
