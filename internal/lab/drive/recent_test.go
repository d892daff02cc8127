package drive

import (
	"testing"
	"time"
)

// What is looked at in between is told once, and none of it is missing at the end.
func TestRecent(t *testing.T) {
	c := &Crowd{workers: []*worker{newWorker(), newWorker()}}
	record(c.workers[0].recent.delivery, 2*time.Millisecond)
	record(c.workers[1].recent.delivery, 9*time.Millisecond)
	record(c.workers[1].recent.receipt, time.Millisecond)
	got := c.Recent()
	if d := got.Delivery; d.Count != 2 || d.P50/100 != 20 || d.P99/100 != 90 || got.Receipt.Count != 1 {
		t.Errorf("the first look: %+v", got)
	}
	if got := c.Recent(); got.Delivery.Count != 0 {
		t.Errorf("told twice: %+v", got)
	}
	record(c.workers[0].recent.delivery, 3*time.Millisecond)
	if all := c.Latencies(); all.Delivery.TotalCount() != 3 || all.Receipt.TotalCount() != 1 {
		t.Errorf("%d deliveries and %d receipts in the end", all.Delivery.TotalCount(), all.Receipt.TotalCount())
	}
	if got := c.Recent(); got.Delivery.Count != 0 {
		t.Errorf("told after the end: %+v", got)
	}
}
