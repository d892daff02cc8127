package sqlitetally

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/tallytest"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/sqlitefile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openFile(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func exec(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

var harness = tallytest.Harness{Open: func(ctx context.Context, dir string) (tallytest.Store, error) {
	return Open(ctx, filepath.Join(dir, File))
}}

func TestContract(t *testing.T) { tallytest.Run(t, harness) }

func Benchmark(b *testing.B) { tallytest.Bench(b, harness) }

func TestSaysWhatItRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	exec(t, db, `CREATE TABLE tallies (mine TEXT)`)
	if _, err := Open(t.Context(), path); !errors.Is(err, sqlitefile.ErrForeign) || !strings.Contains(err.Error(), path) {
		t.Errorf("Open = %v, want %v, naming the file", err, sqlitefile.ErrForeign)
	}
}

func TestAFullOrReadOnlyDiskChangesNothing(t *testing.T) {
	for _, c := range []struct{ name, breaks, mends string }{
		{"full", `PRAGMA max_page_count = 20`, `PRAGMA max_page_count = 1000000`},
		{"read only", `PRAGMA query_only = 1`, `PRAGMA query_only = 0`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openFile(t, filepath.Join(t.TempDir(), "tally.db"))
			var states []worker.State
			for n := range 100 {
				states = append(states, worker.State{Stream: hubbub.StreamID(fmt.Sprint("s", n)), Tally: make([]byte, 5000), Closed: analysis.Minutes{{Number: 7, Counts: analysis.Counts{1}}}})
			}
			exec(t, s.db, c.breaks)
			next := worker.Cursor{Through: hubbub.Position{Epoch: 1, N: 1}, Time: time.UnixMilli(1)}
			if err := s.Save(t.Context(), hubbub.Position{}, next, states); err == nil || errors.Is(err, worker.ErrMoved) {
				t.Errorf("Save = %v", err)
			}
			if list, err := s.Cursors(t.Context()); err != nil || len(list) != 0 {
				t.Errorf("Cursors = %v, %v: part of it is there", list, err)
			}
			exec(t, s.db, c.mends)
			if err := s.Save(t.Context(), hubbub.Position{}, next, states); err != nil {
				t.Errorf("Save once there is room: %v", err)
			}
			if got, _, err := s.Minutes(t.Context(), "s0", 0, 9); err != nil || !slices.Equal(got.Closed, states[0].Closed) {
				t.Errorf("the minutes are %v, %v: those that failed count too", got.Closed, err)
			}
		})
	}
}
