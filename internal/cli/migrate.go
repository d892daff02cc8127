package cli

import (
	"fmt"

	"github.com/hubbub-live/hubbub/internal/app"
)

// MigrateCmd makes what a cluster keeps things in.
type MigrateCmd struct {
	All    MigrateAllCmd    `cmd:"" default:"withargs" name:"all" help:"Make what is missing, and bring schemas up to date (the default)."`
	Topics MigrateTopicsCmd `cmd:"" help:"Move raw-chats to more partitions, while no role runs; broken off, it goes on when it is run again."`
}

// MigrateAllCmd makes what is missing.
type MigrateAllCmd struct {
	app.Engines
}

// Run makes it, or brings it up to date, and says so.
func (c *MigrateAllCmd) Run(env *Env) error {
	if err := app.Migrate(env.Context, c.Engines, env.io()); err != nil {
		return err
	}
	_, err := fmt.Fprintln(env.Stdout, "topics, keyspace and database are up to date")
	return err
}

// MigrateTopicsCmd moves raw-chats to more partitions.
type MigrateTopicsCmd struct {
	app.Engines
	Partitions int `help:"How many raw-chats is to have." required:"" placeholder:"N"`
}

// Run moves it, unless it has so many, and says that.
func (c *MigrateTopicsCmd) Run(env *Env) error {
	if err := app.MigrateTopics(env.Context, c.Engines, c.Partitions, env.io()); err != nil {
		return err
	}
	_, err := fmt.Fprintf(env.Stdout, "raw-chats has %d partitions\n", c.Partitions)
	return err
}

func (e *Env) io() app.IO { return app.IO{Stdout: e.Stdout, Stderr: e.Stderr, Version: Version} }
