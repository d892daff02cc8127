package cli

import (
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/analysis/host"
)

// HostCmd is the analysis for an engine that started it.
type HostCmd struct {
	Epoch uint32 `help:"Epoch of the log whose records it gets." default:"1"`
}

// Run answers requests until the engine ends them.
func (c *HostCmd) Run(env *Env) error {
	return host.New(host.Options{Program: Version, Epoch: c.Epoch, Classifier: classify.NewStarter()}).Serve(env.Stdin, env.Stdout)
}
