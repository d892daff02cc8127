package sqlitearchive

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/archivetest"
)

const benchmarkRooms = 10

// benchmarkBatches makes batches of size entries over a few rooms and 500 users.
func benchmarkBatches(n, size int) (batches [][]archive.Entry) {
	for b := range n {
		var batch []archive.Entry
		for i := range size {
			at := b*size + i + 1
			batch = append(batch, archivetest.Entry(hubbub.StreamID(fmt.Sprint("room", at%benchmarkRooms)), 1, uint64(at),
				hubbub.UserID(fmt.Sprintf("01932c07-7c5e-7abc-8def-%012d", at*7919%500))))
		}
		batches = append(batches, batch)
	}
	return batches
}

// BenchmarkAppend is durable batches, one after the other; required: 80,000 rows/s
// at 1,000 a batch.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 100, 1000, 4000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			a := openFile(b, filepath.Join(b.TempDir(), "archive.db"))
			batches := benchmarkBatches(b.N, size)
			b.ReportAllocs()
			b.ResetTimer()
			for _, batch := range batches {
				if err := a.Append(b.Context(), batch); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// BenchmarkPage is the newest 50 messages of a room of 10,000.
func BenchmarkPage(b *testing.B) {
	a := openFile(b, filepath.Join(b.TempDir(), "archive.db"))
	for _, batch := range benchmarkBatches(100, 1000) {
		if err := a.Append(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	kind := hubbub.KindMessage
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		page, err := a.Page(b.Context(), archive.Query{Stream: "room1", Kind: &kind, Limit: 50})
		if err != nil || len(page) != 50 {
			b.Fatal(len(page), err)
		}
	}
}
