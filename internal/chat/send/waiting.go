package send

import (
	"sync"
	"sync/atomic"
	"time"
)

// waiting has the posts that wait for the log, in the order of their deadlines.
type waiting struct {
	mu    sync.Mutex
	posts []*post
}

// A post waits for one answer, or for its deadline.
type post struct {
	deadline time.Time
	expired  func()
	answered atomic.Bool
}

// answer takes the right to answer; false if it is taken.
func (p *post) answer() bool { return p.answered.CompareAndSwap(false, true) }

func (w *waiting) add(deadline time.Time, expired func()) *post {
	p := &post{deadline: deadline, expired: expired}
	w.mu.Lock()
	w.posts = append(w.posts, p)
	w.mu.Unlock()
	return p
}

// expire answers what is past its deadline and forgets what was answered.
func (w *waiting) expire(now time.Time) {
	w.mu.Lock()
	var late []*post
	kept := w.posts[:0]
	for _, p := range w.posts {
		switch {
		case p.answered.Load():
		case now.After(p.deadline):
			late = append(late, p)
		default:
			kept = append(kept, p)
		}
	}
	clear(w.posts[len(kept):])
	w.posts = kept
	w.mu.Unlock()
	for _, p := range late {
		if p.answer() {
			p.expired()
		}
	}
}
