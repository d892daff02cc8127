package cassandraarchive

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/archivetest"
)

// BenchmarkArchive compares rows one at a time, 64 of them under way, with what the
// archiver does: batches of 4,000, one after the other, counted.
func BenchmarkArchive(b *testing.B) {
	for _, rooms := range []uint64{1, 50} {
		b.Run(fmt.Sprintf("rooms=%d/single", rooms), func(b *testing.B) {
			a := openArchive(b)
			var next atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range 64 {
				wg.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						e := talk(uint64(n), rooms)
						if err := a.insert(b.Context(), bucketOf(e.Stream, e.Position), []*archive.Entry{&e}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
		b.Run(fmt.Sprintf("rooms=%d/append", rooms), func(b *testing.B) {
			a := openArchive(b)
			entries := make([]archive.Entry, 0, 4000)
			b.ResetTimer()
			for n := range b.N {
				if entries = append(entries, talk(uint64(n)+1, rooms)); len(entries) == cap(entries) || n == b.N-1 {
					mustAppend(b, a, entries...)
					entries = entries[:0]
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func talk(n, rooms uint64) archive.Entry {
	return archivetest.Entry(hubbub.StreamID(fmt.Sprint("room", n%rooms)), 1, n, hubbub.UserID(fmt.Sprint("user", n%500)))
}
