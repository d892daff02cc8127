// Package lab runs a load test: a crowd of viewers against a server, watched all
// the while, and its books at the end. It leaves a raw file behind; what that
// means is package report's business.
package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/internal/lab/drive"
	"github.com/hubbub-live/hubbub/internal/lab/measure"
	"github.com/hubbub-live/hubbub/internal/lab/plan"
	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// Options of a run.
type Options struct {
	Plan     *plan.Plan
	Folder   string        // gets raw.FileName; made if missing, refused if it has one
	Program  string        // version of the lab
	Progress io.Writer     // a line every few seconds
	Drain    time.Duration // bounds the wait for what is under way; 0: DefaultDrain
}

// DefaultDrain is how long after the last SEND everything must be everywhere.
const DefaultDrain = 30 * time.Second

// farewell bounds what is still done after the run was interrupted.
const farewell = 10 * time.Second

// A run is a load test under way.
type run struct {
	Options
	crowd    *drive.Crowd
	api      *measure.API
	recorder *recorder
	rooms    []room // by index in Plan.Streams
	end      raw.End
}

// A room is what the server said of a stream before the run.
type room struct {
	newest   hubbub.Position
	analysed int64
}

// Run does the whole test and writes the raw file. Once ctx ends it stops sending,
// waits a little for what is under way and closes the books, so that a run that is
// interrupted leaves what it has. The error says why there is no raw file, or no
// whole one: a test that went badly is no error.
func Run(ctx context.Context, o Options) error {
	if o.Drain == 0 {
		o.Drain = DefaultDrain
	}
	r := &run{Options: o, api: measure.NewAPI(o.Plan.API)}
	defer r.api.Close()
	if err := r.before(ctx); err != nil {
		return err
	}
	file, err := create(o.Folder)
	if err != nil {
		return err
	}
	tag := rand.Text()[:10]
	token, err := tokens(o.Plan, r.api)
	if err != nil {
		return err
	}
	r.crowd = drive.New(drive.Options{Plan: o.Plan, Tag: tag, Token: token})
	r.recorder = newRecorder(file, o, r.crowd, raw.Header{
		Tag: tag, Started: time.Now().UTC(), Plan: *o.Plan, Program: o.Program, Host: measure.Host(),
	})
	r.drive(ctx)
	r.settle(ctx)
	return errors.Join(r.recorder.finish(r.end), file.Close())
}

func create(folder string) (*os.File, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of the run: %w", err)
	}
	name := filepath.Join(folder, raw.FileName)
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return nil, fmt.Errorf("%s is there already: give every run a folder of its own", name)
	}
	if err != nil {
		return nil, fmt.Errorf("open the raw file: %w", err)
	}
	return file, nil
}

// before asks how things stand. It fails where there is no such server or stream.
func (r *run) before(ctx context.Context) error {
	r.rooms = make([]room, len(r.Plan.Streams))
	for i, stream := range r.Plan.Streams {
		newest, err := r.api.Newest(ctx, stream)
		if err != nil {
			return err
		}
		analysed, err := r.api.Analysed(ctx, stream)
		if err != nil {
			return err
		}
		r.rooms[i] = room{newest, analysed}
	}
	return nil
}

// drive is the run itself: ramp-up, steady window, drain.
func (r *run) drive(ctx context.Context) {
	loaded, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	watching, unwatch := context.WithCancel(context.WithoutCancel(ctx))
	var watchers sync.WaitGroup
	watchers.Go(func() { r.recorder.watch(watching, func() { stop(errAlone) }) })
	watchers.Go(func() { r.recorder.gauge(watching) })

	r.recorder.phase(watching, raw.PhaseRampUp)
	r.crowd.RampUp(loaded)
	r.recorder.phase(watching, raw.PhaseSteady)
	if loaded.Err() == nil {
		r.crowd.Send(loaded)
	}
	if why := context.Cause(loaded); why != nil {
		r.end.Interrupted = reason(why)
	}
	unwatch()
	watchers.Wait()
	r.recorder.phase(context.WithoutCancel(ctx), raw.PhaseDrain)
	r.drain(ctx)
}

var errAlone = errors.New("every client was lost")

func reason(why error) string {
	if errors.Is(why, context.Canceled) {
		return "the run was interrupted"
	}
	return why.Error()
}

// afterwards bounds what follows the load: limit, or little if ctx has ended.
func afterwards(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	hurry := context.AfterFunc(ctx, func() {
		time.AfterFunc(farewell, cancel)
	})
	return after, func() { hurry(); cancel() }
}
