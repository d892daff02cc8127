package kafkalog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/eventlogtest"
)

// A reader reads and commits until it is told to stop, as services do.
type reader struct {
	consumer eventlog.Consumer
	stop     context.CancelFunc
	ended    chan error

	mu   sync.Mutex
	seen map[int][]hubbub.Position // by partition, in the order of Next
	lost int
}

func read(t *testing.T, log *Log) *reader {
	t.Helper()
	c, err := log.Consume(patient(t), eventlog.RawChats, "readers", eventlog.ConsumeOptions{MaxRecords: 20})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	r := &reader{consumer: c, stop: stop, ended: make(chan error, 1), seen: map[int][]hubbub.Position{}}
	go func() { r.ended <- r.run(ctx) }()
	return r
}

func (r *reader) run(ctx context.Context) error {
	for {
		b, err := r.consumer.Next(ctx)
		if err != nil {
			if ctx.Err() != nil {
				err = nil
			}
			return errors.Join(err, r.consumer.Close())
		}
		r.mu.Lock()
		for _, record := range b.Records {
			r.seen[b.Partition] = append(r.seen[b.Partition], record.Position)
		}
		r.mu.Unlock()
		err = r.consumer.Commit(ctx, b.Partition, b.Records[len(b.Records)-1].Position)
		switch {
		case errors.Is(err, eventlog.ErrLost):
			r.mu.Lock()
			r.lost++
			r.mu.Unlock()
		case err != nil && ctx.Err() == nil:
			return err
		}
	}
}

func (r *reader) end(t *testing.T) {
	t.Helper()
	r.stop()
	if err := <-r.ended; err != nil {
		t.Error(err)
	}
}

func (r *reader) records() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, positions := range r.seen {
		n += len(positions)
	}
	return n
}

// Members come and go while records are appended: every record is read by somebody, in
// order within what one member reads of a partition, and nothing is left uncommitted.
func TestMembersShareTheWork(t *testing.T) {
	log := open(t, nil)
	const streams, each = 40, 50
	var appended sync.Map
	put := func(from int) {
		var all []eventlog.Record
		for i := from; i < from+each; i++ {
			for s := range streams {
				all = append(all, eventlog.Record{Stream: hubbub.StreamID(fmt.Sprint("room-", s)), Value: fmt.Appendf(nil, `{"i":%d}`, i)})
			}
		}
		for _, r := range eventlogtest.AppendAll(t, log, eventlog.RawChats, all...) {
			appended.Store(key(log, r.Stream, r.Position), true)
		}
	}
	var members []*reader
	for round := range 4 {
		if round < 3 {
			members = append(members, read(t, log))
		} else {
			members[0].end(t)
		}
		put(round * each)
		await(t, "read by all together", func() bool {
			lag, err := log.Lag(t.Context(), eventlog.RawChats, "readers")
			return err == nil && lag == 0
		})
	}
	for _, m := range members[1:] {
		m.end(t)
		if m.records() == 0 {
			t.Error("a member got nothing to do")
		}
	}
	for _, m := range members {
		for partition, positions := range m.seen {
			for i, p := range positions {
				appended.Delete(fmt.Sprint(partition, " ", p))
				if i > 0 && p == positions[i-1] {
					t.Errorf("partition %d: %v twice in a row", partition, p)
				}
			}
		}
	}
	appended.Range(func(what, _ any) bool { t.Errorf("nobody read %v", what); return true })
}

func key(log *Log, stream hubbub.StreamID, at hubbub.Position) string {
	return fmt.Sprint(log.topics[eventlog.RawChats].partition(stream), " ", at)
}

// A member with a name comes back within its session and gets its partitions without
// waiting for that to end.
func TestNamedMemberComesBack(t *testing.T) {
	log := open(t, func(o *Options) { o.Member, o.SessionTimeout = "chat-1", 30*time.Second })
	for range 3 {
		began := time.Now()
		r := read(t, log)
		eventlogtest.AppendAll(t, log, eventlog.RawChats, eventlog.Record{Stream: "s", Value: []byte("{}")})
		await(t, "read", func() bool { return r.records() > 0 })
		r.end(t)
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("it took %v", took)
		}
	}
}

// Others may write to the topics as well: what they write is read as it is.
func TestForeignRecords(t *testing.T) {
	log := open(t, func(o *Options) { o.Partitions = func(eventlog.Topic) int { return 1 } })
	name := log.topics[eventlog.RawChats].name
	large := make([]byte, 1_000_000)
	for _, row := range []struct {
		why     string
		record  kgo.Record
		kind    string
		version int
		foreign string // what is said of it; "": it may be ours
	}{
		{"no key, no headers, no JSON", kgo.Record{Value: []byte("hello")}, hubbub.KindMessage, 1, "stream id"},
		{"nothing at all", kgo.Record{}, hubbub.KindMessage, 1, "stream id"},
		{"a megabyte", kgo.Record{Key: []byte("s"), Value: large}, hubbub.KindMessage, 1, "too large"},
		{"an unknown kind and a later version", kgo.Record{Key: []byte("s"), Value: []byte("{}"), Headers: []kgo.RecordHeader{{Key: "kind", Value: []byte("poll")}, {Key: "v", Value: []byte("9")}}}, "poll", 9, ""},
		{"a version that is none", kgo.Record{Key: []byte("s"), Value: []byte(`{"id":"x"}`), Headers: []kgo.RecordHeader{{Key: "v", Value: []byte("new")}}}, hubbub.KindMessage, 1, ""},
		{"a key that is no stream id", kgo.Record{Key: []byte("a.b/c\x00")}, hubbub.KindMessage, 1, "stream id"},
	} {
		r := row.record
		r.Topic = name
		if err := log.client.ProduceSync(patient(t), &r).FirstErr(); err != nil {
			t.Fatalf("%s: %v", row.why, err)
		}
		c, err := log.Consume(patient(t), eventlog.RawChats, "readers", eventlog.ConsumeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Next(patient(t))
		if err != nil {
			t.Fatalf("%s: %v", row.why, err)
		}
		got := b.Records[0]
		if len(b.Records) != 1 || string(got.Stream) != string(row.record.Key) || string(got.Value) != string(row.record.Value) ||
			got.Kind != row.kind || got.Version != row.version || got.Time.IsZero() {
			t.Errorf("%s: %d records, the first %.200v", row.why, len(b.Records), got)
		}
		if foreign := got.Foreign != nil; foreign != (row.foreign != "") || foreign && !errorSays(got.Foreign, row.foreign) {
			t.Errorf("%s: it is foreign for %v", row.why, got.Foreign)
		}
		if err := errors.Join(c.Commit(patient(t), 0, got.Position), c.Close()); err != nil {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}

// Streams would change their partition if topics had another number: that is refused.
func TestOtherPartitionsAreRefused(t *testing.T) {
	dir := t.TempDir()
	o := optionsFor(dir, of(nil))
	log, err := Open(patient(t), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	o.Partitions = func(eventlog.Topic) int { return 3 }
	if _, err := Open(patient(t), o); err == nil || !errorSays(err, "has 1 partitions, not 3", "--prefix") {
		t.Errorf("got %v", err)
	}
}

// A topic that was deleted and made anew has other positions, and a cursor into the
// old one is worth nothing.
func TestTopicMadeAnew(t *testing.T) {
	dir := t.TempDir()
	o := optionsFor(dir, of(nil))
	appendOne := func() hubbub.Position {
		log, err := Open(patient(t), o)
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		at := eventlogtest.AppendAll(t, log, eventlog.RawChats, eventlog.Record{Stream: "s", Value: []byte("{}")})[0].Position
		if _, _, err := log.Read(patient(t), eventlog.RawChats, "s", hubbub.Position{Epoch: at.Epoch - 1, N: 1}, 1); at.Epoch > 1 && !errors.Is(err, eventlog.ErrGone) {
			t.Errorf("a position of the old topic: %v", err)
		}
		if _, err := log.admin.DeleteTopic(patient(t), log.topics[eventlog.RawChats].name); err != nil {
			t.Fatal(err)
		}
		return at
	}
	if first, second := appendOne(), appendOne(); second.Epoch != first.Epoch+1 || second.N != 1 {
		t.Errorf("after %v comes %v", first, second)
	}
}

// Brokers' clocks are apart: what a consumer gives never goes back.
func TestTimeIsClamped(t *testing.T) {
	c := &consumer{topic: &topic{name: "t", epoch: 1, partitions: 1}, shares: map[int32]*share{}}
	s := &share{}
	c.shares[0] = s
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var want, got []time.Time
	for i, second := range []int{0, 5, 3, 4, 9} {
		c.fetched = append(c.fetched, fetched{s, 0, []*kgo.Record{{Key: []byte("s"), Value: []byte("{}"), Offset: int64(i), Timestamp: noon.Add(time.Duration(second) * time.Second)}}, 5})
	}
	for _, second := range []int{0, 5, 5, 5, 9} {
		want = append(want, noon.Add(time.Duration(second)*time.Second))
	}
	for {
		b, ok := c.take()
		if !ok {
			break
		}
		got = append(got, b.Records[0].Time)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// What operators look at: requests, and how often partitions moved.
func TestMetrics(t *testing.T) {
	registry := prometheus.NewRegistry()
	log := open(t, func(o *Options) { o.Metrics = registry })
	eventlogtest.AppendAll(t, log, eventlog.RawChats, eventlog.Record{Stream: "s", Value: []byte("{}")})
	r := read(t, log)
	await(t, "read", func() bool { return r.records() == 1 })
	r.end(t)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"hubbub_log_syncs_total", "hubbub_kafka_fetches_total", "hubbub_kafka_rebalances_total"} {
		i := slices.IndexFunc(families, func(f *dto.MetricFamily) bool { return f.GetName() == want })
		if i < 0 || families[i].GetMetric()[0].GetCounter().GetValue() < 1 {
			t.Errorf("%s does not count", want)
		}
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	if families, err = registry.Gather(); err != nil || len(families) > 0 {
		t.Errorf("a closed log still has %d metrics, %v", len(families), err)
	}
}
