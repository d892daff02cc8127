//go:build cluster

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub/cluster/loopback"
	"github.com/hubbub-live/hubbub/test/api"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// TestWrongAddresses: a process whose engine is not where it looks waits, answers that
// it is not ready and why, and ends when it is told to.
func TestWrongAddresses(t *testing.T) {
	onEngines(t)
	other := engines.Redis.Replicas[0].Address() // where something else answers
	for _, row := range []struct{ flag, engine, format, other string }{
		{"--kafka", "Kafka", "%", other},
		{"--redis", "Redis", "%", loopback.Address(engines.Kafka.Node(1).Ports[0])},
		{"--cassandra", "Cassandra", "%", other},
		{"--mysql", "MySQL", "root:@tcp(%)/hubbub", other},
	} {
		nobody, err := loopback.FreePort()
		must(t, err)
		for where, address := range map[string]string{"nobody": loopback.Address(nobody), "something else": row.other} {
			t.Run(row.engine+" where "+where+" answers", func(t *testing.T) {
				t.Parallel()
				ctx := within(t)
				server := hub.New(t)
				server.Elsewhere(row.flag, strings.Replace(row.format, "%", address, 1))
				must(t, server.Spawn())
				must(t, api.Until(ctx, "have it say that it waits", func() error {
					r, err := server.Readiness(ctx)
					switch {
					case err != nil:
						return err
					case r.Ready || !strings.HasPrefix(r.Checks[row.engine], "waiting for it: "):
						return fmt.Errorf("ready: %v, %s: %q", r.Ready, row.engine, r.Checks[row.engine])
					}
					return nil
				}))
				if !strings.Contains(server.Log(), "waiting for "+row.engine) {
					t.Error("it does not say in its log that it waits")
				}
				must(t, server.Terminate())
			})
		}
	}
}

// TestOtherPartitions: with partitions that somebody added, streams would be in two at
// once. No process starts, and nothing is moved.
func TestOtherPartitions(t *testing.T) {
	onEngines(t)
	ctx := within(t)
	server := hub.New(t)
	must(t, engines.Kafka.Widen(ctx, server.Prefix()+"raw-chats", 9))
	must(t, server.Spawn())
	<-server.Exited()
	if err := server.Terminate(); err == nil || !strings.Contains(server.Log(), "has 9 partitions, not 8") {
		t.Errorf("it ends with %v", err)
	}
	for _, n := range []string{"8", "9", "16"} {
		said, err := server.Command(ctx, "migrate", "topics", "--partitions", n).CombinedOutput()
		if err == nil || !strings.Contains(string(said), "it has 9, and should have 8") {
			t.Errorf("to %s partitions: %v\n%s", n, err, said)
		}
	}
}
