package cli

import (
	"github.com/hubbub-live/hubbub/internal/app"
)

// ServeCmd runs the server until it is told to stop.
type ServeCmd struct {
	app.Options
}

// Run starts the roles, prints the ready line and returns after a clean stop.
func (c *ServeCmd) Run(env *Env) error {
	return app.Run(env.Context, c.Options, app.IO{Stdout: env.Stdout, Stderr: env.Stderr, Version: Version})
}
