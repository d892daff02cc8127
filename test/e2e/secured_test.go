//go:build cluster

package e2e

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hubbub-live/hubbub"
	"github.com/hubbub-live/hubbub/cluster/loopback"
	"github.com/hubbub-live/hubbub/cluster/secured"
	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// TestRefusedByEngines: whom an engine does not let in, or who does not trust it, is told
// which and why, by a code, and ends.
func TestRefusedByEngines(t *testing.T) {
	stranger, err := secured.NewAuthority("a stranger")
	must(t, err)
	other := filepath.Join(t.TempDir(), "stranger.pem")
	must(t, os.WriteFile(other, stranger.PEM(), 0o600))
	serve := func(ends time.Duration, first func(net.Conn) error) string {
		listener, err := stranger.Serve(ends, first)
		must(t, err)
		t.Cleanup(func() { listener.Close() })
		return listener.Addr().String()
	}
	late, unknown := serve(-time.Hour, nil), serve(time.Hour, nil)
	mysql := serve(-time.Hour, greet)
	both := filepath.Join(t.TempDir(), "both.pem")
	known, err := os.ReadFile(authority)
	must(t, err)
	must(t, os.WriteFile(both, append(known, stranger.PEM()...), 0o600))

	for name, test := range map[string]struct {
		engine string
		flags  map[string]string
		code   hubbub.Code
	}{
		"MySQL, wrong password":     {"MySQL", map[string]string{"--mysql": strings.Replace(flagOf("--mysql"), secured.Password, "wrong", 1)}, hubbub.CodeEnginePassword},
		"Cassandra, wrong password": {"Cassandra", map[string]string{"--cassandra-password": "wrong"}, hubbub.CodeEnginePassword},
		"Kafka, wrong password":     {"Kafka", map[string]string{"--kafka-password": "wrong"}, hubbub.CodeEnginePassword},
		"Redis, wrong password":     {"Redis", map[string]string{"--redis-password": "wrong"}, hubbub.CodeEnginePassword},

		"MySQL, unknown authority":     {"MySQL", map[string]string{"--engines-ca": other}, hubbub.CodeEngineAuthority},
		"Cassandra, unknown authority": {"Cassandra", map[string]string{"--cassandra": unknown}, hubbub.CodeEngineAuthority},
		"Kafka, unknown authority":     {"Kafka", map[string]string{"--kafka": unknown}, hubbub.CodeEngineAuthority},
		"Redis, unknown authority":     {"Redis", map[string]string{"--redis": unknown}, hubbub.CodeEngineAuthority},

		"MySQL, expired certificate": {"MySQL", map[string]string{
			"--mysql": strings.Replace(flagOf("--mysql"), loopback.Address(engines.MySQL.Ports[0]), mysql, 1), "--engines-ca": both}, hubbub.CodeEngineCertificate},
		"Cassandra, expired certificate": {"Cassandra", map[string]string{"--cassandra": late, "--engines-ca": both}, hubbub.CodeEngineCertificate},
		"Kafka, expired certificate":     {"Kafka", map[string]string{"--kafka": late, "--engines-ca": both}, hubbub.CodeEngineCertificate},
		"Redis, expired certificate":     {"Redis", map[string]string{"--redis": late, "--engines-ca": both}, hubbub.CodeEngineCertificate},
	} {
		t.Run(name, func(t *testing.T) {
			flags := hub.Unused()
			for flag, value := range test.flags {
				flags[slices.Index(flags, flag)+1] = value
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			said, err := exec.CommandContext(ctx, os.Getenv("HUBBUB_BIN"), append([]string{"migrate"}, flags...)...).CombinedOutput()
			line := verdict(string(said))
			if err == nil || ctx.Err() != nil || !strings.HasPrefix(line, string(test.code)+": ") || !strings.Contains(line, test.engine) {
				t.Errorf("%v, %v:\n%s", err, ctx.Err(), said)
			}
			if strings.Contains(string(said), secured.Password) {
				t.Errorf("it tells the password:\n%s", said)
			}
		})
	}
}

// flagOf is the value of one of the engines' flags.
func flagOf(flag string) string { return hub.Engines[slices.Index(hub.Engines, flag)+1] }

// verdict is the line by which the program says why it ends.
func verdict(said string) string {
	_, line, _ := strings.Cut("\n"+said, "\nhubbub: ")
	line, _, _ = strings.Cut(line, "\n")
	return line
}

// greet says what the real server of MySQL says first, and takes the wish for TLS.
func greet(conn net.Conn) error {
	server, err := net.Dial("tcp", loopback.Address(engines.MySQL.Ports[0]))
	if err != nil {
		return err
	}
	defer server.Close()
	for _, way := range []struct {
		from io.Reader
		to   io.Writer
	}{{server, conn}, {conn, io.Discard}} {
		head := make([]byte, 4) // length, least byte first, and number
		if _, err := io.ReadFull(way.from, head); err != nil {
			return err
		}
		body := make([]byte, int(head[0])|int(head[1])<<8)
		if _, err := io.ReadFull(way.from, body); err != nil {
			return err
		}
		if _, err := way.to.Write(append(head, body...)); err != nil {
			return err
		}
	}
	return nil
}
