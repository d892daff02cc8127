package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/hubbub-live/hubbub/internal/app"
	"github.com/hubbub-live/hubbub/internal/transfer"
)

// ExportCmd writes a site to a file that ImportCmd reads.
type ExportCmd struct {
	app.Engines
	Data string `help:"Data folder, on which no server runs; of one that runs, export a backup. Of a cluster name the engines instead, and stop the roles chat and user." default:"./hubbub-data" type:"path"`
	Out  string `help:"The new file. It has password hashes and removed messages: it is a secret." required:"" placeholder:"FILE" type:"path"`
}

// Run writes the file and prints how much of what is in it.
func (c *ExportCmd) Run(env *Env) error {
	sections, err := app.Export(env.Context, app.Place{Data: c.Data, Engines: c.Engines}, c.Out, app.IO{Stdout: env.Stdout, Stderr: env.Stderr, Version: Version})
	if err != nil {
		return err
	}
	return printSections(env, sections)
}

// printSections prints how much of what there is in a file, in its order.
func printSections(env *Env, sections map[string]transfer.Extent) error {
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	for _, name := range transfer.Order() {
		if s, ok := sections[name]; ok {
			fmt.Fprintf(w, "%s\t%d\t%s\n", name, s.Lines, s.SHA256)
		}
	}
	return w.Flush()
}
