package tallytest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/crashtest"
)

// crashStreams are saved by each step of the process that is killed, all of them.
var crashStreams = []hubbub.StreamID{"a", "b", "c"}

// testCrash kills a process that saves, again and again in the same folder.
func testCrash(t *testing.T, h Harness) {
	if dir, _, inside := crashtest.Inside(t); inside {
		saveUntilKilled(t, h, dir)
		return
	}
	killer := crashtest.New(t)
	acked := uint64(0)
	for round := range crashtest.Rounds(6) {
		killer.Kill(0, 60, func(line string) bool {
			_, err := fmt.Sscanf(line, "saved %d", &acked)
			return err == nil
		})
		newest := checkSteps(t, h, killer.Dir, acked)
		t.Logf("round %d: %d steps", round+1, newest)
	}
}

// saveUntilKilled saves a step after the other. The first may find the cursor moved: a
// server commits what it was told to by a process that is gone.
func saveUntilKilled(t *testing.T, h Harness, dir string) {
	s := open(t, h, dir)
	for {
		before := cursorOf(t, s, 0).Through
		n := before.N + 1
		var list []worker.State
		for _, stream := range crashStreams {
			list = append(list, stateAt(0, stream, n))
		}
		switch err := s.Save(context.Background(), before, cursorAt(0, n), list); {
		case err == nil:
			fmt.Printf("saved %d\n", n)
		case !errors.Is(err, worker.ErrMoved):
			t.Fatal(err)
		}
	}
}

// checkSteps opens what a killed process left: all steps that it said were saved, each
// stream as the cursor has it, and no minute twice. It returns the newest step. The
// cursor is read before and after: what was under way may be committed meanwhile.
func checkSteps(t *testing.T, h Harness, dir string, acked uint64) (newest uint64) {
	t.Helper()
	s := open(t, h, dir)
	first := cursorOf(t, s, 0)
	steps := map[hubbub.StreamID]uint64{}
	for _, stream := range crashStreams {
		got, ok, err := s.Minutes(t.Context(), stream, 0, math.MaxInt64)
		must(t, err)
		steps[stream] = uint64(len(got.Closed))
		if ok && string(got.Tally) != fmt.Sprint(len(got.Closed)) {
			t.Fatalf("stream %s: the tally is %s, and there are %d minutes", stream, got.Tally, len(got.Closed))
		}
		for _, m := range got.Closed {
			if n := m.Counts.Total(); n != 1 {
				t.Fatalf("stream %s: step %d counts %d times", stream, m.Number, n)
			}
		}
	}
	last := cursorOf(t, s, 0)
	for stream, n := range steps {
		if n < first.Through.N || n > last.Through.N {
			t.Fatalf("stream %s has %d steps, the cursor is from %v to %v", stream, n, first.Through, last.Through)
		}
	}
	if first.Through.N < acked || last.Counted != int64(last.Through.N) {
		t.Fatalf("step %d was saved, the cursor is %+v", acked, last)
	}
	must(t, s.Close())
	return last.Through.N
}
