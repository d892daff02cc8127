package tallytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
)

func testEmpty(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	wantEmpty(t, s)
	must(t, s.Save(t.Context(), hubbub.Position{}, cursorAt(0, 1), nil))
	if c := cursorOf(t, s, 0); !sameCursor(c, cursorAt(0, 1)) {
		t.Errorf("a cursor without states is %+v", c)
	}
}

func wantEmpty(t *testing.T, s Store) {
	t.Helper()
	if list, err := s.Cursors(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("Cursors = %v, %v", list, err)
	}
	if _, ok, err := s.State(t.Context(), "nobody"); ok || err != nil {
		t.Errorf("State of none = %v, %v", ok, err)
	}
	if got, ok, err := s.Minutes(t.Context(), "nobody", 0, math.MaxInt64); ok || err != nil || got.Closed != nil {
		t.Errorf("Minutes of none = %v, %v, %v", got, ok, err)
	}
	if got, err := s.Changed(t.Context(), 0, hubbub.Position{}); err != nil || len(got) != 0 {
		t.Errorf("Changed = %v, %v", got, err)
	}
}

// testKeepsAnything: the largest numbers, names that differ little, and all bytes.
func testKeepsAnything(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	largest := at(math.MaxUint32, math.MaxInt64-1)
	c := worker.Cursor{Partition: math.MaxInt32, Through: largest, Time: time.UnixMilli(1<<53 - 1), Counted: math.MaxInt64, Unpublished: largest}
	var all []byte
	for b := range 256 { // in pairs as well, for what escapes
		all = append(all, byte(b), '\\', byte(b), '\'')
	}
	var list []worker.State
	for i, stream := range []hubbub.StreamID{"a", "A", "a_", "a-", "0", "00", hubbub.StreamID(strings.Repeat("x", 64))} {
		list = append(list, worker.State{
			Stream: stream, Partition: c.Partition, Newest: largest, Tally: slices.Concat(all, []byte{byte(i)}),
			Closed: analysis.Minutes{{Number: math.MaxInt64 / 60_000, Counts: analysis.Counts{1 << 62, 2, 3, 4, 5, uint64(i) + 6}}},
		})
	}
	must(t, s.Save(t.Context(), hubbub.Position{}, c, list))
	if got := cursorOf(t, s, c.Partition); !sameCursor(got, c) {
		t.Errorf("cursor %+v, want %+v", got, c)
	}
	for _, want := range list {
		wantState(t, s, want)
	}
	got, err := s.Changed(t.Context(), c.Partition, largest)
	if err != nil || len(got) != len(list) || got["A"] != largest {
		t.Errorf("Changed = %v, %v", got, err)
	}
	if got, err := s.Changed(t.Context(), c.Partition, at(math.MaxUint32, math.MaxInt64)); err != nil || len(got) != 0 {
		t.Errorf("Changed after the largest = %v, %v", got, err)
	}
}

// wantState wants a state with exactly its minutes.
func wantState(t testing.TB, s worker.Store, want worker.State) {
	t.Helper()
	got, ok, err := s.Minutes(t.Context(), want.Stream, 0, math.MaxInt64)
	if err != nil || !ok || !sameState(got, want) || !slices.Equal(got.Closed, want.Closed) {
		t.Errorf("stream %s is %v (%v, %v) with %d minutes, want %v with %d",
			want.Stream, got.Newest, ok, err, len(got.Closed), want.Newest, len(want.Closed))
	}
}

// testRetains: what is given and what is returned is the caller's.
func testRetains(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	list := []worker.State{stateAt(0, "a", 1)}
	must(t, s.Save(t.Context(), hubbub.Position{}, cursorAt(0, 1), list))
	list[0].Tally[0], list[0].Closed[0].Number = 'x', 99
	got, _, err := s.State(t.Context(), "a")
	must(t, err)
	got.Tally[0] = 'y'
	wantState(t, s, stateAt(0, "a", 1))
}

// testLargeBatches saves more than any batch of the worker has: many streams, among
// them large tallies, and ten days of minutes; and then those streams again.
func testLargeBatches(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	want := map[hubbub.StreamID]worker.State{}
	for n := uint64(1); n <= 2; n++ {
		var list []worker.State
		for i := range 1200 {
			state := worker.State{
				Stream: hubbub.StreamID(fmt.Sprint("s", i)), Newest: at(1, n), Tally: fmt.Append(nil, n, i),
				Closed: analysis.Minutes{{Number: uint64(i), Counts: analysis.Counts{1}}},
			}
			if i%300 == 0 {
				state.Tally = bytes.Repeat([]byte{'\''}, 400<<10) // twice as long once it is written in quotes
			}
			if i == 7 && n == 1 {
				state.Closed = tenDays()
			}
			list = append(list, state)
		}
		must(t, s.Save(t.Context(), cursorOf(t, s, 0).Through, cursorAt(0, n), list))
		for _, state := range list {
			closed := slices.Clone(want[state.Stream].Closed)
			closed.Merge(state.Closed)
			state.Closed = closed
			want[state.Stream] = state
		}
	}
	changed, err := s.Changed(t.Context(), 0, at(1, 2))
	if err != nil || len(changed) != len(want) {
		t.Fatalf("%d streams changed, %v", len(changed), err)
	}
	for i, stream := range slices.Sorted(maps.Keys(want)) {
		if i%50 == 0 || len(want[stream].Closed) > 1 || len(want[stream].Tally) > 100 {
			wantState(t, s, want[stream])
		}
	}
}

func tenDays() (list analysis.Minutes) {
	for n := range uint64(10 * 1440) {
		list = append(list, analysis.Minute{Number: 29_000_000 + n, Counts: analysis.Counts{n, 1, 2, 3, 4, 5}})
	}
	return list
}

func testRestart(t *testing.T, h Harness) {
	dir := t.TempDir()
	s := open(t, h, dir)
	must(t, s.Save(t.Context(), hubbub.Position{}, cursorAt(3, 1), []worker.State{stateAt(3, "a", 1)}))
	must(t, s.Close())
	s = open(t, h, dir)
	if c := cursorOf(t, s, 3); !sameCursor(c, cursorAt(3, 1)) {
		t.Errorf("the cursor is %+v", c)
	}
	wantState(t, s, stateAt(3, "a", 1))
	wantMoved(t, "Save as if there were none", s.Save(t.Context(), hubbub.Position{}, cursorAt(3, 2), nil))
	must(t, s.Save(t.Context(), at(1, 1), cursorAt(3, 2), nil))
}

func testEndedContext(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.Save(ctx, hubbub.Position{}, cursorAt(0, 1), []worker.State{stateAt(0, "a", 1)})
	if err == nil || errors.Is(err, worker.ErrMoved) {
		t.Errorf("Save after the context ended: %v", err)
	}
	wantEmpty(t, s)
	wantReadsFail(t, ctx, s)
}

func testClosed(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	must(t, s.Close())
	must(t, s.Close())
	err := s.Save(t.Context(), hubbub.Position{}, cursorAt(0, 1), nil)
	if err == nil || errors.Is(err, worker.ErrMoved) {
		t.Errorf("Save of a closed store: %v", err)
	}
	wantReadsFail(t, t.Context(), s)
}

func wantReadsFail(t *testing.T, ctx context.Context, s Store) {
	t.Helper()
	_, err := s.Cursors(ctx)
	_, _, inState := s.State(ctx, "a")
	_, _, inMinutes := s.Minutes(ctx, "a", 0, 1)
	_, inChanged := s.Changed(ctx, 0, hubbub.Position{})
	for _, err := range []error{err, inState, inMinutes, inChanged} {
		if err == nil {
			t.Error("something was read")
		}
	}
}
