package supervisor

import (
	"slices"
	"sync"
	"time"
)

// A State is what a supervisor knows of a process.
type State string

// The states. One that is ready was so when it had started; it may be frozen since.
const (
	Waiting  State = "waiting" // for the stages before
	Starting State = "starting"
	Ready    State = "ready"
	Down     State = "down" // and is started again soon
	Stopped  State = "stopped"
)

// A Status is how a process is.
type Status struct {
	Name   string    `json:"name"`
	Ports  []int     `json:"ports"`
	State  State     `json:"state"`
	Pid    int       `json:"pid"`    // 0 unless it is ready
	Since  time.Time `json:"since"`  // of the process if it is ready or starting, else of the state; zero: not known
	Starts int       `json:"starts"` // how often it was ready; more than 1: it ended by itself
}

// A board has the status of all processes, in the order of their stages.
type board struct {
	changed func([]Status)

	mu   sync.Mutex
	list []Status
}

func newBoard(stages []Stage, changed func([]Status)) *board {
	b := &board{changed: changed}
	for _, stage := range stages {
		for _, p := range stage.Processes {
			b.list = append(b.list, Status{Name: p.Name, Ports: p.Ports, State: Waiting})
		}
	}
	changed(slices.Clone(b.list))
	return b
}

// set sets all of a status but name and ports.
func (b *board) set(name string, s Status) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.list, func(old Status) bool { return old.Name == name })
	s.Name, s.Ports = name, b.list[i].Ports
	b.list[i] = s
	b.changed(slices.Clone(b.list))
}
