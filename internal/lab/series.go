package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"

	"github.com/hubbub-live/hubbub/internal/lab/plan"
	"github.com/hubbub-live/hubbub/internal/lab/raw"
)

// A Series is plans that are run in turns, several times each, so that whatever
// changes on the machine meanwhile changes for all of them.
type Series struct {
	Plans   []Named
	Repeats int
	Folder  string // gets a folder for each repeat, within one for each plan if there are several
}

// A Named plan is one of a series.
type Named struct {
	Name string
	*plan.Plan
}

// A Turn is one run of a series.
type Turn struct {
	Named
	Repeat int    // from 1
	Folder string // of its own
	Done   bool   // it was run before, to its end, and is kept
}

// Turns lists the runs in their order: A B, B A, A B, …, so that a steady drift
// weighs on all alike. Runs that are there already are kept if they are whole and of
// the same plan. The error says what stands in the way; nothing was run or changed.
func (s Series) Turns() ([]Turn, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	var turns []Turn
	for repeat := 1; repeat <= s.Repeats; repeat++ {
		order := slices.Clone(s.Plans)
		if repeat%2 == 0 {
			slices.Reverse(order)
		}
		for _, p := range order {
			turn := Turn{Named: p, Repeat: repeat, Folder: filepath.Join(s.folder(p), strconv.Itoa(repeat))}
			var err error
			if turn.Done, err = turn.done(); err != nil {
				return nil, err
			}
			turns = append(turns, turn)
		}
	}
	return turns, nil
}

// folder is where the repeats of a plan are, and what a comparison is given.
func (s Series) folder(p Named) string {
	if len(s.Plans) == 1 {
		return s.Folder
	}
	return filepath.Join(s.Folder, p.Name)
}

// Folders are those of the plans, for a comparison.
func (s Series) Folders() (folders []string) {
	for _, p := range s.Plans {
		folders = append(folders, s.folder(p))
	}
	return folders
}

// check refuses plans that could not be compared afterwards.
func (s Series) check() error {
	for i, p := range s.Plans {
		for _, other := range s.Plans[:i] {
			switch a, b := other.Plan, p.Plan; {
			case other.Name == p.Name:
				return fmt.Errorf("two plans are named %s: rename a file", p.Name)
			case a.URL == b.URL || slices.ContainsFunc(a.Metrics, func(u string) bool { return slices.Contains(b.Metrics, u) }):
				return fmt.Errorf("%s and %s load or measure the same server, %s: give each a WEBSOCKET_URL and METRICS_URLS of its own, in its file, since the environment stands before all files",
					other.Name, p.Name, b.URL)
			case !a.SameLoad(b) || a.RampUp != b.RampUp || a.Duration != b.Duration:
				return fmt.Errorf("%s and %s are different loads: a comparison takes the same one on two servers", other.Name, p.Name)
			}
		}
		if _, err := os.Stat(filepath.Join(s.folder(p), raw.FileName)); err == nil {
			return fmt.Errorf("%s has a run itself: give the repeats another folder", s.folder(p))
		}
	}
	return nil
}

// done says whether the turn's folder has its run already. What is there and cannot
// be kept is an error, since it is not the lab's to throw away.
func (t Turn) done() (bool, error) {
	file, err := os.Open(filepath.Join(t.Folder, raw.FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for an earlier run: %w", err)
	}
	defer func() { _ = file.Close() }()
	run, err := raw.Read(file)
	if err != nil {
		return false, fmt.Errorf("%s has a run that cannot be kept; remove the folder to have it run again: %w", t.Folder, err)
	}
	planned, was := *t.Plan, run.Header.Plan
	planned.Secret, planned.DataDir = "", "" // are not in the file
	switch {
	case run.End.Interrupted != "":
		return false, fmt.Errorf("%s has a run that ended before its time (%s): remove the folder to have it run again", t.Folder, run.End.Interrupted)
	case !reflect.DeepEqual(planned, was):
		return false, fmt.Errorf("%s has a run of another plan: give this series another folder", t.Folder)
	}
	return true, nil
}
