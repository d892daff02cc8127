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
		partitions map[int]*reach // those worked on
	}
}

// A reach is how far the work got in a partition.
type reach struct {
	done, committed hubbub.Position
	owed            bool // done is to be committed
}

func newProgress() *progress {
	p := &progress{}
	p.mu.partitions = map[int]*reach{}
	return p
}

// reached notes that the work from a position through another is done.
func (p *progress) reached(partition int, from, through hubbub.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, known := p.mu.partitions[partition]
	if !known {
		r = &reach{committed: from}
		p.mu.partitions[partition] = r
	}
	r.done, r.owed = through, true
}

// ahead returns how many records are done and not committed.
func (p *progress) ahead() (records int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.mu.partitions {
		if r.committed.Epoch == r.done.Epoch && r.committed.Before(r.done) {
			records += int64(r.done.N - r.committed.N)
		}
	}
	return records
}

// commit commits every partition that moved. One that went to another member is
// that member's affair; one that fails is left for the next commit.
func (p *progress) commit(ctx context.Context) error {
	var errs []error
	for partition, through := range p.owed() {
		err := p.consumer.Commit(ctx, partition, through)
		if err == nil || errors.Is(err, eventlog.ErrLost) {
			p.settled(partition, through)
			continue
		}
		errs = append(errs, fmt.Errorf("commit %v of partition %d: %w", through, partition, err))
	}
	return errors.Join(errs...)
}

func (p *progress) owed() map[int]hubbub.Position {
	p.mu.Lock()
	defer p.mu.Unlock()
	owed := map[int]hubbub.Position{}
	for partition, r := range p.mu.partitions {
		if r.owed {
			owed[partition] = r.done
		}
	}
	return owed
}

func (p *progress) settled(partition int, through hubbub.Position) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.mu.partitions[partition]
	r.committed, r.owed = through, r.done != through
}
