package app

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
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

// Export writes what is in a data folder, on which no server may run, to the new
// file, and returns how much of what that is. What the log has and archive and
// tallies have not is brought to them first.
func Export(ctx context.Context, dir, file string, out IO) (map[string]transfer.Extent, error) {
	said, err := export(ctx, dir, file, out)
	if err != nil {
		return nil, fmt.Errorf("export %s to %s: %w", dir, file, err)
	}
	return said, nil
}

func export(ctx context.Context, dir, file string, out IO) (said map[string]transfer.Extent, err error) {
	if err := isFolder(dir); err != nil {
		return nil, err
	}
	a, err := bare(Options{Data: dir, Roles: []string{roleArchive, roleAnalysis}, LogFormat: "text", LogLevel: "warn"}, out)
	if err != nil {
		return nil, err
	}
	copied, err := natslog.IsCopy(filepath.Join(dir, logFolder))
	if err != nil {
		return nil, err
	}
	defer func() {
		err = errors.Join(err, a.unwind())
		if copied { // reading it was not restoring it
			err = errors.Join(err, natslog.MarkCopy(filepath.Join(dir, logFolder)))
		}
	}()
	stores, err := a.openStores(ctx)
	if err != nil {
		return nil, err
	}
	a.startReaders(stores)
	if err := a.settle(ctx, stores.log, eventlog.GroupArchive, eventlog.GroupAnalysis); err != nil {
		return nil, err
	}
	err = writeNew(file, func(w io.Writer) error {
		said, err = transfer.Export(ctx, w, out.Version, transfer.Source{Meta: stores.files.meta, Archive: stores.archive, Tallies: stores.files.tallies})
		return err
	})
	return said, err
}

// settle waits until groups have all that is in the log.
func (a *App) settle(ctx context.Context, log eventlog.Log, groups ...string) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var behind int64
		for _, group := range groups {
			lag, err := log.Lag(ctx, eventlog.RawChats, group)
			if err != nil {
				return err
			}
			behind += lag
		}
		if behind == 0 {
			return nil
		}
		select {
		case <-tick.C:
		case err := <-a.failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

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

// Import makes the data folder dir, which must not be there or be empty, of a file
// that Export wrote, and returns what was in it. A file that is damaged or newer is
// refused before anything is made. Positions of the messages stay as they were; new
// ones are of a later epoch than any of them.
func Import(ctx context.Context, dir, file string) (*transfer.Summary, error) {
	summary, err := importFile(ctx, dir, file)
	if err != nil {
		return nil, fmt.Errorf("import %s into %s: %w", file, dir, err)
	}
	return summary, nil
}

func importFile(ctx context.Context, dir, file string) (*transfer.Summary, error) {
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
	f, err := newFolder(dir)
	if err != nil {
		return nil, err
	}
	defer f.close()
	if err = fillFolder(ctx, f, in, summary); err == nil {
		err = f.mark() // last: without it this is no data folder
	}
	if err != nil {
		return nil, errors.Join(err, f.empty())
	}
	return summary, nil
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
