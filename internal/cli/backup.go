package cli

import (
	"fmt"

	"github.com/hubbub-live/hubbub/internal/app"
)

// BackupCmd copies a data folder, also while a server runs on it.
type BackupCmd struct {
	Data string `help:"Data folder." default:"./hubbub-data" type:"path"`
	Out  string `help:"Folder for the copy: empty, or not there. It is served as it is, with --data, or copied to where it is." required:"" placeholder:"DIR" type:"path"`
}

// Run makes the copy. It is whole when this ends without an error.
func (c *BackupCmd) Run(env *Env) error {
	if err := app.Backup(env.Context, c.Data, c.Out); err != nil {
		return err
	}
	_, err := fmt.Fprintln(env.Stdout, c.Out)
	return err
}
