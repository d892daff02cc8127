package worker_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/analysis"
	"github.com/hubbub-live/hubbub/internal/analysis/sqlitetally"
	"github.com/hubbub-live/hubbub/internal/analysis/worker"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/eventlogtest"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
)

var rooms = []hubbub.StreamID{"a", "b", "c"}

func openLog(t testing.TB, dir string) eventlog.Log {
	t.Helper()
	l, err := natslog.Open(context.Background(), natslog.Options{Dir: filepath.Join(dir, "log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func openStore(t testing.TB, dir string) *sqlitetally.Store {
	t.Helper()
	s, err := sqlitetally.Open(context.Background(), filepath.Join(dir, sqlitetally.File))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// sparse is a log in which a second of log time passes per record, or another time,
// so that minutes close.
type sparse struct {
	eventlog.Log
	every time.Duration // 0: a second
}

func (l sparse) spread(records []eventlog.Record) []eventlog.Record {
	every := cmp.Or(l.every, time.Second)
	list := slices.Clone(records) // the log's are shared
	for i := range list {
		list[i].Time = time.Unix(1_800_000_000, 0).Add(every * time.Duration(list[i].Position.N))
	}
	return list
}

func (l sparse) Read(ctx context.Context, topic eventlog.Topic, stream hubbub.StreamID, after hubbub.Position, limit int) ([]eventlog.Record, hubbub.Position, error) {
	list, through, err := l.Log.Read(ctx, topic, stream, after, limit)
	return l.spread(list), through, err
}

func (l sparse) Consume(ctx context.Context, topic eventlog.Topic, group string, o eventlog.ConsumeOptions) (eventlog.Consumer, error) {
	c, err := l.Log.Consume(ctx, topic, group, o)
	return sparseConsumer{c, l}, err
}

type sparseConsumer struct {
	eventlog.Consumer
	log sparse
}

func (c sparseConsumer) Next(ctx context.Context) (eventlog.Batch, error) {
	b, err := c.Consumer.Next(ctx)
	b.Records = c.log.spread(b.Records)
	return b, err
}

// records makes messages, and among them what is none.
func records(from, n int) (list []eventlog.Record) {
	for i := from; i < from+n; i++ {
		r := worker.NewMessage(rooms[i%7%len(rooms)], i)
		switch i % 50 {
		case 11:
			r.Kind = hubbub.KindControl
		case 23:
			r.Kind, r.Version = "poll", 9
		case 37:
			r.Value = []byte(`{"id":"torn`)
		}
		list = append(list, r)
	}
	return list
}

// readAll returns what the log has of a room.
func readAll(t testing.TB, l eventlog.Log, topic eventlog.Topic, room hubbub.StreamID) (all []eventlog.Record) {
	t.Helper()
	for after := (hubbub.Position{}); ; {
		list, through, err := l.Read(t.Context(), topic, room, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, list...); len(list) < 1000 {
			return all
		}
		after = through
	}
}

// total returns the last total published of a room.
func total(t testing.TB, l eventlog.Log, room hubbub.StreamID) (n int) {
	t.Helper()
	results := readAll(t, l, eventlog.AnalysisResult, room)
	if len(results) == 0 {
		return 0
	}
	var last struct{ TotalCount int }
	if err := json.Unmarshal(results[len(results)-1].Value, &last); err != nil {
		t.Fatal(err)
	}
	return last.TotalCount
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// start runs a worker; stop ends it and waits for that.
func start(t testing.TB, o worker.Options) (w *worker.Worker, stop func()) {
	o.Classifier, o.MaxPause = worker.ByLength{}, 100*time.Millisecond
	w = worker.New(o)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	return w, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
	}
}

// finish counts what is left, and compares everything with the log.
func finish(t testing.TB, l eventlog.Log, s worker.Store) {
	t.Helper()
	metrics := prometheus.NewRegistry()
	w, stop := start(t, worker.Options{Log: l, Store: s, Registerer: metrics})
	defer stop()
	waitForAll(t, l, s)
	logged := 0
	for _, room := range rooms {
		want, n := compareRoom(t, l, s, room)
		logged += n
		if least := n/60 - 1; len(want.Closed) < least { // a second each
			t.Errorf("room %s: %d minutes are closed by %d messages", room, len(want.Closed), n)
		}
		eventually(t, fmt.Sprint("the result of ", n, " messages of room ", room, " is published"), func() bool { return total(t, l, room) == n })
		value, ok, err := w.Result(t.Context(), room)
		var result struct{ TotalCount int }
		if err != nil || ok != (n > 0) || ok && (json.Unmarshal(value, &result) != nil || result.TotalCount != n) {
			t.Errorf("Result(%s) = %s, %v, %v; it has %d messages", room, value, ok, err, n)
		}
	}
	if n := value(t, metrics, "hubbub_analysed_total"); n != float64(logged) {
		t.Errorf("hubbub_analysed_total = %v, logged are %d", n, logged)
	}
}

// waitForAll waits until the log is counted to its end, and that is committed.
func waitForAll(t testing.TB, l eventlog.Log, s worker.Store) {
	t.Helper()
	eventually(t, "all is counted and committed", func() bool {
		lag, err := l.Lag(t.Context(), eventlog.RawChats, eventlog.GroupAnalysis)
		end, endErr := l.End(t.Context(), eventlog.RawChats, "a")
		cursors, storeErr := s.Cursors(t.Context())
		if err := errors.Join(err, endErr, storeErr); err != nil {
			t.Fatal(err)
		}
		return lag == 0 && len(cursors) == 1 && cursors[0].Through == end
	})
}

// compareRoom compares what is stored of a room with its messages in the log, of
// which there are n.
func compareRoom(t testing.TB, l eventlog.Log, s worker.Store, room hubbub.StreamID) (want worker.State, n int) {
	t.Helper()
	want, n = worker.TallyOf(t, readAll(t, l, eventlog.RawChats, room))
	state, ok, err := s.Minutes(t.Context(), room, 0, math.MaxInt64)
	if err != nil || ok != (n > 0) || !state.Same(want) {
		t.Errorf("room %s: the stored tally is another than that of its %d messages and %d minutes (%v)", room, n, len(want.Closed), err)
	}
	return want, n
}

func value(t testing.TB, r *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.Metric[0].Counter.GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

var errBroken = errors.New("disk on fire")

// A faulty store and log fail now and then: before they did what was asked, or
// after.
type faulty struct{ count atomic.Int64 }

func (f *faulty) err() error {
	if f.count.Add(1)%7 == 3 {
		return errBroken
	}
	return nil
}

type faultyStore struct {
	worker.Store
	*faulty
}

func (s faultyStore) State(ctx context.Context, stream hubbub.StreamID) (worker.State, bool, error) {
	if err := s.err(); err != nil {
		return worker.State{}, false, err
	}
	return s.Store.State(ctx, stream)
}

func (s faultyStore) Save(ctx context.Context, before hubbub.Position, c worker.Cursor, states []worker.State) error {
	if err := s.err(); err != nil {
		return err
	}
	if err := s.Store.Save(ctx, before, c, states); err != nil {
		return err
	}
	return s.err()
}

type faultyLog struct {
	eventlog.Log
	*faulty
}

func (l faultyLog) Append(ctx context.Context, topic eventlog.Topic, r eventlog.Record, done func(hubbub.Position, time.Time, error)) {
	if err := l.err(); err != nil {
		done(hubbub.Position{}, time.Time{}, err)
		return
	}
	l.Log.Append(ctx, topic, r, func(at hubbub.Position, now time.Time, err error) {
		if l.err() != nil {
			err = eventlog.ErrUnknown
		}
		done(at, now, err)
	})
}

// TestRestartsAndFaultsCountOnce ends workers at any instant, over the real log and
// store, which fail.
func TestRestartsAndFaultsCountOnce(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	l, store := sparse{Log: openLog(t, dir)}, openStore(t, dir)
	faults := &faulty{}
	for round, next := 0, 0; round < 15; round++ {
		_, stop := start(t, worker.Options{
			Log: faultyLog{l, faults}, Store: faultyStore{store, faults},
			BatchRows: 1 + random.IntN(100), Linger: -1,
		})
		for range random.IntN(4) {
			n := random.IntN(300)
			eventlogtest.AppendAll(t, l, eventlog.RawChats, records(next, n)...)
			next += n
			time.Sleep(time.Duration(random.IntN(20_000)) * time.Microsecond)
		}
		stop()
		if random.IntN(3) == 0 {
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			store = openStore(t, dir)
		}
	}
	finish(t, l, store)
}

func TestSkipsWhatIsNoMessage(t *testing.T) {
	dir := t.TempDir()
	l, store := openLog(t, dir), openStore(t, dir)
	eventlogtest.AppendAll(t, l, eventlog.RawChats, records(0, 100)...) // 6 of them
	metrics := prometheus.NewRegistry()
	_, stop := start(t, worker.Options{Log: l, Store: store, Registerer: metrics})
	defer stop()
	eventually(t, "all is counted", func() bool { return value(t, metrics, "hubbub_analysed_total") == 94 })
	eventually(t, "the rest is counted as skipped", func() bool { return value(t, metrics, "hubbub_analysis_skipped_total") == 6 })
	if value(t, metrics, "hubbub_analysis_busy_seconds_total") <= 0 {
		t.Error("it was never busy")
	}
}

// TestMinutesAreOfOneInstant looks at minutes while they are counted and closed:
// whatever is there, they have all messages of the totals.
func TestMinutesAreOfOneInstant(t *testing.T) {
	dir := t.TempDir()
	l, store := sparse{Log: openLog(t, dir)}, openStore(t, dir)
	eventlogtest.AppendAll(t, l, eventlog.RawChats, records(0, 3000)...)
	end, err := l.End(t.Context(), eventlog.RawChats, "a")
	if err != nil {
		t.Fatal(err)
	}
	_, stop := start(t, worker.Options{Log: l, Store: store, BatchRows: 20, Linger: -1})
	defer stop()
	looks := 0
	eventually(t, "all is counted", func() bool {
		for range 20 {
			state, ok, err := store.Minutes(t.Context(), "a", 0, math.MaxInt64)
			if err != nil {
				t.Fatal(err)
			}
			if !ok {
				continue
			}
			tally, err := analysis.DecodeState(state.Tally)
			if err != nil {
				t.Fatal(err)
			}
			minutes := state.Closed
			minutes.Merge(tally.Minutes())
			var inMinutes, counts analysis.Counts
			for _, m := range minutes {
				for i, n := range m.Counts {
					inMinutes[i] += n
				}
			}
			if counts = tally.Counts(); inMinutes != counts {
				t.Fatalf("the minutes have %v, the totals are %v", inMinutes, counts)
			}
			looks++
		}
		cursors, err := store.Cursors(t.Context())
		return err == nil && len(cursors) == 1 && cursors[0].Through == end
	})
	if looks < 20 {
		t.Errorf("it was looked at %d times only", looks)
	}
}

// TestALostStoreIsMadeAnew: the group's cursor is not where the tallies are.
func TestALostStoreIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	l := sparse{Log: openLog(t, dir)}
	eventlogtest.AppendAll(t, l, eventlog.RawChats, records(0, 500)...)
	finish(t, l, openStore(t, dir))
	finish(t, l, openStore(t, t.TempDir()))
}

// BenchmarkCatchUp is the worker alone with a log full of records, without a
// classifier's time.
func BenchmarkCatchUp(b *testing.B) {
	const n = 50_000
	dir := b.TempDir()
	l := openLog(b, dir)
	eventlogtest.AppendAll(b, l, eventlog.RawChats, records(0, n)...)
	for b.Loop() {
		b.StopTimer()
		store := openStore(b, b.TempDir())
		b.StartTimer()
		_, stop := start(b, worker.Options{Log: l, Store: store})
		eventually(b, "all is counted", func() bool {
			cursors, err := store.Cursors(b.Context())
			return err == nil && len(cursors) == 1 && cursors[0].Counted == n*94/100
		})
		stop()
	}
	b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "records/s")
}
