package cli

import (
	"fmt"

	"github.com/hubbub-live/hubbub/internal/app"
)

// ImportCmd makes a data folder of a file that ExportCmd wrote.
type ImportCmd struct {
	Data string `help:"The new data folder: empty, or not there." required:"" placeholder:"DIR" type:"path"`
	File string `arg:"" help:"The file." type:"path"`
}

// Run makes the folder and prints how much of what is in it.
func (c *ImportCmd) Run(env *Env) error {
	imported, err := app.Import(env.Context, c.Data, c.File)
	if err != nil {
		return err
	}
	if err := printSections(env, imported.Sections); err != nil {
		return err
	}
	for stream, n := range imported.Uncounted {
		fmt.Fprintf(env.Stderr, "stream %s: its totals count %+d messages, as they did before the export\n", stream, -n)
	}
	return nil
}
