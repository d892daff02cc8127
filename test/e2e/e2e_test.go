// Package e2e tests the whole program from outside: the real binary, over the
// wire, while it is killed, frozen, cut off and short of disk. What the design
// promises (G1 to G9) is tested here by name; docs/promises.md has the table.
//
// Tests are parallel, but for those that want the processors for themselves: one
// of them waits half a minute for the server to lose its patience.
package e2e

import (
	"context"
	"testing"
	"time"
)

// patience bounds a test. It is far more than one takes; what is waited for
// comes much earlier or never.
const patience = 2 * time.Minute

// within returns the context of a test.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// must ends the test on an error. It is for the test's own goroutine.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
