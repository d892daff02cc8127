package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Copy writes the new file to, with what is in the file at from at one instant,
// also while other processes read and write that. The copy is durable when Copy
// returns, and has nothing of what was deleted. While it is made the original's
// write-ahead log grows, and an erasure there has to be repeated. The error may be
// ErrForeign.
func (k Kind) Copy(ctx context.Context, from, to string) error {
	if _, err := os.Stat(from); err != nil { // SQLite would make it
		return err
	}
	db, err := sql.Open("sqlite", source(from))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	var id int32
	if err := db.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&id); err != nil {
		return err
	}
	if id != k.ID {
		return ErrForeign
	}
	if _, err := db.ExecContext(ctx, `VACUUM INTO ?`, to); err != nil {
		return fmt.Errorf("write the copy: %w", err)
	}
	return errors.Join(fsync(to), fsync(filepath.Dir(to)))
}

// fsync makes a file, or the names in a folder, durable.
func fsync(path string) error {
	f, err := os.OpenFile(path, os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
