package natslog

import (
	"context"
	"log/slog"
	"testing"

	"go.uber.org/goleak"

	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/eventlogtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	eventlogtest.Run(t, eventlogtest.Harness{
		Open: func(ctx context.Context, dir string, o eventlogtest.Options) (eventlog.Log, error) {
			return Open(ctx, Options{
				Dir: dir, Now: o.Now, MaxInFlight: o.MaxInFlight, Retention: o.Retention,
				Logger: slog.New(slog.DiscardHandler),
			})
		},
		Trim: func(ctx context.Context, log eventlog.Log) error { return log.(*Log).Trim(ctx) },
	})
}
