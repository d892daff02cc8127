package e2e

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/deployment"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// engines are those of the servers, with HUBBUB_E2E_ENGINES set: the same tests then
// hold for Kafka, Redis, Cassandra and MySQL.
var engines deployment.Engines

func TestMain(m *testing.M) {
	if os.Getenv("HUBBUB_E2E_ENGINES") == "" {
		os.Exit(m.Run())
	}
	os.Exit(cluster.With(func(ctx context.Context, dir string) (kill func() error, err error) {
		if engines, err = deployment.PrepareEngines(ctx, dir, slog.New(slog.NewTextHandler(os.Stderr, nil))); err != nil {
			return nil, err
		}
		if err := engines.Start(ctx); err != nil {
			_ = engines.Kill() // that one did not start says more
			return nil, err
		}
		hub.Engines = engines.Flags()
		return engines.Kill, nil
	}, m).Run())
}
