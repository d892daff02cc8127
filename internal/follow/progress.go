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
		uncommitted map[int]hubbub.Position // by partition
	}
}

func newProgress() *progress {
	p := &progress{}
	p.mu.uncommitted = map[int]hubbub.Position{}
	return p
}

func (p *progress) reached(partition int, through hubbub.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mu.uncommitted[partition] = through
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
		if err != nil && !errors.Is(err, eventlog.ErrLost) {
			errs = append(errs, fmt.Errorf("commit %v of partition %d: %w", through, partition, err))
			p.again(partition, through)
		}
	}
	return errors.Join(errs...)
}

// again leaves a partition for the next commit, unless the work got further.
func (p *progress) again(partition int, through hubbub.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.uncommitted[partition].Before(through) {
		p.mu.uncommitted[partition] = through
	}
}
