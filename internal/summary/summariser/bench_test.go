package summariser

import (
	"testing"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/archive"
	"github.com/hubbub-live/hubbub/internal/archive/archivetest"
	"github.com/hubbub-live/hubbub/internal/summary"
)

// BenchmarkSummary reads a window from the archive and sums it up: what a busy room
// says in 30 s, and the most there is. Required: 300 ms of 10,000 messages.
func BenchmarkSummary(b *testing.B) {
	for name, n := range map[string]uint64{"7500": 7500, "10000": 10_000, "100000": 100_000} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b)
			texts := chatter(4)
			var entries []archive.Entry
			for i := range n {
				e := archivetest.Entry("s", 1, i+1, hubbub.UserID(rune('a'+i%500)))
				m, err := hubbub.ParseMessage(e.Value)
				w.must(err)
				m.Content = texts[i%4]
				e.Value = m.AppendJSON(nil)
				entries = append(entries, e)
			}
			w.must(w.archive.Append(b.Context(), entries))
			s := New(w.options)
			b.ReportAllocs()
			for b.Loop() {
				in, err := s.window(b.Context(), "s", hubbub.Position{}, hubbub.Position{Epoch: 1, N: n})
				w.must(err)
				if made := summary.Of(in); len(made.Sentences) == 0 {
					b.Fatal("nothing was made")
				}
			}
		})
	}
}
