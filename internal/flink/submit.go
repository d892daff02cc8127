package flink

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Submission is the analysis job as it is to run.
type Submission struct {
	Jar         string // of the job
	Name        string // of the job: with the prefix, so that two deployments share a cluster
	Parallelism int
	Arguments   []string
	From        string // savepoint or checkpoint; "": without a state, from the log's beginning
}

// JobName is that of the analysis job of a deployment with a prefix.
func JobName(prefix string) string {
	return strings.TrimSpace("hubbub analysis " + prefix)
}

// ErrRunning is that the job runs already.
var ErrRunning = errors.New("the analysis job runs already")

// Find returns the job of a name that is not over.
func (c *Client) Find(ctx context.Context, name string) (id string, ok bool, err error) {
	jobs, err := c.Jobs(ctx)
	if err != nil {
		return "", false, err
	}
	i := slices.IndexFunc(jobs, func(j Listed) bool { return j.Name == name && !j.State.Over() })
	if i < 0 {
		return "", false, nil
	}
	return jobs[i].ID, true, nil
}

// Submit starts the job and waits until all of it runs, as long as ctx lasts; waiting is told
// what it waits for, when that changes.
func (c *Client) Submit(ctx context.Context, s Submission, waiting func(why string)) (id string, err error) {
	if running, ok, err := c.Find(ctx, s.Name); ok || err != nil {
		if ok {
			err = fmt.Errorf("%w, as %s", ErrRunning, running)
		}
		return running, err
	}
	jar, err := c.Upload(ctx, s.Jar)
	if err != nil {
		return "", err
	}
	id, err = c.Run(ctx, jar, Start{s.Parallelism, s.Arguments, s.From})
	if err != nil {
		return "", fmt.Errorf("start the job: %w", err)
	}
	return id, c.Await(ctx, id, waiting)
}

// ErrOver is that the job ended.
var ErrOver = errors.New("the job is over")

// Await waits until all of a job runs.
func (c *Client) Await(ctx context.Context, id string, waiting func(why string)) error {
	said := ""
	for {
		job, err := c.Job(ctx, id)
		if err != nil {
			return err
		}
		switch {
		case job.Running():
			return nil
		case job.State.Over():
			why, err := c.Failure(ctx, id)
			return errors.Join(fmt.Errorf("%w, %s: %s", ErrOver, job.State, why), err)
		}
		if why := c.why(ctx, &job); why != said {
			said = why
			waiting(why)
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return fmt.Errorf("the job does not run yet (%s): %w", said, err)
		}
	}
}

// why says what a job waits for.
func (c *Client) why(ctx context.Context, job *Job) string {
	needs := 0
	for _, v := range job.Vertices {
		needs = max(needs, v.Parallelism)
	}
	if o, err := c.Overview(ctx); err == nil && o.FreeSlots == 0 && o.Slots < needs {
		return fmt.Sprintf("it needs %d slots, and %d TaskManagers have %d", needs, o.TaskManagers, o.Slots)
	}
	if why, err := c.Failure(ctx, job.ID); err == nil && why != "" {
		return "it failed and is started again: " + why
	}
	return "tasks are being deployed"
}

// Rescale stops a job with a savepoint and starts it from there with another parallelism.
func (c *Client) Rescale(ctx context.Context, id string, s Submission, waiting func(why string)) (string, error) {
	from, err := c.Savepoint(ctx, id, true)
	if err != nil {
		return "", fmt.Errorf("stop the job with a savepoint: %w", err)
	}
	waiting("it stopped at " + from)
	if err := c.awaitEnd(ctx, id); err != nil {
		return "", err
	}
	s.From = from
	return c.Submit(ctx, s, waiting)
}

func (c *Client) awaitEnd(ctx context.Context, id string) error {
	for {
		job, err := c.Job(ctx, id)
		if err != nil || job.State.Over() {
			return err
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("the job has not ended yet: %w", err)
		}
	}
}
