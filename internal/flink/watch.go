package flink

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	watchEvery = time.Second
	// gone is how long a job has to be missing before it is started again: a JobManager
	// that has just begun may not have said all it knows.
	gone = 3
)

// Watch sees that the job runs until ctx ends: it starts it, and again from its newest
// checkpoint when the JobManager has forgotten it, as one that was restarted has. It is
// never started twice: the one that runs is looked for first, each time. What happens is said
// in lines.
func (c *Client) Watch(ctx context.Context, s Submission, say func(line string)) error {
	missing, said, wait := 0, "", time.Duration(0)
	tell := func(line string) {
		if line != said {
			said = line
			say(line)
		}
	}
	for first := true; ; first = false {
		if pause(ctx, wait) != nil {
			return nil //nolint:nilerr // it was told to end
		}
		wait = watchEvery
		id, ok, err := c.Find(ctx, s.Name)
		switch {
		case err != nil:
			tell(err.Error())
			missing = 0
		case ok:
			missing = 0
			tell("it runs: " + id)
			if checkpoints, err := c.Checkpoints(ctx, id); err == nil && checkpoints.Latest.Completed != nil {
				s.From = checkpoints.Latest.Completed.Path
			}
		default:
			if missing++; first || missing >= gone {
				missing = 0
				s.From = newest(s.From)
				tell("it is started" + from(s.From))
				_, err := c.Submit(ctx, s, tell)
				if wait = 0; err != nil && ctx.Err() == nil && !errors.Is(err, ErrRunning) {
					tell(fmt.Sprintf("it was not started, that is tried again: %v", err))
					wait = watchEvery
				}
			}
		}
	}
}

func from(path string) string {
	if path == "" {
		return " without a state"
	}
	return " from " + path
}

// newest is the newest checkpoint of the job that made one: by now that may be gone, and
// its successor be there. Of what is not on this machine nothing better is known.
func newest(path string) string {
	local, ok := strings.CutPrefix(path, "file:")
	if !ok {
		return path
	}
	job := filepath.Dir(local)
	entries, err := os.ReadDir(job)
	if err != nil {
		return path
	}
	best, found := -1, path
	for _, e := range entries {
		number, err := strconv.Atoi(strings.TrimPrefix(e.Name(), "chk-"))
		if err != nil || number <= best {
			continue
		}
		if _, err := os.Stat(filepath.Join(job, e.Name(), "_metadata")); err == nil {
			best, found = number, "file:"+filepath.Join(job, e.Name())
		}
	}
	return found
}

// NewestIn is the newest checkpoint in a folder of jobs' checkpoints; "" if there is none.
func NewestIn(dir string) string {
	found, err := filepath.Glob(filepath.Join(dir, "*", "chk-*", "_metadata"))
	if err != nil {
		return ""
	}
	newest, best := time.Time{}, ""
	for _, path := range found {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(newest) {
			newest, best = info.ModTime(), "file:"+filepath.Dir(path)
		}
	}
	return best
}
