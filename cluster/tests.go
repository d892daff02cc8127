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

// A Start starts what a package's tests share, in a folder that is removed at the end,
// and returns what ends it.
type Start func(ctx context.Context, dir string) (kill func() error, err error)

// Tests are a package's, with an engine. For TestMain: they run as a testing.M does.
type Tests struct {
	start Start
	run   func() int
}

// With returns the tests of a testing.M with what start starts.
func With(start Start, m interface{ Run() int }) Tests { return Tests{start, m.Run} }

// Run runs the tests and returns their status: 1 as well, and a line that says why, if
// there was no engine for them, or it could not be ended.
func (t Tests) Run() int {
	status, err := t.withEngine()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return status
}

func (t Tests) withEngine() (status int, err error) {
	dir, err := os.MkdirTemp("", "hubbub-engine-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	ctx, cancel := context.WithTimeout(context.Background(), startBound)
	defer cancel()
	kill, err := t.start(ctx, dir)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, kill()) }()
	return t.run(), nil
}
