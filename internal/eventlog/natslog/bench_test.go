package natslog

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

var ctx = context.Background()

// open opens a log that says nothing but errors, and closes it with the test.
func open(t testing.TB, o Options) *Log {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	l, err := Open(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// message is a record of the usual size.
func message(i int) eventlog.Record {
	return eventlog.Record{
		Stream: hubbub.StreamID(fmt.Sprintf("room-%d", i%50)),
		Value:  []byte(fmt.Sprintf(`{"id":%d,"content":%q}`, i, strings.Repeat("x", 280))),
	}
}

// fill appends n messages, many at a time.
func fill(t testing.TB, l *Log, n int) {
	t.Helper()
	free, failed := make(chan struct{}, 5000), make(chan error, 1)
	for i := range n {
		free <- struct{}{}
		l.Append(ctx, eventlog.RawChats, message(i), func(_ hubbub.Position, _ time.Time, err error) {
			if err != nil {
				select {
				case failed <- err:
				default:
				}
			}
			<-free
		})
	}
	for range cap(free) {
		free <- struct{}{}
	}
	select {
	case err := <-failed:
		t.Fatal(err)
	default:
	}
}

func perSecond(b *testing.B, records int) {
	b.ReportMetric(float64(records)/b.Elapsed().Seconds(), "records/s")
}

// One waiting at a time: required 3,000/s.
func BenchmarkAppendOne(b *testing.B) {
	l := open(b, Options{})
	b.ResetTimer()
	for i := range b.N {
		if _, _, err := eventlog.AppendWait(ctx, l, eventlog.RawChats, message(i)); err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b, b.N)
}

// So many waiting at a time; of 500, required 50,000/s.
func BenchmarkAppendWaiting(b *testing.B) {
	for _, n := range []int{2, 4, 6, 8, 16, 64, 500} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchmarkWaiting(b, n) })
	}
}

func BenchmarkAppend500Waiting(b *testing.B) { benchmarkWaiting(b, 500) }

func benchmarkWaiting(b *testing.B, n int) {
	l := open(b, Options{})
	done := make(chan error, n)
	appendOne := func(i int) {
		l.Append(ctx, eventlog.RawChats, message(i), func(_ hubbub.Position, _ time.Time, err error) { done <- err })
	}
	b.ResetTimer()
	for i := range b.N {
		if i >= n {
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		}
		appendOne(i)
	}
	for range min(n, b.N) {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	perSecond(b, b.N)
}

// Catching up from files: required 150,000/s.
func BenchmarkCatchUp(b *testing.B) {
	const records = 100_000
	o := Options{Dir: b.TempDir()}
	l := open(b, o)
	fill(b, l, records)
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	l = open(b, o) // nothing of it is in memory
	b.ResetTimer()
	for i := range b.N {
		c, err := l.Consume(ctx, eventlog.RawChats, fmt.Sprint("group-", i), eventlog.ConsumeOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for n := 0; n < records; {
			batch, err := c.Next(ctx)
			if err != nil {
				b.Fatal(err)
			}
			n += len(batch.Records)
		}
	}
	perSecond(b, b.N*records)
}

// Keeping up: what one consumer more costs per record.
func BenchmarkKeepUp(b *testing.B) {
	const records = 4000
	l := open(b, Options{})
	fill(b, l, records)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		c, err := l.Consume(ctx, eventlog.RawChats, fmt.Sprint("group-", i), eventlog.ConsumeOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for n := 0; n < records; {
			batch, err := c.Next(ctx)
			if err != nil {
				b.Fatal(err)
			}
			n += len(batch.Records)
		}
	}
	perSecond(b, b.N*records)
}

// Opening a log of a million records, after it was closed and as a kill would
// leave it: required 2 s. They are in blocks of many, as a busy log has them, or
// alone in a block each, for which the disk should be memory: TMPDIR=/dev/shm.
func BenchmarkOpen(b *testing.B) {
	const records = 1_000_000
	for _, alone := range []bool{false, true} {
		dir := b.TempDir()
		l := open(b, Options{Dir: filepath.Join(dir, "closed")})
		if alone {
			for i := range records {
				if _, _, err := eventlog.AppendWait(ctx, l, eventlog.RawChats, message(i)); err != nil {
					b.Fatal(err)
				}
			}
		} else {
			fill(b, l, records)
		}
		copyFolder(b, filepath.Join(dir, "closed"), filepath.Join(dir, "killed"))
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
		for _, was := range []string{"closed", "killed"} {
			b.Run(fmt.Sprintf("%s,alone=%v", was, alone), func(b *testing.B) {
				for range b.N {
					b.StopTimer()
					to := filepath.Join(dir, "opened")
					copyFolder(b, filepath.Join(dir, was), to)
					b.StartTimer()
					l := open(b, Options{Dir: to})
					b.StopTimer()
					if end := l.mustEnd(b); end.N != records {
						b.Fatalf("the end is %v", end)
					}
					if err := l.Close(); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
			})
		}
	}
}
