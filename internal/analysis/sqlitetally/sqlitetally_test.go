package sqlitetally

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
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

func at(epoch uint32, n uint64) hubbub.Position { return hubbub.Position{Epoch: epoch, N: n} }

// TestItIsAsAMap saves and reads against a model, with the file closed and opened in
// between.
func TestItIsAsAMap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tally.db")
	s := openFile(t, path)
	cursors, states := map[int]worker.Cursor{}, map[hubbub.StreamID]worker.State{} // over all checks; Closed is the sum
	rapid.Check(t, func(rt *rapid.T) {
		ctx := context.Background()
		for range rapid.IntRange(1, 10).Draw(rt, "saves") {
			partition := rapid.IntRange(0, 2).Draw(rt, "partition")
			before := cursors[partition].Through
			c := worker.Cursor{
				Partition: partition, Through: at(before.Epoch+uint32(rapid.IntRange(0, 1).Draw(rt, "epoch")), before.N+1),
				Time: time.UnixMilli(int64(rapid.IntRange(1, 1<<40).Draw(rt, "time"))), Counted: int64(rapid.IntRange(0, 1<<40).Draw(rt, "counted")),
				Unpublished: at(3, uint64(rapid.IntRange(0, 9).Draw(rt, "unpublished"))),
			}
			var list []worker.State
			for i := range rapid.IntRange(0, 4).Draw(rt, "states") {
				stream := hubbub.StreamID(fmt.Sprint("p", partition, "s", i*rapid.IntRange(1, 3).Draw(rt, "stream")))
				list = append(list, worker.State{Stream: stream, Partition: partition,
					Newest: at(uint32(rapid.IntRange(0, 3).Draw(rt, "e")), uint64(rapid.IntRange(0, 9).Draw(rt, "n"))),
					Tally:  rapid.SliceOfN(rapid.Byte(), 1, 9000).Draw(rt, "tally"), Closed: minutes(rt)})
			}
			if rapid.IntRange(0, 3).Draw(rt, "stale") == 0 {
				if err := s.Save(ctx, at(77, 7), c, list); !errors.Is(err, worker.ErrMoved) {
					rt.Fatalf("Save after another cursor = %v", err)
				}
				continue
			}
			if err := s.Save(ctx, before, c, list); err != nil {
				rt.Fatal(err)
			}
			cursors[partition] = c
			for _, state := range list {
				closed := states[state.Stream].Closed
				closed.Merge(state.Closed)
				state.Closed = closed
				states[state.Stream] = state
			}
			if rapid.IntRange(0, 9).Draw(rt, "reopen") == 0 {
				if err := s.Close(); err != nil {
					rt.Fatal(err)
				}
				s = openFile(t, path)
			}
		}
		compare(rt, s, cursors, states)
	})
}

// minutes draws a few minutes of a stream.
func minutes(t *rapid.T) (list analysis.Minutes) {
	number := rapid.SampledFrom([]uint64{0, 29_000_000, math.MaxInt64/60_000 - 100}).Draw(t, "minute")
	for range rapid.IntRange(0, 3).Draw(t, "minutes") {
		number += rapid.Uint64Range(1, 3).Draw(t, "later")
		m := analysis.Minute{Number: number}
		m.Counts[rapid.IntRange(0, hubbub.Moods-1).Draw(t, "mood")] = rapid.Uint64Range(1, 1<<40).Draw(t, "messages")
		list = append(list, m)
	}
	return list
}

func compare(t *rapid.T, s *Store, cursors map[int]worker.Cursor, states map[hubbub.StreamID]worker.State) {
	ctx := context.Background()
	list, err := s.Cursors(ctx)
	if err != nil || len(list) != len(cursors) {
		t.Fatalf("Cursors = %v, %v", list, err)
	}
	for _, c := range list {
		if want := cursors[c.Partition]; !c.Time.Equal(want.Time) || c.Through != want.Through || c.Counted != want.Counted || c.Unpublished != want.Unpublished {
			t.Fatalf("cursor %+v, want %+v", c, want)
		}
	}
	for _, want := range states {
		got, ok, err := s.State(ctx, want.Stream)
		if err != nil || !ok || got.Newest != want.Newest || got.Partition != want.Partition || !bytes.Equal(got.Tally, want.Tally) {
			t.Fatalf("State(%s) = %v, %v", want.Stream, ok, err)
		}
		first, end := rapid.Uint64Range(29_000_000, 29_000_009).Draw(t, "first"), rapid.Uint64Range(29_000_000, 29_000_009).Draw(t, "end")
		if rapid.Bool().Draw(t, "all") {
			first, end = 0, math.MaxInt64
		}
		minutes, ok, err := s.Minutes(ctx, want.Stream, first, end)
		if inRange := want.Closed.Between(first, end); err != nil || !ok || !slices.Equal(minutes.Closed, inRange) {
			t.Fatalf("Minutes(%s, %d, %d) = %v, %v, %v; want %v", want.Stream, first, end, minutes.Closed, ok, err, inRange)
		}
		if minutes.Closed = nil; !bytes.Equal(minutes.Tally, got.Tally) || minutes.Newest != got.Newest || minutes.Partition != got.Partition || minutes.Stream != got.Stream {
			t.Fatalf("Minutes(%s) has another state than State", want.Stream)
		}
	}
	if _, ok, err := s.Minutes(ctx, "nobody", 0, math.MaxInt64); ok || err != nil {
		t.Fatalf("Minutes of none = %v, %v", ok, err)
	}
	if _, ok, err := s.State(ctx, "nobody"); ok || err != nil {
		t.Fatalf("State of none = %v, %v", ok, err)
	}
	since := at(uint32(rapid.IntRange(0, 4).Draw(t, "since e")), uint64(rapid.IntRange(0, 10).Draw(t, "since n")))
	for partition := range 3 {
		want := map[hubbub.StreamID]hubbub.Position{}
		for _, state := range states {
			if state.Partition == partition && !state.Newest.Before(since) {
				want[state.Stream] = state.Newest
			}
		}
		if got, err := s.Changed(ctx, partition, since); err != nil || !maps.Equal(got, want) {
			t.Fatalf("Changed(%d, %v) = %v, %v, want %v", partition, since, got, err, want)
		}
	}
}

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
			next := worker.Cursor{Through: at(1, 1), Time: time.UnixMilli(1)}
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

// BenchmarkSave is a durable batch, one after the other: of one hot room, of a few,
// of many quiet ones.
func BenchmarkSave(b *testing.B) {
	for _, c := range []struct{ rooms, size int }{{1, 27 << 10}, {10, 4 << 10}, {500, 150}} {
		b.Run(fmt.Sprintf("rooms=%d,bytes=%d", c.rooms, c.size), func(b *testing.B) {
			s := openFile(b, filepath.Join(b.TempDir(), "tally.db"))
			var states []worker.State
			for n := range c.rooms {
				states = append(states, worker.State{Stream: hubbub.StreamID(fmt.Sprint("s", n)), Tally: make([]byte, c.size)})
			}
			before := hubbub.Position{}
			for b.Loop() {
				next := worker.Cursor{Through: at(1, before.N+1), Time: time.UnixMilli(1)}
				for i := range states {
					states[i].Newest = next.Through
				}
				if err := s.Save(b.Context(), before, next, states); err != nil {
					b.Fatal(err)
				}
				before = next.Through
			}
		})
	}
}

// BenchmarkMinutes reads a day that was never quiet, beside the tally of a hot room.
func BenchmarkMinutes(b *testing.B) {
	s := openFile(b, filepath.Join(b.TempDir(), "tally.db"))
	state := worker.State{Stream: "1", Tally: make([]byte, 27<<10)}
	for n := range 10 * 1440 {
		state.Closed = append(state.Closed, analysis.Minute{Number: 29_000_000 + uint64(n), Counts: analysis.Counts{1, 2, 3, 4, 5, 6}})
	}
	if err := s.Save(b.Context(), hubbub.Position{}, worker.Cursor{Through: at(1, 1), Time: time.UnixMilli(1)}, []worker.State{state}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if got, _, err := s.Minutes(b.Context(), "1", 29_005_000, 29_005_000+1440); err != nil || len(got.Closed) != 1440 {
			b.Fatal(len(got.Closed), err)
		}
	}
}
