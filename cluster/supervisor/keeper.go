package supervisor

import (
	"context"
	"log/slog"
	"time"

	"github.com/hubbub-live/hubbub/cluster"
)

const (
	firstPause = 100 * time.Millisecond
	pauseBound = 10 * time.Second
	// longLife is how long one has to live for its end to be no sign of a next one.
	longLife = 30 * time.Second
)

// pauseAfter is how long to wait before a process is started again that ended, or could
// not be started, after a life; last is how long it was before.
func pauseAfter(life, last time.Duration) time.Duration {
	if life >= longLife {
		return firstPause
	}
	return min(max(2*last, firstPause), pauseBound)
}

// A keeper keeps one process running. Its methods are one goroutine's at a time.
type keeper struct {
	process *cluster.Process
	log     *slog.Logger
	board   *board
	starts  int
}

// start starts the process and returns how long it took to be ready.
func (k *keeper) start(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	k.board.set(k.process.Name, Status{State: Starting, Since: began, Starts: k.starts})
	if err := k.process.Start(ctx); err != nil {
		k.board.set(k.process.Name, Status{State: Down, Since: time.Now(), Starts: k.starts})
		return 0, err
	}
	took := time.Since(began)
	k.starts++
	k.board.set(k.process.Name, Status{State: Ready, Since: began, Starts: k.starts, Pid: k.process.Pid()})
	k.log.Info("ready", "pid", k.process.Pid(), "took", took.Round(time.Millisecond))
	return took, nil
}

// keep starts the process again whenever it has ended, until ctx is done. It has to
// have been started.
func (k *keeper) keep(ctx context.Context) {
	began := time.Now()
	var pause time.Duration
	for {
		select {
		case <-k.process.Exited():
		case <-ctx.Done():
			return
		}
		k.board.set(k.process.Name, Status{State: Down, Since: time.Now(), Starts: k.starts})
		pause = pauseAfter(time.Since(began), pause)
		k.log.Warn("ended by itself, and is started again", "pid", k.process.Pid(), "how", k.process.Ended(), "in", pause)
		if pause = k.startAgain(ctx, pause); ctx.Err() != nil {
			return
		}
		began = time.Now()
	}
}

// startAgain tries until the process is ready or ctx is done, and returns the last pause.
func (k *keeper) startAgain(ctx context.Context, pause time.Duration) time.Duration {
	for {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return pause
		}
		_, err := k.start(ctx)
		if err == nil || ctx.Err() != nil {
			return pause
		}
		pause = pauseAfter(0, pause)
		k.log.Error("could not be started, and is tried again", "in", pause, "error", err)
	}
}
