package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// downBound is more than all processes take to end, one stage after the other.
const downBound = 100 * time.Second

// down ends the cluster in a folder and waits until nothing of it runs.
func down(ctx context.Context, dir string, stdout io.Writer) error {
	p, err := holding(dir)
	if err != nil {
		return err
	}
	if p == nil {
		fmt.Fprintf(stdout, "there is no cluster up in %s\n", dir)
		return nil
	}
	defer func() { _ = p.Release() }()
	if err := p.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end process %d: %w", p.Pid, err)
	}
	bounded, cancel := context.WithTimeoutCause(ctx, downBound, fmt.Errorf("it did not end within %v", downBound))
	defer cancel()
	if err := awaitFree(bounded, dir); err != nil {
		if ctx.Err() == nil {
			_ = p.Kill() // and all that it started with it
		}
		return fmt.Errorf("end process %d: %w; see %s", p.Pid, err, filepath.Join(dir, logName))
	}
	fmt.Fprintf(stdout, "the cluster in %s is down\n", dir)
	return nil
}

// holding is the process that runs the cluster in a folder; nil if there is none.
func holding(dir string) (*os.Process, error) {
	pid, err := holder(dir)
	if err != nil || pid == 0 {
		return nil, err
	}
	p, err := os.FindProcess(pid) // it stays that process: this is a file, not a number
	if err != nil {
		return nil, err
	}
	if again, err := holder(dir); err != nil || again != pid {
		return nil, errors.Join(err, p.Release()) // it ended in between
	}
	return p, nil
}

// awaitFree waits until no process has a folder's lock.
func awaitFree(ctx context.Context, dir string) error {
	again := time.NewTicker(lookEvery)
	defer again.Stop()
	for {
		if pid, err := holder(dir); pid == 0 || err != nil {
			return err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
