package follow

import (
	"errors"
	"sync"
)

// trouble is what fails just now, by cause. Its methods may be called concurrently.
type trouble struct {
	mu     sync.Mutex
	errors map[Cause]error
}

// set notes that something fails, and says whether it did not before.
func (t *trouble) set(what Cause, err error) (first bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.errors == nil {
		t.errors = map[Cause]error{}
	}
	_, before := t.errors[what]
	t.errors[what] = err
	return !before
}

func (t *trouble) clear(what Cause) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.errors, what)
}

func (t *trouble) err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []error
	for _, what := range []Cause{Working, Reading, Committing} {
		all = append(all, t.errors[what])
	}
	return errors.Join(all...)
}
