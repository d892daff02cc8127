package sqlitemeta

import (
	"context"
	"database/sql"
	"errors"
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
	path := filepath.Join(t.TempDir(), File)
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
}

func TestSaysWhatItRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(`PRAGMA application_id = 1752523362`); err != nil { // the archive's
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path); !errors.Is(err, sqlitefile.ErrForeign) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open = %v, want %v, naming the file", err, sqlitefile.ErrForeign)
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
