package cli

import (
	"fmt"
	"io"
	"os"

	"github.com/hubbub-live/hubbub/internal/lab/report"
)

// LabCompareCmd puts runs side by side.
type LabCompareCmd struct {
	Folders []string `arg:"" name:"dir" help:"Folders, the baseline first: each of one run, or with a folder for each repeat. One alone, with 8 repeats or more: they are compared with each other, which shows what chance does here."`
	Out     string   `help:"Folder for compare.md and compare.html; without it the text goes to standard output alone." placeholder:"DIR" type:"path"`
}

// Run prints the comparison. One without a verdict ends with status 3.
func (c *LabCompareCmd) Run(env *Env) error {
	groups := make([]report.Group, 0, len(c.Folders))
	for _, folder := range c.Folders {
		g, err := report.OpenGroup(folder)
		if err != nil {
			return err
		}
		groups = append(groups, g)
	}
	result, err := hold(groups)
	if err != nil {
		return err
	}
	if c.Out != "" {
		if err := os.MkdirAll(c.Out, 0o755); err != nil {
			return fmt.Errorf("make the folder of the comparison: %w", err)
		}
		if err := result.Write(c.Out); err != nil {
			return err
		}
	}
	if err := result.Print(env.Stdout); err != nil {
		return err
	}
	if !result.Valid() {
		return &ExitError{Status: statusInvalid}
	}
	return nil
}

// A result is a comparison, or a self-check.
type result interface {
	Print(w io.Writer) error
	Write(folder string) error
	Valid() bool
}

// hold holds groups against the first, or a single one against itself.
func hold(groups []report.Group) (result, error) {
	if len(groups) == 1 {
		return report.Check(groups[0])
	}
	return report.Compare(groups)
}
