package worker

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// TestEveryMessageCountsOnce gives a log to workers that crash, take over from each
// other and read again, with a store that fails anywhere, also after it has stored.
func TestEveryMessageCountsOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rooms := []hubbub.StreamID{"a", "b", "c"}
		var log []eventlog.Record
		logged, of := 0, map[hubbub.StreamID][]eventlog.Record{}
		for n := range rapid.IntRange(1, 60).Draw(t, "records") {
			r := NewMessage(rapid.SampledFrom(rooms).Draw(t, "room"), n)
			r.Position = hubbub.Position{Epoch: 1, N: uint64(n*2 + 1)}
			r.Time = time.UnixMilli(int64(n) * 7000)
			switch rapid.IntRange(0, 9).Draw(t, "kind") {
			case 0:
				r.Kind = hubbub.KindControl
			case 1:
				r.Version = eventlog.Version + 1
			default:
				logged++
				of[r.Stream] = append(of[r.Stream], r)
			}
			log = append(log, r)
		}
		end := log[len(log)-1].Position

		store := newMemoryStore()
		fails := func(what string) func() error {
			return func() error {
				if rapid.IntRange(0, 9).Draw(t, what) == 0 {
					return errBroken
				}
				return nil
			}
		}
		store.fail = func(method string) error { return fails(method)() }
		store.failed = fails("after Save")
		start := func() *Worker { return New(Options{Log: newScript(), Store: store, Classifier: ByLength{}}) }
		w, other, assigned := start(), start(), true
		for next := 0; next < len(log); {
			size := rapid.IntRange(1, 12).Draw(t, "size")
			batch := eventlog.Batch{Assigned: assigned, Records: log[next:min(len(log), next+size)], End: end}
			for tries := 0; ; tries++ {
				err := w.work(t.Context(), batch)
				if err == nil {
					next += len(batch.Records)
					assigned = false
					break
				}
				if !errors.Is(err, errBroken) {
					t.Fatal(err)
				}
				if tries == 20 {
					t.Skip("nothing works")
				}
			}
			switch rapid.IntRange(0, 9).Draw(t, "end") {
			case 0: // a crash: read again from an older place
				w, assigned = start(), true
				next = rapid.IntRange(0, next).Draw(t, "again from")
			case 1: // the other takes over, and remembers what it did before
				w, other, assigned = other, w, true
				next = rapid.IntRange(0, next).Draw(t, "again from")
			}
		}
		store.fail, store.failed = nil, nil
		if c := store.cursors[0]; c.Through != end || c.Counted != int64(logged) {
			t.Errorf("counted %d through %v, logged %d through %v", c.Counted, c.Through, logged, end)
		}
		for _, room := range rooms {
			records := of[room]
			want, _ := TallyOf(t, records)
			s, ok := store.states[room]
			if ok != (len(records) > 0) || ok && !s.Same(want) {
				t.Errorf("room %s has another tally than its %d messages", room, len(records))
			}
			fresh := []*Worker{start()}
			if !assigned { // else it has yet to learn what the other did
				fresh = append(fresh, w)
			}
			for _, w := range fresh {
				value, ok, err := w.Result(t.Context(), room)
				if err != nil || ok != (len(records) > 0) {
					t.Fatalf("Result(%s) = %v, %v", room, ok, err)
				}
				if r, _ := read(value); r.TotalCount != len(records) {
					t.Errorf("Result(%s) says %d, there are %d", room, r.TotalCount, len(records))
				}
				minutes, err := w.Minutes(t.Context(), room, time.UnixMilli(0), time.UnixMilli(0).Add(time.Hour))
				if want := minutesOf(t, want); err != nil || !slices.Equal(minutes, want) {
					t.Errorf("Minutes(%s) = %v, %v, want %v", room, minutes, err, want)
				}
				if r := w.rooms[room]; r != nil && len(r.tally.Minutes()) > 1 {
					t.Errorf("room %s holds %d minutes in memory", room, len(r.tally.Minutes()))
				}
			}
		}
	})
}

// minutesOf returns all minutes of a state.
func minutesOf(t interface{ Fatal(...any) }, s State) analysis.Minutes {
	if s.Tally == nil {
		return nil
	}
	tally, err := s.decode()
	if err != nil {
		t.Fatal(err)
	}
	minutes := slices.Clone(s.Closed)
	minutes.Merge(tally.Minutes())
	return minutes
}

// TestMinutesOfARange: those that begin in it, wherever they are kept.
func TestMinutesOfARange(t *testing.T) {
	store := newMemoryStore()
	w := New(Options{Store: store, Classifier: ByLength{}})
	midnight := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	after := func(s int) time.Time { return midnight.Add(time.Duration(s) * time.Second) }
	for n, seconds := range []int{0, 59, 60, 200, 200, 250} { // of minutes 0, 1, 3 and 4
		r := NewMessage("a", n)
		r.Position, r.Time = position(n+1), after(seconds)
		if err := w.work(t.Context(), eventlog.Batch{Records: []eventlog.Record{r}, End: r.Position}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		why      string
		from, to int
		want     map[int]uint64
	}{
		{"all", 0, 3600, map[int]uint64{0: 2, 60: 1, 180: 2, 240: 1}},
		{"a minute begins at to", 0, 60, map[int]uint64{0: 2}},
		{"a minute began just before from", 1, 3600, map[int]uint64{60: 1, 180: 2, 240: 1}},
		{"only the open one", 240, 241, map[int]uint64{240: 1}},
		{"without the open one", 60, 240, map[int]uint64{60: 1, 180: 2}},
		{"a quiet minute", 120, 180, nil},
		{"nothing", 60, 60, nil},
		{"before and after", -3600, 0, nil},
	} {
		got, err := w.Minutes(t.Context(), "a", after(c.from), after(c.to))
		if err != nil || len(got) != len(c.want) {
			t.Errorf("%s: %v, %v", c.why, got, err)
		}
		for _, m := range got {
			if n := m.Counts.Total(); n != c.want[int(m.Start().Sub(midnight).Seconds())] {
				t.Errorf("%s: %d messages at %v", c.why, n, m.Start())
			}
		}
	}
	if got, err := w.Minutes(t.Context(), "nobody", after(0), after(3600)); err != nil || len(got) != 0 {
		t.Errorf("of a stream without messages: %v, %v", got, err)
	}
	store.breaks(func(string) error { return errBroken })
	if _, err := w.Minutes(t.Context(), "a", after(0), after(3600)); !errors.Is(err, errBroken) {
		t.Errorf("Minutes = %v", err)
	}
}

func TestAMemberThatLostThePartitionChangesNothing(t *testing.T) {
	store := newMemoryStore()
	var records []eventlog.Record
	for n := range 3 {
		r := NewMessage("a", n)
		r.Position = position(n + 1)
		records = append(records, r)
	}
	late, fast := New(Options{Store: store, Classifier: ByLength{}}), New(Options{Store: store, Classifier: ByLength{}})
	give := func(w *Worker, r ...eventlog.Record) error {
		return w.work(t.Context(), eventlog.Batch{Records: r, End: position(3)})
	}
	if err := errors.Join(give(late, records[0]), give(fast, records[1])); err != nil {
		t.Fatal(err)
	}
	if err := give(late, records[1]); !errors.Is(err, ErrMoved) {
		t.Errorf("a cursor from before was accepted: %v", err)
	}
	if err := give(late, records[1:]...); err != nil {
		t.Errorf("it did not go on from the stored cursor: %v", err)
	}
	if c := store.cursors[0]; c.Counted != 3 {
		t.Errorf("counted %d of 3", c.Counted)
	}
}

func TestWhatIsNotStoredIsNotTold(t *testing.T) {
	store := newMemoryStore()
	w := New(Options{Store: store, Classifier: ByLength{}})
	give := func(n int) error {
		r := NewMessage("a", n)
		r.Position = position(n)
		return w.work(t.Context(), eventlog.Batch{Records: []eventlog.Record{r}, End: position(2)})
	}
	if err := give(1); err != nil {
		t.Fatal(err)
	}
	store.breaks(func(method string) error {
		if method == "Save" {
			return errBroken
		}
		return nil
	})
	if err := give(2); !errors.Is(err, errBroken) {
		t.Fatal(err)
	}
	value, _, err := w.Result(t.Context(), "a")
	if got, _ := read(value); err != nil || got.TotalCount != 1 || got.Through != position(1) {
		t.Errorf("one message is stored, told is %s, %v", value, err)
	}
}

func TestBehindTheLogIsSaid(t *testing.T) {
	r := NewMessage("a", 1)
	r.Position, r.Time = position(1), time.Now().Add(-time.Hour)
	for _, c := range []struct {
		end      int
		age      time.Duration
		messages int
		why      string
	}{
		{5, time.Hour, 1, "what the last minute brought is not known; the one that was read is shown"},
		{2, time.Hour, 1, "the log has one more"},
		{1, 0, 0, "all is read, an hour ago something was said"},
	} {
		w := New(Options{Store: newMemoryStore(), Classifier: ByLength{}})
		if err := w.work(t.Context(), eventlog.Batch{Records: []eventlog.Record{r}, End: position(c.end)}); err != nil {
			t.Fatal(err)
		}
		value, _, err := w.Result(t.Context(), "a")
		got, _ := read(value)
		if off := time.Duration(got.Age)*time.Millisecond - c.age; err != nil || off < 0 || off > time.Minute || got.Window.Messages != c.messages {
			t.Errorf("%s: %s, %v", c.why, value, err)
		}
	}
}

// The cost of a message from the log's record to its tally, without classifying.
func BenchmarkCountBatch(b *testing.B) {
	for _, rooms := range []int{1, 100} {
		b.Run(fmt.Sprint("rooms=", rooms), func(b *testing.B) {
			store := newMemoryStore()
			w := New(Options{Store: store, Classifier: ByLength{}})
			batch := eventlog.Batch{}
			for n := range 1000 {
				batch.Records = append(batch.Records, NewMessage(hubbub.StreamID(fmt.Sprint("room", n%rooms)), n))
			}
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				for i := range batch.Records {
					n++
					batch.Records[i].Position, batch.Records[i].Time = position(n), time.UnixMilli(int64(n))
				}
				if err := w.work(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
