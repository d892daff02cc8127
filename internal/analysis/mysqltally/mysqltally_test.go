package mysqltally

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/tallytest"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/metastore/mysqlmeta"
	"github.com/hubbub-live/hubbub/internal/mysqldb"
	"github.com/hubbub-live/hubbub/internal/mysqldb/mysqltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(mysqltest.With(m)) }

func openIn(ctx context.Context, dir string) (*Store, error) {
	dsn, err := mysqltest.Database(ctx, dir)
	if err != nil {
		return nil, err
	}
	return Open(ctx, dsn)
}

func openStore(t *testing.T) *Store {
	t.Helper()
	s, err := openIn(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

var harness = tallytest.Harness{Shared: true, Open: func(ctx context.Context, dir string) (tallytest.Store, error) {
	return openIn(ctx, dir)
}}

func TestContract(t *testing.T) { tallytest.Run(t, harness) }

func Benchmark(b *testing.B) { tallytest.Bench(b, harness) }

// step is the n-th message of a stream, in minute n.
func step(n uint64) (worker.Cursor, []worker.State) {
	at := hubbub.Position{Epoch: 1, N: n}
	return worker.Cursor{Through: at, Time: time.UnixMilli(int64(n)), Counted: int64(n)},
		[]worker.State{{Stream: "a", Newest: at, Tally: fmt.Append(nil, n), Closed: analysis.Minutes{{Number: n, Counts: analysis.Counts{1}}}}}
}

// save saves a step after the last, and returns which.
func save(ctx context.Context, s *Store) (uint64, error) {
	before, err := through(ctx, s)
	if err != nil {
		return 0, err
	}
	c, states := step(before.N + 1)
	return c.Through.N, s.Save(ctx, before, c, states)
}

func through(ctx context.Context, s *Store) (hubbub.Position, error) {
	list, err := s.Cursors(ctx)
	if err != nil || len(list) == 0 {
		return hubbub.Position{}, err
	}
	return list[0].Through, nil
}

// wantSteps wants exactly the steps up to n.
func wantSteps(t *testing.T, s *Store, n uint64) {
	t.Helper()
	at, err := through(t.Context(), s)
	if err != nil || at.N != n {
		t.Errorf("the cursor is %v, %v, want step %d", at, err, n)
	}
	got, _, err := s.Minutes(t.Context(), "a", 0, math.MaxInt64)
	if err != nil || uint64(len(got.Closed)) != n || n > 0 && string(got.Tally) != fmt.Sprint(n) {
		t.Errorf("the tally is %s, there are %d minutes, %v; want %d", got.Tally, len(got.Closed), err, n)
	}
	for _, m := range got.Closed {
		if m.Counts.Total() != 1 {
			t.Errorf("step %d counts %d times", m.Number, m.Counts.Total())
		}
	}
}

// What is cleared is as it was at first.
func TestClear(t *testing.T) {
	s := openStore(t)
	for range 2 {
		for range 3 {
			if _, err := save(t.Context(), s); err != nil {
				t.Fatal(err)
			}
		}
		wantSteps(t, s, 3)
		if err := s.Clear(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := s.State(t.Context(), "a"); ok || err != nil {
			t.Errorf("there is a tally, %v", err)
		}
	}
}

// What was saved outlives a server that is killed, and the store goes on with the next
// one.
func TestServerIsKilled(t *testing.T) {
	s := openStore(t)
	for n := uint64(1); n <= 2; n++ {
		if _, err := save(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if err := mysqltest.Server.Kill(); err != nil {
			t.Fatal(err)
		}
		c, states := step(n + 1)
		if err := s.Save(t.Context(), hubbub.Position{Epoch: 1, N: n}, c, states); err == nil || errors.Is(err, worker.ErrMoved) {
			t.Errorf("Save without a server = %v", err)
		}
		if err := mysqltest.Server.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantSteps(t, s, n)
	}
}

// A worker that reads the cursor after an error counts each step once, wherever the
// server was when it was killed.
func TestServerIsKilledWhileSaving(t *testing.T) {
	s := openStore(t)
	ctx, stop := context.WithCancel(t.Context())
	saved, ended := make(chan uint64), make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			n, err := save(ctx, s)
			if err != nil {
				if errors.Is(err, worker.ErrMoved) {
					t.Errorf("step %d: %v", n, err)
				}
				continue
			}
			select {
			case saved <- n:
			case <-ctx.Done():
			}
		}
	}()
	for range 3 {
		for range 20 {
			<-saved
		}
		if err := mysqltest.Server.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := mysqltest.Server.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	newest := <-saved
	stop()
	<-ended
	at, err := through(t.Context(), s)
	if err != nil || at.N < newest {
		t.Errorf("the cursor is %v, %v; step %d was saved", at, err, newest)
	}
	wantSteps(t, s, at.N)
}

// What fails in the middle stores nothing.
func TestFailsWhole(t *testing.T) {
	s := openStore(t)
	if _, err := save(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	next, states := step(2)
	first := next.Through
	first.N--
	long := worker.State{Stream: hubbub.StreamID(strings.Repeat("x", 257)), Tally: []byte("1")}
	if err := s.Save(t.Context(), first, next, append(states, long)); err == nil || errors.Is(err, worker.ErrMoved) {
		t.Errorf("a name that is too long: %v", err)
	}
	wantSteps(t, s, 1)
	if _, err := s.db.Exec(`SET GLOBAL super_read_only = 1`); err != nil {
		t.Fatal(err)
	}
	if err := s.Save(t.Context(), first, next, states); err == nil || errors.Is(err, worker.ErrMoved) {
		t.Errorf("Save on a server that only reads: %v", err)
	}
	if _, err := s.db.Exec(`SET GLOBAL read_only = 0`); err != nil { // super_read_only ends with it
		t.Fatal(err)
	}
	wantSteps(t, s, 1)
	if err := s.Save(t.Context(), first, next, states); err != nil {
		t.Error(err)
	}
	wantSteps(t, s, 2)
}

// A worker that is frozen between its statements holds up the next one until the server
// has cut it off, and once it wakes up has stored nothing.
func TestFrozenWhileSaving(t *testing.T) {
	dir := t.TempDir()
	s, err := openIn(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := save(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	dsn, err := mysqltest.Database(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	frozen, err := Open(t.Context(), dsn+"?wait_timeout=1")
	if err != nil {
		t.Fatal(err)
	}
	defer frozen.Close()
	before := hubbub.Position{Epoch: 1, N: 1}
	err = mysqldb.Transact(t.Context(), frozen.db, sql.TxOptions{Isolation: sql.LevelReadCommitted}, func(tx *sql.Tx) error {
		c, states := step(2)
		if err := errors.Join(move(t.Context(), tx, before, c), put(t.Context(), tx, states)); err != nil {
			return err
		}
		_, err := save(t.Context(), s)
		return err
	})
	if err == nil {
		t.Error("both stored a step after the first")
	}
	wantSteps(t, s, 2)
	if _, err := save(t.Context(), frozen); err != nil {
		t.Errorf("it does not go on: %v", err)
	}
	wantSteps(t, s, 3)
}

// Users and streams are in the same database, of any version.
func TestBesideUsersAndStreams(t *testing.T) {
	dsn, err := mysqltest.Database(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	meta, err := mysqlmeta.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer meta.Close()
	s, err := Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.db.Exec(`INSERT INTO tally_versions (version_id, is_applied) VALUES (999, 1)`); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), dsn); !errors.Is(err, mysqldb.ErrNewer) {
		t.Errorf("Open = %v, want %v", err, mysqldb.ErrNewer)
	}
	again, err := mysqlmeta.Open(t.Context(), dsn)
	if err != nil {
		t.Fatalf("users and streams: %v", err)
	}
	again.Close()
}
