package cli

import (
	"fmt"

	"github.com/hubbub-live/hubbub/internal/app"
)

// MigrateCmd makes what a cluster keeps things in.
type MigrateCmd struct {
	app.Engines
}

// Run makes it, or brings it up to date, and says so.
func (c *MigrateCmd) Run(env *Env) error {
	if err := app.Migrate(env.Context, c.Engines, app.IO{Stdout: env.Stdout, Stderr: env.Stderr, Version: Version}); err != nil {
		return err
	}
	_, err := fmt.Fprintln(env.Stdout, "topics, keyspace and database are up to date")
	return err
}
