package worker

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// run runs a worker in a bubble with a fake clock, until the test returns.
func run(t *testing.T, s *script, store Store, test func(*Worker)) {
	t.Helper()
	w := New(Options{Log: s, Store: store, Classifier: ByLength{}})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- w.Run(ctx) }()
	synctest.Wait()
	test(w)
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run = %v", err)
	}
}

// pass lets time pass and everything that is due in it happen.
func pass(d time.Duration) {
	time.Sleep(d) // of the fake clock
	synctest.Wait()
}

func TestALoneMessageIsPublishedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		run(t, s, newMemoryStore(), func(*Worker) {
			pass(time.Minute)
			s.say("a", 1)
			synctest.Wait()
			said := s.said("a")
			if len(said) != 1 || said[0].TotalCount != 1 || said[0].Window.Messages != 1 || said[0].Through != position(1) || said[0].Age != 0 {
				t.Fatalf("a lone message led to %+v", said)
			}
			sum := 0.0
			for _, r := range said[0].Ratios {
				sum += r
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Errorf("the ratios sum to %v", sum)
			}
			pass(time.Second)
			if s.done() != 1 {
				t.Errorf("committed %d of 1", s.done())
			}
		})
	})
}

func TestAtMostFiveResultsASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		run(t, s, newMemoryStore(), func(*Worker) {
			for range 300 { // 3 s
				s.say("a", 1)
				s.say("b", 2)
				pass(10 * time.Millisecond)
			}
			pass(400 * time.Millisecond)
			for room, total := range map[hubbub.StreamID]int{"a": 300, "b": 600} {
				said := s.said(room)
				if n := len(said); n < 10 || n > 17 {
					t.Errorf("room %s: %d results in 3.4 s", room, n)
				}
				for i := 1; i < len(said); i++ {
					if d := said[i].came.Sub(said[i-1].came); d < publishEvery {
						t.Errorf("room %s: two results within %v", room, d)
					}
				}
				if last := said[len(said)-1]; last.TotalCount != total {
					t.Errorf("room %s: the last result is %+v, of %d messages", room, last, total)
				}
			}
		})
	})
}

func TestTheWindowOfAQuietRoomSlides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		run(t, s, newMemoryStore(), func(*Worker) {
			start := time.Now()
			s.say("a", 3)
			pass(12 * time.Second)
			s.say("a", 2)
			s.say("other", 1)
			pass(2 * time.Minute)
			type step struct {
				at              time.Duration
				messages, total int
			}
			var steps []step
			for _, r := range s.said("a") {
				steps = append(steps, step{r.came.Sub(start), r.Window.Messages, r.TotalCount})
			}
			// The clock of a bubble starts at midnight, where a bucket does.
			want := []step{{0, 3, 3}, {12 * time.Second, 5, 5}, {60 * time.Second, 2, 5}, {70 * time.Second, 0, 5}}
			if len(steps) != len(want) {
				t.Fatalf("published %v, want %v", steps, want)
			}
			for i := range want {
				if steps[i] != want[i] {
					t.Errorf("published %v, want %v", steps, want)
				}
			}
			pass(3 * time.Hour)
			if n := len(s.said("a")); n != len(want) {
				t.Errorf("%d more results of an idle room", n-len(want))
			}
		})
	})
}

func TestWhatComesWhileAResultIsUnderWayIsPublishedNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		run(t, s, newMemoryStore(), func(*Worker) {
			s.slow = true
			s.say("a", 1)
			pass(time.Second)
			s.say("a", 1)
			pass(time.Second)
			if said := s.said("a"); len(said) != 1 || said[0].TotalCount != 1 {
				t.Errorf("published %+v before the first was answered", said)
			}
			s.answer()
			pass(publishEvery)
			if said := s.said("a"); len(said) != 2 || said[1].TotalCount != 2 {
				t.Errorf("published %+v", said)
			}
		})
	})
}

func TestAResultThatFailedComesLater(t *testing.T) {
	for _, broken := range []error{eventlog.ErrFull, eventlog.ErrUnknown, eventlog.ErrBusy} {
		synctest.Test(t, func(t *testing.T) {
			s := newScript()
			run(t, s, newMemoryStore(), func(w *Worker) {
				s.breaks(broken)
				for range 10 {
					s.say("a", 1)
					pass(time.Second)
				}
				if err := w.Healthy(); !errors.Is(err, broken) {
					t.Errorf("Healthy() = %v", err)
				}
				s.breaks(nil)
				pass(6 * time.Second)
				said := s.said("a")
				if len(said) == 0 || said[len(said)-1].TotalCount != 10 || w.Healthy() != nil {
					t.Errorf("published %+v, Healthy() = %v", said, w.Healthy())
				}
			})
		})
	}
}

func TestAStoreThatFailsIsSaidAndRecovers(t *testing.T) {
	for _, method := range []string{"Cursors", "Changed", "State", "Save"} {
		synctest.Test(t, func(t *testing.T) {
			s, store := newScript(), newMemoryStore()
			s.say("a", 1)
			run(t, s, store, func(*Worker) { pass(time.Second) })
			store.breaks(func(m string) error {
				if m == method {
					return errBroken
				}
				return nil
			})
			run(t, s, store, func(w *Worker) {
				s.say("a", 1)
				pass(time.Minute)
				if err := w.Healthy(); !errors.Is(err, errBroken) {
					t.Errorf("%s: Healthy() = %v", method, err)
				}
				store.breaks(nil)
				pass(6 * time.Second)
				said := s.said("a")
				if last := said[len(said)-1]; last.TotalCount != 2 || w.Healthy() != nil {
					t.Errorf("%s: published %+v, Healthy() = %v", method, last, w.Healthy())
				}
			})
		})
	}
}

// TestARestartPublishesWhatWasNot: the process ends before a result is in the log,
// or while a window has yet to slide, or when all is said.
func TestARestartPublishesWhatWasNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, store := newScript(), newMemoryStore()
		run(t, s, store, func(*Worker) {
			s.say("old", 1)
			pass(5 * time.Minute)
			s.say("sliding", 1)
			pass(10 * time.Second)
			s.breaks(eventlog.ErrFull)
			s.say("unsaid", 1)
			pass(time.Second)
		})
		if len(s.said("unsaid")) != 0 {
			t.Fatal("the log is not broken")
		}
		s.breaks(nil)
		s.committed = 0 // as after a crash
		old, sliding := len(s.said("old")), len(s.said("sliding"))
		pass(10 * time.Minute)
		run(t, s, store, func(*Worker) {
			pass(time.Second)
			if said := s.said("unsaid"); len(said) != 1 || said[0].TotalCount != 1 || said[0].Window.Messages != 0 {
				t.Errorf("what was not published is %+v", said)
			}
			if said := s.said("sliding"); len(said) != sliding+1 || said[sliding].Window.Messages != 0 {
				t.Errorf("the window that had to slide is %+v", said)
			}
			if said := s.said("old"); len(said) != old {
				t.Errorf("what was said was said again: %+v", said)
			}
			if s.done() != 3 {
				t.Errorf("committed %d of 3", s.done())
			}
		})
	})
}

func TestIdleRoomsAreForgottenAndComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		run(t, s, newMemoryStore(), func(w *Worker) {
			held := func() (rooms, entries int) {
				w.turn <- struct{}{}
				defer w.release()
				return len(w.rooms), len(w.schedule.entries)
			}
			most := func(rooms int) {
				w.turn <- struct{}{}
				defer w.release()
				w.o.Rooms = rooms
			}
			s.say("a", 1)
			s.say("b", 1)
			pass(10 * time.Minute)
			if rooms, entries := held(); rooms != 2 || entries != 0 {
				t.Errorf("holds %d rooms and %d in the schedule", rooms, entries)
			}
			most(1)
			pass(time.Minute + time.Second)
			if rooms, _ := held(); rooms != 0 {
				t.Errorf("holds %d rooms, which are too many and idle", rooms)
			}
			most(10)
			s.say("a", 1)
			pass(30 * time.Minute)
			if rooms, _ := held(); rooms != 1 {
				t.Errorf("holds %d rooms half an hour later", rooms)
			}
			pass(32 * time.Minute)
			if rooms, _ := held(); rooms != 0 {
				t.Errorf("holds %d rooms an hour later", rooms)
			}
			s.say("a", 1)
			pass(time.Second)
			if said := s.said("a"); said[len(said)-1].TotalCount != 3 {
				t.Errorf("once it was forgotten it has %+v", said[len(said)-1])
			}
			pass(2 * time.Hour)
			for range 60 {
				s.say("hot", 300)
				pass(time.Second)
			}
			if rooms, _ := held(); rooms != 1 {
				t.Errorf("holds %d rooms while one is hot", rooms)
			}
			pass(4 * time.Minute)
			if rooms, entries := held(); rooms != 0 || entries != 0 {
				t.Errorf("holds %d rooms and %d in the schedule minutes after one was hot", rooms, entries)
			}
		})
	})
}
