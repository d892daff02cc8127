// Package tallytest is what every store of tallies must do: the conformance suite of
// worker.Store, run by each adapter's tests. It knows nothing of how they are kept.
package tallytest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
)

// A Store is what an adapter makes.
type Store interface {
	worker.Store
	Close() error
}

// A Harness makes stores for the suite.
type Harness struct {
	// Open opens the store kept in dir: an empty one in an empty folder, what was
	// there in one used before.
	Open func(ctx context.Context, dir string) (Store, error)
	// Shared: several processes may have a store open at once.
	Shared bool
}

// Run runs the whole suite.
func Run(t *testing.T, h Harness) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"Empty", testEmpty},
		{"IsAsAMap", testIsAsAMap},
		{"KeepsAnything", testKeepsAnything},
		{"Retains", testRetains},
		{"LargeBatches", testLargeBatches},
		{"AFrozenWorkerChangesNothing", testFrozen},
		{"CursorsAreSavedAsTheyWere", testSameCursor},
		{"WorkersMeet", testWorkersMeet},
		{"PartitionsAtOnce", testPartitionsAtOnce},
		{"Restart", testRestart},
		{"EndedContext", testEndedContext},
		{"Closed", testClosed},
		{"Crash", testCrash},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, h) })
	}
}

func open(t testing.TB, h Harness, dir string) Store {
	t.Helper()
	s, err := h.Open(t.Context(), dir)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// second is another worker's store, of the same folder.
func second(t testing.TB, h Harness, s Store, dir string) Store {
	t.Helper()
	if !h.Shared {
		return s
	}
	return open(t, h, dir)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantMoved(t testing.TB, why string, err error) {
	t.Helper()
	if !errors.Is(err, worker.ErrMoved) {
		t.Errorf("%s: %v, want %v", why, err, worker.ErrMoved)
	}
}

func at(epoch uint32, n uint64) hubbub.Position { return hubbub.Position{Epoch: epoch, N: n} }

// cursorAt is a cursor of a partition through 1.n, n messages of it counted.
func cursorAt(partition int, n uint64) worker.Cursor {
	return worker.Cursor{
		Partition: partition, Through: at(1, n), Time: time.UnixMilli(int64(1_800_000_000_000 + n)),
		Counted: int64(n), Unpublished: at(1, n),
	}
}

// stateAt is the tally of a stream after 1.n, and a message in minute n.
func stateAt(partition int, stream hubbub.StreamID, n uint64) worker.State {
	return worker.State{
		Stream: stream, Partition: partition, Newest: at(1, n), Tally: fmt.Append(nil, n),
		Closed: analysis.Minutes{{Number: n, Counts: analysis.Counts{1}}},
	}
}

// cursorOf returns the cursor of a partition, without a time if there is none.
func cursorOf(t testing.TB, s worker.Store, partition int) worker.Cursor {
	t.Helper()
	list, err := s.Cursors(t.Context())
	must(t, err)
	for _, c := range list {
		if c.Partition == partition {
			return c
		}
	}
	return worker.Cursor{Partition: partition}
}
