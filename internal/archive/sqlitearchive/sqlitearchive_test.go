package sqlitearchive

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/archivetest"
	"github.com/hubbub-live/hubbub/internal/sqlitefile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	archivetest.Run(t, archivetest.Harness{Open: func(ctx context.Context, dir string) (archive.Archive, error) {
		return Open(ctx, Options{Path: filepath.Join(dir, "archive.db")})
	}})
}

func openFile(t testing.TB, path string) *Archive {
	t.Helper()
	a, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func exec(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// TestSaysWhatItCannotOpen: which file it was, and in the archive's terms why.
func TestSaysWhatItCannotOpen(t *testing.T) {
	foreign := filepath.Join(t.TempDir(), "archive.db")
	db, err := sql.Open("sqlite", foreign)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, db, `CREATE TABLE entries (mine TEXT)`)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		foreign: sqlitefile.ErrForeign,
		filepath.Join(t.TempDir(), "missing", "archive.db"): archive.ErrUnavailable,
	} {
		a, err := Open(t.Context(), Options{Path: path})
		if err == nil {
			_ = a.Close()
		}
		if !errors.Is(err, want) || !strings.Contains(err.Error(), path) {
			t.Errorf("Open = %v, want it to say %q and where", err, want)
		}
	}
}

func TestAFullOrReadOnlyDiskIsSaidAndRecovers(t *testing.T) {
	for _, c := range []struct {
		name          string
		breaks, mends string
		want          error
	}{
		{"full", `PRAGMA max_page_count = 20`, `PRAGMA max_page_count = 1000000`, archive.ErrFull},
		{"read only", `PRAGMA query_only = 1`, `PRAGMA query_only = 0`, archive.ErrUnavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := openFile(t, filepath.Join(t.TempDir(), "archive.db"))
			var entries []archive.Entry
			for n := range uint64(1000) {
				entries = append(entries, archivetest.Entry("s", 1, n+1, "u"))
			}
			exec(t, a.writer, c.breaks)
			if err := a.Append(t.Context(), entries); !errors.Is(err, c.want) {
				t.Errorf("Append = %v, want %v", err, c.want)
			}
			if n, err := a.Total(t.Context()); err != nil || n != 0 {
				t.Errorf("Total() = %d, %v: part of the batch is there", n, err)
			}
			exec(t, a.writer, c.mends)
			if err := a.Append(t.Context(), entries); err != nil {
				t.Errorf("Append once there is room: %v", err)
			}
		})
	}
}

// TestErasedTextLeavesTheFiles looks for the text in the bytes on disk. While a
// reader holds on to what was there before, Erase says that it is not done.
func TestErasedTextLeavesTheFiles(t *testing.T) {
	dir := t.TempDir()
	a := openFile(t, filepath.Join(dir, "archive.db"))
	exec(t, a.writer, `PRAGMA busy_timeout = 10`)
	var entries []archive.Entry
	for n := range uint64(500) {
		entries = append(entries, archivetest.Entry("s", 1, n+1, "gone"), archivetest.Entry("s", 2, n+1, "stays"))
	}
	if err := a.Append(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	reader, err := a.readers.Query(`SELECT id FROM entries`)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	reader.Next() // and no further
	quoting := archive.Summary{Stream: "s", Through: entries[999].Position, Sentences: []archive.Sentence{
		{Text: "as name of gone has it", Messages: []hubbub.MessageID{entries[0].ID}},
	}}
	if err := a.AddSummary(t.Context(), quoting); err != nil {
		t.Fatal(err)
	}
	if n, err := a.Erase(t.Context(), "gone"); n != 500 || !errors.Is(err, archive.ErrUnavailable) {
		t.Fatalf("Erase while somebody reads = %d, %v", n, err)
	}
	if err := errors.Join(reader.Err(), reader.Close()); err != nil {
		t.Fatal(err)
	}
	if n, err := a.Erase(t.Context(), "gone"); err != nil || n != 0 {
		t.Fatalf("Erase again = %d, %v", n, err)
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(content), "name of gone") || strings.Contains(string(content), "of gone") {
			t.Errorf("%s still has the text", f.Name())
		}
	}
}

// TestPagesNeedNoSorting holds the plans to the indexes: a page costs its own
// length, however long the room's history is.
func TestPagesNeedNoSorting(t *testing.T) {
	a := openFile(t, filepath.Join(t.TempDir(), "archive.db"))
	message, control := "", "control"
	before := archivetest.Entry("s", 1, 5, "u").Position
	for _, q := range []archive.Query{
		{Stream: "s", Limit: 10},
		{Stream: "s", Limit: 10, Before: before},
		{Stream: "s", Limit: 10, After: before},
		{Stream: "s", Limit: 10, Kind: &message},
		{Stream: "s", Limit: 10, Kind: &control, Before: before},
		{Stream: "s", Limit: 10, Kind: &control, Forward: true},
	} {
		query, args := pageQuery(q)
		rows, err := a.readers.Query(`EXPLAIN QUERY PLAN `+query, args...)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		text := strings.Join(plan, "\n")
		if strings.Contains(text, "TEMP B-TREE") || strings.Contains(text, "SCAN ") {
			t.Errorf("Page(%+v) sorts or scans:\n%s", q, text)
		}
		if byKind := q.Kind == &control; strings.Contains(text, "entries_by_kind") != byKind {
			t.Errorf("Page(%+v) takes the wrong index:\n%s", q, text)
		}
	}
}
