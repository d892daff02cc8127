package cli

import (
	"errors"
	"fmt"

	"github.com/hubbub-live/hubbub/internal/app"
)

// ImportCmd makes a data folder of a file that ExportCmd wrote, or fills a cluster.
type ImportCmd struct {
	app.Engines
	Data string `help:"The new data folder: empty, or not there. For a cluster name the engines instead." placeholder:"DIR" type:"path"`
	File string `arg:"" help:"The file." type:"path"`
}

// Validate says what is missing.
func (c *ImportCmd) Validate() error {
	if (c.Data == "") == (len(c.Kafka) == 0) {
		return errors.New("name the new data folder, --data, or the engines of a cluster, and not both")
	}
	return c.Engines.Validate()
}

// Run makes the folder and prints how much of what is in it.
func (c *ImportCmd) Run(env *Env) error {
	imported, err := app.Import(env.Context, app.Place{Data: c.Data, Engines: c.Engines}, c.File, app.IO{Stdout: env.Stdout, Stderr: env.Stderr, Version: Version})
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
