package cli

import (
	"github.com/hubbub-live/hubbub/internal/analysis/classify"
	"github.com/hubbub-live/hubbub/internal/analysis/costly"
	"github.com/hubbub-live/hubbub/internal/analysis/host"
)

// HostCmd is the analysis for an engine that started it.
type HostCmd struct {
	Epoch uint32 `help:"Epoch of the log whose records it gets." default:"1"`
	Model string `help:"URL that is asked about each message first, one after the other, and whose answer is waited for: a stand-in for a language model, for load tests; see lab model." placeholder:"URL"`
}

// Run answers requests until the engine ends them.
func (c *HostCmd) Run(env *Env) error {
	o := host.Options{Program: Version, Epoch: c.Epoch, Classifier: classify.NewStarter()}
	if c.Model != "" {
		asks := costly.New(o.Classifier, c.Model)
		if err := asks.Check(); err != nil {
			return err
		}
		o.Classifier = asks
	}
	return host.New(o).Serve(env.Stdin, env.Stdout)
}
