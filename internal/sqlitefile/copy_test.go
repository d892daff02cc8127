package sqlitefile

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// TestCopyWhileWritten: a copy has all that was committed before it was begun, and
// of what is written meanwhile whole transactions.
func TestCopyWhileWritten(t *testing.T) {
	dir := t.TempDir()
	path, to := filepath.Join(dir, "file.db"), filepath.Join(dir, "copy #1.db")
	db := openFile(t, path)
	insert := func(x int) error { // two rows at a time
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		for range 2 {
			if _, err := tx.Exec(`INSERT INTO t VALUES (?)`, x); err != nil {
				return errors.Join(err, tx.Rollback())
			}
		}
		return tx.Commit()
	}
	const before = 50
	for x := range before {
		if err := insert(x); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() {
		for x := before; ; x++ {
			select {
			case <-done:
				return
			default:
			}
			if err := insert(x); err != nil {
				t.Error(err)
				return
			}
		}
	})
	err := kind.Copy(t.Context(), path, to)
	close(done)
	writing.Wait()
	if err != nil {
		t.Fatal(err)
	}
	copied := openFile(t, to) // it is of this kind
	var newest, rows int
	if err := copied.QueryRow(`SELECT max(x), count(*) FROM t`).Scan(&newest, &rows); err != nil || newest < before-1 || rows != 2*(newest+1) {
		t.Errorf("the copy has %d rows through %d, %v", rows, newest, err)
	}
	if err := kind.Copy(t.Context(), path, to); err == nil {
		t.Error("a copy was overwritten")
	}
}

func TestCopyHasNothingOfWhatWasDeleted(t *testing.T) {
	dir := t.TempDir()
	path, to := filepath.Join(dir, "file.db"), filepath.Join(dir, "copy.db")
	exec(t, path, `PRAGMA application_id = 7`, `PRAGMA secure_delete = 0`, `CREATE TABLE s (x TEXT)`,
		`INSERT INTO s VALUES ('a secret that was deleted')`, `DELETE FROM s`)
	if err := kind.Copy(t.Context(), path, to); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(to)
	if err != nil || strings.Contains(string(text), "a secret") {
		t.Errorf("the copy has what was deleted (%v)", err)
	}
}

func TestCopyRefuses(t *testing.T) {
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	exec(t, foreign, `CREATE TABLE t (x)`)
	for from, want := range map[string]error{foreign: ErrForeign, filepath.Join(dir, "nothing.db"): fs.ErrNotExist} {
		if err := kind.Copy(t.Context(), from, filepath.Join(dir, "copy.db")); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", from, err, want)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("it left files behind: %v", entries)
	}
}

func TestOpenAt(t *testing.T) {
	k := Kind{ID: 7, Folder: "steps", Schema: fstest.MapFS{
		"steps/0001_t.sql": {Data: []byte("-- +goose Up\nCREATE TABLE t (x INTEGER NOT NULL);\n")},
		"steps/0002_y.sql": {Data: []byte("-- +goose Up\nALTER TABLE t ADD COLUMN y INTEGER NOT NULL DEFAULT 5;\n")},
	}}
	path := filepath.Join(t.TempDir(), "file.db")
	db, err := k.OpenAt(t.Context(), path, 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO t VALUES (1)`); err != nil { // there is one column
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if db, err = k.Open(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var y int
	if err := db.QueryRow(`SELECT y FROM t`).Scan(&y); err != nil || y != 5 {
		t.Errorf("brought up to date it has %d, %v", y, err)
	}
	var other *sql.DB
	if other, err = k.OpenAt(t.Context(), filepath.Join(t.TempDir(), "file.db"), 3); !errors.Is(err, ErrNewer) {
		t.Errorf("a schema of the future: %v, %v", other, err)
	}
}
