package archiver

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/sqlitearchive"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/eventlogtest"
	"github.com/hubbub-live/hubbub/internal/eventlog/natslog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openLog(t testing.TB) eventlog.Log {
	t.Helper()
	l, err := natslog.Open(t.Context(), natslog.Options{Dir: filepath.Join(t.TempDir(), "log")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func openArchive(t testing.TB) archive.Archive {
	t.Helper()
	a, err := sqlitearchive.Open(t.Context(), sqlitearchive.Options{Path: filepath.Join(t.TempDir(), "archive.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

// message is record number n of a room, as chat writes it.
func message(n int) eventlog.Record {
	stream := hubbub.StreamID(fmt.Sprint("room", n%3))
	m := hubbub.Message{
		ID: hubbub.MessageID(fmt.Sprintf("01932c07-7c5e-7abc-8def-%012d", n)), StreamID: stream,
		Sender:  hubbub.Sender{ID: hubbub.UserID(fmt.Sprintf("user-%d", n%500)), Name: "somebody", Roles: []string{"guest"}},
		Content: "well played, that was a great round", CreatedAt: time.UnixMilli(int64(n)),
	}
	return eventlog.Record{Stream: stream, Version: eventlog.Version, Value: m.AppendJSON(nil)}
}

func messages(n int) (records []eventlog.Record) {
	for i := range n {
		records = append(records, message(i))
	}
	return records
}

// untilDrained runs an archiver until the log has nothing left for it.
func untilDrained(t testing.TB, l eventlog.Log, o Options) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	o.Log = watched{Log: l, drained: stop}
	if err := New(o).Run(ctx); err != nil {
		t.Fatalf("Run = %v", err)
	}
}

// watched is a log that says when a consumer has committed all there is.
type watched struct {
	eventlog.Log
	drained func()
}

type watchedConsumer struct {
	eventlog.Consumer
	drained func()
	end     atomic.Pointer[hubbub.Position]
}

func (w watched) Consume(ctx context.Context, t eventlog.Topic, group string, o eventlog.ConsumeOptions) (eventlog.Consumer, error) {
	c, err := w.Log.Consume(ctx, t, group, o)
	return &watchedConsumer{Consumer: c, drained: w.drained}, err
}

func (w *watchedConsumer) Next(ctx context.Context) (eventlog.Batch, error) {
	b, err := w.Consumer.Next(ctx)
	if err == nil {
		w.end.Store(&b.End)
	}
	return b, err
}

func (w *watchedConsumer) Commit(ctx context.Context, partition int, through hubbub.Position) error {
	err := w.Consumer.Commit(ctx, partition, through)
	if err == nil && !through.Before(*w.end.Load()) {
		w.drained()
	}
	return err
}

func TestArchivesEverythingAsItIs(t *testing.T) {
	l, a := openLog(t), openArchive(t)
	control := hubbub.Control{ID: "c", StreamID: "room0", Action: hubbub.ActionDelete, MessageID: "01932c07-7c5e-7abc-8def-000000000000"}
	records := []eventlog.Record{
		message(0), message(3),
		{Stream: "room0", Kind: hubbub.KindControl, Version: 1, Value: control.AppendJSON(nil)},
		{Stream: "room0", Kind: "poll", Version: 4, Value: []byte(`{"votes":[1,2]}`)},
		{Stream: "room0", Version: 1, Value: []byte(`{"id":"torn`)},
	}
	eventlogtest.AppendAll(t, l, eventlog.RawChats, records...)
	metrics := prometheus.NewRegistry()
	untilDrained(t, l, Options{Archive: a, Registerer: metrics})
	page, err := a.Page(t.Context(), archive.Query{Stream: "room0", Limit: 100})
	if err != nil || len(page) != len(records) {
		t.Fatalf("archived %d entries, %v", len(page), err)
	}
	for i, e := range page {
		if r := records[i]; e.Kind != r.Kind || e.Version != r.Version || string(e.Value) != string(r.Value) || e.Time.IsZero() {
			t.Errorf("archived %+v, logged %+v", e, r)
		}
	}
	if page[0].ID != control.MessageID || page[0].Sender != "user-0" || !page[0].Withheld || page[1].Withheld || page[4].ID != "" {
		t.Errorf("archived %+v", page)
	}
	if n := value(t, metrics, "hubbub_archived_total"); n != 5 {
		t.Errorf("hubbub_archived_total = %v", n)
	}
	if n := value(t, metrics, "hubbub_archiver_unread_total"); n != 2 {
		t.Errorf("hubbub_archiver_unread_total = %v", n)
	}
}

func value(t *testing.T, r *prometheus.Registry, name string) float64 {
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

var errCrashed = errors.New("the process is gone")

// steps is a process that ends after some steps: before or after a batch is
// stored, before or after it is committed. From then on nothing is done any more.
type steps struct {
	left atomic.Int64
	end  context.CancelFunc
}

func (s *steps) around(work func() error) error {
	if s.left.Add(-1) < 0 {
		s.end()
		return errCrashed
	}
	err := work()
	if s.left.Add(-1) < 0 {
		s.end()
		return errCrashed // the work is done, but nobody learns of it
	}
	return err
}

type crashingArchive struct {
	archive.Archive
	*steps
}

func (c crashingArchive) Append(ctx context.Context, entries []archive.Entry) error {
	return c.around(func() error { return c.Archive.Append(ctx, entries) })
}

type crashingLog struct {
	eventlog.Log
	*steps
}

func (c crashingLog) Consume(ctx context.Context, t eventlog.Topic, group string, o eventlog.ConsumeOptions) (eventlog.Consumer, error) {
	consumer, err := c.Log.Consume(ctx, t, group, o)
	return crashingConsumer{consumer, c.steps}, err
}

type crashingConsumer struct {
	eventlog.Consumer
	*steps
}

func (c crashingConsumer) Commit(ctx context.Context, partition int, through hubbub.Position) error {
	return c.around(func() error { return c.Consumer.Commit(ctx, partition, through) })
}

// TestCrashesAtAnyStepLoseAndDoubleNothing ends the archiver after no step, one
// step, two and so on, until one gets to the end of the log.
func TestCrashesAtAnyStepLoseAndDoubleNothing(t *testing.T) {
	l, a := openLog(t), openArchive(t)
	const records = 3000
	eventlogtest.AppendAll(t, l, eventlog.RawChats, messages(records)...)
	for n := int64(0); lag(t, l) > 0; n++ {
		ctx, end := context.WithCancel(t.Context())
		s := &steps{end: end}
		s.left.Store(n)
		o := Options{Log: watched{crashingLog{l, s}, end}, Archive: crashingArchive{a, s}, BatchRows: 200, MaxPause: time.Millisecond}
		if err := New(o).Run(ctx); err != nil {
			t.Fatalf("Run = %v", err)
		}
		end()
	}
	if n, err := a.Total(t.Context()); err != nil || n != records {
		t.Errorf("archived %d of %d records: %v", n, records, err)
	}
}

func lag(t testing.TB, l eventlog.Log) int64 {
	t.Helper()
	n, err := l.Lag(t.Context(), eventlog.RawChats, eventlog.GroupArchive)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// full is an archive without room until it has refused a few times.
type full struct {
	archive.Archive
	refusals atomic.Int64
	full     chan struct{} // closed at the last
}

func (f *full) Append(ctx context.Context, entries []archive.Entry) error {
	switch n := f.refusals.Add(-1); {
	case n > 0:
		return archive.ErrFull
	case n == 0:
		close(f.full)
		<-ctx.Done() // the test looks at its health
		return archive.ErrFull
	}
	return f.Archive.Append(ctx, entries)
}

func TestAFullArchiveIsSaidAndRecovers(t *testing.T) {
	l, a := openLog(t), openArchive(t)
	eventlogtest.AppendAll(t, l, eventlog.RawChats, messages(10)...)
	f := &full{Archive: a, full: make(chan struct{})}
	f.refusals.Store(4)
	archiver := New(Options{Log: l, Archive: f, MaxPause: time.Millisecond})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- archiver.Run(ctx) }()
	<-f.full
	if err := archiver.Healthy(); !errors.Is(err, archive.ErrFull) {
		t.Errorf("Healthy() = %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatalf("Run = %v", err)
	}
	if n := lag(t, l); n != 10 {
		t.Errorf("lag %d: records were committed without being archived", n)
	}
	untilDrained(t, l, Options{Archive: f})
	if n, err := a.Total(t.Context()); err != nil || n != 10 {
		t.Errorf("archived %d: %v", n, err)
	}
}

// BenchmarkCatchUp is the archiver alone with a log full of records, until the last
// one is stored; required: 50,000 rows/s.
func BenchmarkCatchUp(b *testing.B) {
	const records = 100_000
	l := openLog(b)
	eventlogtest.AppendAll(b, l, eventlog.RawChats, messages(records)...)
	for b.Loop() {
		b.StopTimer()
		stored := &countingArchive{Archive: openArchive(b), left: records, all: make(chan struct{})}
		a := New(Options{Log: fromStart{l}, Archive: stored})
		ctx, stop := context.WithCancel(b.Context())
		ended := make(chan error, 1)
		b.StartTimer()
		go func() { ended <- a.Run(ctx) }()
		<-stored.all
		b.StopTimer()
		stop()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N*records)/b.Elapsed().Seconds(), "rows/s")
}

// countingArchive says when so many entries are stored.
type countingArchive struct {
	archive.Archive
	left int
	all  chan struct{}
}

func (c *countingArchive) Append(ctx context.Context, entries []archive.Entry) error {
	err := c.Archive.Append(ctx, entries)
	if c.left -= len(entries); err == nil && c.left == 0 {
		close(c.all)
	}
	return err
}

// fromStart is a log that is read from its start, whatever was committed.
type fromStart struct{ eventlog.Log }

func (f fromStart) Consume(ctx context.Context, t eventlog.Topic, group string, o eventlog.ConsumeOptions) (eventlog.Consumer, error) {
	o.After = func(int) (hubbub.Position, bool) { return hubbub.Position{}, true }
	return f.Log.Consume(ctx, t, group, o)
}
