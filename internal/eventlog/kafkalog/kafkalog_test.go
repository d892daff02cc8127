package kafkalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub/internal/eventlog"
	"github.com/hubbub-live/hubbub/internal/eventlog/eventlogtest"
)

func TestContract(t *testing.T) {
	eventlogtest.Run(t, eventlogtest.Harness{
		Open: func(ctx context.Context, dir string, o eventlogtest.Options) (eventlog.Log, error) {
			return Open(ctx, optionsFor(dir, o))
		},
		Trim:       func(ctx context.Context, log eventlog.Log) error { return log.(*Log).Trim(ctx) },
		ServerTime: true,
		Stays:      true,
	})
}

// optionsFor are those of a log that a folder's name stands for: topics of one
// partition, as the suite wants them.
func optionsFor(dir string, o eventlogtest.Options) Options {
	name := sha256.Sum256([]byte(dir))
	return Options{
		Brokers: brokers(), Prefix: hex.EncodeToString(name[:6]) + "-", Epoch: epochs(dir).of,
		Partitions: func(eventlog.Topic) int { return 1 },
		Now:        o.Now, MaxInFlight: o.MaxInFlight, Retention: o.Retention,
		SessionTimeout: 6 * time.Second, // the least that the broker takes
		TrimEvery:      time.Hour,
		Logger:         slog.New(slog.DiscardHandler),
	}
}

func of(now func() time.Time) eventlogtest.Options { return eventlogtest.Options{Now: now} }

func errorSays(err error, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			return false
		}
	}
	return true
}
