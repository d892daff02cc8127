package session

import (
	"context"
	"sync"
)

// places bounds the SENDs of a session that wait for the log. Once closed, no
// further one begins to wait.
type places struct {
	most int

	mu     sync.Mutex
	taken  int
	closed bool
	change chan struct{} // closed at the next change; nil: nobody waits
}

// take waits for a place; false if the places are closed or ctx has ended.
func (p *places) take(ctx context.Context) bool {
	p.mu.Lock()
	for p.taken >= p.most && !p.closed && ctx.Err() == nil {
		p.await(ctx)
	}
	defer p.mu.Unlock()
	if p.closed || ctx.Err() != nil {
		return false
	}
	p.taken++
	return true
}

// leave gives a place back.
func (p *places) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken--
	p.changed()
}

// settle closes the places and waits until all are free or ctx has ended. Any
// number of callers may.
func (p *places) settle(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.changed()
	for p.taken > 0 && ctx.Err() == nil {
		p.await(ctx)
	}
}

// await waits for a change or the end of ctx; mu is held, but not meanwhile.
func (p *places) await(ctx context.Context) {
	if p.change == nil {
		p.change = make(chan struct{})
	}
	change := p.change
	p.mu.Unlock()
	select {
	case <-change:
	case <-ctx.Done():
	}
	p.mu.Lock()
}

func (p *places) changed() {
	if p.change != nil {
		close(p.change)
		p.change = nil
	}
}
