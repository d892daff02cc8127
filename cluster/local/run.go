package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/hubbub-live/hubbub/cluster/deployment"
	"github.com/hubbub-live/hubbub/cluster/supervisor"
)

// run runs a cluster until ctx is done, or, while it starts, until nobody waits for it
// any more.
func run(ctx context.Context, o deployment.Options, to reporter) error {
	err := runAll(ctx, o, to)
	if err != nil {
		to.send(report{Failed: err.Error()})
	}
	return err
}

func runAll(ctx context.Context, o deployment.Options, to reporter) error {
	began := time.Now()
	o, err := o.Check()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	lock, err := hold(o.Dir)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }() // it ends with this process anyway
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	record := newRecord(o.Dir, o.URL(), log)
	ctx, wanted := whileWanted(ctx, to.gone)
	to.send(report{Line: "preparing; what is not installed yet takes minutes"})
	d, err := deployment.Prepare(ctx, o, log)
	if err != nil {
		return err
	}
	return supervisor.Run(ctx, d.Stages, supervisor.Options{
		Log: log,
		Started: func(name string, took time.Duration) {
			to.send(report{Line: fmt.Sprintf("%-16s %5.1f s", name, took.Seconds())})
		},
		Ready: func() {
			record.change(func(s *state) { s.Ready = true })
			wanted()
			to.send(report{Line: fmt.Sprintf("%-16s %5.1f s", "all of it", time.Since(began).Seconds())})
			to.send(report{Line: fmt.Sprintf("%-16s ws://%s/chat/ws, without nginx", "chat", d.Shared)})
			to.send(report{Ready: true})
		},
		Changed: func(list []supervisor.Status) {
			record.change(func(s *state) { s.Processes = list })
		},
	})
}

// errUnwanted is why a start is given up.
var errUnwanted = errors.New("nobody waits for it any more")

// whileWanted is a context that also ends with the reader, unless wanted was called
// before.
func whileWanted(ctx context.Context, r io.ReadCloser) (_ context.Context, wanted func()) {
	if r == nil {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	over := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, r) // it says nothing
		select {
		case <-over:
		default:
			cancel(errUnwanted)
		}
	}()
	return ctx, func() { close(over) }
}
