package follow

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a log of one partition whose records come when the test says so, and
// whose calls fail when it says so. It is its own consumer.
type script struct {
	eventlog.Log
	mu        sync.Mutex
	arrived   chan struct{}
	records   []eventlog.Record
	fetched   int
	committed uint64
	joins     int
	fail      map[string]error // by method
}

func newScript() *script {
	return &script{arrived: make(chan struct{}, 1), fail: map[string]error{}}
}

func (s *script) add(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.records = append(s.records, eventlog.Record{Stream: "s", Position: position(len(s.records) + 1)})
	}
	select {
	case s.arrived <- struct{}{}:
	default:
	}
}

func (s *script) breaks(method string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail[method] = err
}

func (s *script) Consume(_ context.Context, _ eventlog.Topic, _ string, o eventlog.ConsumeOptions) (eventlog.Consumer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.joins++
	s.fetched = int(s.committed)
	if o.After != nil {
		at, _ := o.After(0)
		s.fetched = int(at.N)
	}
	return s, s.fail["Consume"]
}

func (s *script) Next(ctx context.Context) (eventlog.Batch, error) {
	for {
		s.mu.Lock()
		if err := s.fail["Next"]; err != nil {
			s.mu.Unlock()
			return eventlog.Batch{}, err
		}
		from := min(s.fetched, len(s.records)) // a cursor of its own may be ahead of what has come
		if records := s.records[from:min(len(s.records), from+10)]; len(records) > 0 {
			prev := position(s.fetched)
			s.fetched += len(records)
			s.mu.Unlock()
			return eventlog.Batch{Prev: prev, Records: records, End: position(len(s.records))}, nil
		}
		s.mu.Unlock()
		select {
		case <-s.arrived:
		case <-ctx.Done():
			return eventlog.Batch{}, ctx.Err()
		}
	}
}

func (s *script) Commit(_ context.Context, _ int, through hubbub.Position) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.fail["Commit"]; err != nil {
		return err
	}
	s.committed = max(s.committed, through.N)
	return nil
}

func (s *script) at() (committed uint64, joins int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.committed, s.joins
}

func (s *script) Close() error { return nil }

func (s *script) Lag(context.Context, eventlog.Topic, string) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.records)) - int64(s.committed), s.fail["Lag"]
}

func position(n int) hubbub.Position { return hubbub.Position{Epoch: 1, N: uint64(n)} }

// worker notes the sizes of the batches it gets and fails when told.
type worker struct {
	mu    sync.Mutex
	sizes []int
	fail  error
}

func (w *worker) do(_ context.Context, b eventlog.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fail != nil {
		return w.fail
	}
	w.sizes = append(w.sizes, len(b.Records))
	return nil
}

func (w *worker) breaks(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail = err
}

// run runs a follower in a bubble with a fake clock, until the test returns.
func run(t *testing.T, o Options, test func(*testing.T, *script, *worker, *Follower)) {
	synctest.Test(t, func(t *testing.T) {
		s, w := newScript(), &worker{}
		o.Log, o.MaxRecords = s, 10
		f := New(o)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- f.Run(ctx, w.do) }()
		test(t, s, w, f)
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
		if committed, _ := s.at(); s.fail["Commit"] == nil && int(committed) != len(s.records) {
			t.Errorf("left with %d of %d committed", committed, len(s.records))
		}
	})
}

// pass lets time pass and everything that is due in it happen.
func pass(d time.Duration) {
	time.Sleep(d) // of the fake clock
	synctest.Wait()
}

func TestCommitsAfterTheWorkWithinItsTime(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *script, w *worker, _ *Follower) {
		s.add(25)
		pass(time.Second)
		if committed, _ := s.at(); committed != 25 || !slices.Equal(w.sizes, []int{10, 10, 5}) {
			t.Errorf("committed %d after batches of %v", committed, w.sizes)
		}
		w.breaks(errors.New("disk on fire"))
		s.add(1)
		pass(time.Minute)
		if committed, _ := s.at(); committed != 25 {
			t.Errorf("committed %d without the work", committed)
		}
		w.breaks(nil)
		pass(6 * time.Second)
	})
}

func TestFailedWorkIsRepeatedNeverSkipped(t *testing.T) {
	var causes []Cause
	run(t, Options{OnError: func(c Cause) { causes = append(causes, c) }}, func(t *testing.T, s *script, w *worker, f *Follower) {
		broken := errors.New("disk on fire")
		w.breaks(broken)
		s.add(3)
		pass(time.Minute)
		if committed, _ := s.at(); committed != 0 || !errors.Is(f.Healthy(), broken) {
			t.Errorf("committed %d, Healthy() = %v", committed, f.Healthy())
		}
		if n := len(causes); n < 12 || n > 40 || causes[0] != Working { // 50 ms doubling to 5 s, less up to half
			t.Errorf("%d tries in a minute: %v", n, causes)
		}
		w.breaks(nil)
		pass(6 * time.Second)
		if committed, _ := s.at(); committed != 3 || f.Healthy() != nil || !slices.Equal(w.sizes, []int{3}) {
			t.Errorf("committed %d, Healthy() = %v, batches of %v", committed, f.Healthy(), w.sizes)
		}
	})
}

func TestJoinsAgainWhenReadingFails(t *testing.T) {
	for _, method := range []string{"Consume", "Next"} {
		t.Run(method, func(t *testing.T) {
			run(t, Options{}, func(t *testing.T, s *script, w *worker, f *Follower) {
				s.breaks(method, eventlog.ErrUnavailable)
				s.breaks("Next", eventlog.ErrUnavailable) // it may have joined by now, and has to again
				s.add(1)                                  // wakes a reader that waits
				pass(time.Minute)
				_, before := s.at()
				if before < 2 {
					t.Errorf("joined %d times", before)
				}
				s.breaks(method, nil)
				s.breaks("Next", nil)
				pass(6 * time.Second)
				if committed, _ := s.at(); committed != 1 || f.Healthy() != nil {
					t.Errorf("committed %d, Healthy() = %v", committed, f.Healthy())
				}
			})
		})
	}
}

func TestCommitsThatFailAreTriedAgain(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *script, w *worker, f *Follower) {
		s.breaks("Commit", eventlog.ErrUnavailable)
		s.add(3)
		pass(2 * time.Second)
		if !errors.Is(f.Healthy(), eventlog.ErrUnavailable) {
			t.Errorf("Healthy() = %v", f.Healthy())
		}
		s.add(2)
		pass(2 * time.Second)
		s.breaks("Commit", nil)
		pass(time.Second)
		if committed, joins := s.at(); committed != 5 || joins != 1 || f.Healthy() != nil {
			t.Errorf("committed %d, joined %d times, Healthy() = %v", committed, joins, f.Healthy())
		}
	})
}

// TestACursorOfItsOwn: after a crash between storing and committing nothing may
// come any more, and still the log learns that all is done.
func TestACursorOfItsOwn(t *testing.T) {
	own := func(int) (hubbub.Position, bool) { return position(3), true }
	run(t, Options{After: own}, func(t *testing.T, s *script, w *worker, _ *Follower) {
		pass(time.Second) // it is ahead of what has come
		s.add(3)
		pass(time.Second)
		if committed, _ := s.at(); committed != 3 || len(w.sizes) != 0 {
			t.Errorf("committed %d after batches of %v", committed, w.sizes)
		}
	})
}

func TestUnprocessedIsLagWithoutWhatIsOnlyNotCommitted(t *testing.T) {
	run(t, Options{CommitEvery: time.Minute}, func(t *testing.T, s *script, w *worker, f *Follower) {
		unprocessed := func() int64 {
			n, err := f.Unprocessed(t.Context())
			if err != nil {
				t.Error(err)
			}
			return n
		}
		s.add(25)
		pass(time.Second)
		if lag, _ := s.Lag(t.Context(), "", ""); lag != 25 || unprocessed() != 0 {
			t.Errorf("lag %d, %d unprocessed; want 25 and 0: nothing is committed, all is done", lag, unprocessed())
		}
		w.breaks(errors.New("disk on fire"))
		s.add(3)
		pass(2 * time.Minute)
		if n := unprocessed(); n != 3 {
			t.Errorf("%d unprocessed, want the 3 that fail", n)
		}
		w.breaks(nil)
		pass(6 * time.Second)
		if n := unprocessed(); n != 0 {
			t.Errorf("%d unprocessed at the end", n)
		}
	})
}

func TestAPartitionTakenOverIsNoTrouble(t *testing.T) {
	run(t, Options{}, func(t *testing.T, s *script, w *worker, f *Follower) {
		s.breaks("Commit", eventlog.ErrLost)
		s.add(3)
		pass(2 * time.Second)
		if f.Healthy() != nil {
			t.Errorf("Healthy() = %v", f.Healthy())
		}
	})
}

func TestLingerGathersATrickleAndSparesABacklog(t *testing.T) {
	run(t, Options{Linger: 100 * time.Millisecond}, func(t *testing.T, s *script, w *worker, _ *Follower) {
		s.add(1)
		pass(time.Millisecond)
		if !slices.Equal(w.sizes, []int{1}) {
			t.Fatalf("a lone record waits: %v", w.sizes)
		}
		for range 9 { // one every 10 ms
			s.add(1)
			pass(10 * time.Millisecond)
		}
		pass(20 * time.Millisecond)
		if !slices.Equal(w.sizes, []int{1, 9}) {
			t.Fatalf("a trickle is worked on in batches of %v", w.sizes)
		}
		pass(time.Second)
		s.add(100)
		pass(0)
		if len(w.sizes) != 12 {
			t.Errorf("a backlog waits: %v", w.sizes)
		}
	})
}

func TestAClosedLogEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript()
		s.breaks("Next", eventlog.ErrClosed)
		err := New(Options{Log: s, Topic: eventlog.RawChats, Group: "g"}).Run(t.Context(), (&worker{}).do)
		if !errors.Is(err, eventlog.ErrClosed) {
			t.Errorf("Run = %v", err)
		}
	})
}
