package flink

import (
	"context"
	"time"
)

// A Status is what an operator wants to know of a job.
type Status struct {
	Job
	Loads      []Load // of each vertex
	Checkpoint *Checkpoint
	Failure    string // the last; "": none
	Overview
}

// A Load is how much a vertex has to do: shares of its time, 0 to 1, and records a second of all its
// subtasks. The worst subtask says more than the mean: one hot room makes one busy.
type Load struct {
	Vertex
	BackPressure Spread
	Busy         Spread
	RecordsIn    float64 // the mean of a minute
	Pending      float64 // records that a source has not read
}

// Status asks for all of it.
func (c *Client) Status(ctx context.Context, id string) (s Status, err error) {
	if s.Overview, err = c.Overview(ctx); err != nil {
		return s, err
	}
	if s.Job, err = c.Job(ctx, id); err != nil {
		return s, err
	}
	for _, v := range s.Vertices {
		in, pending := v.Operator()+RecordsIn, v.Operator()+Pending
		names := []string{BackPressured, Busy, in}
		if v.Source() {
			names = append(names, pending)
		}
		values, err := c.Metrics(ctx, id, v.ID, names...)
		if err != nil {
			return s, err
		}
		s.Loads = append(s.Loads, Load{v, values[BackPressured].of(1000), values[Busy].of(1000), values[in].Sum, values[pending].Sum})
	}
	checkpoints, err := c.Checkpoints(ctx, id)
	if err != nil {
		return s, err
	}
	s.Checkpoint = checkpoints.Latest.Completed
	s.Failure, err = c.Failure(ctx, id)
	return s, err
}

func (s Spread) of(n float64) Spread { return Spread{s.Min / n, s.Max / n, s.Avg / n, s.Sum / n} }

// At is when a checkpoint was completed.
func (c *Checkpoint) At() time.Time { return time.UnixMilli(c.Acked) }
