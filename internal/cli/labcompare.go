package cli

import (
	"fmt"
	"os"

	"github.com/hubbub-live/hubbub/internal/lab/report"
)

// LabCompareCmd puts runs side by side.
type LabCompareCmd struct {
	Folders []string `arg:"" name:"dir" help:"Folders, the baseline first: each of one run, or with a folder for each repeat."`
	Out     string   `help:"Folder for compare.md and compare.html; without it the text goes to standard output alone." placeholder:"DIR" type:"path"`
}

// Run prints the comparison. One without a verdict ends with status 3.
func (c *LabCompareCmd) Run(env *Env) error {
	var groups []report.Group
	for _, folder := range c.Folders {
		g, err := report.OpenGroup(folder)
		if err != nil {
			return err
		}
		groups = append(groups, g)
	}
	comparison, err := report.Compare(groups)
	if err != nil {
		return err
	}
	if c.Out != "" {
		if err := os.MkdirAll(c.Out, 0o755); err != nil {
			return fmt.Errorf("make the folder of the comparison: %w", err)
		}
		if err := comparison.Write(c.Out); err != nil {
			return err
		}
	}
	if err := comparison.Print(env.Stdout); err != nil {
		return err
	}
	if !comparison.Valid() {
		return &ExitError{Status: statusInvalid}
	}
	return nil
}
