package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/analysis/host"
	"github.com/hubbub-live/hubbub/internal/app"
	"github.com/hubbub-live/hubbub/internal/flink"
)

// FlinkCmd is the analysis as a job of a Flink cluster.
type FlinkCmd struct {
	Submit    FlinkSubmitCmd    `cmd:"" help:"Start the job and wait until it runs; nothing happens if it does."`
	Status    FlinkStatusCmd    `cmd:"" help:"Print how it is: back-pressure and busy share of each step, records a second, last checkpoint."`
	Savepoint FlinkSavepointCmd `cmd:"" help:"Make a savepoint and print where it is; with --stop the job ends with it."`
	Rescale   FlinkRescaleCmd   `cmd:"" help:"Stop it with a savepoint and start it from there with another parallelism."`
	Cancel    FlinkCancelCmd    `cmd:"" help:"End it without a savepoint; the last checkpoint stays."`
}

// A jobManager is where Flink is, and whose job is meant.
type jobManager struct {
	Flink string `help:"URL of the JobManager." required:"" placeholder:"URL"`
}

func (m *jobManager) client() *flink.Client { return flink.NewClient(m.Flink) }

// job finds the job of a prefix.
func (m *jobManager) job(ctx context.Context, prefix string) (c *flink.Client, id string, err error) {
	c = m.client()
	id, ok, err := c.Find(ctx, flink.JobName(prefix))
	if err == nil && !ok {
		err = fmt.Errorf("the analysis job does not run at %s; hubbub flink submit starts it", m.Flink)
	}
	return c, id, err
}

// A flinkJob is how the job is to run.
type flinkJob struct {
	app.Engines
	jobManager
	Jar             string        `help:"The job; without, hubbub-flink.jar beside this program." placeholder:"FILE" type:"path"`
	Parallelism     int           `help:"Slots that it takes." default:"4"`
	Spread          string        `help:"Each message to whoever is next, or all of a room to one." enum:"even,room" default:"even"`
	CheckpointEvery time.Duration `help:"Time between checkpoints: after a failure so much is read again." default:"1s"`
	Patience        time.Duration `help:"How long a child may take for an answer before it is killed." default:"10s"`
	HostMemory      int           `help:"Memory that a child should do with, MiB." default:"64"`
	Model           string        `help:"URL that children ask about each message before they read it: a stand-in for a language model, for load tests; see hubbub lab model." placeholder:"URL"`
	Wait            time.Duration `help:"How long to wait until it runs." default:"2m"`
}

// Validate refuses what Flink would not say well.
func (j *flinkJob) Validate() error {
	if j.Parallelism < 1 || j.Parallelism > 128 {
		return errors.New("--parallelism is a number from 1 to 128")
	}
	if j.CheckpointEvery < 100*time.Millisecond {
		return errors.New("--checkpoint-every is at least 100ms")
	}
	return nil
}

// submission is the job, by what the cluster says of itself.
func (j *flinkJob) submission(env *Env, from string) (s flink.Submission, err error) {
	self, err := os.Executable()
	if err != nil {
		return s, err
	}
	arguments, err := app.FlinkArguments(env.Context, j.Engines, env.io())
	if err != nil {
		return s, err
	}
	digest := host.SelfTest(classify.NewStarter())
	s = flink.Submission{Jar: j.Jar, Name: flink.JobName(j.Prefix), Parallelism: j.Parallelism, From: from}
	if s.Jar == "" {
		s.Jar = filepath.Join(filepath.Dir(self), "hubbub-flink.jar")
	}
	s.Arguments = append(arguments, "--binary", self, "--spread", j.Spread, "--self-test", hex.EncodeToString(digest[:]),
		"--checkpoint-every", fmt.Sprint(j.CheckpointEvery.Milliseconds()), "--patience", fmt.Sprint(j.Patience.Milliseconds()),
		"--host-memory", fmt.Sprint(j.HostMemory))
	if j.Model != "" {
		s.Arguments = append(s.Arguments, "--host", "--model", "--host", j.Model)
	}
	return s, nil
}

// FlinkSubmitCmd starts the job.
type FlinkSubmitCmd struct {
	flinkJob
	From  string `help:"Savepoint or checkpoint to go on from; without, the log is read from its beginning." placeholder:"PATH"`
	Kept  string `name:"checkpoints" help:"Folder of this machine with Flink's checkpoints: without --from the newest in it is gone on from." placeholder:"DIR" type:"path"`
	Watch bool   `help:"Stay, and start it again from its newest checkpoint when the JobManager has forgotten it."`
}

// Run starts it.
func (c *FlinkSubmitCmd) Run(env *Env) error {
	if c.From == "" && c.Kept != "" {
		c.From = flink.NewestIn(c.Kept)
	}
	s, err := c.submission(env, c.From)
	if err != nil {
		return err
	}
	client := c.client()
	if c.Watch {
		return client.Watch(env.Context, s, func(line string) { fmt.Fprintln(env.Stdout, line) })
	}
	ctx, cancel := context.WithTimeout(env.Context, c.Wait)
	defer cancel()
	id, err := client.Submit(ctx, s, told(env.Stderr))
	if errors.Is(err, flink.ErrRunning) {
		_, err = fmt.Fprintf(env.Stdout, "it runs already: %s\n", id)
		return err
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "it runs: %s\n", id)
	return err
}

// told tells people what is waited for.
func told(to io.Writer) func(string) {
	return func(why string) { fmt.Fprintln(to, why) }
}

// FlinkStatusCmd prints how the job is.
type FlinkStatusCmd struct {
	jobManager
	Prefix string `help:"Of the deployment." placeholder:"WORD"`
}

// Run prints it.
func (c *FlinkStatusCmd) Run(env *Env) error {
	client, id, err := c.job(env.Context, c.Prefix)
	if err != nil {
		return err
	}
	s, err := client.Status(env.Context, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s, %s; Flink %s, %d TaskManagers, %d of %d slots free\n", id, s.State, s.Version, s.TaskManagers, s.FreeSlots, s.Slots)
	if s.Failure != "" {
		fmt.Fprintf(env.Stdout, "last failure: %s\n", s.Failure)
	}
	if s.Checkpoint != nil {
		fmt.Fprintf(env.Stdout, "checkpoint %d, %s ago, took %d ms, %d KiB: %s\n",
			s.Checkpoint.ID, time.Since(s.Checkpoint.At()).Round(100*time.Millisecond), s.Checkpoint.Duration, s.Checkpoint.Size>>10, s.Checkpoint.Path)
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STEP\tTASKS\tRUNNING\tBACK-PRESSURE, WORST\tBUSY, WORST\tBUSY, MEAN\tRECORDS/S\tPENDING")
	for _, v := range s.Loads {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.0f %%\t%.0f %%\t%.0f %%\t%.0f\t%.0f\n", strings.TrimPrefix(v.Operator(), "Source__"), v.Parallelism, v.Tasks["RUNNING"],
			100*v.BackPressure.Max, 100*v.Busy.Max, 100*v.Busy.Avg, v.RecordsIn, v.Pending)
	}
	return w.Flush()
}

// FlinkSavepointCmd makes a savepoint.
type FlinkSavepointCmd struct {
	jobManager
	Prefix string        `help:"Of the deployment." placeholder:"WORD"`
	Stop   bool          `help:"End the job with it."`
	Wait   time.Duration `help:"How long it may take." default:"2m"`
}

// Run makes it.
func (c *FlinkSavepointCmd) Run(env *Env) error {
	client, id, err := c.job(env.Context, c.Prefix)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(env.Context, c.Wait)
	defer cancel()
	location, err := client.Savepoint(ctx, id, c.Stop)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(env.Stdout, location)
	return err
}

// FlinkRescaleCmd gives the job other slots.
type FlinkRescaleCmd struct{ flinkJob }

// Run rescales it.
func (c *FlinkRescaleCmd) Run(env *Env) error {
	client, id, err := c.job(env.Context, c.Prefix)
	if err != nil {
		return err
	}
	job, err := client.Job(env.Context, id)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(job.Vertices, func(v flink.Vertex) bool { return v.Parallelism == c.Parallelism }) {
		_, err = fmt.Fprintf(env.Stdout, "it has a parallelism of %d\n", c.Parallelism)
		return err
	}
	s, err := c.submission(env, "")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(env.Context, c.Wait)
	defer cancel()
	id, err = client.Rescale(ctx, id, s, told(env.Stderr))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "it runs with a parallelism of %d: %s\n", c.Parallelism, id)
	return err
}

// FlinkCancelCmd ends the job.
type FlinkCancelCmd struct {
	jobManager
	Prefix string `help:"Of the deployment." placeholder:"WORD"`
}

// Run ends it.
func (c *FlinkCancelCmd) Run(env *Env) error {
	client, id, err := c.job(env.Context, c.Prefix)
	if err != nil {
		return err
	}
	if err := client.Cancel(env.Context, id); err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "%s is being ended\n", id)
	return err
}
