// Package supervisor starts processes in stages and keeps them running: one that ends
// is started again, for as long as it takes. Either all start, or none is left; and all
// end with it, however it ends.
package supervisor

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub/cluster"
)

// A Stage is processes that are started side by side, once those of the stages before
// are ready.
type Stage struct {
	// Errand is run to its end before; nil: there is none.
	Errand    *cluster.Process
	Processes []*cluster.Process
}

// Options say who hears of what happens.
type Options struct {
	Log *slog.Logger
	// Started is called when a process is ready for the first time, or an errand is done;
	// by several goroutines.
	Started func(name string, took time.Duration)
	// Ready is called once, when all have started.
	Ready func()
	// Changed is called with how all processes are, whenever that changes; one call at a
	// time, which nothing may be asked of the supervisor in.
	Changed func([]Status)
}

// Run starts all stages and keeps their processes running until ctx is done. Then it
// stops them, the last stage first, and returns when none runs. If one cannot be started,
// those that were are killed, and that is the error: none runs either.
func Run(ctx context.Context, stages []Stage, o Options) error {
	s := &supervisor{Options: o, stages: stages, board: newBoard(stages, o.Changed)}
	keeping, stop := context.WithCancel(ctx)
	err := s.start(keeping)
	if err == nil {
		o.Log.Info("all are ready")
		o.Ready()
		<-ctx.Done()
		o.Log.Info("stopping", "cause", context.Cause(ctx))
	}
	stop()
	s.keepers.Wait()
	if err != nil {
		return errors.Join(err, s.end((*cluster.Process).Kill))
	}
	ending := context.WithoutCancel(ctx)
	return s.end(func(p *cluster.Process) error { return p.Stop(ending) })
}

type supervisor struct {
	Options
	stages  []Stage
	board   *board
	keepers sync.WaitGroup
}

// start starts all stages, and a keeper for each process that is ready, until ctx is
// done.
func (s *supervisor) start(ctx context.Context) error {
	for _, stage := range s.stages {
		if stage.Errand != nil {
			began := time.Now()
			if err := stage.Errand.Run(ctx); err != nil {
				return err
			}
			s.Started(stage.Errand.Name, time.Since(began))
		}
		all, starting := errgroup.WithContext(ctx)
		for _, p := range stage.Processes {
			k := &keeper{process: p, log: s.Log.With("process", p.Name), board: s.board}
			all.Go(func() error {
				took, err := k.start(starting)
				if err != nil {
					return err
				}
				s.Started(p.Name, took)
				s.keepers.Go(func() { k.keep(ctx) })
				return nil
			})
		}
		if err := all.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// end ends all processes, those of a stage side by side, the last stage first.
func (s *supervisor) end(one func(*cluster.Process) error) error {
	var failed error
	for _, stage := range slices.Backward(s.stages) {
		var all errgroup.Group
		for _, p := range stage.Processes {
			all.Go(func() error {
				err := one(p)
				s.board.set(p.Name, Status{State: Stopped})
				return err
			})
		}
		failed = errors.Join(failed, all.Wait())
	}
	return failed
}
