package e2e

import (
	"errors"
	"fmt"
	"sync"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/test/api"
)

// A book has what was sent to a stream and what became of it. Contents are
// unique, so a message is known by its content. It may be used concurrently.
type book struct {
	mu       sync.Mutex
	outcomes map[string]outcome
}

type outcome int

const (
	sent    outcome = iota // and no answer yet, or none came: it may be logged
	acked                  // certainly logged
	refused                // certainly not
)

func newBook() *book { return &book{outcomes: map[string]outcome{}} }

// send notes that content is about to be sent. Sending it again, with the same
// nonce, does not change what is known.
func (b *book) send(content string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, again := b.outcomes[content]; !again {
		b.outcomes[content] = sent
	}
}

// settle notes the outcome as client.Conn's Send returned it.
func (b *book) settle(content string, err error) {
	var refusal *hubbub.Error
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case err == nil:
		b.outcomes[content] = acked
	case errors.As(err, &refusal) && refusal.Code != hubbub.CodeOutcomeUnknown && b.outcomes[content] == sent:
		b.outcomes[content] = refused
	}
}

// count returns how many have an outcome.
func (b *book) count(o outcome) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for _, got := range b.outcomes {
		if got == o {
			n++
		}
	}
	return n
}

// missing counts what was acknowledged and is not among the contents.
func (b *book) missing(contents map[string]bool) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := 0
	for content, got := range b.outcomes {
		if got == acked && !contents[content] {
			n++
		}
	}
	return n
}

// check compares with all of what the history has: acked ⊆ logged ⊆ sent, nothing
// twice, nothing that was refused, and positions that grow.
func (b *book) check(history []api.Entry) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	logged := make(map[string]hubbub.Position, len(history))
	var last hubbub.Position
	for _, e := range history {
		got, known := b.outcomes[e.Content]
		switch at, twice := logged[e.Content]; {
		case twice:
			errs = append(errs, fmt.Errorf("%q is logged twice, at %v and %v", e.Content, at, e.Position))
		case !known:
			errs = append(errs, fmt.Errorf("%q at %v was never sent", e.Content, e.Position))
		case got == refused:
			errs = append(errs, fmt.Errorf("%q at %v was refused", e.Content, e.Position))
		}
		if !last.Before(e.Position) {
			errs = append(errs, fmt.Errorf("%q is at %v, after %v", e.Content, e.Position, last))
		}
		logged[e.Content], last = e.Position, e.Position
	}
	for content, got := range b.outcomes {
		if _, ok := logged[content]; got == acked && !ok {
			errs = append(errs, fmt.Errorf("%q was acknowledged and is lost", content))
		}
	}
	return errors.Join(errs[:min(len(errs), 20)]...)
}
