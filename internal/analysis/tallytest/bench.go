package tallytest

import (
	"fmt"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
)

// Bench measures a store.
func Bench(b *testing.B, h Harness) {
	for _, c := range []struct{ rooms, size int }{{1, 27 << 10}, {10, 4 << 10}, {500, 150}} {
		b.Run(fmt.Sprintf("Save/rooms=%d,bytes=%d", c.rooms, c.size), func(b *testing.B) { benchSave(b, h, c.rooms, c.size) })
	}
	b.Run("Minutes", func(b *testing.B) { benchMinutes(b, h) })
}

// benchSave is a durable batch, one after the other: of one hot room, of a few, of
// many quiet ones.
func benchSave(b *testing.B, h Harness, rooms, size int) {
	s := open(b, h, b.TempDir())
	var states []worker.State
	for n := range rooms {
		states = append(states, worker.State{Stream: hubbub.StreamID(fmt.Sprint("s", n)), Tally: make([]byte, size)})
	}
	before := hubbub.Position{}
	for b.Loop() {
		next := cursorAt(0, before.N+1)
		for i := range states {
			states[i].Newest = next.Through
		}
		if err := s.Save(b.Context(), before, next, states); err != nil {
			b.Fatal(err)
		}
		before = next.Through
	}
}

// benchMinutes reads a day that was never quiet, beside the tally of a hot room.
func benchMinutes(b *testing.B, h Harness) {
	s := open(b, h, b.TempDir())
	state := worker.State{Stream: "1", Tally: make([]byte, 27<<10), Closed: tenDays()}
	must(b, s.Save(b.Context(), hubbub.Position{}, cursorAt(0, 1), []worker.State{state}))
	for b.Loop() {
		if got, _, err := s.Minutes(b.Context(), "1", 29_005_000, 29_005_000+1440); err != nil || len(got.Closed) != 1440 {
			b.Fatal(len(got.Closed), err)
		}
	}
}
