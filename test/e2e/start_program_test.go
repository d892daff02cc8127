package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hubbub-live/hubbub/test/e2e/hub"
)

// A program is one run of the binary to its end, in a folder and an environment
// of its own.
type program struct {
	args, env      []string
	config         string // of config.yml in the folder; "": there is none
	folder         string
	stdout, stderr string
	status         int
}

// run runs the program; that it fails is no error.
func (p *program) run(t testing.TB, ctx context.Context) {
	t.Helper()
	if p.folder == "" {
		p.folder = t.TempDir()
	}
	if p.config != "" {
		must(t, os.WriteFile(filepath.Join(p.folder, "config.yml"), []byte(p.config), 0o600))
	}
	cmd := exec.CommandContext(ctx, os.Getenv("HUBBUB_BIN"), p.args...)
	cmd.Dir = p.folder
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, p.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		t.Fatalf("hubbub %q: %v", p.args, err)
	}
	p.stdout, p.stderr, p.status = stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
}

// TestBadCommandLines are exit 2 and say what is wrong, before anything is made.
func TestBadCommandLines(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	const free = "--listen=127.0.0.1:0"
	tests := []struct {
		name string
		program
		want string // in what it says
	}{
		{"nothing", program{args: []string{}}, `"serve"`},
		{"an unknown command", program{args: []string{"dance"}}, "dance"},
		{"an unknown flag", program{args: []string{"serve", "--bogus"}}, "--bogus"},
		{"an argument too many", program{args: []string{"serve", "now"}}, "now"},
		{"a number in words", program{args: []string{"serve", free, "--subscriptions", "many"}}, "--subscriptions"},
		{"a number below 0", program{args: []string{"serve", free, "--message-rate=-1"}}, "--message-rate"},
		{"a size in words", program{args: []string{"serve", free, "--frame-size", "large"}}, "--frame-size"},
		{"a size that is too small", program{args: []string{"serve", free, "--frame-size", "10"}}, "--frame-size"},
		{"a time without a unit", program{args: []string{"serve", free, "--tick", "20"}}, "--tick"},
		{"an unknown role", program{args: []string{"serve", free, "--roles", "chat,cook"}}, `"cook"`},
		{"an unknown kind of rooms", program{args: []string{"serve", free, "--rooms", "dark"}}, "--rooms"},
		{"an origin without a scheme", program{args: []string{"serve", free, "--origins", "example.org"}}, `"example.org"`},
		{"a public URL that is none", program{args: []string{"serve", free, "--public-url", "example.org"}}, "example.org"},
		{"a proxy that is no address", program{args: []string{"serve", free, "--trusted-proxies", "nginx"}}, `"nginx"`},
		{"a level that there is not", program{args: []string{"serve", free, "--log-level", "loud"}}, "--log-level"},
		{"a bad value in the environment", program{args: []string{"serve", free}, env: []string{"HUBBUB_TICK=soon"}}, "HUBBUB_TICK"},
		{"a secret in a file that there is not", program{args: []string{"serve", free}, env: []string{"HUBBUB_JWT_SECRET_FILE=secret.txt"}}, "HUBBUB_JWT_SECRET_FILE"},
		{"an unknown key in the file", program{args: []string{"serve", free, "--config", "config.yml"}, config: "rooms: any\nroom: any\n"}, "unknown keys: room"},
		{"a bad value in the file", program{args: []string{"serve", free, "--config=config.yml"}, config: "message-rate: fast\n"}, "--message-rate"},
		{"a file that is not YAML", program{args: []string{"serve", free, "--config", "config.yml"}, config: "rooms: [any\n"}, "config.yml"},
		{"a file that there is not", program{args: []string{"serve", free, "--config", "config.yml"}}, "config.yml"},
		{"a file that there is not, in the environment", program{args: []string{"serve", free}, env: []string{"HUBBUB_CONFIG=config.yml"}}, "config.yml"},
		{"a token for nobody", program{args: []string{"token"}}, "--user"},
		{"no tokens", program{args: []string{"token", "--user", "u", "--count", "0"}}, "--count"},
		{"a token that is over", program{args: []string{"token", "--user", "u", "--ttl=-1m"}}, "--ttl"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := test.program
			p.run(t, ctx)
			if p.status != 2 || !strings.Contains(p.stderr, test.want) || strings.Contains(p.stdout, "is ready") {
				t.Errorf("exit %d: %s%s", p.status, p.stdout, p.stderr)
			}
			if _, err := os.Stat(filepath.Join(p.folder, "hubbub-data")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("there is a data folder: %v", err)
			}
		})
	}
}

func TestStartHelpAndVersion(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	tests := []struct {
		args []string
		want []string
	}{
		{[]string{"--help"}, []string{"serve", "token", "lab run", "version"}},
		{[]string{"serve", "--help"}, []string{"--listen", "127.0.0.1:8080", "HUBBUB_LISTEN", "--data", "--roles", "--[no-]guests", "--frame-size"}},
		{[]string{"token", "--help"}, []string{"--user", "--ttl", "--count"}},
		{[]string{"version"}, []string{"hubbub ", "go1."}},
	}
	for _, test := range tests {
		p := program{args: test.args}
		p.run(t, ctx)
		if p.status != 0 || p.stderr != "" {
			t.Errorf("%q: exit %d: %s", test.args, p.status, p.stderr)
		}
		for _, want := range test.want {
			if !strings.Contains(p.stdout, want) {
				t.Errorf("%q does not say %q: %s", test.args, want, p.stdout)
			}
		}
	}
}

// TestBadAddress: an address that is taken, or is none, is exit 1 and names the
// flag, before anything is made.
func TestBadAddress(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer taken.Close()
	for _, address := range []string{taken.Addr().String(), "127.0.0.1:99999", "nowhere"} {
		p := program{args: []string{"serve", "--listen", address}}
		p.run(t, ctx)
		if p.status != 1 || !strings.Contains(p.stderr, "--listen") || p.stdout != "" {
			t.Errorf("%s: exit %d: %s%s", address, p.status, p.stdout, p.stderr)
		}
		if _, err := os.Stat(filepath.Join(p.folder, "hubbub-data")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: there is a data folder: %v", address, err)
		}
	}
	p := program{args: []string{"serve", "--listen", "127.0.0.1:0", "--admin", taken.Addr().String()}}
	p.run(t, ctx)
	if p.status != 1 || !strings.Contains(p.stderr, "--admin") || p.stdout != "" {
		t.Errorf("for metrics: exit %d: %s%s", p.status, p.stdout, p.stderr)
	}
}

// TestBadSecondProcess starts another process on the folder of one that runs.
func TestBadSecondProcess(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	server := hub.Start(t)
	room := watch(t, ctx, server, "1")
	must(t, room.still(ctx))
	p := program{args: []string{"serve", "--listen", "127.0.0.1:0", "--data", server.Data}}
	p.run(t, ctx)
	if p.status != 1 || !strings.Contains(p.stderr, server.Data) || !strings.Contains(p.stderr, "another hubbub is running") || p.stdout != "" {
		t.Errorf("exit %d: %s%s", p.status, p.stdout, p.stderr)
	}
	must(t, room.still(ctx))
}

// subjectOf reads who a token is for.
func subjectOf(token string) string {
	var claims struct{ Sub string }
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "no token: " + token
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		return err.Error()
	}
	return claims.Sub
}

// TestStartPrecedence sets the same thing in several places: flag over environment
// over file over default.
func TestStartPrecedence(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	const config = "user: file\njwt-secret: s\n"
	tests := []struct {
		args, env []string
		want      string
	}{
		{[]string{"token", "--config", "config.yml"}, nil, "file"},
		{[]string{"token"}, []string{"HUBBUB_CONFIG=config.yml"}, "file"},
		{[]string{"token", "--config", "config.yml"}, []string{"HUBBUB_USER=environment"}, "environment"},
		{[]string{"token", "--config", "config.yml", "--user", "flag"}, []string{"HUBBUB_USER=environment"}, "flag"},
		{[]string{"token", "--user", "flag"}, []string{"HUBBUB_CONFIG=config.yml", "HUBBUB_USER=environment"}, "flag"},
	}
	for _, test := range tests {
		p := program{args: test.args, env: test.env, config: config}
		p.run(t, ctx)
		if got := subjectOf(strings.TrimSpace(p.stdout)); p.status != 0 || got != test.want {
			t.Errorf("%q with %q: %s, not %s; exit %d: %s", test.args, test.env, got, test.want, p.status, p.stderr)
		}
	}

	server := hub.New(t, "--message-length", "22")
	file := filepath.Join(t.TempDir(), "config.yml")
	must(t, os.WriteFile(file, []byte("message-length: 20\nsubscriptions: 2\nframe-size: 2KiB\nguests: true\n"), 0o600))
	server.Env = []string{"HUBBUB_CONFIG=" + file, "HUBBUB_MESSAGE_LENGTH=21", "HUBBUB_SUBSCRIPTIONS=3"}
	must(t, server.Run())
	room := watch(t, ctx, server, "1")
	must(t, room.still(ctx))
	w := connectWire(t, server, plainPath, room.me.Token)
	most := strings.Repeat("x", 22)
	must(t, w.say(badSend{headers: "destination:/publish/1\n", body: `{"content":"` + most + `"}`}.frame("r")))
	must(t, w.expect("RECEIPT", nil))
	_, err := room.hears(ctx, most)
	must(t, err)
	must(t, w.say(badSend{headers: "destination:/publish/1\n", body: `{"content":"` + most + `x"}`}.frame("r")))
	must(t, w.expectEnd("content_too_long", "r"))
	w = connectWire(t, server, plainPath, "")
	for _, id := range []string{"1", "2", "3"} {
		must(t, w.say("SUBSCRIBE\nid:"+id+"\nreceipt:"+id+"\ndestination:/topic/stream/1/event\n\n\x00"))
		must(t, w.expect("RECEIPT", nil))
	}
	must(t, w.say("SUBSCRIBE\nid:4\nreceipt:4\ndestination:/topic/stream/1/event\n\n\x00"))
	must(t, w.expectEnd("too_many_subscriptions", "4"))
	w = connectWire(t, server, plainPath, "")
	must(t, w.say("SEND\ncontent-length:2040\n\n"))
	must(t, w.expectEnd("frame_too_large", ""))
	must(t, room.still(ctx))
}
