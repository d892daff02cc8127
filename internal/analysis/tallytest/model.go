package tallytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
)

// A model is what a store has to have, over all checks: Closed of a state is the sum.
type model struct {
	cursors map[int]worker.Cursor
	states  map[hubbub.StreamID]worker.State
}

// testIsAsAMap saves and reads against a model, with the store closed and opened in
// between.
func testIsAsAMap(t *testing.T, h Harness) {
	dir := t.TempDir()
	s := open(t, h, dir)
	m := model{map[int]worker.Cursor{}, map[hubbub.StreamID]worker.State{}}
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(1, 10).Draw(rt, "saves") {
			m.save(rt, s)
			if rapid.IntRange(0, 9).Draw(rt, "reopen") == 0 {
				if err := s.Close(); err != nil {
					rt.Fatal(err)
				}
				s = open(t, h, dir)
			}
		}
		m.compareCursors(rt, s)
		for _, want := range m.states {
			compareState(rt, s, want)
		}
		m.compareChanged(rt, s)
	})
}

// save saves a batch, or one that another cursor goes before.
func (m *model) save(t *rapid.T, s Store) {
	partition := rapid.IntRange(0, 2).Draw(t, "partition")
	before := m.cursors[partition].Through
	c := worker.Cursor{
		Partition: partition, Through: at(before.Epoch+uint32(rapid.IntRange(0, 1).Draw(t, "epoch")), before.N+1),
		Time: time.UnixMilli(int64(rapid.IntRange(1, 1<<40).Draw(t, "time"))), Counted: int64(rapid.IntRange(0, 1<<40).Draw(t, "counted")),
		Unpublished: at(3, uint64(rapid.IntRange(0, 9).Draw(t, "unpublished"))),
	}
	list := states(t, partition)
	if rapid.IntRange(0, 3).Draw(t, "stale") == 0 {
		if err := s.Save(context.Background(), at(77, 7), c, list); !errors.Is(err, worker.ErrMoved) {
			t.Fatalf("Save after another cursor = %v", err)
		}
		return
	}
	if err := s.Save(context.Background(), before, c, list); err != nil {
		t.Fatal(err)
	}
	m.cursors[partition] = c
	for _, state := range list {
		closed := m.states[state.Stream].Closed
		closed.Merge(state.Closed)
		state.Closed = closed
		m.states[state.Stream] = state
	}
}

// states draws a few states of a partition.
func states(t *rapid.T, partition int) (list []worker.State) {
	for i := range rapid.IntRange(0, 4).Draw(t, "states") {
		list = append(list, worker.State{
			Stream:    hubbub.StreamID(fmt.Sprint("p", partition, "s", i*rapid.IntRange(1, 3).Draw(t, "stream"))),
			Partition: partition,
			Newest:    at(uint32(rapid.IntRange(0, 3).Draw(t, "e")), uint64(rapid.IntRange(0, 9).Draw(t, "n"))),
			Tally:     rapid.SliceOfN(rapid.Byte(), 1, 9000).Draw(t, "tally"),
			Closed:    minutes(t),
		})
	}
	return list
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

func (m *model) compareCursors(t *rapid.T, s Store) {
	list, err := s.Cursors(context.Background())
	if err != nil || len(list) != len(m.cursors) {
		t.Fatalf("Cursors = %v, %v", list, err)
	}
	for _, c := range list {
		if want := m.cursors[c.Partition]; !sameCursor(c, want) {
			t.Fatalf("cursor %+v, want %+v", c, want)
		}
	}
}

func sameCursor(a, b worker.Cursor) bool {
	same := a.Time.Equal(b.Time)
	a.Time = b.Time
	return same && a == b
}

func compareState(t *rapid.T, s Store, want worker.State) {
	ctx := context.Background()
	got, ok, err := s.State(ctx, want.Stream)
	if err != nil || !ok || !sameState(got, want) || got.Closed != nil {
		t.Fatalf("State(%s) = %v, %v", want.Stream, ok, err)
	}
	first, end := rapid.Uint64Range(29_000_000, 29_000_009).Draw(t, "first"), rapid.Uint64Range(29_000_000, 29_000_009).Draw(t, "end")
	if rapid.Bool().Draw(t, "all") {
		first, end = 0, math.MaxInt64
	}
	got, ok, err = s.Minutes(ctx, want.Stream, first, end)
	if inRange := want.Closed.Between(first, end); err != nil || !ok || !slices.Equal(got.Closed, inRange) {
		t.Fatalf("Minutes(%s, %d, %d) = %v, %v, %v; want %v", want.Stream, first, end, got.Closed, ok, err, inRange)
	}
	if !sameState(got, want) {
		t.Fatalf("Minutes(%s) has another state than State", want.Stream)
	}
}

// sameState is true for states that are the same but for their minutes.
func sameState(a, b worker.State) bool {
	return a.Stream == b.Stream && a.Partition == b.Partition && a.Newest == b.Newest && bytes.Equal(a.Tally, b.Tally)
}

func (m *model) compareChanged(t *rapid.T, s Store) {
	since := at(uint32(rapid.IntRange(0, 4).Draw(t, "since e")), uint64(rapid.IntRange(0, 10).Draw(t, "since n")))
	for partition := range 3 {
		want := map[hubbub.StreamID]hubbub.Position{}
		for _, state := range m.states {
			if state.Partition == partition && !state.Newest.Before(since) {
				want[state.Stream] = state.Newest
			}
		}
		if got, err := s.Changed(context.Background(), partition, since); err != nil || !maps.Equal(got, want) {
			t.Fatalf("Changed(%d, %v) = %v, %v, want %v", partition, since, got, err, want)
		}
	}
}
