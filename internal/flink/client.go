// Package flink is what hubbub has to do with a Flink cluster: it hands the analysis job
// over by REST, watches it, rescales it and takes it back.
package flink

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// A Client speaks with the REST API of a JobManager. It may be used concurrently.
type Client struct {
	base string
	http *http.Client
}

// answerBound is more than any answer that is asked for here.
const answerBound = 16 << 20

// NewClient returns a client of the API at a URL.
func NewClient(base string) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), http: &http.Client{Timeout: time.Minute}}
}

// ErrUnreachable is that no JobManager answers at the address.
var ErrUnreachable = errors.New("no JobManager answers")

// A RefusedError is an answer that is none of success.
type RefusedError struct {
	Status int
	Reason string // Flink's first line
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("Flink refuses it (%d): %s", e.Status, e.Reason)
}

// ask sends a request, with a body of JSON if there is one, and reads the answer into dst.
func (c *Client) ask(ctx context.Context, method, path string, body, dst any) error {
	var in io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		in = bytes.NewReader(text)
	}
	return c.send(ctx, method, path, "application/json", in, dst)
}

func (c *Client) send(ctx context.Context, method, path, kind string, in io.Reader, dst any) error {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, in)
	if err != nil {
		return err
	}
	if in != nil {
		request.Header.Set("Content-Type", kind)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return fmt.Errorf("%w at %s: %w", ErrUnreachable, c.base, err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, answerBound))
	if err != nil {
		return fmt.Errorf("read Flink's answer: %w", err)
	}
	if answer.StatusCode >= http.StatusBadRequest {
		return &RefusedError{answer.StatusCode, reason(text)}
	}
	if dst == nil || len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, dst); err != nil {
		return fmt.Errorf("read Flink's answer to %s: %w", path, err)
	}
	return nil
}

// reason is the line of an error that says most: the last cause of a stack.
func reason(text []byte) string {
	var of struct {
		Errors []string `json:"errors"`
	}
	if json.Unmarshal(text, &of) != nil || len(of.Errors) == 0 {
		return strings.TrimSpace(string(text[:min(len(text), 300)]))
	}
	return cause(strings.Join(of.Errors, "\n"))
}

// cause is the last cause that a Java stack names, without its class.
func cause(stack string) string {
	found, _, _ := strings.Cut(strings.TrimSpace(stack), "\n")
	for line := range strings.Lines(stack) {
		if _, after, ok := strings.Cut(line, "Caused by: "); ok {
			found = strings.TrimSpace(after)
		}
	}
	if class, after, ok := strings.Cut(found, ": "); ok && !strings.Contains(class, " ") && strings.Contains(class, ".") {
		found = after
	}
	return found[:min(len(found), 500)]
}

// An Overview is what there is to run jobs on.
type Overview struct {
	TaskManagers int    `json:"taskmanagers"`
	Slots        int    `json:"slots-total"`
	FreeSlots    int    `json:"slots-available"`
	Version      string `json:"flink-version"`
}

// Overview asks what there is.
func (c *Client) Overview(ctx context.Context) (o Overview, err error) {
	return o, c.ask(ctx, http.MethodGet, "/overview", nil, &o)
}

// A State is a job's, in Flink's words: CREATED, RUNNING, RESTARTING, FAILED, FINISHED, CANCELED and more.
type State string

// Over says whether it will not change any more.
func (s State) Over() bool {
	return s == "FAILED" || s == "FINISHED" || s == "CANCELED"
}

// A Listed is a job in a list.
type Listed struct {
	ID      string `json:"jid"`
	Name    string `json:"name"`
	State   State  `json:"state"`
	Started int64  `json:"start-time"` // ms
}

// Jobs lists the jobs that the JobManager knows.
func (c *Client) Jobs(ctx context.Context) ([]Listed, error) {
	var of struct {
		Jobs []Listed `json:"jobs"`
	}
	err := c.ask(ctx, http.MethodGet, "/jobs/overview", nil, &of)
	return of.Jobs, err
}

// A Job is one as it is now.
type Job struct {
	ID       string   `json:"jid"`
	Name     string   `json:"name"`
	State    State    `json:"state"`
	Vertices []Vertex `json:"vertices"`
}

// A Vertex is a chain of operators that run together.
type Vertex struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Parallelism int            `json:"parallelism"`
	Status      State          `json:"status"`
	Tasks       map[string]int `json:"tasks"`
}

// Running says whether all its tasks run.
func (j *Job) Running() bool {
	for _, v := range j.Vertices {
		if v.Tasks["RUNNING"] != v.Parallelism {
			return false
		}
	}
	return j.State == "RUNNING"
}

// Job asks how a job is.
func (c *Client) Job(ctx context.Context, id string) (j Job, err error) {
	return j, c.ask(ctx, http.MethodGet, "/jobs/"+url.PathEscape(id), nil, &j)
}

// Failure is why a job failed last; "": it did not.
func (c *Client) Failure(ctx context.Context, id string) (string, error) {
	var of struct {
		History struct {
			Entries []struct {
				Stack string `json:"stacktrace"`
			} `json:"entries"`
		} `json:"exceptionHistory"`
	}
	err := c.ask(ctx, http.MethodGet, "/jobs/"+url.PathEscape(id)+"/exceptions?maxExceptions=1", nil, &of)
	if err != nil || len(of.History.Entries) == 0 {
		return "", err
	}
	return cause(of.History.Entries[0].Stack), nil
}

// Upload hands a jar over and returns its id.
func (c *Client) Upload(ctx context.Context, jar string) (id string, err error) {
	content, err := os.ReadFile(jar)
	if err != nil {
		return "", fmt.Errorf("read the job: %w; make flink-job makes it", err)
	}
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
	part, err := parts.CreateFormFile("jarfile", filepath.Base(jar))
	if err == nil {
		_, err = part.Write(content)
	}
	if err = errors.Join(err, parts.Close()); err != nil {
		return "", err
	}
	var of struct {
		Name string `json:"filename"`
	}
	if err := c.send(ctx, http.MethodPost, "/jars/upload", parts.FormDataContentType(), &form, &of); err != nil {
		return "", fmt.Errorf("upload the job: %w", err)
	}
	return path.Base(of.Name), nil
}

// A Start is how a job that was uploaded is started.
type Start struct {
	Parallelism int      `json:"parallelism"`
	Arguments   []string `json:"programArgsList"`
	From        string   `json:"savepointPath,omitempty"` // a savepoint or a retained checkpoint; "": without a state
}

// Run starts a job of a jar and returns its id.
func (c *Client) Run(ctx context.Context, jar string, s Start) (id string, err error) {
	var of struct {
		ID string `json:"jobid"`
	}
	err = c.ask(ctx, http.MethodPost, "/jars/"+url.PathEscape(jar)+"/run", s, &of)
	return of.ID, err
}

// Cancel ends a job without a savepoint; its last checkpoint stays.
func (c *Client) Cancel(ctx context.Context, id string) error {
	return c.ask(ctx, http.MethodPatch, "/jobs/"+url.PathEscape(id)+"?mode=cancel", nil, nil)
}

// Savepoint makes one and returns where it is; with stop the job ends with it.
func (c *Client) Savepoint(ctx context.Context, id string, stop bool) (location string, err error) {
	what, body := "/savepoints", map[string]any{"cancel-job": false}
	if stop {
		what, body = "/stop", map[string]any{"drain": false}
	}
	var asked struct {
		ID string `json:"request-id"`
	}
	if err := c.ask(ctx, http.MethodPost, "/jobs/"+url.PathEscape(id)+what, body, &asked); err != nil {
		return "", err
	}
	for {
		var of struct {
			Status struct {
				ID string `json:"id"`
			} `json:"status"`
			Operation struct {
				Location string `json:"location"`
				Failure  struct {
					Stack string `json:"stack-trace"`
				} `json:"failure-cause"`
			} `json:"operation"`
		}
		if err := c.ask(ctx, http.MethodGet, "/jobs/"+url.PathEscape(id)+"/savepoints/"+asked.ID, nil, &of); err != nil {
			return "", err
		}
		switch {
		case of.Status.ID != "COMPLETED":
		case of.Operation.Location != "":
			return of.Operation.Location, nil
		default:
			return "", fmt.Errorf("the savepoint failed: %s", cause(of.Operation.Failure.Stack))
		}
		if err := pause(ctx, 100*time.Millisecond); err != nil {
			return "", err
		}
	}
}

// Checkpoints are what a job has of them.
type Checkpoints struct {
	Counts struct {
		Completed int `json:"completed"`
		Failed    int `json:"failed"`
	} `json:"counts"`
	Latest struct {
		Completed *Checkpoint `json:"completed"`
	} `json:"latest"`
}

// A Checkpoint is one that was completed.
type Checkpoint struct {
	ID       int64  `json:"id"`
	Path     string `json:"external_path"`
	Acked    int64  `json:"latest_ack_timestamp"` // ms
	Duration int64  `json:"end_to_end_duration"`  // ms
	Size     int64  `json:"state_size"`           // octets
}

// Checkpoints asks for a job's.
func (c *Client) Checkpoints(ctx context.Context, id string) (p Checkpoints, err error) {
	return p, c.ask(ctx, http.MethodGet, "/jobs/"+url.PathEscape(id)+"/checkpoints", nil, &p)
}

// Metrics are the values of some metrics of a vertex, by name: of its subtasks the least, the
// most, the mean and the sum. Should there not be one of them, Flink tells none.
func (c *Client) Metrics(ctx context.Context, job, vertex string, names ...string) (map[string]Spread, error) {
	var list []struct {
		ID string `json:"id"`
		Spread
	}
	query := url.Values{"get": {strings.Join(names, ",")}}
	err := c.ask(ctx, http.MethodGet, "/jobs/"+url.PathEscape(job)+"/vertices/"+url.PathEscape(vertex)+"/subtasks/metrics?"+query.Encode(), nil, &list)
	values := map[string]Spread{}
	for _, one := range list {
		values[one.ID] = one.Spread
	}
	return values, err
}

// A Spread is what subtasks have of one metric.
type Spread struct {
	Min float64 `json:"min"`
	Max float64 `json:"max"`
	Avg float64 `json:"avg"`
	Sum float64 `json:"sum"`
}

// Metrics that every vertex has: ms of each second.
const (
	BackPressured = "backPressuredTimeMsPerSecond"
	Busy          = "busyTimeMsPerSecond"
)

// Metrics of an operator, behind its name; the second is a source's.
const (
	RecordsIn = ".numRecordsInPerSecond"
	Pending   = ".pendingRecords"
)

// Operator is the first of a vertex's chain, as its metrics have it.
func (v *Vertex) Operator() string {
	first, _, _ := strings.Cut(v.Name, " -> ")
	return strings.ReplaceAll(first, ": ", "__")
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Source says whether a vertex begins with one.
func (v *Vertex) Source() bool { return strings.HasPrefix(v.Name, sourcePrefix) }

const sourcePrefix = "Source: "
