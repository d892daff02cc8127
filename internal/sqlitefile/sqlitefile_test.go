package sqlitefile

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// kind is a file with one table, in a schema of one step.
var kind = Kind{ID: 7, Folder: "steps", Schema: fstest.MapFS{
	"steps/0001_t.sql": {Data: []byte("-- +goose Up\nCREATE TABLE t (x INTEGER NOT NULL);\n")},
}}

func exec(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", Source(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
}

// What is refused is left as it is, to the byte and without a file beside it.
func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(t *testing.T, path string)
		want error
	}{
		{"another program's", func(t *testing.T, path string) { exec(t, path, `CREATE TABLE theirs (x)`) }, ErrForeign},
		{"another kind of ours", func(t *testing.T, path string) { exec(t, path, `PRAGMA application_id = 8`) }, ErrForeign},
		{"a text", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("a shopping list, longer than a header of a hundred octets has to be, so that it is read as one in earnest, not as a torn one"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "file.db")
			tt.make(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			db, err := kind.Open(t.Context(), path)
			if err == nil {
				db.Close()
				t.Fatal("it was opened")
			}
			if tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("refused with %v, want %v", err, tt.want)
			}
			after, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(before, after) {
				t.Errorf("it was changed: %v", err)
			}
			if entries, _ := os.ReadDir(dir); len(entries) != 1 {
				t.Errorf("it left files behind: %v", entries)
			}
		})
	}
}

func TestNewer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file.db")
	db, err := kind.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	exec(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`)
	if db, err = kind.Open(t.Context(), path); !errors.Is(err, ErrNewer) {
		t.Errorf("a newer schema: %v, %v", db, err)
	}
}

// A path may have what a URL and a query would take for their own.
func TestOpenAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a #b?c=d&e%20f.db")
	db, err := kind.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`INSERT INTO t VALUES (42)`); err != nil {
		t.Fatal(err)
	}
	readers, err := Readers(path, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer readers.Close()
	var x, full int
	var mode string
	if err := readers.QueryRow(`SELECT x FROM t`).Scan(&x); err != nil || x != 42 {
		t.Errorf("read %d, %v", x, err)
	}
	if _, err := readers.Exec(`DELETE FROM t`); err == nil {
		t.Error("a reader wrote")
	}
	if err := errors.Join(db.QueryRow(`PRAGMA journal_mode`).Scan(&mode), db.QueryRow(`PRAGMA synchronous`).Scan(&full)); err != nil || mode != "wal" || full != 2 {
		t.Errorf("journal %s, synchronous %d, %v; want wal and 2: every commit is fsynced", mode, full, err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
