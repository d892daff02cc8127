package account_test

import (
	"context"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/account"
)

// A bell rings where something was done that a test may wait for.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default: // it rings still
	}
}

// until looks whether it is done, and again whenever the bell rings.
func (b bell) until(t *testing.T, what string, done func() bool) {
	t.Helper()
	late := time.After(30 * time.Second)
	for !done() {
		select {
		case <-b:
		case <-late:
			t.Fatal("not yet: " + what)
		}
	}
}

// heard is a store that rings after what a service does by itself.
type heard struct {
	account.Store
	bell bell
}

func (h heard) Sweep(ctx context.Context, now, guests time.Time) (int64, error) {
	defer h.bell.ring()
	return h.Store.Sweep(ctx, now, guests)
}

func (h heard) EndErasure(ctx context.Context, user hubbub.UserID) error {
	defer h.bell.ring()
	return h.Store.EndErasure(ctx, user)
}
