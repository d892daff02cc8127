package drive

import (
	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// recent is what a worker measured since somebody last looked. It is recorded here
// first and moved on to the worker's whole, so that looking at every second costs
// the viewers nothing.
type recent struct{ delivery, receipt *hdrhistogram.Histogram }

func newRecent() recent { return recent{histogram(), histogram()} }

// settle moves what is recent on to the whole. It needs w.mu.
func (r recent) settle(w *worker) {
	w.delivery.Merge(r.delivery)
	w.receipt.Merge(r.receipt)
	r.delivery.Reset()
	r.receipt.Reset()
}

// Recent is what the whole crowd measured since it was last called.
func (c *Crowd) Recent() *raw.Recent {
	all := newRecent()
	for _, w := range c.workers {
		w.mu.Lock()
		all.delivery.Merge(w.recent.delivery)
		all.receipt.Merge(w.recent.receipt)
		w.recent.settle(w)
		w.mu.Unlock()
	}
	return &raw.Recent{Delivery: percentiles(all.delivery), Receipt: percentiles(all.receipt)}
}

func percentiles(h *hdrhistogram.Histogram) raw.Percentiles {
	return raw.Percentiles{Count: h.TotalCount(), P50: h.ValueAtPercentile(50), P99: h.ValueAtPercentile(99), Max: h.Max()}
}
