package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// startBound is more than installing and starting any engine takes.
const startBound = 10 * time.Minute

// Main is for TestMain of a package whose tests share an engine: start starts it in a
// folder that is removed at the end, run is testing.M's Run, and returns its status. An
// error of start is printed, and the status is 1.
func Main(start func(ctx context.Context, dir string) (kill func() error, err error), run func() int) (status int) {
	status, err := withEngine(start, run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

func withEngine(start func(ctx context.Context, dir string) (kill func() error, err error), run func() int) (status int, err error) {
	dir, err := os.MkdirTemp("", "hubbub-engine-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithTimeout(context.Background(), startBound)
	defer cancel()
	kill, err := start(ctx, dir)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, kill()) }()
	return run(), nil
}
