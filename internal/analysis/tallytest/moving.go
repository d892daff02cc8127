package tallytest

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
)

// testFrozen freezes a worker after it has read the cursor, while another goes on.
func testFrozen(t *testing.T, h Harness) {
	dir := t.TempDir()
	s := open(t, h, dir)
	frozen := second(t, h, s, dir)
	none := cursorOf(t, frozen, 0)
	must(t, s.Save(t.Context(), hubbub.Position{}, cursorAt(0, 1), []worker.State{stateAt(0, "a", 1)}))
	read := cursorOf(t, frozen, 0)
	must(t, s.Save(t.Context(), read.Through, cursorAt(0, 2), []worker.State{stateAt(0, "a", 2)}))

	late := []worker.State{stateAt(0, "a", 3), stateAt(0, "late", 3)}
	for why, before := range map[string]hubbub.Position{
		"it read none": none.Through, "it read an older one": read.Through,
		"the same number of an older log": at(0, 2), "one that never was": at(1, 3),
	} {
		wantMoved(t, why, frozen.Save(t.Context(), before, cursorAt(0, 3), late))
	}
	wantMoved(t, "of a partition without one", frozen.Save(t.Context(), at(1, 2), cursorAt(1, 3), late))

	for _, s := range []Store{s, frozen} {
		list, err := s.Cursors(t.Context())
		if err != nil || len(list) != 1 || !sameCursor(list[0], cursorAt(0, 2)) {
			t.Errorf("the cursors are %+v, %v", list, err)
		}
		want := stateAt(0, "a", 2)
		want.Closed = analysis.Minutes{{Number: 1, Counts: analysis.Counts{1}}, {Number: 2, Counts: analysis.Counts{1}}}
		wantState(t, s, want)
		if _, ok, err := s.State(t.Context(), "late"); ok || err != nil {
			t.Errorf("a stream of the frozen one is there: %v, %v", ok, err)
		}
		if got, err := s.Changed(t.Context(), 0, at(1, 3)); err != nil || len(got) != 0 {
			t.Errorf("Changed = %v, %v", got, err)
		}
	}
	must(t, frozen.Save(t.Context(), cursorOf(t, frozen, 0).Through, cursorAt(0, 3), late)) // once it has read again
}

// testSameCursor: a cursor whose Through stays is replaced, also by one that is the same.
func testSameCursor(t *testing.T, h Harness) {
	s := open(t, h, t.TempDir())
	must(t, s.Save(t.Context(), hubbub.Position{}, cursorAt(0, 1), nil))
	must(t, s.Save(t.Context(), at(1, 1), cursorAt(0, 1), nil))
	published := cursorAt(0, 1)
	published.Unpublished = at(9, 9)
	must(t, s.Save(t.Context(), at(1, 1), published, nil))
	if c := cursorOf(t, s, 0); !sameCursor(c, published) {
		t.Errorf("the cursor is %+v", c)
	}
}

// testWorkersMeet has workers count one partition, all of them at once and each from
// what it read: every step is there once. Those who look meanwhile see a step whole.
func testWorkersMeet(t *testing.T, h Harness) {
	const workers, steps = 4, 15
	dir := t.TempDir()
	s := open(t, h, dir)
	var counting, looking sync.WaitGroup
	counted := make(chan struct{})
	moved := make([]int, workers)
	for i := range workers {
		mine := second(t, h, s, dir)
		counting.Go(func() { moved[i] = countSteps(t, mine, steps) })
	}
	looking.Go(func() {
		for {
			select {
			case <-counted:
				return
			default:
				wantWhole(t, s)
			}
		}
	})
	counting.Wait()
	close(counted)
	looking.Wait()
	if c := cursorOf(t, s, 0); !sameCursor(c, cursorAt(0, workers*steps)) {
		t.Errorf("the cursor is %+v", c)
	}
	if n := wantWhole(t, s); n != workers*steps {
		t.Errorf("%d steps are there, %d were saved", n, workers*steps)
	}
	t.Logf("found the cursor moved: %v times", moved)
}

// countSteps saves so many steps, each after the last that there is, and returns how
// often there was a later one.
func countSteps(t *testing.T, s Store, steps int) (moved int) {
	for steps > 0 {
		list, err := s.Cursors(t.Context())
		if err != nil {
			t.Error(err)
			return moved
		}
		before := worker.Cursor{}
		if len(list) > 0 {
			before = list[0]
		}
		n := before.Through.N + 1
		switch err := s.Save(t.Context(), before.Through, cursorAt(0, n), []worker.State{stateAt(0, "a", n), stateAt(0, "b", n)}); {
		case err == nil:
			steps--
		case errors.Is(err, worker.ErrMoved):
			moved++
		default:
			t.Error(err)
			return moved
		}
	}
	return moved
}

// wantWhole wants a stream to have as many minutes as its tally says, and returns that.
func wantWhole(t *testing.T, s Store) (n int) {
	got, ok, err := s.Minutes(t.Context(), "a", 0, math.MaxInt64)
	if err != nil {
		t.Error(err)
	}
	if n = len(got.Closed); ok && string(got.Tally) != fmt.Sprint(n) || !ok && n > 0 {
		t.Errorf("the tally is %s, and there are %d minutes", got.Tally, n)
	}
	return n
}

// testPartitionsAtOnce has a worker for each partition: nobody finds a cursor moved.
func testPartitionsAtOnce(t *testing.T, h Harness) {
	const partitions, steps, streams = 8, 10, 20
	dir := t.TempDir()
	s := open(t, h, dir)
	var all sync.WaitGroup
	for partition := range partitions {
		mine := s
		if partition%2 == 1 {
			mine = second(t, h, s, dir)
		}
		all.Go(func() {
			before := hubbub.Position{}
			for n := uint64(1); n <= steps; n++ {
				var list []worker.State
				for i := range streams {
					list = append(list, stateAt(partition, hubbub.StreamID(fmt.Sprint(i, "-", partition)), n))
				}
				if err := mine.Save(t.Context(), before, cursorAt(partition, n), list); err != nil {
					t.Error(err)
					return
				}
				before = at(1, n)
			}
		})
	}
	all.Wait()
	for partition := range partitions {
		if c := cursorOf(t, s, partition); !sameCursor(c, cursorAt(partition, steps)) {
			t.Errorf("the cursor is %+v", c)
		}
		changed, err := s.Changed(t.Context(), partition, at(1, steps))
		if err != nil || len(changed) != streams {
			t.Errorf("partition %d: %v, %v", partition, changed, err)
		}
		for stream := range changed {
			got, _, err := s.Minutes(t.Context(), stream, 0, math.MaxInt64)
			if err != nil || len(got.Closed) != steps {
				t.Errorf("stream %s has %d minutes, %v", stream, len(got.Closed), err)
			}
		}
	}
}
