package sqlitemeta

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
	"github.com/hubbub-live/hubbub/internal/metastore/metastoretest"
	"github.com/hubbub-live/hubbub/internal/sqlitefile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	metastoretest.Run(t, metastoretest.Harness{Open: func(ctx context.Context, dir string) (metastoretest.Store, error) {
		return Open(ctx, filepath.Join(dir, File))
	}})
}

func TestTwoProcessesShareTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#%.db") // taken literally
	server, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	command, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer command.Close()
	if err := command.CreateStream(t.Context(), hubbub.Stream{ID: "1", Status: hubbub.StatusLive}); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Stream(t.Context(), "1"); err != nil {
		t.Errorf("the server does not see it: %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestRefusesFilesThatAreNotIts(t *testing.T) {
	for why, row := range map[string]struct {
		make func(t *testing.T, path string)
		want error // nil: any
	}{
		"another program's": {func(t *testing.T, path string) { exec(t, path, `CREATE TABLE t (x)`) }, sqlitefile.ErrForeign},
		"the archive's":     {func(t *testing.T, path string) { exec(t, path, `PRAGMA application_id = 1752523362`) }, sqlitefile.ErrForeign},
		"from the future": {func(t *testing.T, path string) {
			s, err := Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			exec(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`)
		}, sqlitefile.ErrNewer},
		"no database at all": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("not a database", 100)), 0o600); err != nil {
				t.Fatal(err)
			}
		}, nil},
	} {
		t.Run(why, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), File)
			row.make(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Open(t.Context(), path)
			if err == nil || row.want != nil && !errors.Is(err, row.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("got %v, want %v, naming the file", err, row.want)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

func exec(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", sqlitefile.Source(path))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkStream(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), File))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	if err := s.CreateStream(b.Context(), hubbub.Stream{ID: "1", Status: hubbub.StatusLive}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Stream(b.Context(), "1"); err != nil {
			b.Fatal(err)
		}
	}
}
