package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/hubbub-live/hubbub/internal/analysis/sqlitetally"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
	"github.com/hubbub-live/hubbub/internal/metastore/sqlitemeta"
)

// Backup copies the data folder from into the folder to, which must not be there or
// be empty, also while a server runs on it. The copy is a data folder: it is served
// as it is. It has everything that was acknowledged before Backup was called, and
// begins a new epoch when it is served.
//
// The order is what makes the files fit together; docs/decisions/0008 has the
// reasons. Users and streams come first, so nobody is in them whose erasure the
// archive copied later has seen, then the cursors of the log, then what its readers
// have made of it, and last the log itself, which has whatever those do not have.
func Backup(ctx context.Context, from, to string) error {
	if err := backup(ctx, from, to); err != nil {
		return fmt.Errorf("back up %s to %s: %w", from, to, err)
	}
	return nil
}

func backup(ctx context.Context, from, to string) error {
	if err := isFolder(from); err != nil {
		return err
	}
	f, err := newFolder(to)
	if err != nil {
		return err
	}
	defer f.close()
	if err = copyAll(ctx, from, f); err == nil {
		err = f.mark() // last: without it the copy is no data folder
	}
	if err != nil {
		return errors.Join(err, f.empty())
	}
	return nil
}

func copyAll(ctx context.Context, from string, f *folder) error {
	if err := copySmall(from, f.dir); err != nil {
		return err
	}
	if err := sqlitemeta.Copy(ctx, filepath.Join(from, sqlitemeta.File), f.path(sqlitemeta.File)); err != nil {
		return err
	}
	log, err := natslog.StartCopy(filepath.Join(from, logFolder))
	if err != nil {
		return err
	}
	if err := sqlitetally.Copy(ctx, filepath.Join(from, sqlitetally.File), f.path(sqlitetally.File)); err != nil {
		return err
	}
	if err := sqlitearchive.Copy(ctx, filepath.Join(from, archiveFile), f.path(archiveFile)); err != nil {
		return err
	}
	return log.Finish(ctx, f.path(logFolder))
}

// copySmall copies the files of the folder that are small and replaced as a whole:
// the key, and what else is not a database and not about this folder alone.
func copySmall(from, to string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if !entry.Type().IsRegular() || name == "lock" || strings.HasPrefix(name, folderFile) || strings.Contains(name, ".db") || strings.HasSuffix(name, ".new") {
			continue
		}
		if err := copyFile(filepath.Join(from, name), filepath.Join(to, name)); err != nil {
			return err
		}
	}
	return nil
}

// copyFile copies a file with its mode: one is a secret.
func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	target, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	if err == nil {
		err = target.Sync()
	}
	return errors.Join(err, target.Close())
}

// isFolder says why dir is no data folder that this program knows.
func isFolder(dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, folderFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("it has no %s, so it is no data folder", folderFile)
	}
	if err != nil {
		return err
	}
	return readable(text)
}

// newFolder makes or takes an empty folder, which is a data folder once it is marked.
func newFolder(dir string) (*folder, error) {
	f := &folder{dir: dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		if entry.Name() != "lock" { // of a try that did not succeed
			return nil, fmt.Errorf("%s is not empty: it has %q", dir, entry.Name())
		}
	}
	return f, f.take()
}
