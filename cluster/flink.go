package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// Flink is a JobManager, which takes jobs over REST, and TaskManagers of one slot each,
// which work on them. A TaskManager that dies is missed until it is started again. When
// the JobManager dies, jobs are forgotten; their checkpoints are kept in the folder. Its
// methods are one goroutine's at a time.
type Flink struct {
	jobManager   *Process
	taskManagers []*Process
}

// FlinkPorts is how many are given to it: of REST, and of what TaskManagers ask. What it
// listens on besides, and TaskManagers do, is another port of loopback at each start.
const FlinkPorts = 2

// FlinkOptions say how much of it there is, and where.
type FlinkOptions struct {
	TaskManagers int
	Ports        []int // FlinkPorts, which may differ from those it had before in the folder; nil: some that are free
}

// NewFlink installs Flink if it is missing, which takes up to a minute, and prepares
// it in folders below dir. It is not started.
func NewFlink(ctx context.Context, dir string, o FlinkOptions) (*Flink, error) {
	if o.Ports == nil {
		var err error
		if o.Ports, err = loopback.FreePorts(FlinkPorts); err != nil {
			return nil, err
		}
	}
	program, err := installFlink(ctx)
	if err != nil {
		return nil, err
	}
	f, err := program.prepare(dir, o)
	if err != nil {
		return nil, fmt.Errorf("configure flink: %w", err)
	}
	return f, nil
}

// REST is the base of its URLs, without a slash at the end; the page for people is there too.
func (f *Flink) REST() string { return "http://" + loopback.Address(f.jobManager.Ports[0]) }

// JobManager is ready when it answers over REST.
func (f *Flink) JobManager() *Process { return f.jobManager }

// TaskManager is one by its number from 1 on: to be killed, frozen, and started again
// while the others live. Over REST its id is that of its process: tm-1. It is ready when
// the JobManager has it, so that one must live.
func (f *Flink) TaskManager(number int) *Process { return f.taskManagers[number-1] }

// Processes are the JobManager and the TaskManagers, in the order of their numbers.
func (f *Flink) Processes() []*Process {
	return append([]*Process{f.jobManager}, f.taskManagers...)
}

// Start starts all that do not run and waits until the JobManager has all TaskManagers.
// If one fails, none runs.
func (f *Flink) Start(ctx context.Context) error {
	all, ctx := errgroup.WithContext(ctx)
	for _, p := range f.Processes() {
		if !p.Running() {
			all.Go(func() error { return p.Start(ctx) })
		}
	}
	if err := all.Wait(); err != nil {
		return errors.Join(err, f.Kill())
	}
	return nil
}

// Kill ends all with SIGKILL.
func (f *Flink) Kill() error {
	var failed error
	for _, p := range f.Processes() {
		failed = errors.Join(failed, p.Kill())
	}
	return failed
}

// registered returns nil if the JobManager has a TaskManager, and that answers: one that
// was killed is remembered for a while.
func (f *Flink) registered(ctx context.Context, id string) error {
	var known struct {
		TaskManagers []struct {
			ID       string
			DataPort int
		}
	}
	if err := getJSON(ctx, f.REST()+"/taskmanagers", &known); err != nil {
		return err
	}
	for _, tm := range known.TaskManagers {
		if tm.ID == id {
			return dialAll(ctx, []int{tm.DataPort})
		}
	}
	return fmt.Errorf("the JobManager has %d others, and not %s", len(known.TaskManagers), id)
}

// getJSON reads what a GET is answered with.
func getJSON(ctx context.Context, url string, into any) error {
	body, err := answer(ctx, url)
	if err != nil {
		return err
	}
	defer body.Close()
	return json.NewDecoder(body).Decode(into)
}
