package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hubbub-live/hubbub/internal/lab/report"
)

// LabReportCmd makes the report of a run from its raw results.
type LabReportCmd struct {
	Folder string `arg:"" name:"dir" help:"Folder of the run, or its raw file."`
}

// Run writes report.md and report.html beside the raw file, and says whether the
// run is valid.
func (c *LabReportCmd) Run(env *Env) error {
	r, err := report.Open(c.Folder)
	if err != nil {
		return err
	}
	folder := c.Folder
	if info, err := os.Stat(folder); err == nil && !info.IsDir() {
		folder = filepath.Dir(folder)
	}
	if err := r.Write(folder); err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "%s\n%s\n", filepath.Join(folder, report.MarkdownFile), filepath.Join(folder, report.HTMLFile))
	if r.Valid() {
		fmt.Fprintln(env.Stdout, "valid")
		return nil
	}
	fmt.Fprintln(env.Stdout, "INVALID: this run supports no claim")
	for _, reason := range r.Reasons {
		fmt.Fprintln(env.Stdout, "-", reason)
	}
	return &ExitError{Status: statusInvalid}
}
