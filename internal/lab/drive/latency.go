package drive

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// Latencies are kept in microseconds, from 1 µs to longest, to three digits.
const longest = 10 * time.Minute

// A worker gathers what some of the viewers measure, so that they do not all wait
// for one lock.
type worker struct {
	mu       sync.Mutex
	totals   raw.Driver
	delivery *hdrhistogram.Histogram
	receipt  *hdrhistogram.Histogram
	lateness *hdrhistogram.Histogram
	inTime   int64
	recent   recent
}

func newWorker() *worker {
	return &worker{delivery: histogram(), receipt: histogram(), lateness: histogram(), recent: newRecent()}
}

func histogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, longest.Microseconds(), 3)
}

// record counts one latency; what is out of range is counted at its end.
func record(h *hdrhistogram.Histogram, d time.Duration) {
	_ = h.RecordValue(min(max(d.Microseconds(), 1), longest.Microseconds())) // in range, so it cannot fail
}

// Latencies are what the whole crowd measured.
type Latencies struct {
	Delivery, Receipt, Lateness *hdrhistogram.Histogram
	InTime                      int64 // messages written within Patience of their instant
}

// Latencies merges the workers'.
func (c *Crowd) Latencies() Latencies {
	all := Latencies{Delivery: histogram(), Receipt: histogram(), Lateness: histogram()}
	for _, w := range c.workers {
		w.mu.Lock()
		w.recent.settle(w)
		all.Delivery.Merge(w.delivery)
		all.Receipt.Merge(w.receipt)
		all.Lateness.Merge(w.lateness)
		all.InTime += w.inTime
		w.mu.Unlock()
	}
	return all
}

// Totals are the running totals of all.
func (c *Crowd) Totals() raw.Driver {
	var all raw.Driver
	for _, w := range c.workers {
		w.mu.Lock()
		t := w.totals
		w.mu.Unlock()
		all.Joined += t.Joined
		all.Lost += t.Lost
		all.Sent += t.Sent
		all.Acked += t.Acked
		all.Refused += t.Refused
		all.Unknown += t.Unknown
		all.Delivered += t.Delivered
		all.Skipped += t.Skipped
	}
	return all
}
