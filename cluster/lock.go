package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lockFolder locks a folder, or fails if another process has it. The lock lasts
// until the file that it returns is closed in each process that has it.
func lockFolder(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("folder %s is in use: %w", dir, err)
	}
	return f, nil
}

// awaitFolder is lockFolder, but waits for as long as another process has it.
func awaitFolder(ctx context.Context, dir string) (*os.File, error) {
	again := time.NewTicker(probeEvery)
	defer again.Stop()
	for {
		lock, err := lockFolder(dir)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(err, context.Cause(ctx))
		case <-again.C:
		}
	}
}
