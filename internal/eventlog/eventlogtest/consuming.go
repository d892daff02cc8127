package eventlogtest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

func testEmpty(t *testing.T, h Harness) {
	log := open(t, h, t.TempDir(), Options{})
	must(t, log.Healthy())
	end, err := log.End(t.Context(), topic, "s")
	if err != nil || end.Epoch == 0 || end.N != 0 {
		t.Errorf("the end of nothing is %v, %v", end, err)
	}
	for _, after := range []hubbub.Position{{}, end} {
		if records, through, err := log.Read(t.Context(), topic, "s", after, 10); err != nil || len(records) != 0 || through != end {
			t.Errorf("of nothing after %q there are %d records, through %v, %v", after, len(records), through, err)
		}
	}
	wantCommitted(t, log, hubbub.Position{})
	wantLag(t, log, group, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := consume(t, log, group, eventlog.ConsumeOptions{}).Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("a read after its context ended: %v", err)
	}
	if _, err := log.End(t.Context(), "no-such-topic", "s"); err == nil {
		t.Error("an unknown topic has an end")
	}
	if _, err := log.Consume(t.Context(), "no-such-topic", group, eventlog.ConsumeOptions{}); err == nil {
		t.Error("an unknown topic can be consumed")
	}
}

func wantCommitted(t testing.TB, log eventlog.Log, want hubbub.Position) {
	t.Helper()
	if at, err := log.Committed(t.Context(), topic, group, "s"); err != nil || at != want {
		t.Errorf("committed is %q, %v; want %q", at, err, want)
	}
}

func wantLag(t testing.TB, log eventlog.Log, group string, want int64) {
	t.Helper()
	if n, err := log.Lag(t.Context(), topic, group); err != nil || n != want {
		t.Errorf("the lag of %s is %d, %v; want %d", group, n, err, want)
	}
}

// testCursors follows a group through restarts: what it committed it does not
// get again, what it did not commit it does.
func testCursors(t *testing.T, h Harness) {
	dir := t.TempDir()
	log := open(t, h, dir, Options{})
	records := AppendAll(t, log, topic, numbered(0, 10)...)
	c := consume(t, log, group, eventlog.ConsumeOptions{})
	wantNext(t, c, records) // a new group begins with the first record
	must(t, c.Commit(t.Context(), 0, records[3].Position))
	wantCommitted(t, log, records[3].Position)
	must(t, c.Close())

	c = consume(t, log, group, eventlog.ConsumeOptions{}) // another owner
	wantNext(t, c, records[4:])
	must(t, c.Commit(t.Context(), 0, records[6].Position))
	must(t, c.Commit(t.Context(), 0, records[2].Position)) // ignored
	wantCommitted(t, log, records[6].Position)
	must(t, log.Close())

	log = open(t, h, dir, Options{})
	wantCommitted(t, log, records[6].Position)
	c = consume(t, log, group, eventlog.ConsumeOptions{})
	wantNext(t, c, records[7:]) // and commits nothing
	must(t, log.Close())

	log = open(t, h, dir, Options{})
	c = consume(t, log, group, eventlog.ConsumeOptions{})
	wantNext(t, c, records[7:])
	wantNext(t, consume(t, log, "others", eventlog.ConsumeOptions{}), records) // has a cursor of its own
	end := records[9].Position
	if err := c.Commit(t.Context(), 0, hubbub.Position{Epoch: end.Epoch, N: end.N + 1}); err == nil {
		t.Error("a commit of what is not there yet: no error")
	}
	if err := c.Commit(t.Context(), 99, end); err == nil {
		t.Error("a commit of a partition that does not exist: no error")
	}
	wantCommitted(t, log, records[6].Position)
}

func testAfter(t *testing.T, h Harness) {
	dir := t.TempDir()
	log := open(t, h, dir, Options{})
	records := AppendAll(t, log, topic, numbered(0, 10)...)
	c := consume(t, log, group, eventlog.ConsumeOptions{})
	next(t, c, 10)
	must(t, c.Commit(t.Context(), 0, records[5].Position))
	must(t, c.Close())

	override := func(after hubbub.Position, ok bool) eventlog.ConsumeOptions {
		return eventlog.ConsumeOptions{After: func(partition int) (hubbub.Position, bool) { return after, ok && partition == 0 }}
	}
	epoch := records[0].Position.Epoch
	for _, from := range []string{"memory", "the disk"} {
		for _, c := range []struct {
			name string
			o    eventlog.ConsumeOptions
			want []eventlog.Record
		}{
			{"before the cursor", override(records[1].Position, true), records[2:]},
			{"beyond the cursor", override(records[7].Position, true), records[8:]},
			{"at the very beginning", override(hubbub.Position{}, true), records},
			{"in an earlier epoch", override(hubbub.Position{Epoch: epoch - 1, N: 5}, true), records},
			{"in a later epoch", override(hubbub.Position{Epoch: epoch + 1, N: 5}, true), records}, // of another log
			{"not at all", override(records[1].Position, false), records[6:]},
		} {
			t.Run(c.name+" from "+from, func(t *testing.T) {
				wantNext(t, consume(t, log, group, c.o), c.want)
				wantCommitted(t, log, records[5].Position)
			})
		}
		must(t, log.Close())
		log = open(t, h, dir, Options{})
	}
}

func testBatches(t *testing.T, h Harness) {
	dir := t.TempDir()
	log := open(t, h, dir, Options{})
	start, err := log.End(t.Context(), topic, "s")
	must(t, err)
	records := AppendAll(t, log, topic, numbered(0, 1000)...)
	for i := range 50 {
		records = append(records, appendOne(t, log, topic, record("s", 1000+i)))
	}
	for _, from := range []string{"memory", "the disk"} {
		for _, most := range []int{1, 7, 300, 0} {
			c := consume(t, log, group, eventlog.ConsumeOptions{MaxRecords: most})
			prev := start
			var got []eventlog.Record
			for first := true; len(got) < len(records); first = false {
				b, err := c.Next(patient(t))
				must(t, err)
				if n := len(b.Records); n == 0 || (most > 0 && n > most) || n > 1000 {
					t.Fatalf("from %s: a batch of %d records, allowed are %d", from, n, most)
				}
				if b.Partition != 0 || b.Prev != prev || b.Assigned != first || b.End != records[len(records)-1].Position {
					t.Fatalf("from %s: batch after %d: %+v", from, len(got), b)
				}
				got = append(got, b.Records...)
				prev = got[len(got)-1].Position
				if most == 1 && len(got) == 100 { // the others go all the way
					break
				}
			}
			wantRecords(t, got, records[:len(got)])
			must(t, c.Close())
		}
		must(t, log.Close())
		log = open(t, h, dir, Options{})
	}
}

func testNextWaits(t *testing.T, h Harness) {
	log := open(t, h, t.TempDir(), Options{})
	c := consume(t, log, group, eventlog.ConsumeOptions{})
	type answer struct {
		batch eventlog.Batch
		err   error
	}
	ask := func(ctx context.Context) <-chan answer {
		answers := make(chan answer, 1)
		go func() {
			b, err := c.Next(ctx)
			answers <- answer{b, err}
		}()
		return answers
	}
	for i := range 50 {
		answers := ask(patient(t))
		if i%2 == 0 {
			select {
			case a := <-answers:
				t.Fatalf("an answer before there is anything: %+v", a)
			default:
			}
		}
		r := appendOne(t, log, topic, record("s", i))
		a := <-answers
		must(t, a.err)
		wantRecords(t, a.batch.Records, []eventlog.Record{r})
	}
	ctx, cancel := context.WithCancel(t.Context())
	answers := ask(ctx)
	cancel()
	if a := <-answers; !errors.Is(a.err, context.Canceled) {
		t.Errorf("after its context ended: %+v", a)
	}
	r := appendOne(t, log, topic, record("s", 50)) // and nothing was lost by that
	wantNext(t, c, []eventlog.Record{r})

	answers = ask(t.Context())
	must(t, c.Close())
	if a := <-answers; !errors.Is(a.err, eventlog.ErrClosed) {
		t.Errorf("after the consumer was closed: %+v", a)
	}
	if err := c.Commit(t.Context(), 0, r.Position); err == nil {
		t.Error("a closed consumer commits")
	}
	must(t, c.Close())

	c = consume(t, log, "others", eventlog.ConsumeOptions{})
	next(t, c, 51)
	answers = ask(t.Context())
	must(t, log.Close())
	if a := <-answers; !errors.Is(a.err, eventlog.ErrClosed) {
		t.Errorf("after the log was closed: %+v", a)
	}
}

// testOneOwner lets a second consumer join a group: of one partition, at most
// one of them is the owner, and the other is told once it works on.
func testOneOwner(t *testing.T, h Harness) {
	log := open(t, h, t.TempDir(), Options{})
	records := AppendAll(t, log, topic, numbered(0, 10)...)
	former := consume(t, log, group, eventlog.ConsumeOptions{MaxRecords: 4})
	next(t, former, 4)
	must(t, former.Commit(t.Context(), 0, records[1].Position))

	owner := consume(t, log, group, eventlog.ConsumeOptions{})
	if h.Stays {
		if err := owner.Commit(t.Context(), 0, records[3].Position); !errors.Is(err, eventlog.ErrLost) {
			t.Errorf("a commit by a member that has no partition: %v", err)
		}
		must(t, former.Close())
	}
	got, _ := next(t, owner, 8)
	wantRecords(t, got, records[2:])
	if err := former.Commit(t.Context(), 0, records[3].Position); !h.Stays && !errors.Is(err, eventlog.ErrLost) || err == nil {
		t.Errorf("a commit by the former owner: %v", err)
	}
	wantCommitted(t, log, records[1].Position)
	must(t, owner.Commit(t.Context(), 0, records[9].Position))
	must(t, former.Close()) // harms the owner not
	r := appendOne(t, log, topic, record("s", 10))
	wantNext(t, owner, []eventlog.Record{r})
}

// testSlicesStay checks that what readers were given stays as it was, whatever
// the appender and the log do afterwards.
func testSlicesStay(t *testing.T, h Harness) {
	log := open(t, h, t.TempDir(), Options{})
	value := []byte(`{"i":0}`)
	r := record("s", 0)
	r.Value = value
	first := appendOne(t, log, topic, r)
	first.Value = slices.Clone(value)
	copy(value, "changed") // done was called: it is the caller's again
	c := consume(t, log, group, eventlog.ConsumeOptions{})
	got, _ := next(t, c, 1)
	wantRecords(t, got, []eventlog.Record{first})

	want := []eventlog.Record{first}
	given := [][]eventlog.Record{got}
	for i := range 40 {
		want = append(want, AppendAll(t, log, topic, numbered(i*500, 500)...)...)
		batch, _ := next(t, c, 500)
		given = append(given, batch)
	}
	wantRecords(t, slices.Concat(given...), want)

	// Nor do readers share room behind their records.
	one := consume(t, log, "one", eventlog.ConsumeOptions{After: func(int) (hubbub.Position, bool) { return want[len(want)-10].Position, true }, MaxRecords: 2})
	batch, err := one.Next(patient(t))
	must(t, err)
	_ = append(batch.Records, eventlog.Record{Stream: "scribble"})
	_ = append(batch.Records[0].Value, "scribble"...)
	wantRecords(t, batch.Records, want[len(want)-9:len(want)-7])
	wantNext(t, one, want[len(want)-7:])
}
