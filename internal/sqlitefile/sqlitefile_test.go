package sqlitefile

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// kind is a file with one table, in a schema of one step.
var kind = Kind{ID: 7, Folder: "steps", Schema: fstest.MapFS{
	"steps/0001_t.sql": {Data: []byte("-- +goose Up\nCREATE TABLE t (x INTEGER NOT NULL);\n")},
}}

func openFile(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := kind.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func exec(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", source(path))
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
		want string
	}{
		{"another program's", func(t *testing.T, path string) { exec(t, path, `CREATE TABLE t (x)`) }, ErrForeign.Error()},
		{"another kind of ours", func(t *testing.T, path string) { exec(t, path, `PRAGMA application_id = 8`) }, ErrForeign.Error()},
		{"a newer version's", func(t *testing.T, path string) {
			if err := openFile(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			exec(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`)
		}, ErrNewer.Error()},
		{"a text", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("not a header ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "not a database"},
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
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("refused with %v, want %s", err, tt.want)
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

// A path may have what a URL and a query would take for their own.
func TestPathsAreTakenLiterally(t *testing.T) {
	for _, name := range []string{"file.db", "a #b?c=d&e%20f.db", "50% off #1.db", "가 나.db", "file:x.db"} {
		path := filepath.Join(t.TempDir(), name)
		if err := openFile(t, path).Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestOpenAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file.db")
	db := openFile(t, path)
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
}
