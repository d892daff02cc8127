package worker

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
)

// aged compares the age that is shown of a room with the truth.
func aged(t *testing.T, why string, w *Worker, s *script, room hubbub.StreamID) (age time.Duration) {
	t.Helper()
	value, ok, err := w.Result(t.Context(), room)
	if !ok || err != nil {
		t.Fatalf("%s: Result = %v, %v", why, ok, err)
	}
	got, err := read(value)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	newest := s.records[len(s.records)-1]
	truth := newest.Time.Sub(s.records[got.Through.N-1].Time)
	age = time.Duration(got.Age) * time.Millisecond
	if off := (age - truth).Abs(); off > 300*time.Millisecond {
		t.Errorf("%s: the age is %v, in truth %v", why, age, truth)
	}
	return age
}

// slowReader needs its time for each message.
type slowReader struct{ takes time.Duration }

func (c slowReader) Classify(text string, dst *classify.Reading) {
	time.Sleep(c.takes) // of the fake clock: the work
	ByLength{}.Classify(text, dst)
}

func TestG8TheAgeIsTheTruth(t *testing.T) {
	t.Run("a stopped analyser", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, store := newScript(), newMemoryStore()
			run(t, s, store, func(w *Worker) {
				s.say("a", 5)
				pass(time.Second)
				store.breaks(func(method string) error {
					if method == "Save" {
						return errBroken
					}
					return nil
				})
				oldest := time.Duration(0)
				for range 60 {
					s.say("a", 1)
					pass(770 * time.Millisecond)
					oldest = aged(t, "it cannot store", w, s, "a")
				}
				if oldest < 40*time.Second {
					t.Errorf("after 45 s it says to be %v behind", oldest)
				}
				pass(10 * time.Minute) // nobody says anything more
				aged(t, "it cannot store, and nothing more comes", w, s, "a")
				store.breaks(nil)
				pass(10 * time.Second)
				if age := aged(t, "it stores again", w, s, "a"); age != 0 {
					t.Errorf("it stores again, and says to be %v behind", age)
				}
			})
		})
	})
	t.Run("a slow analyser", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newScript()
			w := New(Options{Log: s, Store: newMemoryStore(), Classifier: slowReader{90 * time.Millisecond}, BatchRows: 100})
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error)
			go func() { ended <- w.Run(ctx) }()
			go func() {
				for range 400 { // 20 a second come, 11 are read
					s.say("a", 1)
					time.Sleep(50 * time.Millisecond)
				}
			}()
			pass(time.Second)
			oldest := time.Duration(0)
			for start := time.Now(); time.Since(start) < 18*time.Second; pass(time.Millisecond) {
				oldest = max(oldest, aged(t, "more comes than it reads", w, s, "a"))
			}
			if oldest < 5*time.Second {
				t.Errorf("it says to be %v behind at most", oldest)
			}
			pass(time.Minute)
			if age := aged(t, "it has read all", w, s, "a"); age != 0 {
				t.Errorf("it has read all, and says to be %v behind", age)
			}
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	})
	for _, ahead := range []time.Duration{-time.Minute, time.Minute} {
		t.Run("a log by another clock", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newScript()
				s.ahead = ahead
				w := New(Options{Log: s, Store: newMemoryStore(), Classifier: slowReader{120 * time.Millisecond}, BatchRows: 5})
				ctx, stop := context.WithCancel(t.Context())
				ended := make(chan error)
				go func() { ended <- w.Run(ctx) }()
				for i := range 300 {
					s.say("a", 1)
					pass(90 * time.Millisecond)
					if i > 30 { // by then it knows
						aged(t, "people talk", w, s, "a")
					}
				}
				pass(12 * time.Second)
				if age := aged(t, "it has read all", w, s, "a"); age != 0 {
					t.Errorf("it has read all, and says to be %v behind", age)
				}
				value, _, err := w.Result(t.Context(), "a")
				got, readErr := read(value)
				if err != nil || readErr != nil || got.Window.Messages != 300 {
					t.Errorf("%v, %v: %d of 300 are in the window", err, readErr, got.Window.Messages)
				}
				stop()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
	t.Run("a quiet room", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := newScript()
			run(t, s, newMemoryStore(), func(w *Worker) {
				s.say("a", 1)
				for range 10 {
					pass(7 * time.Minute)
					s.say("other", 1) // of the same partition
					pass(time.Second)
					if age := aged(t, "nobody says anything", w, s, "a"); age != 0 {
						t.Errorf("a quiet room is %v old", age)
					}
				}
			})
		})
	})
}

// A record that was shown late, as while a broker dies, moves no clock; two that agree do.
func TestClocksByTwoRecords(t *testing.T) {
	e := newEnds()
	for i, step := range []struct{ apart, ahead time.Duration }{
		{100 * time.Millisecond, 0}, {8 * time.Second, 0}, {50 * time.Millisecond, 0}, {90 * time.Millisecond, 0},
		{time.Minute, 0}, {time.Minute + 200*time.Millisecond, time.Minute + 200*time.Millisecond},
		{300 * time.Millisecond, time.Minute + 200*time.Millisecond}, {100 * time.Millisecond, 0},
	} {
		if e.measure(step.apart); e.lead() != step.ahead {
			t.Errorf("record %d, %v apart: the clock is %v ahead, want %v", i, step.apart, e.lead(), step.ahead)
		}
	}
}
