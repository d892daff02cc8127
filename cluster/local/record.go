package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/supervisor"
)

// A state is what a running cluster tells of itself, in a file of its folder. It is true
// while Pid has the folder's lock.
type state struct {
	Pid       int                 `json:"pid"` // of the process that runs it
	URL       string              `json:"url"`
	Ready     bool                `json:"ready"` // all were, once
	Processes []supervisor.Status `json:"processes"`
}

// readState reads what the cluster in a folder told last, which may have been another one.
func readState(dir string) (state, error) {
	var s state
	text, err := os.ReadFile(filepath.Join(dir, stateName))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		return state{}, fmt.Errorf("read how the cluster is: %w", err)
	}
	return s, nil
}

const stateName = "state.json"

// A record keeps the file up to date.
type record struct {
	path string
	log  *slog.Logger

	mu    sync.Mutex
	state state
}

func newRecord(dir, url string, log *slog.Logger) *record {
	r := &record{path: filepath.Join(dir, stateName), log: log}
	r.change(func(s *state) { s.Pid, s.URL = os.Getpid(), url })
	return r
}

func (r *record) change(how func(*state)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	how(&r.state)
	text, err := json.MarshalIndent(r.state, "", "  ")
	if err == nil {
		err = cluster.WriteFile(r.path, text)
	}
	if err != nil { // the cluster goes on
		r.log.Error("the state was not written", "error", err)
	}
}
