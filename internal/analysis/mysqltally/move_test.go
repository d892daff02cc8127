package mysqltally

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
)

// spread gives streams s0, s1, … their partitions.
func spread(partitions int) func(hubbub.StreamID) int {
	return func(stream hubbub.StreamID) (n int) {
		_, err := fmt.Sscanf(string(stream), "s%d", &n)
		if err != nil {
			panic(err)
		}
		return n % partitions
	}
}

// Tallies go on in the partitions that their streams have now; what was counted stays
// counted, and what was not published is found. A repeat changes nothing, and takes
// nothing back.
func TestMove(t *testing.T) {
	const streams = 2500 // more than are read at once
	s := openStore(t)
	for part := range 2 {
		var states []worker.State
		for i := part; i < streams; i += 2 {
			states = append(states, worker.State{
				Stream: hubbub.StreamID(fmt.Sprint("s", i)), Partition: part,
				Newest: hubbub.Position{Epoch: 1, N: uint64(i + 1)}, Tally: fmt.Append(nil, i),
			})
		}
		c := worker.Cursor{
			Partition: part, Through: hubbub.Position{Epoch: 1, N: streams}, Time: time.UnixMilli(int64(1000 + part)), Counted: streams / 2,
			Unpublished: hubbub.Position{Epoch: 1, N: uint64(streams - 4*part)}, // none of the even ones; s2495, s2497 and s2499 of the odd ones
		}
		if err := s.Save(t.Context(), hubbub.Position{}, c, states); err != nil {
			t.Fatal(err)
		}
	}
	first := hubbub.Position{Epoch: 2}
	of := spread(5)
	for range 2 {
		if err := s.Move(t.Context(), 5, 2, of); err != nil {
			t.Fatal(err)
		}
		cursors, err := s.Cursors(t.Context())
		if err != nil || len(cursors) != 5 {
			t.Fatalf("there are %v, %v", cursors, err)
		}
		var counted int64
		unpublished := map[hubbub.StreamID]hubbub.Position{}
		for _, c := range cursors {
			counted += c.Counted
			if c.Through != first || !c.Time.Equal(time.UnixMilli(1001)) {
				t.Errorf("partition %d is counted through %v, %v", c.Partition, c.Through, c.Time)
			}
			changed, err := s.Changed(t.Context(), c.Partition, c.Unpublished)
			if err != nil {
				t.Fatal(err)
			}
			maps.Copy(unpublished, changed)
		}
		if counted != streams {
			t.Errorf("%d are counted, not %d", counted, streams)
		}
		names := slices.Sorted(maps.Keys(unpublished))
		if fmt.Sprint(names) != "[s2495 s2497 s2499]" {
			t.Errorf("%v may be unpublished", names)
		}
	}
	for i := range streams {
		stream := hubbub.StreamID(fmt.Sprint("s", i))
		got, ok, err := s.State(t.Context(), stream)
		if err != nil || !ok || got.Partition != of(stream) || string(got.Tally) != fmt.Sprint(i) || got.Newest.N != uint64(i+1) {
			t.Fatalf("%s: %v, %v, %v", stream, got, ok, err)
		}
	}

	next := worker.Cursor{Partition: 4, Through: hubbub.Position{Epoch: 2, N: 7}, Time: time.UnixMilli(2000), Counted: 9, Unpublished: hubbub.Position{Epoch: 2, N: 3}}
	if err := s.Save(t.Context(), first, next, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Move(t.Context(), 5, 2, of); err != nil {
		t.Fatal(err)
	}
	cursors, err := s.Cursors(t.Context())
	if at := slices.IndexFunc(cursors, func(c worker.Cursor) bool { return c.Partition == 4 }); err != nil || at < 0 || cursors[at] != next {
		t.Errorf("a late repeat makes %v of %v, %v", cursors, next, err)
	}
}

// Tallies of a log that has none yet begin as well.
func TestMoveNothing(t *testing.T) {
	s := openStore(t)
	if err := s.Move(t.Context(), 3, 1, spread(3)); err != nil {
		t.Fatal(err)
	}
	cursors, err := s.Cursors(t.Context())
	if err != nil || len(cursors) != 3 || cursors[2].Through != (hubbub.Position{Epoch: 1}) {
		t.Errorf("there are %v, %v", cursors, err)
	}
	c, states := step(1)
	if err := s.Save(t.Context(), hubbub.Position{}, c, states); !errors.Is(err, worker.ErrMoved) {
		t.Errorf("who has not read the cursor: %v", err)
	}
	if err := s.Save(t.Context(), cursors[0].Through, c, states); err != nil {
		t.Errorf("who has: %v", err)
	}
}
