package cluster

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// Spark is a master and a worker, which starts executors for the applications of others.
// Its methods are one goroutine's at a time.
type Spark struct {
	program        SparkProgram
	master, worker *Process
}

// SparkPorts is how many it listens on: master and worker on two each, one of them for
// HTTP. Drivers and executors, which are others' to start, listen on more.
const SparkPorts = 4

// SparkOptions are those of NewSpark. Zero values mean the defaults.
type SparkOptions struct {
	Ports     []int // as many as SparkPorts; default: ports of its own
	Cores     int   // of all executors at a time; default 2
	MemoryMiB int   // of the heaps of all executors at a time; default 1024
}

// NewSpark installs Spark if it is missing, which takes some minutes, and prepares a
// master and a worker in folders below dir. They are not started.
func NewSpark(ctx context.Context, dir string, o SparkOptions) (*Spark, error) {
	program, err := InstallSpark(ctx)
	if err != nil {
		return nil, err
	}
	if o.Ports == nil {
		if o.Ports, err = loopback.FreePorts(SparkPorts); err != nil {
			return nil, err
		}
	}
	if dir, err = filepath.Abs(dir); err != nil { // executors work elsewhere
		return nil, fmt.Errorf("prepare spark: %w", err)
	}
	s := &Spark{program: program}
	s.master = program.daemon(filepath.Join(dir, "spark-master"), o.Ports[:2], "org.apache.spark.deploy.master.Master")
	s.worker = program.daemon(filepath.Join(dir, "spark-worker"), o.Ports[2:], "org.apache.spark.deploy.worker.Worker",
		"--cores", strconv.Itoa(cmp.Or(o.Cores, 2)), "--memory", strconv.Itoa(cmp.Or(o.MemoryMiB, 1024))+"m",
		"--work-dir", sparkWork, s.MasterURL())
	s.master.Ready = func(ctx context.Context) error { return Answers(ctx, s.UI()+"/json/") }
	s.worker.Ready = s.registered
	for _, p := range s.Processes() {
		if err := configure("spark", p.Dir, nil); err != nil {
			return nil, fmt.Errorf("configure spark: %w", err)
		}
	}
	return s, nil
}

// The folders of a daemon.
const (
	sparkWork = "work" // of applications, with the logs of their executors
	sparkTmp  = "tmp"
)

// Processes are the master and the worker. The executors are of the worker's process
// group, and end with it.
func (s *Spark) Processes() []*Process { return []*Process{s.master, s.worker} }

// Program is what runs.
func (s *Spark) Program() SparkProgram { return s.program }

// MasterURL is what applications name the master by.
func (s *Spark) MasterURL() string { return "spark://" + loopback.Address(s.master.Ports[0]) }

// UI is the URL of the master's pages; below it is /json/, which State reads.
func (s *Spark) UI() string { return "http://" + loopback.Address(s.master.Ports[1]) }

// Start starts the master and the worker, unless they run, and waits until the one has
// registered with the other. Before, it removes what applications and processes that
// are gone have left. If one fails, none runs.
func (s *Spark) Start(ctx context.Context) error {
	for _, p := range s.Processes() {
		if p.Running() {
			continue
		}
		if err := errors.Join(clearSpark(p.Dir), p.Start(ctx)); err != nil {
			return errors.Join(err, s.Kill())
		}
	}
	return nil
}

// Kill ends both with SIGKILL, and executors with the worker.
func (s *Spark) Kill() error { return errors.Join(s.worker.Kill(), s.master.Kill()) }

func clearSpark(dir string) error {
	return errors.Join(
		os.RemoveAll(filepath.Join(dir, sparkWork)),
		os.RemoveAll(filepath.Join(dir, sparkTmp)),
		os.MkdirAll(filepath.Join(dir, sparkTmp), 0o700))
}

// SparkState is some of what a master knows.
type SparkState struct {
	Workers []SparkWorker      `json:"workers"`
	Running []SparkApplication `json:"activeapps"`
}

// SparkWorker is a worker as the master sees it. CoresUsed are those of its executors.
type SparkWorker struct {
	Host       string `json:"host"`
	Port       int    `json:"port"`
	State      string `json:"state"` // ALIVE, DEAD, …
	Cores      int    `json:"cores"`
	CoresUsed  int    `json:"coresused"`
	MemoryUsed int    `json:"memoryused"` // MiB
}

// SparkApplication is one that has not ended. Cores are those of its executors.
type SparkApplication struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	State string `json:"state"` // WAITING, RUNNING
	Cores int    `json:"cores"`
}

// State asks the master.
func (s *Spark) State(ctx context.Context) (SparkState, error) {
	var state SparkState
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.UI()+"/json/", nil)
	if err != nil {
		return state, err
	}
	request.Close = true // nothing stays open to a process that may be killed
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return state, fmt.Errorf("ask spark's master: %w", err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&state); err != nil {
		return state, fmt.Errorf("ask spark's master: it answers %s: %w", response.Status, err)
	}
	return state, nil
}

// registered returns nil when the worker that runs now has an entry at the master.
func (s *Spark) registered(ctx context.Context) error {
	if err := dialAll(ctx, s.worker.Ports); err != nil {
		return err
	}
	state, err := s.State(ctx)
	if err != nil {
		return err
	}
	for _, w := range state.Workers {
		if w.Port == s.worker.Ports[0] && w.State == "ALIVE" {
			return nil
		}
	}
	return fmt.Errorf("the master has no live worker on port %d", s.worker.Ports[0])
}
