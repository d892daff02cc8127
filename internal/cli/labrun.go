package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub/internal/lab"
	"github.com/hubbub-live/hubbub/internal/lab/plan"
)

// LabRunCmd does a load test, or a series of them.
type LabRunCmd struct {
	Env          []string      `help:"Plan: a file of NAME=value lines. The process environment stands before it, and is enough alone. Several, each of a server of its own: they are run in turns." placeholder:"FILE" type:"path" sep:"none"`
	Repeats      int           `help:"How often to run it, or each of them; 4 of each are enough for lab compare. Runs that OUT has already are kept." default:"1"`
	Out          string        `help:"Folder for raw results and report; it must not have a run yet. With repeats a folder for each in it, with several plans OUT/PLAN/REPEAT." required:"" placeholder:"DIR" type:"path"`
	TargetIsMine []string      `help:"Hosts other than this machine that you may load." placeholder:"HOST"`
	Short        bool          `help:"A few seconds, to see whether everything works; never valid."`
	DrainLimit   time.Duration `help:"How long after the last message everything must be everywhere." default:"30s"`
	JWTSecret    string        `name:"jwt-secret" help:"Shared secret of the server, if the plan has neither JWT_SECRET nor DATA_DIR." secret:""`
}

// Run does the test and reports it. A run that is not valid ends with status 3, and
// is reported too.
func (c *LabRunCmd) Run(env *Env) error {
	series, err := c.series(env)
	if err != nil {
		return &ExitError{Status: 2, Err: err}
	}
	if len(series.Plans) == 1 && c.Repeats == 1 {
		return c.one(env, series.Plans[0].Plan, c.Out)
	}
	turns, err := series.Turns()
	if err != nil {
		return &ExitError{Status: 2, Err: err}
	}
	var invalid error
	for i, turn := range turns {
		fmt.Fprintf(env.Stderr, "%d of %d: %s\n", i+1, len(turns), turn.Folder)
		if turn.Done {
			fmt.Fprintln(env.Stderr, "it was run before, and is kept")
			continue
		}
		err := c.one(env, turn.Plan, turn.Folder)
		if exit := (*ExitError)(nil); errors.As(err, &exit) && exit.Status == statusInvalid {
			invalid = err
		} else if err != nil {
			return err
		}
		if env.Context.Err() != nil {
			return fmt.Errorf("the series was interrupted after %d of %d runs", i+1, len(turns))
		}
	}
	fmt.Fprintf(env.Stdout, "hubbub lab compare %s\n", strings.Join(series.Folders(), " "))
	return invalid
}

// one does one test and reports it.
func (c *LabRunCmd) one(env *Env, p *plan.Plan, folder string) error {
	fmt.Fprintf(env.Stderr, "%s: %d clients, %g msg/s each, ramp-up %s, steady %s\n", p.URL, p.Clients, p.Rate, p.RampUp, p.Duration)
	err := lab.Run(env.Context, lab.Options{
		Plan: p, Folder: folder, Program: Version, Progress: env.Stderr, Drain: c.DrainLimit,
	})
	if err != nil {
		return fmt.Errorf("load test: %w", err)
	}
	return (&LabReportCmd{Folder: folder}).Run(env)
}

// series reads the plans, named after their files.
func (c *LabRunCmd) series(env *Env) (lab.Series, error) {
	s := lab.Series{Repeats: c.Repeats, Folder: c.Out}
	if c.Repeats < 1 {
		return s, fmt.Errorf("--repeats %d: want 1 or more", c.Repeats)
	}
	files := c.Env
	if len(files) == 0 {
		files = []string{""}
	}
	for _, file := range files {
		p, err := c.plan(env, file)
		if err != nil {
			return s, err
		}
		s.Plans = append(s.Plans, lab.Named{Name: strings.TrimSuffix(filepath.Base(file), ".env"), Plan: p})
	}
	return s, nil
}

// plan reads a file, if there is one, and the environment.
func (c *LabRunCmd) plan(env *Env, name string) (*plan.Plan, error) {
	var file io.Reader = strings.NewReader("")
	if name != "" {
		f, err := os.Open(name)
		if err != nil {
			return nil, fmt.Errorf("open the plan: %w", err)
		}
		defer func() { _ = f.Close() }()
		file = f
	}
	p, err := plan.Read(file, env.Getenv)
	if err != nil {
		return nil, fmt.Errorf("read the plan: %w", err)
	}
	if p.Secret == "" && p.DataDir == "" {
		p.Secret = c.JWTSecret
	}
	if c.Short {
		p.Short()
	}
	return p, p.Check(c.TargetIsMine)
}
