package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// bare takes everything of ours out of the environment, for one test.
func bare(t *testing.T) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, _, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "HUBBUB_") {
			t.Setenv(name, "") // so that it is put back
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// run runs a command line.
func run(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	env := &Env{Context: t.Context(), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs, Getenv: os.Getenv}
	status = Run(env, args)
	return status, out.String(), errs.String()
}

// parse parses a command line, and runs nothing.
func parse(t *testing.T, args ...string) (*CLI, error) {
	t.Helper()
	c := &CLI{}
	_, err := c.parse(&Env{Context: t.Context(), Stdout: &bytes.Buffer{}, Stderr: &bytes.Buffer{}, Getenv: os.Getenv}, args)
	return c, err
}

func write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPrecedence(t *testing.T) {
	file := "message-burst: 3\nmessage-length: 3\nsubscriptions: 3\n"
	for _, row := range []struct {
		why, flag, env, file string
		want                 int
	}{
		{"nothing is said", "", "", "", 10},
		{"the file stands over the default", "", "", file, 3},
		{"the environment over the file", "", "2", file, 2},
		{"the environment over the default", "", "2", "", 2},
		{"the flag over all", "1", "2", file, 1},
		{"the flag over the environment", "1", "2", "", 1},
	} {
		t.Run(row.why, func(t *testing.T) {
			bare(t)
			args := []string{"serve"}
			if row.flag != "" {
				args = append(args, "--message-burst", row.flag)
			}
			if row.env != "" {
				t.Setenv("HUBBUB_MESSAGE_BURST", row.env)
			}
			if row.file != "" {
				args = append(args, "--config", write(t, "hubbub.yaml", row.file))
			}
			c, err := parse(t, args...)
			if err != nil || c.Serve.MessageBurst != row.want {
				t.Errorf("%d, %v; want %d", c.Serve.MessageBurst, err, row.want)
			}
		})
	}
}

func TestSecrets(t *testing.T) {
	for _, row := range []struct {
		why, flag, env, file, yaml string
		want                       string
	}{
		{"none", "", "", "", "", ""},
		{"in the configuration", "", "", "", "jwt-secret: in yaml", "in yaml"},
		{"written like a number", "", "", "", "jwt-secret: 0123", "0123"},
		{"in a file of its own, without its last line break", "", "", " from file \n", "jwt-secret: in yaml", " from file "},
		{"in the environment", "", "from env", "from file\n", "jwt-secret: in yaml", "from env"},
		{"as a flag", "flag", "from env", "from file\n", "jwt-secret: in yaml", "flag"},
	} {
		t.Run(row.why, func(t *testing.T) {
			bare(t)
			args := []string{"serve"}
			if row.flag != "" {
				args = append(args, "--jwt-secret="+row.flag)
			}
			if row.env != "" {
				t.Setenv("HUBBUB_JWT_SECRET", row.env)
			}
			if row.file != "" {
				t.Setenv("HUBBUB_JWT_SECRET_FILE", write(t, "secret", row.file))
			}
			if row.yaml != "" {
				t.Setenv("HUBBUB_CONFIG", write(t, "hubbub.yaml", row.yaml))
			}
			c, err := parse(t, args...)
			if err != nil || c.Serve.JWTSecret != row.want {
				t.Errorf("%q, %v; want %q", c.Serve.JWTSecret, err, row.want)
			}
		})
	}
	t.Setenv("HUBBUB_JWT_SECRET_FILE", "/nowhere/secret")
	if _, err := parse(t, "serve"); err == nil || !strings.Contains(err.Error(), "HUBBUB_JWT_SECRET_FILE") {
		t.Errorf("a file that is not there: %v", err)
	}
}

func TestConfigurationFile(t *testing.T) {
	bare(t)
	c, err := parse(t, "--config="+write(t, "hubbub.yaml", `# a comment
listen: "127.0.0.1:0"
roles: [chat, relay]
origins:
  - https://a.example
  - https://b.example
guests: false
anonymous: no
message-rate: 0.5
frame-size: 128KiB
session-max: 1h30m
public-url:
ttl: 5m # of another command
`), "serve", "--tick", "50ms")
	if err != nil {
		t.Fatal(err)
	}
	o := c.Serve.Options
	got := fmt.Sprint(o.Listen, o.Roles, o.Origins, o.Guests, o.Anonymous, o.MessageRate, o.FrameSize, o.SessionMax, o.PublicURL, o.Tick)
	want := fmt.Sprint("127.0.0.1:0", []string{"chat", "relay"}, []string{"https://a.example", "https://b.example"}, false, false, 0.5, 128<<10, 90*time.Minute, "", 50*time.Millisecond)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if c, err := parse(t, "serve", "--config", write(t, "empty.yaml", "")); err != nil || c.Serve.MessageBurst != 10 {
		t.Errorf("an empty one: %v", err)
	}
}

func TestDefaults(t *testing.T) {
	bare(t)
	c, err := parse(t, "serve")
	if err != nil {
		t.Fatal(err)
	}
	o := c.Serve.Options
	got := fmt.Sprint(o.Listen, filepath.Base(o.Data), o.Roles, o.Rooms, o.Guests, o.Anonymous, o.MessageRate, o.MessageBurst, o.MessageLength, o.FrameSize,
		o.Subscriptions, o.SessionMax, o.ConnectionsPerAddress, o.ConnectRate, o.GuestRate, o.Origins, o.TrustedProxies, o.LogRetention)
	want := fmt.Sprint("127.0.0.1:8080", "hubbub-data", []string{"all"}, "known", true, true, 5.0, 10, 500, 64<<10, 64, 12*time.Hour, 0, 2000, 10, []string{}, []string{}, 7*24*time.Hour)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestUsageErrors: what cannot be meant ends with status 2, before anything is done.
func TestUsageErrors(t *testing.T) {
	bare(t)
	yaml := func(text string) string { return "--config=" + write(t, "hubbub.yaml", text) }
	for _, row := range []struct {
		why  string
		args []string
		says string
	}{
		{"no command", nil, "expected one of"},
		{"an unknown command", []string{"dance"}, "dance"},
		{"an unknown flag", []string{"serve", "--lisen=:1"}, "--lisen"},
		{"a flag of another command", []string{"version", "--listen=:1"}, "--listen"},
		{"more than is asked for", []string{"serve", "now"}, "now"},
		{"no number", []string{"serve", "--message-burst=many"}, "message-burst"},
		{"no duration", []string{"serve", "--tick=fast"}, "tick"},
		{"no size", []string{"serve", "--frame-size=64XB"}, "64XB"},
		{"none of the words", []string{"serve", "--rooms=some"}, "rooms"},
		{"a token of nobody", []string{"token"}, "--user"},
		{"an unknown role", []string{"token", "--user=u", "--role=owner"}, "role"},
		{"no configuration", []string{"serve", "--config"}, "--config"},
		{"a configuration that is not there", []string{"serve", "--config=/nowhere/x.yaml"}, "/nowhere/x.yaml"},
		{"an unknown key", []string{"version", yaml("lisen: x\nlisten: y\nzzz: 1")}, "unknown keys: lisen, zzz"},
		{"a file that names another", []string{"version", yaml("config: x")}, "unknown keys: config"},
		{"a file that asks for help", []string{"version", yaml("help: true")}, "unknown keys: help"},
		{"a key twice", []string{"version", yaml("listen: x\nlisten: y")}, "listen"},
		{"no YAML", []string{"version", yaml("{")}, "hubbub.yaml"},
		{"a list of flags", []string{"version", yaml("- listen")}, "hubbub.yaml"},
		{"a value within a value", []string{"serve", yaml("listen: {host: x}")}, "a value or a list"},
		{"a list within a list", []string{"serve", yaml("roles: [[chat]]")}, "hubbub.yaml"},
		{"a value of the wrong kind", []string{"serve", yaml("message-burst: many")}, "message-burst"},
	} {
		t.Run(row.why, func(t *testing.T) {
			status, stdout, stderr := run(t, row.args...)
			if status != 2 || stdout != "" || !strings.HasPrefix(stderr, "hubbub: ") || !strings.Contains(stderr, row.says) {
				t.Errorf("status %d, stdout %q, stderr %q; want 2 and %q", status, stdout, stderr, row.says)
			}
		})
	}
	t.Setenv("HUBBUB_MESSAGE_BURST", "many")
	if status, _, stderr := run(t, "serve"); status != 2 || !strings.Contains(stderr, "many") {
		t.Errorf("a value of the wrong kind in the environment: %d %q", status, stderr)
	}
}

func TestHelp(t *testing.T) {
	bare(t)
	for _, row := range []struct {
		args []string
		says []string
	}{
		{[]string{"--help"}, []string{"Live-stream chat that reads the room.", "serve", "token", "lab run", "version", "--config"}},
		{[]string{"serve", "--help"}, []string{"--listen", "127.0.0.1:8080", "HUBBUB_LISTEN", "--rooms", "--jwt-secret"}},
		{[]string{"token", "--help"}, []string{"--user", "--ttl", "15m"}},
	} {
		status, stdout, stderr := run(t, row.args...)
		if status != 0 || stderr != "" {
			t.Errorf("%q: status %d, %q", row.args, status, stderr)
		}
		for _, say := range row.says {
			if !strings.Contains(stdout, say) {
				t.Errorf("%q does not say %q:\n%s", row.args, say, stdout)
			}
		}
	}
}

func TestVersion(t *testing.T) {
	bare(t)
	status, stdout, stderr := run(t, "version")
	if words := strings.Fields(stdout); status != 0 || stderr != "" || len(words) < 4 || words[0] != "hubbub" || !slices.Contains(words, Version) {
		t.Errorf("%d %q %q", status, stdout, stderr)
	}
}

func TestExitStatus(t *testing.T) {
	for _, row := range []struct {
		err  error
		want int
		says string
	}{
		{nil, 0, ""},
		{errors.New("broken"), 1, "hubbub: broken\n"},
		{&ExitError{Status: 3, Err: errors.New("not valid")}, 3, "hubbub: not valid\n"},
		{&ExitError{Status: 3}, 3, ""},
		{fmt.Errorf("run: %w", &ExitError{Status: 4, Err: context.Canceled}), 4, "hubbub: run: context canceled\n"},
	} {
		var errs bytes.Buffer
		if got := exitStatus(&Env{Stderr: &errs}, row.err); got != row.want || errs.String() != row.says {
			t.Errorf("%v: status %d, %q", row.err, got, errs.String())
		}
	}
}

func TestServeRunsTheApp(t *testing.T) {
	bare(t)
	var out, errs bytes.Buffer
	ctx, stop := context.WithCancel(t.Context())
	env := &Env{Context: ctx, Stdout: writerFunc(func(p []byte) (int, error) { // ready: stop
		stop()
		return out.Write(p)
	}), Stderr: &errs, Getenv: os.Getenv}
	status := Run(env, []string{"serve", "--listen=127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"), "--log-level=warn"})
	if status != 0 || !strings.HasPrefix(out.String(), "hubbub is ready: http://127.0.0.1:") || strings.Count(out.String(), "\n") != 2 || !strings.Contains(out.String(), "/claim#") || errs.String() != "" {
		t.Errorf("status %d, %q, %q", status, out.String(), errs.String())
	}
	if status, _, stderr := run(t, "serve", "--listen=127.0.0.1:0", "--data", t.TempDir(), "--roles=chef"); status != 2 || !strings.Contains(stderr, "chef") {
		t.Errorf("an unknown role: %d %q", status, stderr)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
