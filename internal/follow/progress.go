package follow

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/eventlog"
)

// progress is how far the work got in each partition, and how much of that is
// committed. reached and commit may be called by different goroutines.
type progress struct {
	consumer eventlog.Consumer

	mu struct {
		sync.Mutex
		uncommitted     map[int]hubbub.Position // by partition
		done, committed map[int]hubbub.Position // likewise; of partitions worked on
	}
}

func newProgress() *progress {
	p := &progress{}
	p.mu.uncommitted = map[int]hubbub.Position{}
	p.mu.done, p.mu.committed = map[int]hubbub.Position{}, map[int]hubbub.Position{}
	return p
}

// reached notes that the work from a position through another is done.
func (p *progress) reached(partition int, from, through hubbub.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.uncommitted[partition], p.mu.done[partition] = through, through
	if _, known := p.mu.committed[partition]; !known {
		p.mu.committed[partition] = from
	}
}

// ahead returns how many records are done and not committed.
func (p *progress) ahead() (records int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for partition, done := range p.mu.done {
		if committed := p.mu.committed[partition]; committed.Epoch == done.Epoch && committed.Before(done) {
			records += int64(done.N - committed.N)
		}
	}
	return records
}

// commit commits every partition that moved. One that went to another member is
// that member's affair.
func (p *progress) commit(ctx context.Context) error {
	p.mu.Lock()
	moved := p.mu.uncommitted
	p.mu.uncommitted = make(map[int]hubbub.Position, len(moved))
	p.mu.Unlock()

	var errs []error
	for partition, through := range moved {
		err := p.consumer.Commit(ctx, partition, through)
		switch {
		case err == nil || errors.Is(err, eventlog.ErrLost):
			p.settled(partition, through)
		default:
			errs = append(errs, fmt.Errorf("commit %v of partition %d: %w", through, partition, err))
			p.again(partition, through)
		}
	}
	return errors.Join(errs...)
}

func (p *progress) settled(partition int, through hubbub.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.committed[partition] = through
}

// again leaves a partition for the next commit, unless the work got further.
func (p *progress) again(partition int, through hubbub.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.uncommitted[partition].Before(through) {
		p.mu.uncommitted[partition] = through
	}
}
