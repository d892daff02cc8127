package cluster

import (
	"context"
	"errors"
	"fmt"
)

// Run starts a process that does its work and ends, and waits for that. Any status but
// 0 is an error, which has the end of the log. One that takes longer than Patience, or
// than ctx lasts, is killed. It does not ask Ready.
func (p *Process) Run(ctx context.Context) error {
	if p.Running() {
		return fmt.Errorf("run %s: it runs already", p.Name)
	}
	if err := p.spawn(ctx); err != nil {
		return fmt.Errorf("run %s: %w", p.Name, err)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, p.Patience, fmt.Errorf("it did not end within %v", p.Patience))
	defer cancel()
	var err error
	select {
	case <-p.run.exited:
		err = p.run.status
	case <-ctx.Done():
		err = errors.Join(context.Cause(ctx), p.Kill())
	}
	if err != nil {
		return fmt.Errorf("run %s: %w\n%s", p.Name, err, p.Log())
	}
	return nil
}
