package e2e

import (
	"context"
	"log/slog"
	"os"
	"testing"

	"github.com/hubbub-live/hubbub/cluster"
	"github.com/hubbub-live/hubbub/cluster/deployment"
	"github.com/hubbub-live/hubbub/cluster/secured"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// engines are those of the servers, with HUBBUB_E2E_ENGINES set: the same tests then
// hold for Kafka, Redis, Cassandra and MySQL. With "secured" hubbub's user alone is let
// in, over TLS, with the rights that it needs.
var engines deployment.Engines

// authority is the file of who issued the certificates of secured engines.
var authority string

func TestMain(m *testing.M) {
	switch os.Getenv("HUBBUB_E2E_ENGINES") {
	case "":
		os.Exit(m.Run())
	case "secured":
		os.Exit(cluster.With(startSecured, m).Run())
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

func startSecured(ctx context.Context, dir string) (kill func() error, err error) {
	e, err := secured.Prepare(ctx, dir, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return nil, err
	}
	if err := e.Start(ctx); err != nil {
		_ = e.Kill() // that one did not start says more
		return nil, err
	}
	engines, authority, hub.Engines = e.Engines, e.CA, e.Flags()
	return e.Kill, nil
}
