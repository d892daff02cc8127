package mysqldb

import (
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/hubbub-live/hubbub/internal/mysqldb/mysqltest"
)

// one and other are schemas of a table each.
var (
	one   = schema("one")
	other = schema("other")
)

func schema(table string) Schema {
	return Schema{Folder: "steps", Versions: table + "_versions", Steps: fstest.MapFS{
		"steps/0001_t.sql": {Data: []byte("-- +goose Up\nCREATE TABLE IF NOT EXISTS " + table + " (x BIGINT NOT NULL PRIMARY KEY, y VARCHAR(9) NOT NULL DEFAULT '');\n")},
	}}
}

func database(t *testing.T) (dsn string) {
	t.Helper()
	dsn, err := mysqltest.Database(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

func openIn(t *testing.T, dsn string, schema Schema) *sql.DB {
	t.Helper()
	db, err := Open(t.Context(), dsn, schema)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// Two schemas are in one database, and one being newer is nothing to the other.
func TestNewerIsRefused(t *testing.T) {
	dsn := database(t)
	exec(t, openIn(t, dsn, one), `INSERT INTO one_versions (version_id, is_applied) VALUES (999, 1)`)
	if db, err := Open(t.Context(), dsn, one); !errors.Is(err, ErrNewer) {
		t.Errorf("Open = %v, %v, want %v", db, err, ErrNewer)
	}
	exec(t, openIn(t, dsn, other), `INSERT INTO other (x) VALUES (1)`)
}

// Processes that start together make one schema each, whichever they are of.
func TestOpenAtOnce(t *testing.T) {
	dsn := database(t)
	var all sync.WaitGroup
	for n := range 10 {
		all.Go(func() {
			db, err := Open(t.Context(), dsn, []Schema{one, other}[n%2])
			if err != nil {
				t.Error(err)
				return
			}
			db.Close()
		})
	}
	all.Wait()
	exec(t, openIn(t, dsn, one), `INSERT INTO one (x) VALUES (1)`, `INSERT INTO other (x) VALUES (1)`)
}

// A step that a crash left half done is done to its end.
func TestAStepHalfDone(t *testing.T) {
	dsn := database(t)
	exec(t, openIn(t, dsn, one), `DELETE FROM one_versions WHERE version_id > 0`)
	exec(t, openIn(t, dsn, one), `INSERT INTO one (x) VALUES (1)`)
}

func TestRefusesWithoutThePassword(t *testing.T) {
	for _, dsn := range []string{"me:secret@tcp(127.0.0.1:1)/nowhere", "me:secret@tcp(127.0.0.1:1", "me:secret@bad(x)/y"} {
		_, err := Open(t.Context(), dsn, one)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", dsn, err)
		}
	}
}
