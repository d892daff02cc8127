package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/hubbub-live/hubbub/internal/lab"
	"github.com/hubbub-live/hubbub/internal/lab/plan"
)

// LabRunCmd does one load test.
type LabRunCmd struct {
	Env          string        `help:"Plan: a file of NAME=value lines. The process environment stands before it, and is enough alone." placeholder:"FILE" type:"path"`
	Out          string        `help:"Folder for raw results and report; it must not have a run yet." required:"" placeholder:"DIR" type:"path"`
	TargetIsMine []string      `help:"Hosts other than this machine that you may load." placeholder:"HOST"`
	Short        bool          `help:"A few seconds, to see whether everything works; never valid."`
	DrainLimit   time.Duration `help:"How long after the last message everything must be everywhere." default:"30s"`
	JWTSecret    string        `name:"jwt-secret" help:"Shared secret of the server, if the plan has neither JWT_SECRET nor DATA_DIR." secret:""`
}

// Run does the test and reports it. A run that is not valid ends with status 3, and
// is reported too.
func (c *LabRunCmd) Run(env *Env) error {
	p, err := c.plan(env)
	if err != nil {
		return &ExitError{Status: 2, Err: err}
	}
	fmt.Fprintf(env.Stderr, "%s: %d clients, %g msg/s each, ramp-up %s, steady %s\n", p.URL, p.Clients, p.Rate, p.RampUp, p.Duration)
	err = lab.Run(env.Context, lab.Options{
		Plan: p, Folder: c.Out, Program: Version, Progress: env.Stderr, Drain: c.DrainLimit,
	})
	if err != nil {
		return fmt.Errorf("load test: %w", err)
	}
	return (&LabReportCmd{Folder: c.Out}).Run(env)
}

func (c *LabRunCmd) plan(env *Env) (*plan.Plan, error) {
	var file io.Reader = strings.NewReader("")
	if c.Env != "" {
		f, err := os.Open(c.Env)
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
