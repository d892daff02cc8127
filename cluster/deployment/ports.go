package deployment

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/loopback"
)

// ports are what each part listened on before, and will again: somebody may have a
// client or a tunnel on one. One that somebody else took meanwhile is given up for
// another. All engines come back with their data on other ports too.
type ports struct {
	path  string
	log   *slog.Logger
	kept  map[string][]int
	taken time.Time // from then on a port that is taken is somebody else's
}

// leaving is how long a process of ours that was killed may take to leave its ports.
const leaving = time.Second

// openPorts reads those that are kept in a file; if it is not there, there are none.
func openPorts(path string, log *slog.Logger) (*ports, error) {
	p := &ports{path: path, log: log, kept: make(map[string][]int), taken: time.Now().Add(leaving)}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &p.kept)
	}
	if err != nil {
		return nil, fmt.Errorf("read the ports in %s: %w", path, err)
	}
	return p, nil
}

// of returns the n ports of a part: those that it had, as far as they are free.
func (p *ports) of(part string, n int) ([]int, error) {
	list := slices.Clone(p.kept[part])
	list = list[:min(n, len(list))]
	for i, port := range list {
		taken := p.awaitFree(port)
		if taken == nil {
			continue
		}
		var err error
		if list[i], err = p.another(); err != nil {
			return nil, err
		}
		p.log.Warn("a port is somebody else's by now, and another takes its place", "part", part, "error", taken, "port", list[i])
	}
	for len(list) < n {
		port, err := p.another()
		if err != nil {
			return nil, err
		}
		list = append(list, port)
	}
	// Of replicas that are not there this time the ports stay theirs.
	p.kept[part] = append(list, p.kept[part][min(n, len(p.kept[part])):]...)
	return list, nil
}

// awaitFree returns why a port cannot be had, if that does not change soon.
func (p *ports) awaitFree(port int) error {
	err := loopback.IsFree(port)
	for err != nil && time.Now().Before(p.taken) {
		time.Sleep(leaving / 50)
		err = loopback.IsFree(port)
	}
	return err
}

// another is a free port that no part has.
func (p *ports) another() (int, error) {
	for {
		port, err := loopback.FreePort()
		if err != nil || !p.has(port) {
			return port, err
		}
	}
}

func (p *ports) has(port int) bool {
	for _, list := range p.kept {
		if slices.Contains(list, port) {
			return true
		}
	}
	return false
}

func (p *ports) save() error {
	text, err := json.MarshalIndent(p.kept, "", "  ")
	if err != nil {
		return err
	}
	return cluster.WriteFile(p.path, append(text, '\n'))
}
