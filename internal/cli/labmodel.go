package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/hubbub-live/hubbub/internal/analysis/costly"
)

// LabModelCmd is a stand-in for a model that takes long.
type LabModelCmd struct {
	Listen string        `help:"Address." default:"127.0.0.1:8090"`
	Takes  time.Duration `help:"How long it takes for a message; the reference's takes 16.7ms, 60 a second and worker." default:"16.7ms"`
}

// Run answers until it is ended.
func (c *LabModelCmd) Run(env *Env) error {
	l, err := new(net.ListenConfig).Listen(env.Context, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w; name another address with --listen", err)
	}
	server := &http.Server{Handler: costly.Model{Takes: c.Takes}, ReadHeaderTimeout: 10 * time.Second}
	defer context.AfterFunc(env.Context, func() { _ = server.Close() })()
	if _, err := fmt.Fprintf(env.Stdout, "http://%s takes %v for a message\n", l.Addr(), c.Takes); err != nil {
		return err
	}
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
